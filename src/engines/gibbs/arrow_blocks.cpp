// The plan of arrows: chains of nested terms, then what is small enough for the core.
#include "engines/gibbs/arrow_blocks.hpp"

#include <algorithm>
#include <numeric>

namespace bdglm {
namespace {

/// Crossed terms with at most this many coefficients are drawn within the dense core.
constexpr Eigen::Index kCoreLimit = 256;

/// The map from `fine`'s groups to `coarse`'s, or empty where `fine` is not nested in `coarse`.
std::vector<std::int32_t> nesting(const GroupDesign& fine, const GroupDesign& coarse, Eigen::Index fine_levels) {
  std::vector<std::int32_t> parent(static_cast<std::size_t>(fine_levels), -1);
  for (std::size_t i = 0; i < fine.index.size(); ++i) {
    std::int32_t& p = parent[static_cast<std::size_t>(fine.index[i])];
    if (p < 0) p = coarse.index[i];
    if (p != coarse.index[i]) return {};
  }
  for (std::int32_t& p : parent) p = std::max(p, 0);
  return parent;
}

/// The blocks of the effects in `left`, which are all of one predictor.
std::vector<ArrowBlock> plan(std::vector<std::size_t> left, const std::vector<RandomEffect>& effects,
                             const std::vector<GroupDesign>& groups) {
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
      std::vector<std::int32_t> parent =
          nesting(groups[effects[fine].term], groups[effects[*it].term], effects[fine].levels);
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

std::vector<ArrowBlock> plan_arrow_blocks(const Model& model, const std::vector<GroupDesign>& groups) {
  std::vector<ArrowBlock> all;
  for (int c = 0; c < model.shape.predictors(); ++c) {
    std::vector<std::size_t> own;
    for (std::size_t r = 0; r < model.effects.size(); ++r)
      if (model.effects[r].predictor == c) own.push_back(r);
    for (ArrowBlock& block : plan(own, model.effects, groups)) {
      block.predictor = c;
      all.push_back(std::move(block));
    }
  }
  return all;
}

}  // namespace bdglm
