// The CPU's inner loops on SIMD lanes, with the instruction set chosen at run time; plain arrays in and out.
#pragma once

#include <cstddef>
#include <cstdint>

#include "family/family.hpp"
#include "random/stream.hpp"

namespace bdglm::lanes {

/// The instruction set in use, by the library's name for it (AVX3, AVX2, SSE4, NEON, ...).
const char* instruction_set();

/// omega_i ~ PG(size_i, z_i), i < n; size_i in 1 .. 1e6 in 24-bit precision. Element first_element + i of the address
/// reads its stream's blocks, one a trip, as the scalar draw_polya_gamma<float> does: the draws are the same but for
/// the rounding of elementary functions.
void draw_polya_gamma(const Address& address, std::uint32_t first_element, const double* size, const double* z,
                      std::size_t n, double* omega);

/// Rows of a likelihood: responses and sizes, and for each predictor, `stride` apart, its values at base + scale *
/// direction (null: base). Where `scores` is not null the derivatives by the predictors go there, `score_stride` apart,
/// or, where `scored` is not negative, by that predictor alone; and each row's part of the sum goes to `terms`.
struct LikelihoodRows {
  const double* response;
  const double* size;
  const double* eta;
  std::size_t count;
  int predictors = 1;
  std::size_t stride = 0;
  const double* direction = nullptr;
  double scale = 0;
  double* scores = nullptr;
  std::size_t score_stride = 0;
  int scored = -1;
  double* terms = nullptr;
};

/// The sum of the rows' log likelihoods, without what depends neither on the predictors nor on the size.
double log_likelihood(Family family, const LikelihoodRows& rows);

/// Rows of a tile: a tiled design holds, for each kTileRows rows, their values column by column, rounded to 24 bits;
/// the last tile is filled up with zeros.
constexpr std::size_t kTileRows = 32;

/// out += X w for `rows` rows in tiles (a whole number of them but for the last) of `cols` columns.
void add_tiles_times(const float* tiles, std::size_t rows, std::size_t cols, const double* w, double* out);

/// out += X' v.
void add_tiles_transposed_times(const float* tiles, std::size_t rows, std::size_t cols, const double* v, double* out);

}  // namespace bdglm::lanes
