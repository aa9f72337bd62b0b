// The shape of the predictor's differentiable part: hidden layers, output weights and fixed effects in one vector.
#pragma once

#include <vector>

#include "base/activation.hpp"

namespace bdglm {

/// What a linear predictor has of its own: weights of the last layer's units, all of them or none, and fixed effects.
struct Head {
  int units = 0;
  int fixed = 0;  ///< p, columns of its fixed effects

  int size() const { return units + fixed; }
  bool operator==(const Head& other) const { return units == other.units && fixed == other.fixed; }
};

/// eta_ic = x_ic' beta_c + a(Z_L)_i' B_c with Z_l = a(Z_{l-1}) W_l + b_l: predictors share the hidden layers. The
/// parameter vector theta holds, in this order, W_l (row-major, inputs x units) and b_l for each layer, then for each
/// predictor B_c and beta_c. No hidden layers (`widths` empty) leaves the betas alone: a linear model.
struct NetworkShape {
  int inputs = 0;                      ///< d0, columns of the network's input
  std::vector<int> widths;             ///< d1 .. dL
  std::vector<Head> heads = {Head{}};  ///< of each predictor
  Activation activation = Activation::relu;

  /// Units of a layer that are straight on each side of zero.
  int straight(int layer) const {
    return static_cast<int>(straight_units(activation, static_cast<std::size_t>(width(layer))));
  }

  int layers() const { return static_cast<int>(widths.size()); }
  int input_width(int layer) const { return layer == 0 ? inputs : widths[static_cast<std::size_t>(layer - 1)]; }
  int width(int layer) const { return widths[static_cast<std::size_t>(layer)]; }
  int last_width() const { return widths.empty() ? 0 : widths.back(); }

  int weight_offset(int layer) const {
    int at = 0;
    for (int l = 0; l < layer; ++l) at += (input_width(l) + 1) * width(l);
    return at;
  }
  int bias_offset(int layer) const { return weight_offset(layer) + input_width(layer) * width(layer); }
  int predictors() const { return static_cast<int>(heads.size()); }
  const Head& head(int predictor) const { return heads[static_cast<std::size_t>(predictor)]; }
  int heads_offset() const { return weight_offset(layers()); }
  int head_offset(int predictor) const {
    int at = heads_offset();
    for (int c = 0; c < predictor; ++c) at += head(c).size();
    return at;
  }
  int output_offset(int predictor) const { return head_offset(predictor); }
  int fixed_offset(int predictor) const { return head_offset(predictor) + head(predictor).units; }
  int size() const { return head_offset(predictors()); }
  /// Fixed effects of all predictors.
  int all_fixed() const {
    int sum = 0;
    for (const Head& h : heads) sum += h.fixed;
    return sum;
  }

  /// Gives each of the predictors all units of the last layer and `fixed` columns.
  void set_heads(int predictors, int fixed) {
    heads.assign(static_cast<std::size_t>(predictors), Head{last_width(), fixed});
  }
};

}  // namespace bdglm
