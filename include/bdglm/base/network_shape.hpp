// The shape of the predictor's differentiable part: hidden layers, output weights and fixed effects in one vector.
#pragma once

#include <string>
#include <vector>

#include "bdglm/base/error.hpp"

namespace bdglm {

/// eta_i = x_i' beta + a(Z_L)_i' B with Z_l = a(Z_{l-1}) W_l + b_l. The parameter vector theta holds, in
/// this order, W_l (row-major, inputs x units) and b_l for each layer, then B, then beta. No hidden layers
/// (`widths` empty) leaves beta alone: a linear model.
struct NetworkShape {
  int inputs = 0;             ///< d0, columns of the network's input
  std::vector<int> widths;    ///< d1 .. dL
  int fixed = 0;              ///< p, columns of the fixed effects
  double slope_negative = 0;  ///< activation a(z) = slope * z on each side of zero
  double slope_positive = 1;

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
  int output_offset() const { return weight_offset(layers()); }
  int fixed_offset() const { return output_offset() + last_width(); }
  int size() const { return fixed_offset() + fixed; }

  double activate(double z) const { return z * (z < 0 ? slope_negative : slope_positive); }

  /// Sets the slopes of relu, leaky_relu (0.01 below zero) or abs.
  void set_activation(const std::string& name) {
    slope_positive = 1;
    if (name == "relu")
      slope_negative = 0;
    else if (name == "leaky_relu")
      slope_negative = 0.01;
    else if (name == "abs")
      slope_negative = -1;
    else
      throw ModelError("unknown activation '" + name + "'; it is relu, leaky_relu or abs");
  }
};

}  // namespace bdglm
