// Hidden units with layer noise on the device: a thread a row, units in turn, interior layers in blocks between which
// products carry the changes on (blocked Gauss-Seidel).
#include "kernels/operations.cuh"
#include "sampling/piecewise_gaussian.hpp"

namespace bdglm::cuda {
namespace {

/// Units that a thread draws in turn before a product carries their changes to the rest.
constexpr std::size_t kBlock = 32;

/// A unit's two pieces: curvature s and pull c of the layer above on its activation (math note, eq. 7).
struct UnitLaw {
  double noise_precision, negative, positive;

  BDGLM_HOST_DEVICE double draw(Stream& stream, double mean, double s, double c) const {
    const double m = mean * noise_precision;
    return draw_piecewise_gaussian(stream, {noise_precision + s * negative * negative, m + c * negative},
                                   {noise_precision + s * positive * positive, m + c * positive});
  }
  BDGLM_HOST_DEVICE double activate(double z) const { return z * (z < 0 ? negative : positive); }
};

/// The last layer: the pull is one number a row, brought up to date unit by unit.
void draw_top(Queue& queue, const HiddenLayer& layer, const UnitLaw& law, const Address& address, std::size_t first_row,
              Matrix& z_matrix, Matrix& a_matrix) {
  const std::size_t d = cols_of(z_matrix);
  const bool effects = !layer.output_effects.empty();
  const double* own = effects ? values(layer.output_effects.weights) : nullptr;
  const std::int32_t* group = effects ? groups(layer.output_effects.index).group.data() : nullptr;
  const double* common = values(layer.weights_up);
  const double* target = values(layer.target);
  const double* precision = values(layer.row_precision);
  const double* mean = values(layer.mean);
  double* z = values(z_matrix);
  double* a = values(a_matrix);
  for_each(queue, rows_of(z_matrix), [=] __device__(std::size_t i) {
    Stream stream(address, static_cast<std::uint32_t>(first_row + i));
    const double omega = precision[i];
    const double* mine = own != nullptr ? own + static_cast<std::size_t>(group[i]) * d : nullptr;
    double linear = target[i];
    for (std::size_t j = 0; j < d; ++j)
      linear -= omega * a[i * d + j] * (common[j] + (mine != nullptr ? mine[j] : 0.0));
    for (std::size_t j = 0; j < d; ++j) {
      const double w = common[j] + (mine != nullptr ? mine[j] : 0.0);
      const double s = omega * w * w;
      const double drawn = law.draw(stream, mean[i * d + j], s, w * linear + s * a[i * d + j]);
      const double active = law.activate(drawn);
      linear -= omega * w * (active - a[i * d + j]);
      z[i * d + j] = drawn;
      a[i * d + j] = active;
    }
  });
}

/// An interior layer: pull_ij = sum_k w_jk residual_ik changes with unit k by G_jk = w_j'w_k, the same for all rows.
void draw_interior(Queue& queue, const HiddenLayer& layer, const UnitLaw& law, const Address& address,
                   std::size_t first_row, Matrix& z_matrix, Matrix& a_matrix) {
  const std::size_t rows = rows_of(z_matrix);
  const std::size_t d = cols_of(z_matrix);
  const std::size_t up = cols_of(layer.weights_up);
  const double* w = values(layer.weights_up);
  const double omega = layer.precision_up;
  const double* mean = values(layer.mean);
  double* z = values(z_matrix);
  double* a = values(a_matrix);
  double* g = queue.scratch(Scratch::gram, d * d);
  gemm(queue, false, true, d, d, up, 1, w, up, w, up, 0, g, d);
  double* pull = queue.scratch(Scratch::residual, rows * d);
  gemm(queue, false, true, rows, d, up, 1, values(layer.target), up, w, up, 0, pull, d);
  gemm(queue, false, false, rows, d, d, -1, a, d, g, d, 1, pull, d);
  double* change = queue.scratch(Scratch::change, rows * kBlock);
  auto* streams = reinterpret_cast<Stream*>(
      queue.scratch(Scratch::streams, (rows * sizeof(Stream) + sizeof(double) - 1) / sizeof(double)));
  for (std::size_t first = 0; first < d; first += kBlock) {
    const std::size_t width = std::min(kBlock, d - first);
    for_each(queue, rows, [=] __device__(std::size_t i) {
      Stream stream = first == 0 ? Stream(address, static_cast<std::uint32_t>(first_row + i)) : streams[i];
      double* mine = pull + i * d + first;
      for (std::size_t b = 0; b < width; ++b) {
        const std::size_t j = first + b;
        const double s = omega * g[j * d + j];
        const double drawn = law.draw(stream, mean[i * d + j], s, omega * mine[b] + s * a[i * d + j]);
        const double active = law.activate(drawn);
        const double moved = active - a[i * d + j];
        for (std::size_t c = b + 1; c < width; ++c) mine[c] -= moved * g[j * d + first + c];
        change[i * width + b] = moved;
        z[i * d + j] = drawn;
        a[i * d + j] = active;
      }
      streams[i] = stream;
    });
    const std::size_t next = first + width;
    if (next < d)
      gemm(queue, false, false, rows, d - next, width, -1, change, width, g + first * d + next, d, 1, pull + next, d);
  }
}

}  // namespace

void draw_hidden_units(Queue& queue, const HiddenLayer& layer, Slopes slopes, const Address& address,
                       Eigen::Index first_row, Matrix& z, Matrix& activations) {
  const auto first = static_cast<std::size_t>(first_row);
  const UnitLaw law{1.0 / layer.noise, slopes.negative, slopes.positive};
  if (layer.row_precision.empty())
    draw_interior(queue, layer, law, address, first, z, activations);
  else
    draw_top(queue, layer, law, address, first, z, activations);
}

}  // namespace bdglm::cuda
