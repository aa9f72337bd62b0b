// The CPU's inner loops on SIMD lanes, with the instruction set chosen at run time; plain arrays in and out.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/activation.hpp"
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
  FamilyParameters parameters = {};
};

/// The sum of the rows' log likelihoods, without what depends neither on the predictors nor on the size.
double log_likelihood(Family family, const LikelihoodRows& rows);

/// The same of one family.
template <Family kFamily>
double family_likelihood(const LikelihoodRows& rows);
#define BDGLM_FAMILY(name, type) \
  template <>                    \
  double family_likelihood<Family::name>(const LikelihoodRows& rows);
BDGLM_FAMILIES(BDGLM_FAMILY)
#undef BDGLM_FAMILY

/// Rows of a tile: a tiled design holds, for each kTileRows rows, their values column by column, rounded to 24 bits;
/// the last tile is filled up with zeros.
constexpr std::size_t kTileRows = 32;

/// out += X w for `rows` rows in tiles (a whole number of them but for the last) of `cols` columns.
void add_tiles_times(const float* tiles, std::size_t rows, std::size_t cols, const double* w, double* out);

/// out += X' v.
void add_tiles_transposed_times(const float* tiles, std::size_t rows, std::size_t cols, const double* v, double* out);

// Of networks: numbers of `size` units or inputs of rows in tiles, as designs have them.

/// Weights from `inputs` to `units`, at weights[input * input_step + unit * unit_step], in the order that
/// multiply_tiles reads them; `packed` has room for all.
void pack_weights(const double* weights, std::size_t inputs, std::size_t units, std::ptrdiff_t input_step,
                  std::ptrdiff_t unit_step, float* packed);

/// out (of `units`) = the weights' product with `in` (of `inputs`), + bias of each unit where that is not null.
void multiply_tiles(const float* in, std::size_t tiles, std::size_t inputs, const float* packed, const double* bias,
                    std::size_t units, float* out);

/// Values of the tiles' units become their activations; their slopes go to `slopes`.
void activate_tiles(std::size_t tiles, std::size_t units, Activation activation, float* values, float* slopes);

/// values_i *= factors_i. A whole number of tiles.
void multiply_by(const float* factors, std::size_t count, float* values);

/// Places of numbers between knots, rows x numbers: the table's row of the knot below, whose next row is of the knot
/// above, and the height from 0 at the one to 1 at the other.
struct RampPlaces {
  const std::int32_t* knot;
  const double* height;
  std::size_t numbers;
};

/// Numbers that the distance between a table's rows is a multiple of.
constexpr std::size_t kRampUnits = 16;

// Values (rows x units, or units of rows in tiles) += the sums over a row's numbers of the table between their knots;
// and derivatives by the table += those of a function whose derivatives by the values are given.
void add_ramps(const RampPlaces& places, std::size_t rows, const double* table, std::size_t stride, std::size_t units,
               double* values);
void add_ramp_gradient(const RampPlaces& places, std::size_t rows, const double* by_values, std::size_t units,
                       std::size_t stride, double* by_table);
void add_ramps_to_tiles(const RampPlaces& places, std::size_t rows, const float* table, std::size_t stride,
                        std::size_t units, float* values);
void add_ramp_gradient_of_tiles(const RampPlaces& places, std::size_t rows, const float* by_values, std::size_t units,
                                std::size_t stride, float* by_table);

/// out (left_size x right_size) += sum over rows of the outer products of `left` and `right`.
void add_tile_products(const float* left, std::size_t left_size, const float* right, std::size_t right_size,
                       std::size_t tiles, double* out);

/// out += sum over rows.
void add_tile_sums(const float* values, std::size_t size, std::size_t tiles, double* out);

/// Columns of a matrix by row: `width` values a row, rows `width` apart.
struct RowsView {
  const double* values;
  std::ptrdiff_t width;
};

/// Where sums go: entry (k, c) of group g is at values[g * group_step + k * row_step + c].
struct GroupBlocks {
  double* values;
  std::ptrdiff_t group_step;
  std::ptrdiff_t row_step;
};

/// The rows of group g: order[start[g]] .. order[start[g + 1] - 1].
struct GroupedRows {
  const std::int32_t* start;
  const std::int32_t* order;
};

/// out_i += x_i' b for rows [first, last) of a narrow x; out counts from `first`.
void add_rows_times(RowsView x, std::ptrdiff_t first, std::ptrdiff_t last, const double* b, double* out);

/// Adds sum_i w_i x_i x_i' of an x of at most 8 columns to the top left of `gram`, and sum_i v_i x_i to `sums`.
void add_weighted_moments(RowsView x, std::ptrdiff_t rows, const double* w, const double* v, double* gram,
                          std::ptrdiff_t stride, double* sums);

/// out_i += scale z_i' u[group[i]] for the first `rows` rows; u holds a row of z's width for each group.
void add_group_effects(RowsView z, const std::int32_t* group, std::ptrdiff_t rows, const double* u, double scale,
                       double* out);

/// out_g += sum over rows i of group g of w_i x_i, for groups first <= g < last.
void add_group_sums(GroupedRows index, std::ptrdiff_t first, std::ptrdiff_t last, const double* weights, RowsView x,
                    GroupBlocks out);

/// out_g(k, .) += sum over rows i of group g of w_i z_ik x_i.
void add_group_products(GroupedRows index, std::ptrdiff_t first, std::ptrdiff_t last, const double* weights, RowsView z,
                        RowsView x, GroupBlocks out);

/// As above for a term whose effects are many columns: row i's x_i belongs at column group[i] * width.
void add_group_cross_products(GroupedRows index, std::ptrdiff_t first, std::ptrdiff_t last, const double* weights,
                              RowsView z, RowsView x, const std::int32_t* group, GroupBlocks out);

/// z (rows x cols) += bias in each row, + noise where that is not null; activations = activation(z). Where slopes are
/// asked for they take the place of z.
void activate(double* z, std::size_t rows, std::size_t cols, const double* bias, const double* noise,
              Activation activation, bool slopes, double* activations);

/// delta_i *= slopes_i.
void apply_slopes(const double* slopes, std::size_t count, double* delta);

/// delta (rows x cols) = score weights' slopes.
void outer_with_slopes(const double* score, std::size_t rows, const double* weights, std::size_t cols,
                       const double* slopes, double* delta);

/// sums_j += the sum of column j of values (rows x cols).
void add_column_sums(const double* values, std::size_t rows, std::size_t cols, double* sums);

}  // namespace bdglm::lanes
