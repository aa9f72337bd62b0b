// Rows that miss the response: their linear predictors at a state, and draws of their responses.
#include "run/missing_responses.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

#include "design/sparse_columns.hpp"
#include "family/response.hpp"
#include "sampling/standard.hpp"

namespace bdglm {
namespace {

/// As the sampler has them: columns centred and scaled as those of the fit, any response.
Design in_model_units(const Model& model, Design design) {
  if (design.size() > 0 && !model.has_sparse()) fill_in(design, "");
  for (std::size_t k = 0; k < design.sides.size() && design.size() > 0; ++k) {
    SideDesign& side = design.sides[k];
    const FixedScaling& scaling = model.scaling[k];
    const Eigen::Index dense = side.fixed.cols();
    side.fixed = (side.fixed.rowwise() - scaling.center.head(dense).transpose()) *
                 scaling.scale.head(dense).cwiseInverse().asDiagonal();
  }
  if (design.size() > 0 && model.has_noise()) fill_in_inputs(design, "layer noise");
  design.response.setZero(design.size());
  return design;
}

Model with_levels_of(Model model, const Design& design) {
  for (RandomEffect& effect : model.effects)
    if (design.size() > 0)
      for (const std::int32_t level : model.term(design, effect).index)
        effect.levels = std::max<Eigen::Index>(effect.levels, level + 1);
  return model;
}

}  // namespace

MissingResponses::MissingResponses(const Model& model, Design missing, double observed, const Backend& backend)
    : model_(with_levels_of(model, missing)),
      rows_(in_model_units(model, std::move(missing))),
      first_(static_cast<std::size_t>(observed)),
      data_(rows_.size() > 0 ? make_resident(model_, rows_, backend) : ResidentData()),
      context_{model_, data_, backend} {}

Dimension MissingResponses::rows() const {
  Dimension rows{"obs", {}, {}};
  for (const std::size_t row : rows_.rows) rows.numbers.push_back(static_cast<long long>(row) + 1);
  return rows;
}

void MissingResponses::take_effects(std::size_t r, const State& state, const Address& address, State& here) const {
  const Eigen::Index known = state.effects[r].rows();
  if (here.effects[r].rows() == known) {
    here.effects[r] = state.effects[r];
    return;
  }
  const Backend& backend = context_.backend;
  RowMatrix u(here.effects[r].rows(), here.effects[r].cols());
  u.topRows(known) = backend.download(state.effects[r]);
  const Eigen::MatrixXd lower = state.covariance[r].llt().matrixL();
  Eigen::VectorXd z(u.cols());
  for (Eigen::Index g = known; g < u.rows(); ++g) {
    // Predictions of the fit draw at other instances.
    Stream stream(address.at(Site::predict_group, 1024 + static_cast<std::uint32_t>(r)), static_cast<std::uint32_t>(g));
    for (double& value : z) value = draw_normal<double>(stream);
    u.row(g) = (lower * z).transpose();
  }
  backend.upload(u, here.effects[r]);
}

State MissingResponses::state_here(const State& state, const Address& address) const {
  State here = make_state(context_);
  here.theta = state.theta;
  for (std::size_t r = 0; r < here.effects.size(); ++r) take_effects(r, state, address, here);
  here.sigma2 = state.sigma2;
  here.parameters = state.parameters;
  here.cutpoints = state.cutpoints;
  for (std::size_t l = 0; l < here.noise.size(); ++l) {
    context_.backend.draw_normal(address.at(Site::predict_response, 1 + static_cast<std::uint32_t>(l)), here.noise[l]);
    context_.backend.axpy(std::sqrt(state.layer_noise[l]) - 1, here.noise[l], here.noise[l]);
  }
  refresh(here, context_);
  return here;
}

void MissingResponses::append(const State& state, const Address& address, std::vector<double>& out) const {
  const State here = state_here(state, address);
  const Family family = context_.model.family;
  const RowMatrix eta = context_.backend.download(here.eta);
  const bool precisions = describe(family).weight == WeightKind::precision;
  const RowMatrix size = precisions ? context_.backend.download(here.likelihood.size) : RowMatrix(rows_.trials);
  const auto n = static_cast<std::size_t>(rows_.size());
  for (std::size_t i = 0; i < n; ++i) {
    // Elements below are those of the observed rows' responses.
    Stream stream(address.at(Site::predict_response), static_cast<std::uint32_t>(first_ + i));
    const Predictors predictors{eta.data() + i, n, context_.model.shape.predictors(), &here.likelihood.parameters};
    out.push_back(draw_response(family, stream, size(static_cast<Eigen::Index>(i), 0), predictors));
  }
}

}  // namespace bdglm
