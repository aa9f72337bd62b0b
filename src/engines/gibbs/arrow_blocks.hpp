// Which random-effect terms are drawn together, and in which arrow each stands.
#pragma once

#include <cstdint>
#include <vector>

#include "compute/row_part.hpp"
#include "model/model.hpp"

namespace bdglm {

/// Terms drawn together with the dense coefficients: a chain of nested ones, finest first, and small crossed ones
/// within the dense core; further blocks see the others as fixed.
struct ArrowBlock {
  int predictor = 0;
  std::vector<std::size_t> chain;
  std::vector<std::size_t> crossed;
  std::vector<std::vector<std::int32_t>> parent;  ///< of chain[k]'s groups among chain[k + 1]'s
};

/// The blocks of a model's random effects, predictor by predictor; of a predictor without any, one without terms. Where
/// the design is of a part of the rows, `all_reduce` finds what is nested in those of all parts.
std::vector<ArrowBlock> plan_arrow_blocks(const Model& model, const Design& design, const AllReduce& all_reduce = {});

/// Whether draws given the latents alone serve a linear model best: by way of the rows where it has coefficients alone
/// (ArrowShape), and where columns are sparse. No gradient moves them then, and no metric of theirs is needed.
bool drawn_without_metric(const Model& model, Eigen::Index rows);

}  // namespace bdglm
