// The CPU's inner loops on SIMD lanes, with the instruction set chosen at run time; plain arrays in and out.
#pragma once

#include <cstddef>
#include <cstdint>

#include "bdglm/random/stream.hpp"

namespace bdglm::lanes {

/// The instruction set in use, by the library's name for it (AVX3, AVX2, SSE4, NEON, ...).
const char* instruction_set();

/// omega_i ~ PG(size_i, z_i), i < n; size_i in 1 .. 1e6 in 24-bit precision. Element i reads its stream's blocks, one a
/// trip, as the scalar draw_polya_gamma<float> does: the draws are the same but for the rounding of elementary
/// functions.
void draw_polya_gamma(const Address& address, const double* size, const double* z, std::size_t n, double* omega);

/// Sum over i < n of response_i eta_i - size_i ln(1 + e^eta_i) at eta = base + scale * direction;
/// `direction` may be null.
double logistic_log_likelihood(const double* response, const double* size, const double* base, const double* direction,
                               double scale, std::size_t n);

/// The same sum at `eta`; `score` gets response_i - size_i / (1 + e^-eta_i).
double logistic_score(const double* response, const double* size, const double* eta, std::size_t n, double* score);

/// Rows of a tile: a tiled design holds, for each kTileRows rows, their values column by column, rounded to 24 bits;
/// the last tile is filled up with zeros.
constexpr std::size_t kTileRows = 32;

/// out += X w for `rows` rows in tiles (a whole number of them but for the last) of `cols` columns.
void add_tiles_times(const float* tiles, std::size_t rows, std::size_t cols, const double* w, double* out);

/// out += X' v.
void add_tiles_transposed_times(const float* tiles, std::size_t rows, std::size_t cols, const double* v, double* out);

}  // namespace bdglm::lanes
