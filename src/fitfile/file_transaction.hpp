// Changes of a file that take effect all at once or not at all: new bytes at its end, old ones by a journal beside it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "fitfile/journal.hpp"

namespace bdglm {

/// One set of changes. Bytes beyond the file's size at the start are written at once, since nothing refers to them yet;
/// pages below are kept in memory until `commit` has written them to a journal, synced, and only then put them in
/// place. A kill at any instant leaves the old file, or a journal from which `recover` makes the new one. A failed
/// write is remembered, later ones are swallowed, and `commit` throws: HDF5, through which the changes come, must be
/// able to close what it has open (1.10 ends with a segmentation fault at exit where it cannot).
class FileTransaction {
 public:
  /// `live` is false for a file that nobody can see yet: every byte is then written at once.
  FileTransaction(const LockedFile& file, bool live);
  FileTransaction(const FileTransaction&) = delete;
  FileTransaction& operator=(const FileTransaction&) = delete;
  /// Cuts off what an abandoned transaction wrote.
  ~FileTransaction();

  bool read(std::uint64_t at, void* bytes, std::size_t size);
  /// `values` tells the values of datasets from what describes them.
  void write(std::uint64_t at, const void* bytes, std::size_t size, bool values);
  /// While on, values in old places too are written at once: for those to which nothing valid refers.
  void write_through(bool on) { through_ = on; }
  std::uint64_t end() const { return end_; }
  /// The size that the file shall have.
  void set_end(std::uint64_t end) { end_ = end; }
  /// Throws DataError naming the file and the reason; the file is then as it was.
  void commit();

 private:
  void write_now(std::uint64_t at, const void* bytes, std::size_t size);
  /// Whether the file has these bytes already, as where HDF5 rewrites a chunk to which draws were added.
  bool stands(std::uint64_t at, const void* bytes, std::size_t size) const;
  std::vector<char>& page(std::uint64_t index);

  const LockedFile& file_;
  bool live_;
  bool through_ = false;
  bool done_ = false;
  int failure_ = 0;  ///< errno of the first failed write
  std::uint64_t old_size_ = 0;
  std::uint64_t end_ = 0;
  Pages pages_;
};

}  // namespace bdglm
