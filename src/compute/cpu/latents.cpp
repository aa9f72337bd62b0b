// Latent variables on the CPU: the families say of which law, the lanes draw.
#include "base/stop_point.hpp"
#include "compute/cpu/lanes/lanes.hpp"
#include "compute/cpu/storage.hpp"

namespace bdglm::cpu {

lanes::LikelihoodRows likelihood_rows(const Likelihood& likelihood, const Matrix& eta) {
  return {.response = array(likelihood.response).data(),
          .size = array(likelihood.size).data(),
          .eta = array(eta).data(),
          .count = static_cast<std::size_t>(likelihood.response.size()),
          .predictors = predictors(likelihood, eta),
          .stride = static_cast<std::size_t>(likelihood.response.size()),
          .parameters = likelihood.parameters};
}

namespace {

/// Rows whose laws are written down before they are drawn.
constexpr Eigen::Index kRows = 4096;

template <class Text>
void draw_polya_gamma_latents(const Likelihood& likelihood, const Matrix& eta, int predictor, const Address& address,
                              Eigen::Index first_row, Matrix& omega, Matrix& kappa) {
  const double* response = array(likelihood.response).data();
  const double* size = array(likelihood.size).data();
  const double* predictors_at = array(eta).data();
  const int count_of_predictors = predictors(likelihood, eta);
  const Eigen::Index n = omega.size();
  double* precision = array(omega).data();
  double* linear = array(kappa).data();
  Eigen::ArrayXd shape(std::min(kRows, n));
  Eigen::ArrayXd tilt(shape.size());
  Eigen::ArrayXd shift(shape.size());
  for (Eigen::Index at = 0; at < n; at += kRows) {
    stop_point();
    const Eigen::Index count = std::min(kRows, n - at);
    for (Eigen::Index i = 0; i < count; ++i) {
      const Row row(response[at + i], size[at + i], predictors_at + at + i, static_cast<std::size_t>(n),
                    count_of_predictors, &likelihood.parameters);
      const auto latent = Text::latent(row, predictor);
      shape[i] = latent.shape;
      tilt[i] = latent.tilt;
      linear[at + i] = latent.linear;
      shift[i] = latent.shift;
    }
    lanes::draw_polya_gamma(address, static_cast<std::uint32_t>(first_row + at), shape.data(), tilt.data(),
                            static_cast<std::size_t>(count), precision + at);
    Eigen::Map<Eigen::ArrayXd>(linear + at, count) +=
        Eigen::Map<const Eigen::ArrayXd>(precision + at, count) * shift.head(count);
  }
}

}  // namespace

void draw_latents(const Likelihood& likelihood, const Matrix& eta, int predictor, const Address& address,
                  Eigen::Index first_row, Matrix& omega, Matrix& kappa) {
  with_family(likelihood.family, [&](auto family) {
    using Text = decltype(family);
    if constexpr (Text::kDescription.augmentation == Augmentation::polya_gamma) {
      draw_polya_gamma_latents<Text>(likelihood, eta, predictor, address, first_row, omega, kappa);
    } else if constexpr (Text::kDescription.augmentation == Augmentation::exact) {
      const double* response = array(likelihood.response).data();
      const double* size = array(likelihood.size).data();
      const double* own = array(eta).data() + predictor * omega.size();
      double* precision = array(omega).data();
      double* linear = array(kappa).data();
      for (Eigen::Index i = 0; i < omega.size(); ++i) {
        const auto factor = Text::gaussian_factor(Row(response[i], size[i], own + i));
        precision[i] = factor.omega;
        linear[i] = factor.kappa;
      }
    }
  });
}

}  // namespace bdglm::cpu
