// Open file description locks (fcntl), whole reads and writes, syncs.
#include "fitfile/locked_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>
#include <utility>
#include <vector>

#include "bdglm/error.hpp"

namespace bdglm {
namespace {

/// Locks are advice: where a file system has none the work goes on.
bool try_lock(int descriptor, LockedFile::Lock which, short type) {
  struct flock request {};
  request.l_type = type;
  request.l_whence = SEEK_SET;
  request.l_start = static_cast<off_t>(which);
  request.l_len = 1;
  return ::fcntl(descriptor, F_OFD_SETLK, &request) == 0 || (errno != EAGAIN && errno != EACCES);
}

}  // namespace

void fail_to_write(const std::string& path, int reason) {
  throw DataError("cannot write '" + path + "': " + std::strerror(reason));
}

int write_all(int descriptor, std::uint64_t at, const void* bytes, std::size_t size) {
  const char* from = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t wrote = ::pwrite(descriptor, from, size, static_cast<off_t>(at));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return wrote < 0 ? errno : EIO;
    from += wrote;
    at += static_cast<std::uint64_t>(wrote);
    size -= static_cast<std::size_t>(wrote);
  }
  return 0;
}

int read_all(int descriptor, std::uint64_t at, void* bytes, std::size_t size) {
  char* to = static_cast<char*>(bytes);
  while (size > 0) {
    const ssize_t got = ::pread(descriptor, to, size, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) {
      std::memset(to, 0, size);
      return 0;
    }
    to += got;
    at += static_cast<std::uint64_t>(got);
    size -= static_cast<std::size_t>(got);
  }
  return 0;
}

int sync_bytes(int descriptor) { return ::fdatasync(descriptor) == 0 || errno == EINVAL ? 0 : errno; }

LockedFile::LockedFile(std::string path, int flags)
    : path_(std::move(path)), descriptor_(::open(path_.c_str(), flags | O_CLOEXEC, 0666)) {
  if (descriptor_ < 0) throw DataError("cannot open '" + path_ + "': " + std::strerror(errno));
}

LockedFile::LockedFile(LockedFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

LockedFile& LockedFile::operator=(LockedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

LockedFile::~LockedFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void LockedFile::rename(const std::string& path) {
  if (::rename(path_.c_str(), path.c_str()) != 0) fail_to_write(path, errno);
  path_ = path;
  sync_folder(path);
}

bool LockedFile::lock(Lock which, bool shared, double seconds) const {
  const auto start = std::chrono::steady_clock::now();
  while (!try_lock(descriptor_, which, shared ? F_RDLCK : F_WRLCK)) {
    if (std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() >= seconds) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

void LockedFile::unlock(Lock which) const { try_lock(descriptor_, which, F_UNLCK); }

bool LockedFile::locked_elsewhere(Lock which) const {
  struct flock request {};
  request.l_type = F_RDLCK;
  request.l_whence = SEEK_SET;
  request.l_start = static_cast<off_t>(which);
  request.l_len = 1;
  return ::fcntl(descriptor_, F_OFD_GETLK, &request) == 0 && request.l_type != F_UNLCK;
}

LockedFile copy_of(const LockedFile& file) {
  const std::string what = "a copy of '" + file.path() + "', which a run is writing, to read from: ";
  std::error_code unknown;
  const std::filesystem::path beside = std::filesystem::absolute(file.path(), unknown).parent_path();
  LockedFile copy;
  for (const std::filesystem::path& folder : {beside, std::filesystem::temp_directory_path(unknown)}) {
    copy.path_ = (folder / ".bdglm-XXXXXX").string();
    copy.descriptor_ = ::mkostemp(copy.path_.data(), O_CLOEXEC);
    if (copy.descriptor_ >= 0) break;
  }
  if (copy.descriptor_ < 0) throw DataError("cannot make " + what + std::strerror(errno));
  constexpr std::size_t kPart = std::size_t{1} << 20U;
  std::vector<char> bytes(kPart);
  std::uint64_t at = 0;
  while (true) {
    const ssize_t got = ::pread(file.descriptor(), bytes.data(), kPart, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) return copy;
    const int reason = got < 0 ? errno : write_all(copy.descriptor_, at, bytes.data(), static_cast<std::size_t>(got));
    if (reason != 0) {
      ::unlink(copy.path_.c_str());
      throw DataError("cannot write " + what + std::strerror(reason));
    }
    at += static_cast<std::uint64_t>(got);
  }
}

void sync_folder(const std::string& path) {
  std::error_code unknown;
  const std::filesystem::path folder = std::filesystem::absolute(path, unknown).parent_path();
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

}  // namespace bdglm
