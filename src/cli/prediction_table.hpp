// What `bdglm predict` writes: a table with a line for each row of the input, or an array of draws.
#pragma once

#include <string>
#include <vector>

#include "cli/output_file.hpp"
#include "data/table.hpp"
#include "posterior/predict.hpp"

namespace bdglm::cli {

/// The columns that --keep names, `all` for every one. Throws DataError that names the nearest for one that is none.
std::vector<std::size_t> kept_columns(const Table& table, const std::vector<std::string>& names);

struct PredictionColumns {
  bool plugin = false;
  std::vector<std::size_t> keep;  ///< columns of the input, written first
};

/// Writes the predictions as CSV, NA in every column for rows with missing inputs.
void write_prediction_table(OutputFile& out, const Predictor& predictor, const Design& design, const Table& table,
                            const RowPredictionOptions& options, const PredictionColumns& columns);

/// Writes the draws as netCDF (posterior/prediction_file.hpp).
void write_prediction_array(OutputFile& out, const Predictor& predictor, const Design& design, const Table& table,
                            const RowPredictionOptions& options);

}  // namespace bdglm::cli
