// Open files with locks between processes, and reading and writing all of a range.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

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
  friend LockedFile copy_of(const LockedFile& file);
  std::string path_;
  int descriptor_ = -1;
};

/// Seconds that a writer waits for readers, and they for it.
constexpr double kPatience = 5;

/// A copy of what a file holds, beside it or where temporary files go; the caller removes it. Throws DataError.
LockedFile copy_of(const LockedFile& file);

/// Writes all of it; 0 or the reason (errno).
int write_all(int descriptor, std::uint64_t at, const void* bytes, std::size_t size);

/// Reads all of it; bytes beyond the file's end are zero. 0 or the reason (errno).
int read_all(int descriptor, std::uint64_t at, void* bytes, std::size_t size);

/// Waits until the file's bytes are on the disk; 0 or the reason (errno).
int sync_bytes(int descriptor);

/// Syncs a file's folder, so that a rename or a new file outlives a power cut.
void sync_folder(const std::string& path);

/// Throws DataError naming the file and the reason.
[[noreturn]] void fail_to_write(const std::string& path, int reason);

}  // namespace bdglm
