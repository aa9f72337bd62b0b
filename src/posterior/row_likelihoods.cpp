// The log likelihood of a fit's own rows: saved ones by blocks of rows, others from the draws.
#include "posterior/row_likelihoods.hpp"

#include <algorithm>
#include <numeric>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "model/fit_spec.hpp"
#include "posterior/fit_parameters.hpp"
#include "posterior/parallel.hpp"

namespace bdglm {
namespace {

/// The log likelihood of rows [first, first + values.rows()) by draws.
using OnRows = std::function<void(Eigen::Index first, const RowMatrix& values)>;

constexpr std::size_t kBlockBytes = std::size_t{128} << 20U;

/// Reads a saved log likelihood.
void read_saved(const DrawSource& source, Eigen::Index rows, const OnRows& on_rows) {
  const auto per_chain = static_cast<Eigen::Index>(source.draws());
  const Eigen::Index total = per_chain * source.chains();
  const Eigen::Index block = std::max<Eigen::Index>(static_cast<Eigen::Index>(kBlockBytes / sizeof(double)) / total, 1);
  for (Eigen::Index first = 0; first < rows; first += block) {
    std::vector<std::size_t> entries(static_cast<std::size_t>(std::min(block, rows - first)));
    std::iota(entries.begin(), entries.end(), static_cast<std::size_t>(first));
    RowMatrix values(static_cast<Eigen::Index>(entries.size()), total);
    for (int c = 0; c < source.chains(); ++c)
      values.middleCols(c * per_chain, per_chain) =
          source.read_slice("log_likelihood", "y", c, 0, source.draws(), entries).transpose();
    on_rows(first, values);
  }
}

bool has_layer_noise(const FitSpec& spec) {
  return spec.frame.formula().deep && spec.layer_noise.kind != LayerNoise::Kind::zero;
}

/// Throws where the draws that the fit keeps do not say what its rows' likelihood was.
void check_draws_tell(const DrawSource& source, const FitSpec& spec) {
  const std::string saving = "fit again with " + setting("save") + " log_likelihood";
  if (has_layer_noise(spec))
    throw DataError(
        "the log likelihood of a row rests on the noise of its hidden units, which the fit does not keep; " + saving);
  for (const auto& [group, levels] : spec.frame.group_levels) {
    const SavedEffects saved = saved_effects(source, group);
    if (saved == SavedEffects::moments || saved == SavedEffects::none)
      throw DataError("the fit kept no draws of the effects of '" + group +
                      "', on which the log likelihood of its rows rests; " + saving + " or with " +
                      setting("save_effects") + " all");
  }
}

/// As the recorder saves it: of all observations that a row stands for.
void compute(const Predictor& predictor, const Design& design, const OnRows& on_rows) {
  const Family family = predictor.family();
  const bool frequencies = describe(family).weight == WeightKind::frequency;
  predictor.predict(design, [&](const RowPredictors& block) {
    RowMatrix values(block.count, block.eta.cols());
    for_each_index(predictor.threads(), block.count, [&](Eigen::Index i) {
      const Eigen::Index row = block.first + i;
      const double times = frequencies ? design.weights[row] : 1;
      for (Eigen::Index s = 0; s < block.eta.cols(); ++s)
        values(i, s) =
            times * log_density(family, design.response[row], predictor.size(design, row, s), block.at(i, s));
    });
    on_rows(block.first, values);
  });
}

}  // namespace

RowLikelihoods::RowLikelihoods(const DrawSource& source, int threads)
    : source_(source), saved_(source.has("log_likelihood", "y")) {
  const FitSpec spec = source.spec().get<FitSpec>();
  if (!saved_) check_draws_tell(source, spec);
  PredictorOptions options;
  options.mode = saved_ ? GroupMode::none : GroupMode::known;
  options.threads = threads;
  options.memory = kBlockBytes;
  predictor_ = std::make_unique<Predictor>(source, options);
  if (!saved_)
    notes_ = predictor_->notes();
  else if (has_layer_noise(spec))
    notes_.push_back(
        "the log likelihood of a row is that given its own hidden units, which are drawn with it in mind: Pareto k is "
        "high for that reason");
}

void RowLikelihoods::for_each_row(const Design& design, const OnRow& on_row) const {
  const OnRows on_rows = [&](Eigen::Index first, const RowMatrix& values) {
    for_each_index(predictor_->threads(), values.rows(), [&](Eigen::Index i) {
      const Eigen::Index row = first + i;
      if (!(design.weights[row] > 0)) return;
      if (!values.row(i).allFinite())
        throw NumericalError("the log likelihood of row " +
                             std::to_string(design.rows[static_cast<std::size_t>(row)] + 1) +
                             " is not finite at some draws; look at its values, and at the summary's warnings");
      on_row(row, values.row(i).transpose().array());
    });
  };
  if (saved_)
    read_saved(source_, design.size(), on_rows);
  else
    compute(*predictor_, design, on_rows);
}

}  // namespace bdglm
