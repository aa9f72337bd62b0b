// The plan of arrows: chains of nested terms, then what is small enough for the core.
#include "engines/gibbs/arrow_blocks.hpp"

#include <algorithm>
#include <numeric>

#include "compute/arrow_shape.hpp"

namespace bdglm {
namespace {

/// Crossed terms with at most this many coefficients are drawn within the dense core.
constexpr Eigen::Index kCoreLimit = 256;

/// Makes each group's parent in one part of the rows (-1 where it has none there) that in all; false where parts
/// differ, or terms are not nested in one.
bool agree(std::vector<std::int32_t>& parent, bool nested, const AllReduce& all_reduce) {
  const std::size_t count = parent.size();
  // Of each group the number of parts that have it, then the sum of the parents that they found.
  std::vector<double> sums(2 * count, 0);
  for (std::size_t g = 0; g < count; ++g) {
    if (parent[g] < 0) continue;
    sums[g] = 1;
    sums[count + g] = parent[g];
  }
  all_reduce(sums.data(), sums.size());
  double against = nested ? 0 : 1;
  for (std::size_t g = 0; g < count; ++g) {
    const double mean = sums[g] > 0 ? sums[count + g] / sums[g] : -1;
    if (parent[g] >= 0 && parent[g] != mean) against = 1;
    parent[g] = static_cast<std::int32_t>(mean);
  }
  all_reduce(&against, 1);
  return against == 0;
}

/// The map from `fine`'s groups to `coarse`'s, or empty where `fine` is not nested in `coarse`.
std::vector<std::int32_t> nesting(const TermDesign& fine, const TermDesign& coarse, Eigen::Index fine_levels,
                                  const AllReduce& all_reduce) {
  std::vector<std::int32_t> parent(static_cast<std::size_t>(fine_levels), -1);
  bool nested = true;
  for (std::size_t i = 0; i < fine.index.size() && nested; ++i) {
    std::int32_t& p = parent[static_cast<std::size_t>(fine.index[i])];
    if (p < 0) p = coarse.index[i];
    nested = p == coarse.index[i];
  }
  if (all_reduce) nested = agree(parent, nested, all_reduce);
  if (!nested) return {};
  for (std::int32_t& p : parent) p = std::max(p, 0);
  return parent;
}

/// The blocks of the effects in `left`, which are all of one predictor.
std::vector<ArrowBlock> plan(std::vector<std::size_t> left, const Model& model, const Design& design,
                             const AllReduce& all_reduce) {
  const std::vector<RandomEffect>& effects = model.effects;
  std::vector<ArrowBlock> blocks;
  // Finest first, so that a chain of nested terms is eliminated without fill-in.
  std::stable_sort(left.begin(), left.end(),
                   [&](std::size_t a, std::size_t b) { return effects[a].levels > effects[b].levels; });
  while (!left.empty()) {
    ArrowBlock block;
    block.chain.push_back(left.front());
    left.erase(left.begin());
    for (auto it = left.begin(); it != left.end();) {
      const std::size_t fine = block.chain.back();
      std::vector<std::int32_t> parent = nesting(model.term(design, effects[fine]), model.term(design, effects[*it]),
                                                 effects[fine].levels, all_reduce);
      if (parent.empty()) {
        ++it;
        continue;
      }
      block.parent.push_back(std::move(parent));
      block.chain.push_back(*it);
      it = left.erase(it);
    }
    if (blocks.empty()) {
      Eigen::Index core = 0;
      for (auto it = left.begin(); it != left.end();) {
        const Eigen::Index size = effects[*it].levels * effects[*it].width();
        if (core + size > kCoreLimit) {
          ++it;
          continue;
        }
        core += size;
        block.crossed.push_back(*it);
        it = left.erase(it);
      }
    }
    blocks.push_back(std::move(block));
  }
  if (blocks.empty()) blocks.emplace_back();
  return blocks;
}

}  // namespace

std::vector<ArrowBlock> plan_arrow_blocks(const Model& model, const Design& design, const AllReduce& all_reduce) {
  std::vector<ArrowBlock> all;
  for (int c = 0; c < model.shape.predictors(); ++c) {
    std::vector<std::size_t> own;
    for (std::size_t r = 0; r < model.effects.size(); ++r)
      if (model.effects[r].predictor == c) own.push_back(r);
    for (ArrowBlock& block : plan(own, model, design, all_reduce)) {
      block.predictor = c;
      all.push_back(std::move(block));
    }
  }
  return all;
}

bool drawn_without_metric(const Model& model, Eigen::Index rows) {
  if (model.has_sparse() && model.shape.layers() == 0) return true;
  // Where a response's share of many trials is far from one half, draws given the latents hardly move.
  constexpr double kFewTrials = 8;
  // Below these moves of gradients, n p a step, are faster, unless prior variances change their metric.
  constexpr Eigen::Index kFarWider = 4;
  if (model.augmentation == Augmentation::none || !model.effects.empty() || model.shape.layers() > 0) return false;
  const bool latent = model.augmentation == Augmentation::polya_gamma;
  if (latent && model.most_trials > kFewTrials) return false;
  const Eigen::Index narrower = latent && !model.has_coefficient_variances() ? kFarWider * rows : rows;
  const std::vector<Head>& heads = model.shape.heads;
  return std::all_of(heads.begin(), heads.end(),
                     [&](const Head& head) { return ArrowShape::is_wide(head.fixed, narrower); });
}

}  // namespace bdglm
