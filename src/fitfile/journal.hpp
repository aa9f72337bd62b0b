// The journal of a file's change: its new pages, kept beside it until all of them stand in their places.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fitfile/locked_file.hpp"

namespace bdglm {

/// Bytes of a page, the unit of change.
constexpr std::uint64_t kPage = 4096;

/// Pages by their number in the file.
using Pages = std::map<std::uint64_t, std::vector<char>>;

/// New pages of a file, written and synced in `journal_path` before any of them is put in place. While they are put in
/// place the file begins with a mark that names its journal, so that a half changed file is never taken for a whole
/// one, nor one file's journal applied to another: the first page, with the mark's place, is put back last.
class Journal {
 public:
  /// Writes the journal of `file`, which shall have `size` bytes; `pages` must hold the first one. Throws DataError
  /// naming the file, without leaving a journal.
  static Journal write(const LockedFile& file, std::uint64_t size, const Pages& pages);
  /// The journal that a marked file names; none where it is missing, cut short, damaged, or another's.
  static std::optional<Journal> find(const LockedFile& file);

  /// Puts the mark into the file; throws DataError.
  void mark(const LockedFile& file) const;
  /// Puts the pages in place, the first one last; may be done again after a kill. Throws DataError.
  void apply(const LockedFile& file) const;
  /// Removes the journal's file.
  void remove() const;

 private:
  Journal(LockedFile journal, std::uint64_t id) : journal_(std::move(journal)), id_(id) {}

  LockedFile journal_;
  std::uint64_t id_ = 0;
};

/// The journal of a file.
std::string journal_path(const std::string& path);

/// Removes a file's journal, if there is one; throws DataError where another file stands in its place.
void remove_journal(const std::string& path);

/// Whether a file is in the middle of a change.
bool marked(const LockedFile& file);

/// Finishes a change of `path` that was cut short, and removes a journal that no change needs. Waits a little where the
/// writer still lives. Throws DataError where it may not write or the journal is gone.
void recover(const std::string& path);

}  // namespace bdglm
