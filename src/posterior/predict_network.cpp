// A network's part of predictors, draw by draw.
#include <cmath>

#include "posterior/predictor_blocks.hpp"
#include "sampling/standard.hpp"

namespace bdglm {
namespace {

Matrix inputs_at(const Design& design, Eigen::Index first, Eigen::Index count, const Backend& backend) {
  const RowMatrix dense = design.deep.middleRows(first, count);
  if (design.sparse_deep.columns == 0) return backend.upload_columns(dense, design.ramps, {});
  return backend.upload_columns(
      dense, design.ramps, design.sparse_deep.range(static_cast<std::size_t>(first), static_cast<std::size_t>(count)));
}

}  // namespace

void Predictor::add_network(const Design& design, const Rows& rows, const Draws& draws, Eigen::Index row,
                            Eigen::Index draw, bool with_noise, std::vector<RowMatrix>& eta) const {
  const Backend& backend = *backend_;
  const Eigen::Index n = eta.front().rows();
  Network network;
  network.shape = shape_;
  network.inputs = inputs_at(design, rows.first + row, n, backend);
  network.fixed.resize(eta.size());
  const auto predictors = static_cast<Eigen::Index>(eta.size());
  const Matrix base = backend.uploaded(RowMatrix::Zero(predictors * n, 1));
  Matrix out = backend.allocate(predictors * n, 1);
  std::vector<std::int32_t> own_row(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < own_row.size(); ++i) own_row[i] = static_cast<std::int32_t>(i);
  std::vector<Matrix> none;
  for (Eigen::Index s = 0; s < eta.front().cols(); ++s) {
    for (std::size_t r = 0; r < draws.effects.size(); ++r) {
      if (!effects_[r].of(design).deep) continue;
      const Rows::Term& term = rows.terms[r];
      RowMatrix own(n, term.width);
      for (Eigen::Index i = 0; i < n; ++i)
        own.row(i) = draws.effects[r]
                         .col(draw + s)
                         .segment(term.level[static_cast<std::size_t>(row + i)] * term.width, term.width)
                         .transpose();
      network.output_effects.resize(eta.size());
      network.output_effects[effects_[r].predictor] = {backend.uploaded(own), backend.upload_indices(own_row, n)};
    }
    network.noise.clear();
    for (Eigen::Index l = 0; l < draws.layer_noise.cols() && with_noise; ++l) {
      const double sd = std::sqrt(draws.layer_noise(draw + s, l));
      const std::size_t at = static_cast<std::size_t>(draws.from + draw + s);
      const std::size_t number = static_cast<std::size_t>(draws_[at].chain) * file_.draws() + draws_[at].draw;
      RowMatrix noise(n, shape_.width(static_cast<int>(l)));
      for (Eigen::Index i = 0; i < n; ++i) {
        const std::size_t table_row = design.rows[static_cast<std::size_t>(rows.first + row + i)];
        Stream stream(
            {seed_, static_cast<std::uint32_t>(l), static_cast<std::uint32_t>(number), Site::hidden_units, 2048},
            static_cast<std::uint32_t>(table_row));
        for (Eigen::Index k = 0; k < noise.cols(); ++k) noise(i, k) = sd * draw_normal<double>(stream);
      }
      network.noise.push_back(backend.uploaded(noise));
    }
    backend.forward(network, backend.uploaded(draws.theta.row(draw + s).transpose()), base, none, none, out);
    const RowMatrix added = backend.download(out);
    for (Eigen::Index c = 0; c < predictors; ++c) eta[static_cast<std::size_t>(c)].col(s) += added.middleRows(c * n, n);
  }
}

}  // namespace bdglm
