// Likelihoods, scores and latents on the device: the families' own texts, a thread a row.
#include "kernels/operations.cuh"

namespace bdglm::cuda {
namespace {

/// terms[i] = log likelihood of row i at predictors that lie n apart.
template <class Text>
void terms_of(Queue& queue, const Likelihood& likelihood, const double* eta, int predictors, double* terms) {
  const double* response = values(likelihood.response);
  const double* size = values(likelihood.size);
  const FamilyParameters parameters = likelihood.parameters;
  const std::size_t n = count_of(likelihood.response);
  for_each(queue, n, [=] __device__(std::size_t i) {
    Row row(response[i], size[i], eta + i, n, predictors, &parameters);
    Text::likelihood(row);
    terms[i] = row.sum();
  });
}

/// The same for one predictor at base + scale * direction.
template <class Text>
void terms_along(Queue& queue, const Likelihood& likelihood, const double* base, const double* direction, double scale,
                 double* terms) {
  const double* response = values(likelihood.response);
  const double* size = values(likelihood.size);
  const FamilyParameters parameters = likelihood.parameters;
  for_each(queue, count_of(likelihood.response), [=] __device__(std::size_t i) {
    const double eta = base[i] + scale * direction[i];
    Row row(response[i], size[i], &eta, 0, 1, &parameters);
    Text::likelihood(row);
    terms[i] = row.sum();
  });
}

template <class Text>
void scores_of(Queue& queue, const Likelihood& likelihood, const double* eta, int predictors, double* scores,
               double* terms) {
  const double* response = values(likelihood.response);
  const double* size = values(likelihood.size);
  const FamilyParameters parameters = likelihood.parameters;
  const std::size_t n = count_of(likelihood.response);
  for_each(queue, n, [=] __device__(std::size_t i) {
    Row row(response[i], size[i], eta + i, n, predictors, &parameters);
    row.write_scores(scores + i, n);
    Text::likelihood(row);
    terms[i] = row.sum();
  });
}

/// Log likelihoods less their Gaussian factors in predictor c, and the derivatives by it; null scores are not asked
/// for.
template <class Text>
void residuals_of(Queue& queue, const Likelihood& likelihood, const double* omega, const double* kappa,
                  const double* eta, int predictors, int c, double* terms, double* scores) {
  const double* response = values(likelihood.response);
  const double* size = values(likelihood.size);
  const FamilyParameters parameters = likelihood.parameters;
  const std::size_t n = count_of(likelihood.response);
  for_each(queue, n, [=] __device__(std::size_t i) {
    double own = 0;
    Row row(response[i], size[i], eta + i, n, predictors, &parameters);
    row.write_score(c, &own);
    Text::likelihood(row);
    const double at = eta[static_cast<std::size_t>(c) * n + i];
    terms[i] = row.sum() - at * (kappa[i] - 0.5 * omega[i] * at);
    if (scores != nullptr) scores[i] = own - (kappa[i] - omega[i] * at);
  });
}

/// The working precision and kappa of the i-th of all rows; a family without augmentation has none.
template <class Text>
BDGLM_HOST_DEVICE void draw_latent(const Row& row, int c, const Address& address, std::size_t i, double& omega,
                                   double& kappa) {
  if constexpr (Text::kDescription.augmentation == Augmentation::polya_gamma) {
    Stream stream(address, static_cast<std::uint32_t>(i));
    const auto latent = Text::latent(row, c);
    omega = draw_polya_gamma_latent(stream, latent.shape, latent.tilt);
    kappa = latent.linear + omega * latent.shift;
  } else if constexpr (Text::kDescription.augmentation == Augmentation::exact) {
    const auto factor = Text::gaussian_factor(row);
    omega = factor.omega;
    kappa = factor.kappa;
  }
}

template <class Text>
void latents_of(Queue& queue, const Likelihood& likelihood, const double* eta, int predictors, int c,
                const Address& address, std::size_t first_row, double* omega, double* kappa) {
  const double* response = values(likelihood.response);
  const double* size = values(likelihood.size);
  const FamilyParameters parameters = likelihood.parameters;
  const std::size_t n = count_of(likelihood.response);
  unsigned long long* failure = queue.failure();
  for_each(queue, n, [=] __device__(std::size_t i) {
    draw_latent<Text>(Row(response[i], size[i], eta + i, n, predictors, &parameters), c, address, first_row + i,
                      omega[i], kappa[i]);
    if (!(omega[i] - omega[i] == 0)) record_failure(failure, FailureKind::latent, first_row + i);
  });
}

}  // namespace

double log_likelihood(Queue& queue, const Likelihood& likelihood, const double* eta, int predictors) {
  const std::size_t count = count_of(likelihood.response);
  double* terms = queue.scratch(Scratch::terms, count);
  with_family(likelihood.family,
              [&](auto text) { terms_of<decltype(text)>(queue, likelihood, eta, predictors, terms); });
  return sum(queue, count, terms);
}

double log_likelihood_at(Queue& queue, const Likelihood& likelihood, const Matrix& base, const Matrix& direction,
                         double scale) {
  const int predictors = predictors_in(likelihood, base);
  if (predictors > 1) {
    double* eta = queue.scratch(Scratch::residual, count_of(base));
    const double* from = values(base);
    const double* along = values(direction);
    for_each(queue, count_of(base), [=] __device__(std::size_t t) { eta[t] = from[t] + scale * along[t]; });
    return log_likelihood(queue, likelihood, eta, predictors);
  }
  const std::size_t count = count_of(base);
  double* terms = queue.scratch(Scratch::terms, count);
  with_family(likelihood.family, [&](auto text) {
    terms_along<decltype(text)>(queue, likelihood, values(base), values(direction), scale, terms);
  });
  return sum(queue, count, terms);
}

void gaussian_along(Queue& queue, const Likelihood& likelihood, const Matrix& base, const Matrix& direction,
                    double& slope, double& curvature) {
  const std::size_t count = count_of(base);
  const double* response = values(likelihood.response);
  const double* size = values(likelihood.size);
  const double* from = values(base);
  const double* along = values(direction);
  double* residual = queue.scratch(Scratch::terms, count);
  double* pull = queue.scratch(Scratch::more_terms, count);
  for_each(queue, count, [=] __device__(std::size_t i) {
    residual[i] = response[i] - from[i];
    pull[i] = size[i] * along[i];
  });
  slope = dot(queue, count, pull, residual);
  curvature = dot(queue, count, pull, along);
}

double score(Queue& queue, const Likelihood& likelihood, const double* eta, int predictors, double* scores) {
  const std::size_t count = count_of(likelihood.response);
  double* terms = queue.scratch(Scratch::terms, count);
  with_family(likelihood.family,
              [&](auto text) { scores_of<decltype(text)>(queue, likelihood, eta, predictors, scores, terms); });
  return sum(queue, count, terms);
}

double residual_likelihood(Queue& queue, const Likelihood& likelihood, const Matrix& omega, const Matrix& kappa,
                           const Matrix& eta, int predictor, Matrix& terms, Matrix& scores) {
  const std::size_t count = count_of(omega);
  double* each = terms.empty() ? queue.scratch(Scratch::terms, count) : values(terms);
  with_family(likelihood.family, [&](auto text) {
    residuals_of<decltype(text)>(queue, likelihood, values(omega), values(kappa), values(eta),
                                 predictors_in(likelihood, eta), predictor, each,
                                 scores.empty() ? nullptr : values(scores));
  });
  return sum(queue, count, each);
}

void draw_latents(Queue& queue, const Likelihood& likelihood, const Matrix& eta, int predictor, const Address& address,
                  Eigen::Index first_row, Matrix& omega, Matrix& kappa) {
  with_family(likelihood.family, [&](auto text) {
    latents_of<decltype(text)>(queue, likelihood, values(eta), predictors_in(likelihood, eta), predictor, address,
                               static_cast<std::size_t>(first_row), values(omega), values(kappa));
  });
}

Eigen::VectorXd grouped_squares(Queue& queue, const Matrix& response, const Matrix& eta, const Matrix& weights,
                                const Indices& index) {
  const double* y = values(response);
  const double* f = values(eta);
  const double* w = values(weights);
  const auto count = static_cast<std::size_t>(index.groups());
  double* out = queue.scratch(Scratch::small_matrix, count);
  group_sums(
      queue, groups(index), 1,
      [=] __device__(std::size_t i, std::size_t) { return w[i] * (y[i] - f[i]) * (y[i] - f[i]); },
      [=] __device__(std::size_t g, std::size_t, double sum) { out[g] = sum; });
  Eigen::VectorXd sums(index.groups());
  queue.read(out, count, sums.data());
  return sums;
}

void set_precisions(Queue& queue, const Matrix& weights, const Indices& index, const Eigen::VectorXd& variance,
                    Matrix& size) {
  const auto count = static_cast<std::size_t>(variance.size());
  double* by_group = queue.scratch(Scratch::small_matrix, count);
  queue.write(variance.data(), count, by_group);
  const double* w = values(weights);
  const std::int32_t* group = groups(index).group.data();
  double* out = values(size);
  for_each(queue, count_of(size), [=] __device__(std::size_t i) { out[i] = w[i] / by_group[group[i]]; });
}

}  // namespace bdglm::cuda
