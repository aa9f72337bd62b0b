// Prediction: blocks of rows, for each one pass over the draws, tiles of both in parallel.
#include "posterior/predict.hpp"

#include <algorithm>
#include <cmath>
#include <thread>

#include "base/names.hpp"
#include "base/sparse_products.hpp"
#include "bdglm/error.hpp"
#include "model/fit_spec.hpp"
#include "posterior/parallel.hpp"
#include "posterior/predictor_blocks.hpp"

namespace bdglm {
namespace {

constexpr Eigen::Index kTileRows = 512;
constexpr Eigen::Index kTileDraws = 64;

/// eta (rows x draws) += sparse columns times each draw's coefficients, which stay in cache.
void add_sparse(const SparseRows& columns, Eigen::Index first, const Eigen::Ref<const RowMatrix>& coefficients,
                RowMatrix& eta) {
  Eigen::VectorXd own(eta.rows());
  for (Eigen::Index s = 0; s < eta.cols(); ++s) {
    own.setZero();
    add_times(columns, static_cast<std::size_t>(first), static_cast<std::size_t>(own.size()),
              coefficients.row(s).data(), own.data());
    eta.col(s) += own;
  }
}

}  // namespace

GroupMode group_mode_from_name(const std::string& name) {
  if (name == "known") return GroupMode::known;
  if (name == "new") return GroupMode::fresh;
  if (name == "none") return GroupMode::none;
  throw ModelError(setting("groups") + " is known, new or none, not '" + name + "'");
}

Predictor::Predictor(const DrawSource& file, const PredictorOptions& options)
    : file_(file), options_(options), backend_(open_cpu_backend()) {
  threads_ =
      options.threads > 0 ? options.threads : static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  const FitSpec spec = file.spec().get<FitSpec>();
  frame_ = spec.frame;
  if (spec.priors.earlier) earlier_groups_ = spec.priors.earlier->groups;
  const Formula formula = frame_.formula();
  family_ = spec.family;
  predictors_ = spec.predictors;
  for (std::size_t c = 0; c < predictors_.size(); ++c) {
    sides_.push_back(formula.side_of(predictors_[c]));
    for (const std::string& name : spec.fixed_names.at(sides_[c]))
      fixed_names_.push_back(name_in_predictor(predictors_[c], name));
    fixed_widths_.push_back(static_cast<Eigen::Index>(spec.fixed_names[sides_[c]].size()));
    const std::size_t terms = options.mode == GroupMode::none ? 0 : formula.sides[sides_[c]].groups.size();
    for (std::size_t t = 0; t < terms; ++t) effects_.push_back({c, sides_[c], t});
  }
  seed_ = spec.run.seed.value_or(0);
  if (file.draws() == 0)
    throw DataError(file.being_written()
                        ? "the fit holds no draws yet: its run is in the warm-up; try again when it has drawn"
                        : "the fit holds no draws yet (it was stopped during warm-up); run " + setting("resume") +
                              " on its file");
  shape_.heads.assign(predictors_.size(), {});
  if (formula.deep) {
    shape_.inputs = input_groups(frame_).columns();
    shape_.widths = formula.deep->layers;
    shape_.activation = activation_named(formula.deep->activation);
    for (std::size_t c = 0; c < predictors_.size(); ++c)
      if (formula.sides[sides_[c]].deep) shape_.heads[c].units = shape_.last_width();
  }
  const Eigen::Index parameters = shape_.layers() > 0 ? read_draws(file, "bdglm", "theta", {0, {0}}).cols() : 0;
  if (shape_.layers() > 0 && parameters != shape_.size())
    throw DataError("the fit's draws are of a network of " + std::to_string(parameters) +
                    " parameters, its formula and columns make one of " + std::to_string(shape_.size()) +
                    "; an earlier version of the program made it, or it is damaged: fit it anew");
  std::string approximate;
  for (const Effect& effect : effects_) {
    const std::string group = formula.sides[effect.side].groups[effect.term].group_name();
    const SavedEffects saved = saved_effects(file, group);
    thinned_ = thinned_ || saved == SavedEffects::thinned;
    chains_apart_ = chains_apart_ && (saved != SavedEffects::moments || options_.mode == GroupMode::none);
    if (saved == SavedEffects::moments && approximate.find("'" + group + "'") == std::string::npos)
      approximate += (approximate.empty() ? "'" : ", '") + group + "'";
  }
  if (!approximate.empty())
    notes_.push_back("the fit kept means and covariances alone of the effects of " + approximate +
                     "; they are drawn from normal distributions, independently of the other parameters, so that " +
                     "intervals are too wide, those of sums over rows far too wide");
  std::vector<std::size_t> numbers;
  if (thinned_) {
    numbers = thinned_draws(file);
    if (numbers.empty())
      throw DataError("the fit kept no draws of its effects yet; run " + setting("resume") + " on its file");
    notes_.push_back("the fit kept the effects of " + std::to_string(numbers.size()) + " of " +
                     std::to_string(file.draws()) + " draws of each chain; only these predict");
  } else {
    for (std::size_t d = 0; d < file.draws(); ++d) numbers.push_back(d);
  }
  notes_.insert(notes_.end(), options.notes.begin(), options.notes.end());
  const std::vector<double>& weights = options.chain_weights;
  const auto all = static_cast<Eigen::Index>(numbers.size());
  const auto most = options.most_draws == 0
                        ? all
                        : std::max<Eigen::Index>(static_cast<Eigen::Index>(options.most_draws) / file.chains(), 1);
  for (int c = 0; c < file.chains(); ++c) {
    const auto chain = static_cast<std::size_t>(c);
    const double share = weights.empty() ? 1 : weights.at(chain) / *std::max_element(weights.begin(), weights.end());
    std::vector<std::size_t> own;
    for (const Eigen::Index k :
         spread_draws(std::min<Eigen::Index>(std::lround(share * static_cast<double>(all)), most), all)) {
      const auto kept = static_cast<std::size_t>(k);
      own.push_back(numbers[kept]);
      draws_.push_back({c, numbers[kept], kept});
    }
    if (own.empty() || !describe(family_).residual_scale) continue;
    const RowMatrix sigma = read_draws(file, "posterior", "sigma", {c, own});
    sigma_.conservativeResize(sigma_.rows() + sigma.rows(), sigma.cols());
    sigma_.bottomRows(sigma.rows()) = sigma;
  }
  load_parameters();
}

void Predictor::load_parameters() {
  mean_parameters_ = parameter_places(family_, predictors_);
  parameters_.assign(draws_.size(), mean_parameters_);
  const auto parameters = parameters_of(family_);
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    if (mean_parameters_.predictor[k] >= 0) continue;
    const RowMatrix values = file_.read("posterior", parameters[k].name);
    double sum = 0;
    for (std::size_t s = 0; s < draws_.size(); ++s) {
      const std::size_t at = static_cast<std::size_t>(draws_[s].chain) * file_.draws() + draws_[s].draw;
      const double value = values(static_cast<Eigen::Index>(at), 0);
      parameters_[s].value[k] = parameters[k].inverse(value);
      sum += parameters_[s].value[k];
    }
    // Draws of a shape may have no mean; their logarithms have one.
    mean_parameters_.value[k] = sum / static_cast<double>(draws_.size());
  }
  if (has_cutpoints(family_)) load_cutpoints();
}

void Predictor::load_cutpoints() {
  const RowMatrix cuts = file_.read("posterior", "cut");
  RowMatrix kept(static_cast<Eigen::Index>(draws_.size()), cuts.cols());
  for (std::size_t s = 0; s < draws_.size(); ++s) {
    const auto row = static_cast<Eigen::Index>(s);
    kept.row(row) = cuts.row(static_cast<Eigen::Index>(draws_[s].chain * file_.draws() + draws_[s].draw));
    parameters_[s].cuts = static_cast<int>(cuts.cols());
    std::copy(kept.row(row).begin(), kept.row(row).end(), parameters_[s].cut);
  }
  const Eigen::RowVectorXd mean = kept.colwise().mean();
  mean_parameters_.cuts = static_cast<int>(cuts.cols());
  std::copy(mean.begin(), mean.end(), mean_parameters_.cut);
}

Predictor::Draws Predictor::load(const Design& design, const Rows& rows, Eigen::Index from, Eigen::Index count) const {
  Draws draws;
  draws.from = from;
  draws.range.chain = draws_[static_cast<std::size_t>(from)].chain;
  for (Eigen::Index s = from; s < from + count; ++s) {
    draws.range.numbers.push_back(draws_[static_cast<std::size_t>(s)].draw);
    draws.kept.push_back(draws_[static_cast<std::size_t>(s)].kept);
  }
  draws.fixed = read_coefficients(file_, fixed_names_, draws.range);
  if (shape_.layers() > 0) {
    draws.theta = read_draws(file_, "bdglm", "theta", draws.range);
    if (file_.has("posterior", "layer_noise"))
      draws.layer_noise = read_draws(file_, "posterior", "layer_noise", draws.range);
  }
  for (const Rows::Term& term : rows.terms) {
    draws.effects.emplace_back(term.levels() * term.width, count);
    draws.effect_sums.push_back(Eigen::VectorXd::Zero(term.levels() * term.width));
  }
  load_known_effects(design, rows, draws);
  for (std::size_t r = 0; r < draws.effects.size(); ++r) draw_new_effects(design, rows, r, draws);
  return draws;
}

void Predictor::fill(const Design& design, const Rows& rows, const Draws& draws, bool with_noise,
                     Eigen::Ref<RowMatrix, 0, Eigen::OuterStride<>> eta) const {
  const auto predictors = static_cast<Eigen::Index>(predictors_.size());
  const Eigen::Index row_tiles = (rows.count + kTileRows - 1) / kTileRows;
  const Eigen::Index draw_tiles = (eta.cols() + kTileDraws - 1) / kTileDraws;
  for_each_index(threads_, row_tiles * draw_tiles, [&](Eigen::Index tile) {
    const Eigen::Index row = tile / draw_tiles * kTileRows;
    const Eigen::Index draw = tile % draw_tiles * kTileDraws;
    const Eigen::Index n = std::min(kTileRows, rows.count - row);
    const Eigen::Index m = std::min(kTileDraws, eta.cols() - draw);
    std::vector<RowMatrix> parts;
    Eigen::Index at = 0;
    for (std::size_t c = 0; c < predictors_.size(); ++c) {
      const SideDesign& side = design.sides[sides_[c]];
      const Eigen::Index width = fixed_widths_[c];
      parts.emplace_back(side.offset.segment(rows.first + row, n).replicate(1, m));
      const Eigen::Index dense = side.fixed.cols();
      if (dense > 0)
        parts[c].noalias() +=
            side.fixed.middleRows(rows.first + row, n) * draws.fixed.block(draw, at, m, dense).transpose();
      if (width > dense)
        add_sparse(side.sparse, rows.first + row, draws.fixed.block(draw, at + dense, m, width - dense), parts[c]);
      at += width;
    }
    for (std::size_t r = 0; r < draws.effects.size(); ++r) {
      const TermDesign& group = effects_[r].of(design);
      if (group.deep) continue;
      const Rows::Term& term = rows.terms[r];
      RowMatrix& part = parts[effects_[r].predictor];
      for (Eigen::Index i = 0; i < n; ++i)
        for (Eigen::Index k = 0; k < term.width; ++k)
          part.row(i) +=
              group.z(rows.first + row + i, k) *
              draws.effects[r].row(term.level[static_cast<std::size_t>(row + i)] * term.width + k).segment(draw, m);
    }
    if (shape_.layers() > 0) add_network(design, rows, draws, row, draw, with_noise, parts);
    for (Eigen::Index c = 0; c < predictors; ++c)
      eta.block(c * rows.count + row, draw, n, m) = parts[static_cast<std::size_t>(c)];
  });
}

void Predictor::predict(const Design& design, const OnRows& on_rows) const {
  check_groups(design);
  const auto total = static_cast<Eigen::Index>(draws_.size());
  const Eigen::Index values = static_cast<Eigen::Index>(options_.memory / sizeof(double));
  const auto predictors = static_cast<Eigen::Index>(predictors_.size());
  const Eigen::Index block = std::max<Eigen::Index>(values / (total * predictors), 1);
  for (Eigen::Index first = 0; first < design.size(); first += block) {
    const Rows rows = select_rows(design, first, std::min(block, design.size() - first));
    Eigen::Index width = static_cast<Eigen::Index>(fixed_names_.size()) + shape_.size();
    for (const Rows::Term& term : rows.terms) width += 2 * term.levels() * term.width;
    Eigen::Index step = std::clamp<Eigen::Index>(values / 4 / std::max<Eigen::Index>(width, 1), 1, total);
    if (step > kTileDraws) step -= step % kTileDraws;
    RowPredictors result{first, rows.count,   RowMatrix(predictors * rows.count, total),
                         {},    &parameters_, &mean_parameters_};
    Draws mean;
    for (Eigen::Index from = 0; from < total;) {
      const auto of_chain = [&](Eigen::Index s) { return draws_[static_cast<std::size_t>(s)].chain; };
      Eigen::Index count = 1;
      while (count < step && from + count < total && of_chain(from + count) == of_chain(from)) ++count;
      const Draws draws = load(design, rows, from, count);
      fill(design, rows, draws, true, result.eta.middleCols(from, count));
      const bool start = from == 0;
      const auto add = [&](RowMatrix& sum, const RowMatrix& part) {
        if (start)
          sum = part.colwise().sum();
        else
          sum += part.colwise().sum();
      };
      add(mean.fixed, draws.fixed);
      add(mean.theta, draws.theta);
      mean.effects.resize(draws.effects.size());
      for (std::size_t r = 0; r < draws.effects.size(); ++r) {
        if (start)
          mean.effects[r] = draws.effect_sums[r];
        else
          mean.effects[r] += draws.effect_sums[r];
      }
      from += count;
    }
    const double scale = 1 / static_cast<double>(total);
    mean.fixed *= scale;
    mean.theta *= scale;
    for (RowMatrix& effects : mean.effects) effects *= scale;
    RowMatrix plugin(predictors * rows.count, 1);
    fill(design, rows, mean, false, plugin);
    result.plugin = plugin.col(0);
    on_rows(result);
  }
}

double Predictor::size_without_scale(const Design& design, Eigen::Index row) const {
  return describe(family_).weight == WeightKind::precision ? design.weights[row] : design.trials[row];
}

double Predictor::size(const Design& design, Eigen::Index row, Eigen::Index draw) const {
  if (!describe(family_).residual_scale) return size_without_scale(design, row);
  const Eigen::Index level = design.sigma_index.empty() ? 0 : design.sigma_index[static_cast<std::size_t>(row)];
  return design.weights[row] / (sigma_(draw, level) * sigma_(draw, level));
}

double Predictor::plugin_size(const Design& design, Eigen::Index row) const {
  if (!describe(family_).residual_scale) return size_without_scale(design, row);
  const Eigen::Index level = design.sigma_index.empty() ? 0 : design.sigma_index[static_cast<std::size_t>(row)];
  return design.weights[row] / std::pow(sigma_.col(level).mean(), 2);
}

}  // namespace bdglm
