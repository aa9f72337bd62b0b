// The variables of a fit file, named as in brms, and their values at a state.
#include "inference/recorder.hpp"

#include <algorithm>
#include <cmath>

#include "bdglm/family/response.hpp"

namespace bdglm {

namespace {

constexpr Eigen::Index kPredictionRows = 10;

std::vector<std::string> numbered(std::size_t count) {
  std::vector<std::string> labels;
  for (std::size_t k = 1; k <= count; ++k) labels.push_back(std::to_string(k));
  return labels;
}

}  // namespace

Recorder::Recorder(const Context& context, const Frame& frame, const Design& design,
                   const std::vector<std::string>& save)
    : context_(context), trials_(design.trials) {
  const Model& model = context.model;
  const auto add = [&](const std::string& group, const std::string& name, std::vector<Dimension> dimensions = {}) {
    for (Dimension& d : dimensions) d.name = variable_name(d.name);
    variables_.push_back({group, variable_name(name), std::move(dimensions)});
  };
  for (const std::string& name : model.fixed_names) add("posterior", "b_" + name);
  for (const RandomEffect& e : model.effects)
    for (const std::string& c : e.coefficients) add("posterior", "sd_" + e.group + "__" + c);
  for (const RandomEffect& e : model.effects)
    for (std::size_t k = 0; k < e.coefficients.size(); ++k)
      for (std::size_t l = 0; l < k; ++l)
        add("posterior", "cor_" + e.group + "__" + e.coefficients[l] + "__" + e.coefficients[k]);
  if (model.family == Family::gaussian) {
    if (frame.sigma_text.empty())
      add("posterior", "sigma");
    else
      add("posterior", "sigma", {{"sigma__" + frame.sigma_text, model.sigma_levels}});
  }
  const auto layers = static_cast<std::size_t>(model.shape.layers());
  if (layers > 0) {
    add("posterior", "weight_scale", {{"weight_layer", numbered(layers + 1)}});
    if (model.has_noise()) add("posterior", "layer_noise", {{"layer", numbered(layers)}});
    if (model.horseshoe) add("posterior", "input_relevance", {{"input", model.deep_names}});
    std::vector<std::string> rows;
    const Eigen::Index n = context.data.rows;
    for (Eigen::Index k = 0; k < std::min(kPredictionRows, n); ++k) {
      prediction_rows_.push_back(k * n / std::min(kPredictionRows, n));
      rows.push_back(std::to_string(design.rows[static_cast<std::size_t>(prediction_rows_.back())] + 1));
    }
    add("posterior", "prediction", {{"prediction_row", rows}});
  }
  for (std::size_t r = 0; r < model.effects.size(); ++r) {
    const std::string& group = model.effects[r].group;
    if (std::any_of(effects_of_group_.begin(), effects_of_group_.end(),
                    [&](const auto& terms) { return model.effects[terms[0]].group == group; }))
      continue;
    std::vector<std::size_t> terms;
    std::vector<std::string> coefficients;
    for (std::size_t s = r; s < model.effects.size(); ++s) {
      if (model.effects[s].group != group) continue;
      terms.push_back(s);
      coefficients.insert(coefficients.end(), model.effects[s].coefficients.begin(),
                          model.effects[s].coefficients.end());
    }
    add("posterior", "r_" + group, {{group, frame.group_levels.at(group)}, {group + "__coefficient", coefficients}});
    effects_of_group_.push_back(terms);
  }
  add("sample_stats", "lp");
  add("sample_stats", "diverging");
  add("sample_stats", "acceptance_rate");
  add("sample_stats", "step_size");
  add("sample_stats", "n_steps");
  if (layers > 0)
    add("bdglm", "theta", {{"theta_element", numbered(static_cast<std::size_t>(model.shape.fixed_offset()))}});
  for (const std::string& name : save) {
    add(name, "y", {{"obs", numbered(static_cast<std::size_t>(context.data.rows))}});
    (name == "log_likelihood" ? log_likelihood_ : predictive_) = true;
  }
}

std::vector<double> Recorder::values(const State& state, const Address& address) const {
  const Model& model = context_.model;
  const Backend& backend = context_.backend;
  const RowMatrix theta = backend.download(state.theta);
  std::vector<double> out;
  const Eigen::VectorXd beta = model.scaling.to_user(theta.col(0).tail(model.shape.fixed));
  out.insert(out.end(), beta.begin(), beta.end());
  for (const Eigen::MatrixXd& covariance : state.covariance)
    for (Eigen::Index k = 0; k < covariance.rows(); ++k) out.push_back(std::sqrt(covariance(k, k)));
  for (const Eigen::MatrixXd& covariance : state.covariance)
    for (Eigen::Index k = 0; k < covariance.rows(); ++k)
      for (Eigen::Index l = 0; l < k; ++l)
        out.push_back(covariance(k, l) / std::sqrt(covariance(k, k) * covariance(l, l)));
  if (model.family == Family::gaussian)
    for (const double v : state.sigma2) out.push_back(std::sqrt(v));
  RowMatrix eta;
  if (model.shape.layers() > 0 || log_likelihood_ || predictive_) eta = backend.download(state.eta);
  if (model.shape.layers() > 0) {
    for (const double v : state.weight_variance) out.push_back(std::sqrt(v));
    if (model.has_noise()) out.insert(out.end(), state.layer_noise.begin(), state.layer_noise.end());
    if (model.horseshoe)
      for (const double v : state.relevance) out.push_back(std::sqrt(v));
    for (const Eigen::Index i : prediction_rows_) out.push_back(expected_response(model.family, eta(i, 0), trials_[i]));
  }
  for (const std::vector<std::size_t>& terms : effects_of_group_) {
    std::vector<RowMatrix> u;
    u.reserve(terms.size());
    for (const std::size_t r : terms) u.push_back(backend.download(state.effects[r]));
    for (Eigen::Index g = 0; g < u.front().rows(); ++g)
      for (const RowMatrix& part : u)
        for (Eigen::Index k = 0; k < part.cols(); ++k) out.push_back(part(g, k));
  }
  out.push_back(log_posterior(state, context_));
  out.push_back(state.diverging ? 1 : 0);
  out.push_back(state.acceptance);
  out.push_back(std::exp(state.step.log_average));
  out.push_back(state.steps);
  if (model.shape.layers() > 0) out.insert(out.end(), theta.data(), theta.data() + model.shape.fixed_offset());
  if (log_likelihood_ || predictive_) {
    const RowMatrix response = backend.download(state.likelihood.response);
    const RowMatrix size = backend.download(state.likelihood.size);
    const auto likelihood = [&] {
      for (Eigen::Index i = 0; i < eta.rows(); ++i)
        out.push_back(log_density(model.family, response(i, 0), size(i, 0), eta(i, 0)));
    };
    const auto predictive = [&] {
      for (Eigen::Index i = 0; i < eta.rows(); ++i) {
        Stream stream(address.at(Site::predict_response), static_cast<std::uint32_t>(i));
        const double count = is_logistic(model.family) ? trials_[i] : size(i, 0);
        out.push_back(draw_response(model.family, stream, count, eta(i, 0)));
      }
    };
    for (const DrawVariable& v : variables_) {
      if (v.group == "log_likelihood") likelihood();
      if (v.group == "posterior_predictive") predictive();
    }
  }
  return out;
}

}  // namespace bdglm
