// A file as it stands between two changes, or a copy of one that a run is writing.
#include "fitfile/open_whole.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <vector>

#include "bdglm/error.hpp"
#include "fitfile/journal.hpp"

namespace bdglm {
namespace {

std::vector<char> first_page(const LockedFile& file) {
  std::vector<char> bytes(kPage);
  read_all(file.descriptor(), 0, bytes.data(), bytes.size());
  return bytes;
}

}  // namespace

std::shared_ptr<LockedFile> open_whole(const std::string& path) {
  constexpr int kTries = 5;
  for (int k = 0; k < kTries; ++k) {
    recover(path);
    auto file = std::make_shared<LockedFile>(path, O_RDONLY);
    const auto start = std::chrono::steady_clock::now();
    if (!file->lock(LockedFile::Lock::applying, true, kPatience) || marked(*file)) continue;
    if (!file->locked_elsewhere(LockedFile::Lock::writing)) return file;
    const std::vector<char> before = first_page(*file);
    auto copy = std::make_shared<LockedFile>(copy_of(*file));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (took.count() < kPatience && !marked(*file) && first_page(*file) == before) return copy;
    ::unlink(copy->path().c_str());
  }
  throw DataError("'" + path + "' is written by a run, faster than it can be read; read it after the run's end");
}

}  // namespace bdglm
