// The fit file: one netCDF-4 file that ArviZ opens, written by steps that never leave it half done.
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/row_matrix.hpp"

namespace bdglm {

/// A dimension with its coordinate variable of the same name: labels, or whole numbers.
struct Dimension {
  std::string name;
  std::vector<std::string> labels;
  std::vector<long long> numbers;  ///< in place of labels where not empty

  std::size_t size() const { return numbers.empty() ? labels.size() : numbers.size(); }
};

/// One variable of a group, [chain, draw, dimensions...].
struct DrawVariable {
  /// How values are kept; `compressed` ones in single precision by deflate.
  enum class Kind { real, integer, boolean, compressed };
  std::string group;  ///< "posterior", "sample_stats", ...
  std::string name;
  std::vector<Dimension> dimensions;
  Kind kind = Kind::real;
  int every = 1;  ///< only each so manieth draw is kept; all variables of a group have the same

  std::size_t size() const {
    std::size_t n = 1;
    for (const Dimension& d : dimensions) n *= d.size();
    return n;
  }
};

/// Fixed data of observed_data or constant_data, [dimensions...]; of other groups too where they can be given later.
struct DataVariable {
  std::string group;
  std::string name;
  std::vector<Dimension> dimensions;
  RowMatrix values;  ///< the first dimension's size rows; empty: given later by `FitWriter::put`
};

/// What a fit file describes besides draws: everything that predict and resume need, as JSON.
using Spec = nlohmann::json;

/// What a new fit file is made of.
struct FitLayout {
  std::vector<DrawVariable> variables;
  std::vector<DataVariable> data;
  int chains = 1;
  std::size_t state_size = 1;  ///< of a chain's state, roughly: how its space is cut
  Spec spec;                   ///< what never changes
};

/// Writes draws and states of a run. Draws are written once, at the end of the file; the states take turns in two
/// places; and each `commit` takes effect at once or not at all, so that a kill or a power cut at any instant leaves
/// the last commit. One process writes a file at a time. Throws DataError naming the file.
class FitWriter {
 public:
  /// A new file, at `path` from the first; or, where there is one already and `overwrite` is true, beside it until the
  /// first commit that has states. A file without any such commit is gone with the writer.
  static FitWriter create(const std::string& path, FitLayout layout, bool overwrite);
  /// Continues an existing file at its last commit.
  static FitWriter reopen(const std::string& path, std::vector<DrawVariable> variables);
  FitWriter(FitWriter&&) noexcept;
  FitWriter& operator=(FitWriter&&) noexcept;
  ~FitWriter();

  /// Values of one draw of one chain: all variables in order, flattened, those that are not kept at this draw left out.
  void add(int chain, std::vector<double> values);
  /// New values of a data variable, written with the next commit.
  void put(DataVariable variable);
  std::size_t buffered_bytes() const;
  /// Writes the buffered draws (equally many of each chain), the chains' states where there are any, and the progress,
  /// whose member "over" is merged over the specification when the file is read.
  void commit(const Spec& progress, const std::vector<std::vector<double>>& states);
  /// Draws committed and buffered, of each chain.
  std::size_t draws() const;
  /// Whether a commit with states stands at the path.
  bool resumable() const;

 private:
  struct Impl;
  explicit FitWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class LockedFile;

/// Reads a fit file; throws DataError where it cannot be opened, is no fit, or is of another version. While a run in
/// another process writes the file a copy of it is read.
class FitReader {
 public:
  explicit FitReader(const std::string& path);
  FitReader(const FitReader&) = delete;
  FitReader& operator=(const FitReader&) = delete;
  ~FitReader();

  /// The specification with the last commit's progress in it.
  const Spec& spec() const { return spec_; }
  int chains() const { return chains_; }
  std::size_t draws() const { return draws_; }
  /// Whether a run in another process adds to the file now.
  bool being_written() const;
  /// Of each chain in a group whose draws are thinned; else as above.
  std::size_t draws(const std::string& group) const;
  bool has(const std::string& group, const std::string& name) const;
  std::vector<std::string> variables(const std::string& group) const;
  /// Names and labels (numbers as text) of a variable's dimensions beyond the first `skip` (chain and draw).
  std::vector<Dimension> dimensions(const std::string& group, const std::string& name, int skip = 2) const;
  /// All draws of a variable: (chains * draws of its group) x size, chain by chain.
  RowMatrix read(const std::string& group, const std::string& name) const;
  /// Draws [from, from + count) of one chain: count x size.
  RowMatrix read(const std::string& group, const std::string& name, int chain, std::size_t from,
                 std::size_t count) const;
  /// The given entries of a variable's first labelled dimension at draws [from, from + count) of one chain, all of the
  /// further dimensions: count x (entries * rest). Chain -1 is for variables without chains and draws: 1 x ...
  RowMatrix read_slice(const std::string& group, const std::string& name, int chain, std::size_t from,
                       std::size_t count, const std::vector<std::size_t>& entries) const;
  /// A variable without chains and draws: the first dimension x all others; empty where there is none.
  RowMatrix data(const std::string& group, const std::string& name) const;
  /// Labels of such a variable's columns.
  std::vector<std::string> dimensions_of_data(const std::string& group, const std::string& name) const;
  /// The saved states, one a chain; none before the first.
  std::vector<std::vector<double>> states() const;

 private:
  friend class FitWriter;
  /// Of the writer itself, which changes nothing meanwhile.
  FitReader(const std::string& path, const LockedFile& written);
  void open(const std::string& name);
  void read_header();
  void check_filled(const RowMatrix& values) const;

  std::string path_;
  std::shared_ptr<const LockedFile> source_;  ///< keeps a writer from changing what is read; or a copy
  bool copied_ = false;
  int file_ = -1;
  Spec spec_;
  int chains_ = 0;
  std::size_t draws_ = 0;
};

/// A name that netCDF allows: '/' becomes '|'; of names with control characters or of more than 200 bytes a part, with
/// a number that tells it from others.
std::string variable_name(std::string name);

/// Throws DataError where a fit cannot be written to `path`: a folder, a device, a place without the right to write, a
/// file that is no fit, or a fit without `overwrite`.
void check_output(const std::string& path, bool overwrite);

/// Symbolic links followed to the file that they name, be it there yet or not.
std::string followed(const std::string& path);

/// The version of the file's layout; another one is refused.
constexpr int kFitFileVersion = 2;

}  // namespace bdglm
