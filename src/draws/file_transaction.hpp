// Changes of a file that take effect all at once or not at all: new bytes at its end, old ones by a journal beside it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace bdglm {

/// An open file descriptor that closes itself, with locks that last as long (open file description locks, where the
/// file system has them).
class LockedFile {
 public:
  enum class Lock : std::uint8_t { writing = 0, applying = 1 };  ///< who writes the file; who changes its old bytes

  LockedFile() = default;
  /// Opens `path`; throws DataError naming it.
  LockedFile(std::string path, int flags);
  LockedFile(LockedFile&& other) noexcept;
  LockedFile& operator=(LockedFile&& other) noexcept;
  LockedFile(const LockedFile&) = delete;
  LockedFile& operator=(const LockedFile&) = delete;
  ~LockedFile();

  int descriptor() const { return descriptor_; }
  const std::string& path() const { return path_; }
  /// Gives the file another name, replacing a file of that name; throws DataError.
  void rename(const std::string& path);
  /// Takes a lock alone or with others; waits up to `seconds`; false where another process holds it still.
  bool lock(Lock which, bool shared, double seconds = 0) const;
  void unlock(Lock which) const;
  /// Whether another process holds the lock alone.
  bool locked_elsewhere(Lock which) const;

 private:
  std::string path_;
  int descriptor_ = -1;
};

/// One set of changes. Bytes beyond the file's size at the start are written at once, since nothing refers to them yet;
/// pages below are kept in memory until `commit` has written them to `journal_path`, synced, and only then put them in
/// place. A kill at any instant leaves the old file, or a journal from which `recover` makes the new one.
/// A failed write is remembered, later ones are swallowed, and `commit` throws: HDF5, through which the changes come,
/// must be able to close what it has open (1.10 ends with a segmentation fault at exit where it cannot).
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
  static constexpr std::uint64_t kPage = 4096;

  void write_now(std::uint64_t at, const void* bytes, std::size_t size);
  /// Whether the file has these bytes already, as where HDF5 rewrites a chunk to which draws were added.
  bool stands(std::uint64_t at, const void* bytes, std::size_t size) const;
  std::vector<char>& page(std::uint64_t index);
  void write_journal(const std::string& journal);

  const LockedFile& file_;
  bool live_;
  bool through_ = false;
  bool done_ = false;
  int failure_ = 0;  ///< errno of the first failed write
  std::uint64_t old_size_ = 0;
  std::uint64_t end_ = 0;
  std::map<std::uint64_t, std::vector<char>> pages_;
};

/// The journal of a file.
std::string journal_path(const std::string& path);

/// Finishes a transaction of `path` that was cut short after its journal stood; nothing to do is no error. Waits a
/// little where the writer still lives. Throws DataError where it may not write.
void recover(const std::string& path);

/// Syncs a file's folder, so that a rename or a new file outlives a power cut.
void sync_folder(const std::string& path);

}  // namespace bdglm
