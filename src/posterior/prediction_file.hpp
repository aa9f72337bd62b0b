// A netCDF file of predictive draws, as xarray opens it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "posterior/predict.hpp"

namespace bdglm {

/// Variables `mean` (expected response) and `new` (new observation), [draw, row], NaN where a row could not be
/// predicted. Where responses are levels `mean` has their probabilities, [draw, row, level], and `new` a level's number
/// from zero. Coordinates: `level` the labels, `row` counts the table's rows from one, `draw` the file's draws from
/// zero, and `fit_chain[draw]`, `fit_draw[draw]` say where in the fit a draw stands. Throws DataError naming the file.
class PredictionFile {
 public:
  PredictionFile(const std::string& path, std::size_t rows, const std::vector<DrawPlace>& draws,
                 const std::vector<std::string>& levels);
  PredictionFile(const PredictionFile&) = delete;
  PredictionFile& operator=(const PredictionFile&) = delete;
  ~PredictionFile();

  /// Puts in the draws of the rows of a block, whose numbers in the table, from zero, ascend.
  void add(const std::vector<std::size_t>& table_rows, const std::vector<RowPrediction>& rows);
  void close();

 private:
  struct File;
  std::string path_;
  std::unique_ptr<File> file_;
  std::size_t draws_ = 0;
  std::size_t outcomes_ = 1;
};

}  // namespace bdglm
