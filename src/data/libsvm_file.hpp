// LIBSVM's text: a response and a sparse row on each line, "1 3:0.5 17:2".
#pragma once

#include <string>
#include <vector>

#include "base/sparse_rows.hpp"
#include "data/array_file.hpp"
#include "data/table.hpp"
#include "data/unpacked_file.hpp"

namespace bdglm {

struct LibsvmRows {
  std::vector<double> labels;
  SparseRows inputs;  ///< as many columns as the greatest index
  std::vector<TablePart> parts;
};

/// Whether a file is LIBSVM text by its name: `.svm` or `.libsvm`, `.gz` after it or not.
bool is_libsvm_name(const std::string& name);

/// Reads the files one after the other. Indices count from 1 and ascend within a line; what follows # is a comment, and
/// empty lines are passed over. Throws DataError with file and line.
LibsvmRows read_libsvm(const std::vector<InputFile>& files);

/// The same numbers as columns. Throws DataError that begins with `what` where they would not fit into memory.
NumberColumns dense_columns(const SparseRows& rows, const std::string& what);

}  // namespace bdglm
