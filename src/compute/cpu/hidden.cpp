// Hidden units with layer noise on the CPU: each row's units in turn from their piecewise Gaussian conditionals.
#include "base/stop_point.hpp"
#include "compute/cpu/storage.hpp"
#include "sampling/piecewise_gaussian.hpp"

namespace bdglm::cpu {

void draw_hidden_units(const HiddenLayer& layer, Slopes slopes, const Address& address, Eigen::Index first_row,
                       Matrix& z_handle, Matrix& activations) {
  auto z = values(z_handle);
  auto a = values(activations);
  const auto mean = values(layer.mean);
  const auto up = values(layer.weights_up);
  const auto target = values(layer.target);
  const bool top = !layer.row_precision.empty();
  const bool own_weights = !layer.output_effects.empty();
  const auto own = values(layer.output_effects.weights);
  const Eigen::Index d = z.cols();
  const double noise_precision = 1.0 / layer.noise;
  const Eigen::VectorXd norms = up.rowwise().squaredNorm();
  Eigen::RowVectorXd residual(up.cols());
  Eigen::VectorXd w(d);
  for (Eigen::Index i = 0; i < z.rows(); ++i) {
    if (i % kRowBlock == 0) stop_point();
    Stream stream(address, static_cast<std::uint32_t>(first_row + i));
    const double omega = top ? array(layer.row_precision)[i] : layer.precision_up;
    double linear = 0;
    if (top) {
      w = up.col(0);
      if (own_weights) w += own.row(groups(layer.output_effects.index).group[static_cast<std::size_t>(i)]).transpose();
      linear = target(i, 0) - omega * a.row(i).dot(w.transpose());
    } else {
      residual.noalias() = target.row(i) - a.row(i) * up;
    }
    for (Eigen::Index j = 0; j < d; ++j) {
      // Curvature s and pull c of the layer above on this unit's activation, the unit itself taken out.
      double s;
      double c;
      if (top) {
        s = omega * w[j] * w[j];
        c = w[j] * linear + s * a(i, j);
      } else {
        s = omega * norms[j];
        c = omega * residual.dot(up.row(j)) + s * a(i, j);
      }
      const double m = mean(i, j) * noise_precision;
      const GaussianPiece negative = {noise_precision + s * slopes.negative * slopes.negative, m + c * slopes.negative};
      const GaussianPiece positive = {noise_precision + s * slopes.positive * slopes.positive, m + c * slopes.positive};
      const double drawn = draw_piecewise_gaussian(stream, negative, positive);
      const double active = drawn * (drawn < 0 ? slopes.negative : slopes.positive);
      const double change = active - a(i, j);
      if (top)
        linear -= omega * w[j] * change;
      else
        residual -= change * up.row(j);
      z(i, j) = drawn;
      a(i, j) = active;
    }
  }
}

}  // namespace bdglm::cpu
