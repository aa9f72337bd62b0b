// Matrices as columns of a table, from memory or from files.
#pragma once

#include <string>

#include "base/sparse_rows.hpp"
#include "data/array_file.hpp"
#include "data/table.hpp"

namespace bdglm {

/// Adds a matrix to the table: a block, or a column where it has one and is not `sparse`. `source` is its file, or
/// empty. Throws DataError where the name is no plain word or taken, or the rows are not as many as the table's.
void add_matrix(Table& table, const std::string& name, NumberColumns columns, bool sparse, const std::string& source);

/// Adds a matrix of which few numbers are not zero; where it has few columns, or most of its numbers are not zero, as
/// columns. From a file, it may lack the last of its columns. Throws DataError as `add_matrix` does, and where it has
/// more columns than a fit can name.
void add_sparse_matrix(Table& table, const std::string& name, SparseRows rows, const std::string& source);

/// Adds the matrix in a file: .npy, IDX, or LIBSVM text by its name. Throws DataError as `add_matrix` does, and for
/// files that are none of these or damaged.
void attach_matrix(Table& table, const std::string& name, const std::string& path);

/// Throws DataError where a formula could not read a matrix by the name.
void check_matrix_name(const std::string& name);

}  // namespace bdglm
