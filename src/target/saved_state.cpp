// A state as an archive of named arrays, and back.
#include <algorithm>

#include "bdglm/error.hpp"
#include "engines/gibbs/network_metric.hpp"
#include "target/state.hpp"

namespace bdglm {

namespace {

/// What is saved of a layer's information.
template <class Information>
auto parts(Information& layer) {
  using Part = std::pair<std::string, decltype(&layer.left)>;
  return std::vector<Part>{{"information_inputs", &layer.factors.inputs},
                           {"information_derivatives", &layer.factors.derivatives},
                           {"information_left", &layer.left},
                           {"information_right", &layer.right},
                           {"information_eigenvalues", &layer.eigenvalues}};
}

RowMatrix column(const std::vector<double>& values) {
  return Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Eigen::Index>(values.size()));
}

}  // namespace

Archive save_state(const State& state, const Context& context) {
  const Backend& backend = context.backend;
  Archive archive;
  archive["theta"] = backend.download(state.theta);
  for (std::size_t r = 0; r < state.effects.size(); ++r) {
    archive["effects" + std::to_string(r)] = backend.download(state.effects[r]);
    archive["covariance" + std::to_string(r)] = state.covariance[r];
  }
  archive["sigma2"] = state.sigma2;
  archive["weight_variance"] = column(state.weight_variance);
  archive["relevance"] = state.relevance;
  archive["relevance_mixing"] = state.relevance_mixing;
  archive["layer_noise"] = column(state.layer_noise);
  for (std::size_t l = 0; l < state.noise.size(); ++l)
    archive["noise" + std::to_string(l)] = backend.download(state.noise[l]);
  RowMatrix step(5, 1);
  step << state.step.log_step, state.step.log_average, state.step.error, state.step.center, state.step.count;
  archive["step"] = step;
  const MoveRecord& record = state.record;
  archive["move_record"] = (RowMatrix(5, 1) << record.moves, record.steps, record.acceptance_sum,
                            record.last_acceptance, record.diverging ? 1.0 : 0.0)
                               .finished();
  for (std::size_t l = 0; l < state.information.size(); ++l)
    for (const auto& [name, part] : parts(state.information[l])) archive[name + std::to_string(l)] = *part;
  archive["metric_diagonal"] = backend.download(state.metric.diagonal);
  if (!state.metric.cholesky.empty()) archive["metric_cholesky"] = backend.download(state.metric.cholesky);
  return archive;
}

void load_state(const Archive& archive, State& state, const Context& context) {
  const Backend& backend = context.backend;
  const auto at = [&](const std::string& name, Eigen::Index rows, Eigen::Index cols = -1) -> const RowMatrix& {
    const auto found = archive.find(name);
    if (found == archive.end() || (rows >= 0 && found->second.rows() != rows) ||
        (cols >= 0 && found->second.cols() != cols))
      throw DataError("the saved state lacks '" + name +
                      "' or has it in another size; the file does not belong to this model");
    return found->second;
  };
  backend.upload(at("theta", state.theta.rows(), 1), state.theta);
  for (std::size_t r = 0; r < state.effects.size(); ++r) {
    backend.upload(at("effects" + std::to_string(r), state.effects[r].rows(), state.effects[r].cols()),
                   state.effects[r]);
    state.covariance[r] = at("covariance" + std::to_string(r), state.effects[r].cols());
  }
  state.sigma2 = at("sigma2", state.sigma2.size());
  const auto fill = [&](const std::string& name, std::vector<double>& to) {
    const RowMatrix& saved = at(name, static_cast<Eigen::Index>(to.size()));
    std::copy(saved.data(), saved.data() + saved.size(), to.begin());
  };
  fill("weight_variance", state.weight_variance);
  fill("layer_noise", state.layer_noise);
  state.relevance = at("relevance", state.relevance.size());
  state.relevance_mixing = at("relevance_mixing", state.relevance_mixing.size());
  for (std::size_t l = 0; l < state.noise.size(); ++l)
    backend.upload(at("noise" + std::to_string(l), state.noise[l].rows(), state.noise[l].cols()), state.noise[l]);
  const RowMatrix& step = at("step", 5);
  state.step = {step(0), step(1), step(2), step(3), step(4)};
  const RowMatrix& record = at("move_record", 5);
  state.record = {static_cast<int>(record(0)), static_cast<int>(record(1)), record(2), record(3), record(4) != 0};
  const auto layers = static_cast<std::size_t>(context.model.shape.layers());
  if (archive.count("information_inputs0") != 0)
    state.information.resize(layers + static_cast<std::size_t>(context.model.shape.predictors()));
  for (std::size_t l = 0; l < state.information.size(); ++l)
    for (const auto& [name, part] : parts(state.information[l])) *part = at(name + std::to_string(l), -1);
  if (layers > 0) upload_bases(state, context);
  backend.upload(at("metric_diagonal", state.theta.rows()), state.metric.diagonal);
  if (archive.count("metric_cholesky") != 0)
    state.metric.cholesky = backend.uploaded(at("metric_cholesky", state.theta.rows()));
  refresh(state, context);
}

}  // namespace bdglm
