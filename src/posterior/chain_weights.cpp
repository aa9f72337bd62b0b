// Stacking of chains: leave-one-out densities of rows by chain, and the weights that they score best with.
#include "posterior/chain_weights.hpp"

#include <algorithm>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "diagnostics/leave_one_out.hpp"
#include "diagnostics/stacking.hpp"
#include "posterior/chain_scores.hpp"
#include "posterior/row_likelihoods.hpp"

namespace bdglm {
namespace {

/// Of which a fifth is the tail that a generalised Pareto distribution is fitted to: five at least.
constexpr Eigen::Index kFewestDraws = 25;

}  // namespace

StackedChains stack_chains(const DrawSource& source, const Design& design, int threads) {
  const RowLikelihoods likelihoods(source, threads);
  const ChainSegments chains = chain_segments(likelihoods.predictor());
  StackedChains result;
  // What is known of draws that predict, predictions say themselves.
  if (source.has("log_likelihood", "y")) result.notes = likelihoods.notes();
  if (chains.size() == 1) {
    result.weights = {1};
    return result;
  }
  const auto fewest =
      std::min_element(chains.begin(), chains.end(), [](const auto& a, const auto& b) { return a.count < b.count; });
  if (fewest->count < kFewestDraws)
    throw DataError("chains cannot be stacked by " + std::to_string(fewest->count) +
                    (fewest->count == 1 ? " draw each: " : " draws each: ") + std::to_string(kFewestDraws) +
                    " at least are needed to smooth importance weights; run " + setting("resume") + " with more " +
                    setting("draws") + ", or give equal weights");
  const auto count = static_cast<Eigen::Index>(chains.size());
  Eigen::MatrixXd elpd = Eigen::MatrixXd::Zero(design.size(), count);
  std::vector<char> unreliable(static_cast<std::size_t>(design.size()), 0);
  likelihoods.for_each_row(design, [&](Eigen::Index row, const Eigen::ArrayXd& log_likelihood) {
    for (Eigen::Index c = 0; c < count; ++c) {
      const ChainSegment& chain = chains[static_cast<std::size_t>(c)];
      // Of a single chain as ArviZ has it: one.
      const RowAccuracy accuracy = row_accuracy(log_likelihood.segment(chain.first, chain.count), 1);
      elpd(row, c) = accuracy.elpd_loo;
      if (accuracy.pareto_k > pareto_k_threshold(static_cast<double>(chain.count)))
        unreliable[static_cast<std::size_t>(row)] = 1;
    }
  });
  std::vector<Eigen::Index> rows;
  for (Eigen::Index i = 0; i < design.size(); ++i)
    if (design.weights[i] > 0) rows.push_back(i);
  const Eigen::VectorXd weights = stacking_weights(elpd(rows, Eigen::all));
  result.weights.assign(weights.begin(), weights.end());
  if (const auto rough = std::count(unreliable.begin(), unreliable.end(), 1); rough > 0)
    result.notes.push_back("the Pareto k of " + std::to_string(rough) + " of " + std::to_string(rows.size()) +
                           " rows is above the threshold in some chain; the chains' weights rest on rough estimates, " +
                           "which more draws may mend");
  return result;
}

}  // namespace bdglm
