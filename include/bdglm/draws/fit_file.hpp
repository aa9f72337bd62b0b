// The fit file: one netCDF-4 file that ArviZ opens, written by steps that never leave it half done.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bdglm/base/row_matrix.hpp"

namespace bdglm {

/// A labelled dimension; its coordinate variable has the same name.
struct Dimension {
  std::string name;
  std::vector<std::string> labels;
};

/// One variable of a group, [chain, draw, dimensions...].
struct DrawVariable {
  std::string group;  ///< "posterior", "sample_stats", ...
  std::string name;
  std::vector<Dimension> dimensions;
  std::size_t size() const {
    std::size_t n = 1;
    for (const Dimension& d : dimensions) n *= d.labels.size();
    return n;
  }
};

/// Fixed data of observed_data or constant_data: [obs], or [obs, columns] where `columns` has a name.
struct DataVariable {
  std::string group;
  std::string name;
  RowMatrix values;
  Dimension columns;
};

/// What a fit file describes besides draws: everything that predict and resume need, as JSON.
using Spec = nlohmann::json;

/// Writes draws and states. Each `commit` builds the next file beside the old one and renames it over,
/// so that a kill at any instant leaves the last committed file. Throws DataError naming the file.
class FitWriter {
 public:
  FitWriter(std::string path, std::vector<DrawVariable> variables, std::vector<DataVariable> data, int chains);
  /// Continues an existing file that holds `draws` draws a chain.
  static FitWriter reopen(std::string path, std::vector<DrawVariable> variables, int chains, std::size_t draws);

  /// Values of one draw of one chain, all variables in order, flattened.
  void add(int chain, const std::vector<double>& values);
  std::size_t buffered_bytes() const;
  /// Writes the buffered draws (equally many of each chain), the chains' states and the spec.
  void commit(const Spec& spec, const std::vector<std::vector<double>>& states);
  std::size_t draws() const { return draws_; }

 private:
  /// The end of a failed write's message: what is left, and how to go on.
  std::string after_failure() const;

  FitWriter() = default;
  void create(const std::string& path, std::size_t state_size) const;
  void write(const std::string& path, const Spec& spec, const std::vector<std::vector<double>>& states) const;

  std::string path_;
  std::vector<DrawVariable> variables_;
  std::vector<DataVariable> data_;
  std::vector<std::vector<std::vector<double>>> buffer_;  // chain, draw, value
  std::size_t draws_ = 0;
  bool created_ = false;
};

/// Reads a fit file; throws DataError where it cannot be opened, is no fit, or is of another version.
class FitReader {
 public:
  explicit FitReader(const std::string& path);
  FitReader(const FitReader&) = delete;
  FitReader& operator=(const FitReader&) = delete;
  ~FitReader();

  const Spec& spec() const { return spec_; }
  int chains() const { return chains_; }
  std::size_t draws() const { return draws_; }
  bool has(const std::string& group, const std::string& name) const;
  std::vector<std::string> variables(const std::string& group) const;
  /// Labels of a variable's dimensions beyond the first `skip` (chain and draw).
  std::vector<Dimension> dimensions(const std::string& group, const std::string& name, int skip = 2) const;
  /// All draws of a variable: (chains * draws) x size, chain by chain.
  RowMatrix read(const std::string& group, const std::string& name) const;
  /// Draws [from, from + count) of one chain: count x size.
  RowMatrix read(const std::string& group, const std::string& name, int chain, std::size_t from,
                 std::size_t count) const;
  /// The given entries of a variable's first labelled dimension at draws [from, from + count) of one chain, all of the
  /// further dimensions: count x (entries * rest). Chain -1 is for variables without chains and draws: 1 x ...
  RowMatrix read_slice(const std::string& group, const std::string& name, int chain, std::size_t from,
                       std::size_t count, const std::vector<std::size_t>& entries) const;
  /// A variable of observed_data or constant_data: rows x columns; empty where there is none.
  RowMatrix data(const std::string& group, const std::string& name) const;
  /// Labels of such a variable's columns.
  std::vector<std::string> dimensions_of_data(const std::string& group, const std::string& name) const;
  /// The saved states, one a chain.
  std::vector<std::vector<double>> states() const;

 private:
  std::string path_;
  int file_ = -1;
  Spec spec_;
  int chains_ = 0;
  std::size_t draws_ = 0;
};

/// A name that netCDF allows: '/' becomes '|'.
std::string variable_name(std::string name);

/// The version of the file's layout; another one is refused.
constexpr int kFitFileVersion = 1;

}  // namespace bdglm
