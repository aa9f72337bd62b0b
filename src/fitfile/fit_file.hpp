// The fit file: one netCDF-4 file that ArviZ opens, written by steps that never leave it half done.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fitfile/draw_store.hpp"

namespace bdglm {

/// All draws of a fit as they lie in memory.
struct DrawColumns {
  std::size_t draws = 0;  ///< of each chain
  /// Those that a variable keeps of one chain, one after the other.
  std::function<const double*(std::size_t variable, std::size_t chain)> values;
};

/// Writes draws and states of a run. Draws are written once, at the end of the file; the states take turns in two
/// places; and each `commit` takes effect at once or not at all, so that a kill or a power cut at any instant leaves
/// the last commit. One process writes a file at a time. Throws DataError naming the file.
class FitWriter final : public DrawSink {
 public:
  /// A new file, at `path` from the first; or, where there is one already and `overwrite` is true, beside it until the
  /// first commit that has states. A file without any such commit is gone with the writer.
  static FitWriter create(const std::string& path, FitLayout layout, bool overwrite);
  /// Continues an existing file at its last commit.
  static FitWriter reopen(const std::string& path, std::vector<DrawVariable> variables);
  FitWriter(FitWriter&&) noexcept;
  FitWriter& operator=(FitWriter&&) noexcept;
  ~FitWriter() override;

  void add(int chain, std::vector<double> values) override;
  void put(DataVariable variable) override;
  std::size_t buffered_bytes() const override;
  /// Takes effect at once or not at all.
  void commit(const Spec& progress, const std::vector<std::vector<double>>& states) override;
  /// The one commit of a file to which no draws were added: all of them, from where they lie.
  void commit(const Spec& progress, const std::vector<std::vector<double>>& states, const DrawColumns& all);
  std::size_t draws() const override;
  /// Whether a commit with states stands at the path.
  bool resumable() const;

 private:
  struct Impl;
  explicit FitWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class LockedFile;

namespace netcdf {
class InputFile;
class InputGroup;
class Variable;
}  // namespace netcdf

/// Reads a fit file; throws DataError where it cannot be opened, is no fit, or is of another version. While a run in
/// another process writes the file a copy of it is read.
class FitReader final : public DrawSource {
 public:
  explicit FitReader(const std::string& path);
  /// Messages name the file `shown`.
  FitReader(const std::string& path, const std::string& shown);
  FitReader(const FitReader&) = delete;
  FitReader& operator=(const FitReader&) = delete;
  ~FitReader() override;

  using DrawSource::read;
  const Spec& spec() const override { return spec_; }
  int chains() const override { return chains_; }
  std::size_t draws() const override { return draws_; }
  bool being_written() const override;
  std::size_t draws(const std::string& group) const override;
  bool has(const std::string& group, const std::string& name) const override;
  std::vector<std::string> variables(const std::string& group) const override;
  std::vector<std::pair<std::string, std::string>> contents() const override;
  std::vector<Dimension> dimensions(const std::string& group, const std::string& name, int skip = 2) const override;
  RowMatrix read(const std::string& group, const std::string& name, int chain, std::size_t from,
                 std::size_t count) const override;
  RowMatrix read_slice(const std::string& group, const std::string& name, int chain, std::size_t from,
                       std::size_t count, const std::vector<std::size_t>& entries) const override;
  RowMatrix data(const std::string& group, const std::string& name) const override;
  std::vector<std::vector<double>> states() const override;

 private:
  friend class FitWriter;
  /// Of the writer itself, which changes nothing meanwhile.
  FitReader(const std::string& path, const LockedFile& written);
  void open(const std::string& name);
  void read_header();
  /// Throw DataError where there is none.
  const netcdf::InputGroup& find_group(const std::string& group) const;
  netcdf::Variable& find_variable(const std::string& group, const std::string& name) const;
  /// Values of a variable that the progress tells of.
  void read_values(const netcdf::Variable& variable, const std::vector<std::size_t>& start,
                   const std::vector<std::size_t>& count, double* values) const;

  std::string path_;  ///< as messages name it
  std::string place_;
  std::shared_ptr<const LockedFile> source_;  ///< keeps a writer from changing what is read; or a copy
  bool copied_ = false;
  std::unique_ptr<netcdf::InputFile> file_;
  Spec spec_;
  int chains_ = 0;
  std::size_t draws_ = 0;
};

/// Whether the regular file is a fit of any version.
bool is_fit(const std::string& path);

/// Throws DataError where a fit cannot be written to `path`: a folder, a device, a place without the right to write, a
/// file that is no fit, or a fit without `overwrite`.
void check_output(const std::string& path, bool overwrite);

/// Symbolic links followed to the file that they name, be it there yet or not.
std::string followed(const std::string& path);

/// The version of the file's layout; another one is refused.
constexpr int kFitFileVersion = 3;

}  // namespace bdglm
