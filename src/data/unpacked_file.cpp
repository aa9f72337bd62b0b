// Unpacking by zlib, which passes plain files through.
#include "data/unpacked_file.hpp"

#include <unistd.h>
#include <zlib.h>

#include <algorithm>

#include "base/stop_point.hpp"
#include "bdglm/error.hpp"

namespace bdglm {
namespace {

gzFile handle(void* file) { return static_cast<gzFile>(file); }

}  // namespace

void UnpackedFile::Close::operator()(void* file) const { gzclose(handle(file)); }

UnpackedFile::UnpackedFile(const InputFile& file) : name_(file.name()) {
  const int descriptor = file.open();
  file_.reset(gzdopen(descriptor, "rb"));
  if (!file_) {
    ::close(descriptor);
    throw DataError("cannot open '" + name_ + "': out of memory");
  }
  gzbuffer(handle(file_.get()), 1U << 18U);
}

std::size_t UnpackedFile::read(char* to, std::size_t size) {
  constexpr std::size_t kMost = 1U << 20U;
  std::size_t done = 0;
  while (done < size) {
    stop_point();
    const int got = gzread(handle(file_.get()), to + done, static_cast<unsigned>(std::min(size - done, kMost)));
    int code = Z_OK;
    const char* const why = gzerror(handle(file_.get()), &code);
    if (got < 0) throw DataError("cannot read '" + name_ + "': " + why + "; the file may be damaged or cut short");
    if (got > 0) {
      done += static_cast<std::size_t>(got);
      continue;
    }
    // A gzip stream that ends early reads as a short file unless its state is asked for.
    if (code == Z_BUF_ERROR) throw DataError("cannot read '" + name_ + "': the compressed file is cut short");
    break;
  }
  return done;
}

}  // namespace bdglm
