// A state as an archive of named arrays, and back.
#include <algorithm>

#include "bdglm/error.hpp"
#include "target/state.hpp"

namespace bdglm {

namespace {

RowMatrix column(const std::vector<double>& values) {
  return Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Eigen::Index>(values.size()));
}

}  // namespace

const RowMatrix& archived(const Archive& archive, const std::string& name, Eigen::Index rows, Eigen::Index cols) {
  const auto found = archive.find(name);
  if (found == archive.end() || (rows >= 0 && found->second.rows() != rows) ||
      (cols >= 0 && found->second.cols() != cols))
    throw DataError("the saved state lacks '" + name +
                    "' or has it in another size; the file does not belong to this model");
  return found->second;
}

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
  return archive;
}

void load_state(const Archive& archive, State& state, const Context& context) {
  const Backend& backend = context.backend;
  const auto at = [&](const std::string& name, Eigen::Index rows, Eigen::Index cols = -1) -> const RowMatrix& {
    return archived(archive, name, rows, cols);
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
  refresh(state, context);
}

}  // namespace bdglm
