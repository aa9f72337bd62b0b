// What all updates read: resident data, and networks and priors at a state.
#include "family/response.hpp"
#include "target/family_coordinates.hpp"
#include "target/state.hpp"

namespace bdglm {

ResidentData make_resident(const Model& model, const Design& design, const Backend& backend) {
  ResidentData data;
  data.rows = design.size();
  data.table_rows = design.rows;
  data.all_rows = backend.sum_of_parts(static_cast<double>(data.rows));
  const int predictors = model.shape.predictors();
  std::vector<Matrix> columns;
  std::vector<Matrix> dense;
  std::vector<std::vector<Matrix>> z;
  for (const SideDesign& side : design.sides) {
    columns.push_back(backend.upload_columns(side.fixed, {}, side.sparse));
    dense.push_back(side.sparse.columns > 0 ? backend.uploaded(side.fixed) : columns.back());
    z.emplace_back();
    for (const TermDesign& group : side.groups) z.back().push_back(group.deep ? Matrix() : backend.uploaded(group.z));
  }
  RowMatrix offset(predictors * data.rows, 1);
  for (int c = 0; c < predictors; ++c) {
    const std::size_t side = model.sides[static_cast<std::size_t>(c)];
    data.fixed.push_back(
        model.rotation.empty() || columns[side].cols() == 0
            ? columns[side]
            : backend.uploaded(RowMatrix(design.sides[side].fixed * model.rotation[static_cast<std::size_t>(c)])));
    data.dense_fixed.push_back(design.sides[side].sparse.columns > 0 ? dense[side] : data.fixed.back());
    offset.middleRows(c * data.rows, data.rows) = design.sides[side].offset;
  }
  data.inputs = backend.upload_columns(design.deep, design.ramps, design.sparse_deep);
  data.offset = backend.uploaded(offset);
  data.ones = backend.uploaded(RowMatrix::Ones(data.rows, 1));
  RowMatrix response(data.rows, 1);
  RowMatrix size(data.rows, 1);
  for (Eigen::Index i = 0; i < data.rows; ++i) {
    response(i, 0) = sampler_response(model.family, design.response[i], design.weights[i]);
    size(i, 0) = sampler_size(model.family, design.trials[i], design.weights[i]);
  }
  data.response = backend.uploaded(response);
  data.size = backend.uploaded(size);
  const std::vector<std::int32_t> level = design.sigma_index.empty()
                                              ? std::vector<std::int32_t>(static_cast<std::size_t>(data.rows), 0)
                                              : design.sigma_index;
  data.sigma = backend.upload_indices(level, static_cast<Eigen::Index>(model.sigma_levels.size()));
  data.sigma_rows.setZero(static_cast<Eigen::Index>(model.sigma_levels.size()));
  for (const std::int32_t l : level) data.sigma_rows[l] += 1;
  backend.all_reduce(data.sigma_rows.data(), model.sigma_levels.size());
  std::map<const TermDesign*, Indices> indices;
  for (const RandomEffect& effect : model.effects) {
    const TermDesign& term = model.term(design, effect);
    Indices& index = indices[&term];
    if (index.storage() == nullptr) index = backend.upload_indices(term.index, effect.levels);
    data.terms.push_back({z[model.sides[static_cast<std::size_t>(effect.predictor)]][effect.term], index});
  }
  return data;
}

ResidentTerm Context::term(std::size_t r, const State& state) const {
  ResidentTerm term = data.terms[r];
  if (model.effects[r].deep) term.z = state.activations.back();
  return term;
}

Network Context::network(const State& state) const {
  Network network;
  network.shape = model.shape;
  network.inputs = data.inputs;
  network.fixed = data.fixed;
  network.noise = state.noise;
  network.single_precision = describe(model.family).bounded_curvature;
  for (std::size_t r = 0; r < model.effects.size(); ++r) {
    if (!model.effects[r].deep) continue;
    network.output_effects.resize(static_cast<std::size_t>(model.shape.predictors()));
    network.output_effects[static_cast<std::size_t>(model.effects[r].predictor)] = {state.effects[r],
                                                                                    data.terms[r].index};
  }
  return network;
}

Network Context::fixed_effects(int c) const {
  Network network;
  network.shape.heads = {{0, model.shape.head(c).fixed}};
  network.fixed = {data.fixed[static_cast<std::size_t>(c)]};
  network.single_precision = describe(model.family).bounded_curvature;
  return network;
}

Eigen::VectorXd Context::fixed_prior_mean(const State& state) const {
  Eigen::VectorXd mean = model.fixed_prior_mean;
  // Of normal cutpoints cut_k = c_k - intercept, given the c_k.
  if (model.has_cuts() && !model.priors.earlier)
    mean[model.scaling.front().intercept] = state.cutpoints.mean() - model.priors.cut.mean;
  const PriorCoupling& coupling = model.prior_coupling;
  if (coupling.by_family.size() > 0)
    mean += coupling.by_family * (FamilyCoordinates(model).of(state, *this) - coupling.mean);
  if (model.earlier.empty()) return mean;
  const auto linear = model.earlier.scale.array() * model.earlier.target.array() / state.sigma2[0];
  return (model.fixed_prior_precision.array() * mean.array() + linear) / fixed_prior_precision(state).array();
}

Eigen::VectorXd Context::theta_prior_mean(const State& state) const {
  const Eigen::VectorXd own = fixed_prior_mean(state);
  Eigen::VectorXd mean = Eigen::VectorXd::Zero(model.shape.size());
  Eigen::Index at = 0;
  for (int c = 0; c < model.shape.predictors(); ++c) {
    const int fixed = model.shape.head(c).fixed;
    mean.segment(model.shape.fixed_offset(c), fixed) = own.segment(at, fixed);
    at += fixed;
  }
  return mean;
}

double Context::theta_log_prior(const Eigen::VectorXd& theta, const State& state) const {
  const Eigen::VectorXd z = theta - theta_prior_mean(state);
  const Eigen::MatrixXd& across = model.prior_coupling.across;
  const double own = -0.5 * (theta_prior_precision(state).array() * z.array().square()).sum();
  return across.size() == 0 ? own : own - 0.5 * z.dot(across * z);
}

Eigen::VectorXd Context::theta_prior_slope(const Eigen::VectorXd& theta, const State& state) const {
  const Eigen::VectorXd z = theta - theta_prior_mean(state);
  const Eigen::MatrixXd& across = model.prior_coupling.across;
  const Eigen::VectorXd own = -theta_prior_precision(state).cwiseProduct(z);
  return across.size() == 0 ? own : Eigen::VectorXd(own - across * z);
}

void Context::add_theta_prior_precision(const State& state, Eigen::MatrixXd& precision) const {
  precision.diagonal() += theta_prior_precision(state);
  if (model.prior_coupling.across.size() > 0) precision += model.prior_coupling.across;
}

double Context::add_prior_across(const Matrix& theta, const State& state, Matrix& gradient) const {
  const Eigen::MatrixXd& across = model.prior_coupling.across;
  if (across.size() == 0) return 0;
  const Eigen::VectorXd z = backend.download(theta) - theta_prior_mean(state);
  const Eigen::VectorXd slope = across * z;
  backend.axpy(-1, backend.uploaded(RowMatrix(slope)), gradient);
  return -0.5 * z.dot(slope);
}

Eigen::VectorXd Context::head_prior_mean(int c, const State& state) const {
  const Eigen::Index from = model.shape.head_offset(c);
  const Eigen::Index size = model.shape.head(c).size();
  const Eigen::VectorXd mean = theta_prior_mean(state);
  const Eigen::MatrixXd& across = model.prior_coupling.across;
  if (across.size() == 0) return mean.segment(from, size);
  return mean.segment(from, size) - across.middleRows(from, size) * (backend.download(state.theta) - mean);
}

Eigen::VectorXd Context::fixed_prior_precision(const State& state) const {
  Eigen::VectorXd precision = model.fixed_prior_precision;
  if (!model.earlier.empty()) precision += model.earlier.scale.cwiseAbs2() / state.sigma2[0];
  if (state.coefficient_variance.size() == 0) return precision;
  precision.array() /= state.coefficient_variance.array();
  for (int c = 0; c < model.shape.predictors(); ++c)
    for (const Eigen::Index k : model.horseshoe_coefficients(c)) precision[k] /= state.global_variance[c];
  return precision;
}

Eigen::VectorXd Context::fixed_coefficients(const Eigen::VectorXd& theta) const {
  Eigen::VectorXd all(model.shape.all_fixed());
  Eigen::Index at = 0;
  for (int c = 0; c < model.shape.predictors(); at += model.shape.head(c++).fixed)
    all.segment(at, model.shape.head(c).fixed) = theta.segment(model.shape.fixed_offset(c), model.shape.head(c).fixed);
  return all;
}

Eigen::VectorXd Context::theta_prior_precision(const State& state) const {
  const NetworkShape& shape = model.shape;
  Eigen::VectorXd precision(shape.size());
  for (int l = 0; l < shape.layers(); ++l) {
    const double tau2 = state.weight_variance[static_cast<std::size_t>(l)];
    precision.segment(shape.weight_offset(l), Eigen::Index{shape.input_width(l)} * shape.width(l))
        .setConstant(1 / tau2);
    for (Eigen::Index g = 0; l == 0 && g < state.relevance.size(); ++g) {
      const ThetaRows weights = model.input_weights(g);
      precision.segment(weights.start, weights.count) /= state.relevance[g];
    }
    precision.segment(shape.bias_offset(l), shape.width(l))
        .setConstant(1 / (model.priors.bias_sd * model.priors.bias_sd));
  }
  const Eigen::VectorXd fixed = fixed_prior_precision(state);
  Eigen::Index at = 0;
  for (int c = 0; c < shape.predictors(); ++c) {
    const Head& head = shape.head(c);
    if (head.units > 0)
      precision.segment(shape.output_offset(c), head.units)
          .setConstant(1 / model.output_variance(c, state.weight_variance));
    precision.segment(shape.fixed_offset(c), head.fixed) = fixed.segment(at, head.fixed);
    at += head.fixed;
  }
  return precision;
}

}  // namespace bdglm
