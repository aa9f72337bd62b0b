// Sizes of arrays, counted as the CUDA backend keeps them.
#include "run/workload.hpp"

#include <algorithm>
#include <cmath>

#include "compute/arrow_shape.hpp"
#include "engines/gibbs/arrow_blocks.hpp"

namespace bdglm {
namespace {

/// Of the largest blocks: blocks are conditioned one after the other in the same arrays.
struct ArrowNeeds {
  double numbers = 0;
  double core = 0;  ///< columns

  ArrowNeeds(const Model& model, const Design& design) {
    const auto term = [&](std::size_t r) { return TermSize{model.effects[r].levels, model.effects[r].width()}; };
    for (const ArrowBlock& block : plan_arrow_blocks(model, design)) {
      ArrowSizes sizes;
      sizes.dense = model.dense_width(block.predictor);
      for (const std::size_t r : block.crossed) sizes.crossed.push_back(term(r));
      for (const std::size_t r : block.chain) sizes.chain.push_back(term(r));
      const ArrowShape arrow(sizes, design.size());
      numbers = std::max(numbers, arrow.numbers(sizes, design.size()));
      core = std::max(core, static_cast<double>(arrow.core));
    }
  }
};

/// Rows that are scaled before they are multiplied.
double scaled_numbers(double rows, double columns) {
  constexpr double kScaled = 1 << 22;
  return std::min(rows * columns, kScaled + columns);
}

/// Sums of parts of the rows, of products of so many columns.
double part_numbers(double rows, double columns) {
  constexpr double kBlocks = 1024;
  constexpr double kLeastRows = 128;
  const double tiles = std::ceil(columns / 64);
  const double parts = tiles > 0 ? std::floor(std::min(kBlocks / (tiles * tiles), rows / kLeastRows)) : 0;
  return parts < 2 ? 0 : (parts + std::ceil(parts / 32)) * columns * columns;
}

}  // namespace

Workload workload(const Model& model, const Design& design, int chains) {
  const NetworkShape& shape = model.shape;
  double units = 0;
  double widest = 0;
  double columns_of_layers = 0;
  double products = 0;
  for (int l = 0; l < shape.layers(); ++l) {
    units += shape.width(l);
    widest = std::max<double>(widest, shape.width(l));
    columns_of_layers = std::max<double>(columns_of_layers, shape.input_width(l) + 1);
    products += 2.0 * shape.input_width(l) * shape.width(l);
  }
  double columns = 0;
  double effects = 0;
  for (const RandomEffect& effect : model.effects) {
    const auto width = static_cast<double>(effect.width());
    columns += effect.deep ? 0 : width;
    effects += static_cast<double>(effect.levels) * width;
  }
  const double predictors = shape.predictors();
  double core = 0;
  double products_with_heads = 0;
  double fixed = 0;
  for (int c = 0; c < shape.predictors(); ++c) {
    const auto width = static_cast<double>(model.dense_width(c));
    core = std::max(core, width);
    products_with_heads += width * width;
  }
  for (std::size_t k = 0; k < design.sides.size(); ++k)
    if (std::find(model.sides.begin(), model.sides.end(), k) != model.sides.end())
      fixed += static_cast<double>(design.sides[k].fixed.cols());
  // A linear model's metric is a dense factor of all coefficients, and a second one where it follows prior variances.
  const double factors = model.has_coefficient_variances() ? 2 : 1;
  const double metric = drawn_without_metric(model, design.size()) ? 0
                        : shape.layers() > 0                       ? core * core
                                                                   : factors * shape.size() * shape.size();
  const auto rows = static_cast<double>(design.size());
  Workload work;
  // A row's latent variable or likelihoods cost a core as much as some hundred multiply-adds, a gaussian's fewer.
  const double per_row = model.augmentation == Augmentation::exact ? 60 : 200;
  work.operations = rows * (3 * products + (products_with_heads + core * columns) + per_row * predictors);
  // Conjugate gradients read what is not zero some fifty times.
  for (const std::size_t side : model.sides)
    work.operations += 50 * static_cast<double>(design.sides[side].sparse.values.size());
  const auto maps = static_cast<double>(model.effects.size() + 1);
  // A network's inputs are there in single precision too, eight to a unit.
  const double inputs = shape.inputs + 4 * std::ceil(shape.inputs / 8.0);
  work.shared_bytes = 8 * rows * (fixed + inputs + columns + maps + predictors + 5);
  // Units and noise of the state, then scratch: units, their derivatives, columns of the metric's moments, and what
  // draws of hidden units keep.
  const double scratch = columns_of_layers + (model.has_noise() ? widest + 40 : 0);
  const ArrowNeeds arrow(model, design);
  const double multiplied = std::max(core, model.has_noise() ? columns_of_layers : 0);
  work.chain_bytes =
      8 * (rows * (5 * units + 2 * widest + scratch + 4 + 9 * predictors) + 3 * effects + arrow.numbers + metric +
           scaled_numbers(rows, multiplied) + std::max(part_numbers(rows, multiplied), part_numbers(rows, arrow.core)));
  work.chains = chains;
  work.sparse =
      design.sparse_deep.columns > 0 || std::any_of(design.sides.begin(), design.sides.end(),
                                                    [](const SideDesign& side) { return side.sparse.columns > 0; });
  return work;
}

}  // namespace bdglm
