// The rows that a verb reads: tables by --data, matrices by --matrix.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "bdglm/data.hpp"

namespace bdglm::cli {

struct DataArguments {
  std::vector<std::string> tables;    ///< files and patterns, which are one table
  std::vector<std::string> matrices;  ///< "NAME=FILE" each

  bool given() const { return !tables.empty() || !matrices.empty(); }
  /// The files of both, patterns as they are.
  std::vector<std::string> files() const;
  /// Throws DataError.
  Data read() const;
};

/// Adds --data, with its help, and --matrix; where one is `required`, either will do. Returns --data.
CLI::Option* add_data(CLI::App& verb, DataArguments& arguments, const std::string& about, bool required);

}  // namespace bdglm::cli
