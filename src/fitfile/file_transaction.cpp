// Pages of a transaction: read through, written at once or kept for the journal.
#include "fitfile/file_transaction.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace bdglm {

FileTransaction::FileTransaction(const LockedFile& file, bool live) : file_(file), live_(live) {
  struct stat status {};
  if (::fstat(file.descriptor(), &status) != 0) fail_to_write(file.path(), errno);
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

void FileTransaction::commit() {
  if (live_) page(0);  // the journal's mark takes its place for a while
  if (failure_ == 0) failure_ = sync_bytes(file_.descriptor());
  if (failure_ != 0) fail_to_write(file_.path(), failure_);
  if (live_) {
    const Journal journal = Journal::write(file_, end_, pages_);
    done_ = true;
    // Readers finish what they read; who reads longer while another process writes reads a copy (FitReader).
    file_.lock(LockedFile::Lock::applying, false, kPatience);
    journal.mark(file_);
    journal.apply(file_);
    file_.unlock(LockedFile::Lock::applying);
    journal.remove();
  }
  done_ = true;
}

}  // namespace bdglm
