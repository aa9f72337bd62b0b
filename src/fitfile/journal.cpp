// Journals: a header, pages with their numbers, and a checksum that tells a whole one.
#include "fitfile/journal.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <random>
#include <utility>

#include "bdglm/error.hpp"

namespace bdglm {
namespace {

constexpr char kJournalMagic[8] = {'b', 'd', 'g', 'l', 'm', 'J', '0', '3'};
constexpr char kMarkMagic[8] = {'b', 'd', 'g', 'l', 'm', 'M', '0', '3'};

/// What a journal starts with; its pages follow, each as its number and its bytes, then the CRC-32 of all before.
struct Header {
  char magic[8];
  std::uint64_t id;    ///< of this change, by chance
  std::uint64_t size;  ///< of the file afterwards
  std::uint64_t pages;
};

/// What stands at the beginning of a file in the middle of a change: less than a disk's sector, so never half of it.
struct Mark {
  char magic[8];
  std::uint64_t id;  ///< of the journal
};

constexpr std::uint64_t kSector = 512;

constexpr std::size_t kEntry = sizeof(std::uint64_t) + kPage;

std::uint64_t entry_at(std::uint64_t k) { return sizeof(Header) + k * kEntry; }

std::uint64_t new_id() {
  std::random_device device;
  return std::uint64_t{device()} << 32U | device();
}

bool read_mark(const LockedFile& file, Mark& mark) {
  return read_all(file.descriptor(), 0, &mark, sizeof mark) == 0 &&
         std::memcmp(mark.magic, kMarkMagic, sizeof kMarkMagic) == 0;
}

void write_or_fail(const LockedFile& file, std::uint64_t at, const void* bytes, std::size_t size) {
  const int reason = write_all(file.descriptor(), at, bytes, size);
  if (reason != 0) fail_to_write(file.path(), reason);
}

void sync_or_fail(const LockedFile& file) {
  const int reason = sync_bytes(file.descriptor());
  if (reason != 0) fail_to_write(file.path(), reason);
}

/// Whether a journal is whole.
bool whole(const LockedFile& journal, const Header& header) {
  struct stat status {};
  if (std::memcmp(header.magic, kJournalMagic, sizeof kJournalMagic) != 0 ||
      ::fstat(journal.descriptor(), &status) != 0)
    return false;
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (header.pages > size / kEntry || size != entry_at(header.pages) + sizeof(std::uint64_t)) return false;
  uLong checksum = crc32(0, reinterpret_cast<const Bytef*>(&header), sizeof header);
  std::vector<char> entry(kEntry);
  for (std::uint64_t k = 0; k < header.pages; ++k) {
    if (read_all(journal.descriptor(), entry_at(k), entry.data(), kEntry) != 0) return false;
    checksum = crc32(checksum, reinterpret_cast<const Bytef*>(entry.data()), static_cast<uInt>(kEntry));
  }
  std::uint64_t expected = 0;
  return read_all(journal.descriptor(), entry_at(header.pages), &expected, sizeof expected) == 0 &&
         expected == checksum;
}

}  // namespace

std::string journal_path(const std::string& path) { return path + ".journal"; }

void remove_journal(const std::string& path) {
  const std::string journal = journal_path(path);
  std::error_code unknown;
  if (!std::filesystem::is_regular_file(journal, unknown)) return;
  char magic[6] = {};
  {
    const LockedFile file(journal, O_RDONLY);
    if (read_all(file.descriptor(), 0, magic, sizeof magic) != 0) return;
  }
  const bool ours = std::memcmp(magic, kJournalMagic, sizeof magic) == 0;
  if (!ours && std::filesystem::file_size(journal, unknown) > 0)
    throw DataError("'" + journal + "' is no journal of bdglm, but stands where one is written; rename it");
  ::unlink(journal.c_str());
}

bool marked(const LockedFile& file) {
  Mark mark{};
  return read_mark(file, mark);
}

Journal Journal::write(const LockedFile& file, std::uint64_t size, const Pages& pages) {
  Header header{};
  std::memcpy(header.magic, kJournalMagic, sizeof kJournalMagic);
  header.id = new_id();
  header.size = size;
  header.pages = pages.size();
  remove_journal(file.path());
  LockedFile out(journal_path(file.path()), O_RDWR | O_CREAT | O_EXCL);
  uLong checksum = crc32(0, nullptr, 0);
  std::uint64_t at = 0;
  int reason = 0;
  const auto append = [&](const void* bytes, std::size_t count) {
    if (reason == 0) reason = write_all(out.descriptor(), at, bytes, count);
    at += count;
    checksum = crc32(checksum, static_cast<const Bytef*>(bytes), static_cast<uInt>(count));
  };
  append(&header, sizeof header);
  for (const auto& [index, bytes] : pages) {
    append(&index, sizeof index);
    append(bytes.data(), kPage);
  }
  const std::uint64_t last = checksum;
  append(&last, sizeof last);
  if (reason == 0) reason = sync_bytes(out.descriptor());
  if (reason != 0) {
    ::unlink(out.path().c_str());
    fail_to_write(file.path(), reason);
  }
  sync_folder(out.path());
  return {std::move(out), header.id};
}

std::optional<Journal> Journal::find(const LockedFile& file) {
  const std::string path = journal_path(file.path());
  Mark mark{};
  std::error_code unknown;
  if (!read_mark(file, mark) || !std::filesystem::is_regular_file(path, unknown)) return std::nullopt;
  LockedFile journal(path, O_RDONLY);
  Header header{};
  if (read_all(journal.descriptor(), 0, &header, sizeof header) != 0 || header.id != mark.id || !whole(journal, header))
    return std::nullopt;
  return Journal(std::move(journal), header.id);
}

void Journal::mark(const LockedFile& file) const {
  Mark mark{};
  std::memcpy(mark.magic, kMarkMagic, sizeof kMarkMagic);
  mark.id = id_;
  write_or_fail(file, 0, &mark, sizeof mark);
  sync_or_fail(file);
}

void Journal::apply(const LockedFile& file) const {
  Header header{};
  const auto read = [&](std::uint64_t at, void* bytes, std::size_t size) {
    const int reason = read_all(journal_.descriptor(), at, bytes, size);
    if (reason != 0) throw DataError("cannot read '" + journal_.path() + "': " + std::strerror(reason));
  };
  read(0, &header, sizeof header);
  if (header.id != id_)
    throw DataError("'" + journal_.path() + "' was changed by another program while it was applied");
  std::vector<char> first;
  std::vector<char> bytes(kPage);
  for (std::uint64_t k = 0; k < header.pages; ++k) {
    std::uint64_t index = 0;
    read(entry_at(k), &index, sizeof index);
    read(entry_at(k) + sizeof index, bytes.data(), kPage);
    if (index == 0)
      first = bytes;
    else
      write_or_fail(file, index * kPage, bytes.data(), kPage);
  }
  if (::ftruncate(file.descriptor(), static_cast<off_t>(header.size)) != 0) fail_to_write(file.path(), errno);
  // A disk writes a sector whole, but not a page: the mark's sector comes after all else.
  const std::uint64_t length = std::min<std::uint64_t>(first.size(), header.size);
  if (length > kSector) write_or_fail(file, kSector, first.data() + kSector, length - kSector);
  sync_or_fail(file);
  write_or_fail(file, 0, first.data(), std::min(length, kSector));
  sync_or_fail(file);
}

void Journal::remove() const { ::unlink(journal_.path().c_str()); }

void recover(const std::string& path) {
  std::error_code unknown;
  const LockedFile readable(path, O_RDONLY);
  if (!marked(readable)) {
    // A journal beside a file without its mark was not begun, or is done with; its writer may just be at it.
    const std::string journal = journal_path(path);
    if (!std::filesystem::exists(journal, unknown) || ::access(path.c_str(), W_OK) != 0) return;
    const LockedFile file(path, O_RDWR);
    if (file.lock(LockedFile::Lock::writing, false) && !marked(file)) remove_journal(path);
    return;
  }
  // A living writer is between its mark and its end; it takes milliseconds.
  if (readable.lock(LockedFile::Lock::applying, true, 10)) {
    readable.unlock(LockedFile::Lock::applying);
    if (!marked(readable)) return;
  }
  if (!Journal::find(readable)) {
    if (!marked(readable)) return;  // somebody else has just finished it
    throw DataError("'" + path + "' was cut short while it was saved, and '" + journal_path(path) +
                    "', which mends it, is not beside it or damaged; where '" + path +
                    "' is a copy, copy both files, or take the copy again");
  }
  if (::access(path.c_str(), W_OK) != 0)
    throw DataError("'" + path +
                    "' was cut short while it was saved; open it once with the right to write, which mends it");
  const LockedFile file(path, O_RDWR);
  if (!file.lock(LockedFile::Lock::writing, false, 2)) return;
  if (const std::optional<Journal> journal = Journal::find(file)) {
    journal->apply(file);
    journal->remove();
  }
}

}  // namespace bdglm
