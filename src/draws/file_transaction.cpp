// Journals: pages to be changed, what the file holds besides, and a checksum that tells a whole one.
#include "draws/file_transaction.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <set>
#include <thread>
#include <utility>

#include "bdglm/base/error.hpp"

namespace bdglm {
namespace {

constexpr char kMagic[8] = {'b', 'd', 'g', 'l', 'm', 'J', '0', '2'};

/// What a journal starts with; its pages follow, each as its number and its bytes, then their CRC-32.
struct JournalHeader {
  char magic[8];
  std::uint64_t size;  ///< of the file afterwards
  std::uint64_t pages;
  std::uint64_t page_size;
  std::uint64_t anchor;  ///< of the file's pages that stay as they are
};

[[noreturn]] void fail(const std::string& path, int reason) {
  throw DataError("cannot write '" + path + "': " + std::strerror(reason));
}

/// Writes all of it; 0 or the reason.
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

/// Reads up to `size` bytes; those beyond the end are zero. 0 or the reason.
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

/// A checksum of up to 64 pages, evenly over the first `size` bytes, that are not among those that change. It tells a
/// file from others wherever it lies: device and inode numbers change when disks or copies do, or come again.
std::uint64_t anchor_of(int descriptor, std::uint64_t size, std::uint64_t page_size,
                        const std::set<std::uint64_t>& changed) {
  constexpr std::uint64_t kMost = 64;
  const std::uint64_t pages = (size + page_size - 1) / page_size;
  const std::uint64_t count = std::min(kMost, pages);
  std::vector<char> bytes(page_size);
  uLong checksum = crc32(0, nullptr, 0);
  for (std::uint64_t k = 0; k < count; ++k) {
    const std::uint64_t at = k * pages / count * page_size;
    if (changed.count(at) != 0) continue;
    const std::uint64_t length = std::min(page_size, size - at);
    if (read_all(descriptor, at, bytes.data(), length) != 0) return ~std::uint64_t{0};
    checksum = crc32(checksum, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(length));
  }
  return checksum;
}

int sync(int descriptor) { return ::fdatasync(descriptor) == 0 || errno == EINVAL ? 0 : errno; }

/// Locks are advice: where a file system has none the work goes on.
bool try_lock(int descriptor, LockedFile::Lock which, short type) {
  struct flock request {};
  request.l_type = type;
  request.l_whence = SEEK_SET;
  request.l_start = static_cast<off_t>(which);
  request.l_len = 1;
  return ::fcntl(descriptor, F_OFD_SETLK, &request) == 0 || (errno != EAGAIN && errno != EACCES);
}

/// Puts a journal's pages in place. False where it is cut short, damaged, or of another file.
bool apply(const LockedFile& journal, const LockedFile& file) {
  JournalHeader header{};
  if (read_all(journal.descriptor(), 0, &header, sizeof header) != 0) return false;
  if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0 || header.page_size == 0 || header.page_size > (1U << 20U))
    return false;
  const std::size_t step = sizeof(std::uint64_t) + header.page_size;
  struct stat own {};
  if (::fstat(journal.descriptor(), &own) != 0 ||
      static_cast<std::uint64_t>(own.st_size) != sizeof header + header.pages * step + sizeof(std::uint64_t))
    return false;
  std::vector<char> entry(step);
  std::set<std::uint64_t> changed;
  for (const bool in_earnest : {false, true}) {
    uLong checksum = crc32(0, reinterpret_cast<const Bytef*>(&header), sizeof header);
    for (std::uint64_t k = 0; k < header.pages; ++k) {
      if (read_all(journal.descriptor(), sizeof header + k * step, entry.data(), step) != 0) return false;
      checksum = crc32(checksum, reinterpret_cast<const Bytef*>(entry.data()), static_cast<uInt>(step));
      std::uint64_t at = 0;
      std::memcpy(&at, entry.data(), sizeof at);
      changed.insert(at);
      if (!in_earnest) continue;
      const int reason = write_all(file.descriptor(), at, entry.data() + sizeof at, header.page_size);
      if (reason != 0) fail(file.path(), reason);
    }
    std::uint64_t expected = 0;
    if (read_all(journal.descriptor(), sizeof header + header.pages * step, &expected, sizeof expected) != 0 ||
        expected != checksum)
      return false;
    if (!in_earnest && anchor_of(file.descriptor(), header.size, header.page_size, changed) != header.anchor)
      return false;
  }
  if (::ftruncate(file.descriptor(), static_cast<off_t>(header.size)) != 0) fail(file.path(), errno);
  const int reason = sync(file.descriptor());
  if (reason != 0) fail(file.path(), reason);
  return true;
}

}  // namespace

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
  if (::rename(path_.c_str(), path.c_str()) != 0) fail(path, errno);
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

FileTransaction::FileTransaction(const LockedFile& file, bool live) : file_(file), live_(live) {
  struct stat status {};
  if (::fstat(file.descriptor(), &status) != 0) fail(file.path(), errno);
  old_size_ = static_cast<std::uint64_t>(status.st_size);
  end_ = old_size_;
}

FileTransaction::~FileTransaction() {
  if (!done_ && live_ && ::ftruncate(file_.descriptor(), static_cast<off_t>(old_size_)) != 0) failure_ = errno;
}

std::vector<char>& FileTransaction::page(std::uint64_t index) {
  const auto found = pages_.find(index);
  if (found != pages_.end()) return found->second;
  std::vector<char> bytes(kPage);
  const int reason = read_all(file_.descriptor(), index * kPage, bytes.data(), kPage);
  if (reason != 0 && failure_ == 0) failure_ = reason;
  return pages_.emplace(index, std::move(bytes)).first->second;
}

bool FileTransaction::read(std::uint64_t at, void* bytes, std::size_t size) {
  if (read_all(file_.descriptor(), at, bytes, size) != 0) return false;
  for (auto it = pages_.lower_bound(at / kPage); it != pages_.end() && it->first * kPage < at + size; ++it) {
    const std::uint64_t from = std::max(at, it->first * kPage);
    const std::uint64_t to = std::min(at + size, (it->first + 1) * kPage);
    std::memcpy(static_cast<char*>(bytes) + (from - at), it->second.data() + (from - it->first * kPage), to - from);
  }
  return true;
}

void FileTransaction::write_now(std::uint64_t at, const void* bytes, std::size_t size) {
  const int reason = write_all(file_.descriptor(), at, bytes, size);
  if (reason != 0) failure_ = reason;
}

bool FileTransaction::stands(std::uint64_t at, const void* bytes, std::size_t size) const {
  char there[kPage];
  return read_all(file_.descriptor(), at, there, size) == 0 && std::memcmp(there, bytes, size) == 0;
}

void FileTransaction::write(std::uint64_t at, const void* bytes, std::size_t size, bool values) {
  const bool through = through_ && values;
  end_ = std::max(end_, at + size);
  const char* from = static_cast<const char*>(bytes);
  while (size > 0 && failure_ == 0) {
    const std::uint64_t index = at / kPage;
    if (!live_ || index * kPage >= old_size_) {
      write_now(at, from, size);
      return;
    }
    const std::size_t part = std::min<std::uint64_t>(size, (index + 1) * kPage - at);
    if (through) write_now(at, from, part);
    if (pages_.count(index) != 0 || (!through && !stands(at, from, part)))
      std::memcpy(page(index).data() + at % kPage, from, part);
    at += part;
    from += part;
    size -= part;
  }
}

void FileTransaction::write_journal(const std::string& journal) {
  std::set<std::uint64_t> changed;
  for (const auto& [index, bytes] : pages_) changed.insert(index * kPage);
  JournalHeader header{};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  header.size = end_;
  header.pages = pages_.size();
  header.page_size = kPage;
  header.anchor = anchor_of(file_.descriptor(), end_, kPage, changed);
  const LockedFile out(journal, O_WRONLY | O_CREAT | O_TRUNC);
  uLong checksum = crc32(0, reinterpret_cast<const Bytef*>(&header), sizeof header);
  std::uint64_t at = 0;
  int reason = 0;
  const auto append = [&](const void* bytes, std::size_t size) {
    if (reason == 0) reason = write_all(out.descriptor(), at, bytes, size);
    at += size;
  };
  append(&header, sizeof header);
  std::vector<char> entry(sizeof(std::uint64_t) + kPage);
  for (const auto& [index, bytes] : pages_) {
    const std::uint64_t place = index * kPage;
    std::memcpy(entry.data(), &place, sizeof place);
    std::memcpy(entry.data() + sizeof place, bytes.data(), kPage);
    checksum = crc32(checksum, reinterpret_cast<const Bytef*>(entry.data()), static_cast<uInt>(entry.size()));
    append(entry.data(), entry.size());
  }
  const std::uint64_t last = checksum;
  append(&last, sizeof last);
  if (reason == 0) reason = sync(out.descriptor());
  if (reason != 0) {
    ::unlink(journal.c_str());
    fail(file_.path(), reason);
  }
  sync_folder(journal);
}

void FileTransaction::commit() {
  if (failure_ == 0) failure_ = sync(file_.descriptor());
  if (failure_ != 0) fail(file_.path(), failure_);
  done_ = true;
  if (!live_) return;
  const std::string journal = journal_path(file_.path());
  try {
    write_journal(journal);
  } catch (...) {
    done_ = false;
    throw;
  }
  // Readers finish what they read; one that takes longer sees an error, never a damaged file.
  file_.lock(LockedFile::Lock::applying, false, 5);
  const bool applied = apply(LockedFile(journal, O_RDONLY), file_);
  file_.unlock(LockedFile::Lock::applying);
  if (!applied) throw DataError("the journal '" + journal + "' cannot be read back; the disk may be damaged");
  ::unlink(journal.c_str());
}

std::string journal_path(const std::string& path) { return path + ".journal"; }

void recover(const std::string& path) {
  const std::string journal = journal_path(path);
  std::error_code unknown;
  if (!std::filesystem::exists(journal, unknown)) return;
  const LockedFile readable(path, O_RDONLY);
  // A living writer is between its journal and its end; it takes milliseconds.
  if (!readable.lock(LockedFile::Lock::applying, true, 2)) return;
  readable.unlock(LockedFile::Lock::applying);
  if (!std::filesystem::exists(journal, unknown)) return;
  if (::access(path.c_str(), W_OK) != 0)
    throw DataError("'" + path +
                    "' was cut short while it was saved; run 'bdglm resume' or 'bdglm summary' on it with "
                    "the right to write, which mends it");
  const LockedFile file(path, O_RDWR);
  if (!file.lock(LockedFile::Lock::writing, false)) return;
  apply(LockedFile(journal, O_RDONLY), file);
  ::unlink(journal.c_str());
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
