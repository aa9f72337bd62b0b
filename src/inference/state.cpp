// The state of a chain: allocation, refreshing of what follows from the parameters, archive.
#include "bdglm/inference/state.hpp"

#include <Eigen/LU>
#include <cmath>

#include "bdglm/base/error.hpp"
#include "bdglm/family/response.hpp"
#include "bdglm/inference/network_metric.hpp"

namespace bdglm {

ResidentData make_resident(const Model& model, const Design& design, const Backend& backend) {
  ResidentData data;
  data.rows = design.size();
  const int predictors = model.shape.predictors();
  data.fixed.assign(static_cast<std::size_t>(predictors), backend.uploaded(design.fixed));
  data.inputs = backend.uploaded(design.deep);
  data.offset = backend.uploaded(design.offset.replicate(predictors, 1));
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
  std::vector<GroupTerm> terms;
  for (const GroupDesign& group : design.groups)
    terms.push_back({group.deep ? Matrix() : backend.uploaded(group.z), {}});
  for (const RandomEffect& effect : model.effects) {
    GroupTerm& term = terms[effect.term];
    if (term.index.storage() == nullptr)
      term.index = backend.upload_indices(design.groups[effect.term].index, effect.levels);
    data.terms.push_back(term);
  }
  return data;
}

void StepSize::start(double step) {
  log_step = std::log(step);
  log_average = log_step;
  center = std::log(4 * step);
  error = 0;
  count = 0;
}

void StepSize::update(double acceptance, double target) {
  count += 1;
  const double weight = 1 / (count + 10);
  error = (1 - weight) * error + weight * (target - acceptance);
  log_step = center - std::sqrt(count) / 0.05 * error;
  const double decay = std::pow(count, -0.75);
  log_average = decay * log_step + (1 - decay) * log_average;
}

void MoveRecord::add(double acceptance, int new_steps, bool diverged) {
  moves += 1;
  steps += new_steps;
  acceptance_sum += acceptance;
  last_acceptance = acceptance;
  diverging = diverging || diverged;
}

void MoveRecord::clear() {
  const double last = last_acceptance;
  *this = {};
  last_acceptance = last;
}

GroupTerm Context::term(std::size_t r, const State& state) const {
  GroupTerm term = data.terms[r];
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

Eigen::VectorXd Context::theta_prior_mean() const {
  Eigen::VectorXd mean = Eigen::VectorXd::Zero(model.shape.size());
  Eigen::Index at = 0;
  for (int c = 0; c < model.shape.predictors(); ++c) {
    const int fixed = model.shape.head(c).fixed;
    mean.segment(model.shape.fixed_offset(c), fixed) = model.fixed_prior_mean.segment(at, fixed);
    at += fixed;
  }
  return mean;
}

Eigen::VectorXd Context::theta_prior_precision(const State& state) const {
  const NetworkShape& shape = model.shape;
  Eigen::VectorXd precision(shape.size());
  for (int l = 0; l < shape.layers(); ++l) {
    const double tau2 = state.weight_variance[static_cast<std::size_t>(l)];
    for (int j = 0; j < shape.input_width(l); ++j)
      precision.segment(shape.weight_offset(l) + j * shape.width(l), shape.width(l))
          .setConstant(1 / (tau2 * (l == 0 ? state.relevance[j] : 1.0)));
    precision.segment(shape.bias_offset(l), shape.width(l))
        .setConstant(1 / (model.priors.bias_sd * model.priors.bias_sd));
  }
  Eigen::Index at = 0;
  for (int c = 0; c < shape.predictors(); ++c) {
    const Head& head = shape.head(c);
    if (head.units > 0)
      precision.segment(shape.output_offset(c), head.units).setConstant(1 / state.weight_variance.back());
    precision.segment(shape.fixed_offset(c), head.fixed) = model.fixed_prior_precision.segment(at, head.fixed);
    at += head.fixed;
  }
  return precision;
}

State make_state(const Context& context) {
  const Model& model = context.model;
  const Backend& backend = context.backend;
  const Eigen::Index n = context.data.rows;
  State state;
  state.theta = backend.allocate(model.shape.size(), 1);
  for (const RandomEffect& effect : model.effects) {
    state.effects.push_back(backend.allocate(effect.levels, effect.width()));
    state.covariance.emplace_back(Eigen::MatrixXd::Identity(effect.width(), effect.width()) *
                                  (0.04 * effect.sd.b * effect.sd.b));
    state.group_width.emplace_back(Eigen::MatrixXd::Constant(effect.width(), effect.width(), 0.5));
    state.collapsed_width.push_back(state.group_width.back());
  }
  const RowMatrix y = backend.download(context.data.response);
  double variance = 1;
  if (model.has_sigma() && n > 1) variance = (y.array() - y.mean()).square().sum() / static_cast<double>(n - 1);
  state.sigma2.setConstant(static_cast<Eigen::Index>(model.sigma_levels.size()), variance > 0 ? variance : 1);
  for (const ScalePrior& prior : model.priors.weight) state.weight_variance.push_back(prior.b * prior.b);
  state.relevance.setOnes(model.shape.inputs);
  state.relevance_mixing.setOnes(model.shape.inputs);
  for (int l = 0; l < model.shape.layers(); ++l) {
    state.layer_noise.push_back(model.layer_noise.value);
    if (model.has_noise()) state.noise.push_back(backend.allocate(n, model.shape.width(l)));
    state.pre_activations.push_back(backend.allocate(n, model.shape.width(l)));
    state.activations.push_back(backend.allocate(n, model.shape.width(l)));
  }
  for (Matrix* m : {&state.base, &state.eta, &state.scratch}) *m = backend.allocate(model.shape.predictors() * n, 1);
  for (Matrix* m : {&state.omega, &state.kappa}) *m = backend.allocate(n, 1);
  state.likelihood.family = model.family;
  state.likelihood.response = context.data.response;
  state.likelihood.size = model.has_sigma() ? backend.allocate(n, 1) : context.data.size;
  state.metric.diagonal = backend.uploaded(RowMatrix::Ones(model.shape.size(), 1));
  state.scale_width = 0.5;
  state.weight_width.assign(state.weight_variance.size(), 0.5);
  state.relevance_width.assign(static_cast<std::size_t>(model.shape.inputs), 0.5);
  state.noise_width.assign(state.layer_noise.size(), 1.0);
  state.step.start(model.shape.layers() > 0 ? 0.05 : 0.5);
  return state;
}

namespace {

/// Adds a random effect to base; those of deep terms are in the network.
void add_effects(std::size_t r, State& state, const Context& context) {
  const RandomEffect& effect = context.model.effects[r];
  if (effect.deep) return;
  Matrix base = context.data.of_predictor(effect.predictor, state.base);
  context.backend.add_group_effects(context.data.terms[r], state.effects[r], 1, base);
}

}  // namespace

void refresh(State& state, const Context& context) {
  const Backend& backend = context.backend;
  backend.copy(context.data.offset, state.base);
  for (std::size_t r = 0; r < context.model.effects.size(); ++r) add_effects(r, state, context);
  backend.forward(context.network(state), state.theta, state.base, state.pre_activations, state.activations, state.eta);
  if (context.model.has_sigma())
    backend.set_precisions(context.data.size, context.data.sigma, state.sigma2, state.likelihood.size);
}

void refresh_predictor(int c, State& state, const Context& context) {
  // Bit for bit what `refresh` gives, which sums a head's parts in its own order.
  if (context.model.shape.head(c).units > 0) return refresh(state, context);
  const Backend& backend = context.backend;
  Matrix base = context.data.of_predictor(c, state.base);
  backend.copy(context.data.of_predictor(c, context.data.offset), base);
  for (std::size_t r = 0; r < context.model.effects.size(); ++r)
    if (context.model.effects[r].predictor == c) add_effects(r, state, context);
  const NetworkShape& shape = context.model.shape;
  Matrix eta = context.data.of_predictor(c, state.eta);
  std::vector<Matrix> none;
  backend.forward(context.fixed_effects(c), state.theta.part(shape.fixed_offset(c), shape.head(c).fixed), base, none,
                  none, eta);
}

Eigen::VectorXd curvature(const State& state, const Context& context, int c, int d) {
  const RowMatrix response = context.backend.download(state.likelihood.response);
  const RowMatrix size = context.backend.download(state.likelihood.size);
  const RowMatrix eta = context.backend.download(state.eta);
  const Eigen::Index n = response.size();
  Eigen::VectorXd result(n);
  with_family(context.model.family, [&](auto text) {
    for (Eigen::Index i = 0; i < n; ++i) {
      const Row row(response(i, 0), size(i, 0), eta.data() + i, static_cast<std::size_t>(n),
                    context.model.shape.predictors());
      result[i] = decltype(text)::curvature(row, c, d);
    }
  });
  return result;
}

Eigen::VectorXd curvatures(const State& state, const Context& context) {
  Eigen::VectorXd all(state.eta.size());
  for (int c = 0; c < context.model.shape.predictors(); ++c)
    all.segment(c * context.data.rows, context.data.rows) = curvature(state, context, c, c);
  return all;
}

double log_posterior(const State& state, const Context& context) {
  const Backend& backend = context.backend;
  const Model& model = context.model;
  double sum = backend.log_likelihood(state.likelihood, state.eta);
  const Eigen::VectorXd precision = context.theta_prior_precision(state);
  const Eigen::VectorXd deviation = backend.download(state.theta) - context.theta_prior_mean();
  sum += 0.5 * precision.array().log().sum() - 0.5 * (precision.array() * deviation.array().square()).sum();
  for (std::size_t r = 0; r < model.effects.size(); ++r) {
    const RowMatrix u = backend.download(state.effects[r]);
    const Eigen::MatrixXd inverse = state.covariance[r].inverse();
    sum += model.effects[r].log_density(state.covariance[r]) -
           0.5 * static_cast<double>(u.rows()) * std::log(state.covariance[r].determinant()) -
           0.5 * ((u * inverse).array() * u.array()).sum();
  }
  if (model.has_sigma())
    for (const double v : state.sigma2) sum += model.priors.sigma.log_density(v);
  for (std::size_t l = 0; l < state.weight_variance.size(); ++l)
    sum += model.priors.weight[l].log_density(state.weight_variance[l]);
  // lambda ~ C+(0, 1) as a density of lambda^2.
  if (model.horseshoe) sum -= (0.5 * state.relevance.array().log() + state.relevance.array().log1p()).sum();
  for (std::size_t l = 0; l < state.noise.size(); ++l) {
    const double variance = state.layer_noise[l];
    sum -= 0.5 * (static_cast<double>(state.noise[l].size()) * std::log(variance) +
                  backend.dot(state.noise[l], state.noise[l]) / variance);
    if (model.layer_noise.kind == LayerNoise::Kind::learned) sum += model.priors.layer_noise.log_density(variance);
  }
  return sum;
}

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
    archive["group_width" + std::to_string(r)] = state.group_width[r];
    archive["collapsed_width" + std::to_string(r)] = state.collapsed_width[r];
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
  archive["scale_width"] = RowMatrix::Constant(1, 1, state.scale_width);
  archive["weight_width"] = column(state.weight_width);
  archive["relevance_width"] = column(state.relevance_width);
  archive["noise_width"] = column(state.noise_width);
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
  const auto at = [&](const std::string& name, Eigen::Index rows) -> const RowMatrix& {
    const auto found = archive.find(name);
    if (found == archive.end() || (rows >= 0 && found->second.rows() != rows))
      throw DataError("the saved state lacks '" + name +
                      "' or has it in another size; the file does not belong to this model");
    return found->second;
  };
  backend.upload(at("theta", state.theta.rows()), state.theta);
  for (std::size_t r = 0; r < state.effects.size(); ++r) {
    backend.upload(at("effects" + std::to_string(r), state.effects[r].rows()), state.effects[r]);
    state.covariance[r] = at("covariance" + std::to_string(r), state.effects[r].cols());
    state.group_width[r] = at("group_width" + std::to_string(r), state.effects[r].cols());
    state.collapsed_width[r] = at("collapsed_width" + std::to_string(r), state.effects[r].cols());
  }
  state.sigma2 = at("sigma2", state.sigma2.size());
  const auto fill = [&](const std::string& name, std::vector<double>& to) {
    const RowMatrix& saved = at(name, static_cast<Eigen::Index>(to.size()));
    std::copy(saved.data(), saved.data() + saved.size(), to.begin());
  };
  fill("weight_variance", state.weight_variance);
  fill("weight_width", state.weight_width);
  fill("relevance_width", state.relevance_width);
  fill("noise_width", state.noise_width);
  fill("layer_noise", state.layer_noise);
  state.scale_width = at("scale_width", 1)(0);
  state.relevance = at("relevance", state.relevance.size());
  state.relevance_mixing = at("relevance_mixing", state.relevance_mixing.size());
  for (std::size_t l = 0; l < state.noise.size(); ++l)
    backend.upload(at("noise" + std::to_string(l), state.noise[l].rows()), state.noise[l]);
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
