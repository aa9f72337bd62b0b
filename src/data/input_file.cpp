// Opening the files of a table; pipes are spooled into anonymous memory since reading takes two passes.
#include "data/input_file.hpp"

#include <fcntl.h>
#include <glob.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "bdglm/error.hpp"
#include "data/array_header.hpp"

namespace bdglm {
namespace {

/// Reads a descriptor to its end into a memory file and returns that.
int spool(int from, const std::string& name) {
  const int kept = memfd_create("bdglm-table", MFD_CLOEXEC);
  if (kept < 0) throw DataError("cannot buffer '" + name + "': " + std::strerror(errno));
  std::vector<char> buffer(1U << 18U);
  while (true) {
    const ssize_t got = ::read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got == 0) return kept;
    std::size_t written = 0;
    while (got > 0 && written < static_cast<std::size_t>(got)) {
      const ssize_t put = ::write(kept, buffer.data() + written, static_cast<std::size_t>(got) - written);
      if (put < 0 && errno != EINTR) break;
      if (put > 0) written += static_cast<std::size_t>(put);
    }
    if (got < 0 || written < static_cast<std::size_t>(got)) {
      const std::string why = std::strerror(errno);
      ::close(kept);
      throw DataError("cannot read '" + name + "': " + why);
    }
  }
}

bool is_pattern(const std::string& source) {
  struct stat info {};
  return source.find_first_of("*?[") != std::string::npos && ::stat(source.c_str(), &info) != 0;
}

std::vector<std::string> expand_pattern(const std::string& pattern) {
  glob_t found{};
  const std::unique_ptr<glob_t, void (*)(glob_t*)> guard(&found, globfree);
  if (::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) != 0 || found.gl_pathc == 0)
    throw DataError("no file matches '" + pattern + "'; check the folder and the pattern");
  std::vector<std::string> names(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  std::sort(names.begin(), names.end());
  return names;
}

/// Whether text begins with a number and a pair, as "1 3:0.5".
bool begins_as_libsvm(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos || space == 0) return false;
  if (text.substr(0, space).find_first_not_of("+-.e0123456789") != std::string_view::npos) return false;
  const std::size_t colon = text.find_first_not_of(kDigits, space + 1);
  return colon != std::string_view::npos && colon > space + 1 && text[colon] == ':';
}

}  // namespace

InputFile::InputFile(const std::string& name) : path_(name), name_(name == "-" ? "standard input" : name) {
  const int file = name == "-" ? ::dup(STDIN_FILENO) : ::open(name.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat info {};
  if (file < 0 || ::fstat(file, &info) != 0) {
    const std::string why = std::strerror(errno);
    if (file >= 0) ::close(file);
    throw DataError("cannot open '" + name_ + "': " + why + "; check the path and its permissions");
  }
  device_ = info.st_dev;
  inode_ = info.st_ino;
  if (S_ISDIR(info.st_mode)) {
    ::close(file);
    throw DataError("'" + name_ + "' is a folder; name its files, as in '" + name_ + "/*.csv'");
  }
  try {
    if (name == "-" || !S_ISREG(info.st_mode)) kept_ = spool(file, name_);
  } catch (...) {
    ::close(file);
    throw;
  }
  ::close(file);
}

InputFile::InputFile(InputFile&& other) noexcept
    : path_(std::move(other.path_)),
      name_(std::move(other.name_)),
      kept_(other.kept_),
      device_(other.device_),
      inode_(other.inode_) {
  other.kept_ = -1;
}

InputFile::~InputFile() {
  if (kept_ >= 0) ::close(kept_);
}

int InputFile::open() const {
  const int file = kept_ >= 0 ? ::dup(kept_) : ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0 || (kept_ >= 0 && ::lseek(file, 0, SEEK_SET) != 0)) {
    const std::string why = std::strerror(errno);
    if (file >= 0) ::close(file);
    throw DataError("cannot open '" + name_ + "' a second time: " + why);
  }
  return file;
}

std::vector<InputFile> open_inputs(const std::vector<std::string>& sources) {
  std::vector<InputFile> files;
  for (const std::string& source : sources) {
    const std::vector<std::string> names = is_pattern(source) ? expand_pattern(source) : std::vector{source};
    for (const std::string& name : names) {
      InputFile file(name);
      const auto twin =
          std::find_if(files.begin(), files.end(), [&](const InputFile& other) { return file.same_file(other); });
      if (twin != files.end())
        throw DataError("'" + file.name() + "' and '" + twin->name() +
                        "' are one file, whose rows would count twice; name it once");
      files.push_back(std::move(file));
    }
  }
  if (files.empty()) throw DataError("no data are named; give a file, a pattern, or - for standard input");
  return files;
}

void refuse_other_formats(const std::string& name, const char* data, std::size_t size) {
  using namespace std::string_view_literals;
  struct Format {
    std::string_view magic;
    const char* what;
    const char* todo;
  };
  static constexpr Format kFormats[] = {
      {"PAR1"sv, "a Parquet file", "write it as CSV first (pandas: read_parquet(...).to_csv(..., index=False))"},
      {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, "an old Excel or other Office file", "save the sheet as CSV first"},
      {"ARROW1"sv, "an Arrow or Feather file", "write it as CSV first (pandas: read_feather(...).to_csv(...))"},
      {"FEA1"sv, "a Feather file", "write it as CSV first (pandas: read_feather(...).to_csv(...))"},
      {"\x28\xB5\x2F\xFD"sv, "compressed with zstd", "unpack it first (zstd -d) or compress it with gzip"},
      {"BZh"sv, "compressed with bzip2", "unpack it first (bunzip2) or compress it with gzip"},
      {"\xFD"
       "7zXZ\0"sv,
       "compressed with xz", "unpack it first (xz -d) or compress it with gzip"},
      {"X\n\0\0\0"sv, "an R data file (RDS)", "write it as CSV first (R: write.csv(readRDS(...), row.names = FALSE))"},
      {"RDX"sv, "an R data file (RData)", "write its table as CSV first (R: load, then write.csv)"},
      {"\x89HDF\r\n\x1A\n"sv, "an HDF5 or netCDF-4 file",
       "a table is read as CSV; if it is a fit, it is not a table: name it without `data`"},
      {"CDF\x01"sv, "a netCDF file", "write its table as CSV first"},
      {"CDF\x02"sv, "a netCDF file", "write its table as CSV first"},
      {"\x93NUMPY"sv, "a NumPy array", "a matrix is given as `matrix` NAME=FILE"},
      {"SQLite format 3\0"sv, "an SQLite database", "export the table first (sqlite3 -header -csv)"},
      {"%PDF-"sv, "a PDF document", "export the table as CSV first"},
      {"\xFF\xFE"sv, "UTF-16 text", "save it as UTF-8 first (iconv -f UTF-16 -t UTF-8)"},
      {"\xFE\xFF"sv, "UTF-16 text", "save it as UTF-8 first (iconv -f UTF-16 -t UTF-8)"}};
  const std::string_view head(data, size);
  const auto refuse = [&](const std::string& what, const std::string& todo) {
    throw DataError("'" + name + "' is " + what + "; bdglm reads tables as CSV, plain or gzipped: " + todo);
  };
  // A magic word of letters may also be the name of a first column; a binary file has control bytes near it.
  const std::string_view near = head.substr(0, 512);
  const bool binary = std::any_of(near.begin(), near.end(), [](char c) { return c >= 0 && c < 9; });
  for (const Format& format : kFormats) {
    const bool letters = std::all_of(format.magic.begin(), format.magic.end(), [](char c) { return c >= ' '; });
    if (head.substr(0, format.magic.size()) == format.magic && (binary || !letters || format.magic == "%PDF-"))
      refuse(format.what, format.todo);
  }
  if (begins_as_libsvm(head)) refuse("LIBSVM text by its first line", "a name that ends in .svm says so");
  char magic[kArrayMagic] = {};
  std::copy_n(data, std::min(size, kArrayMagic), magic);
  if (size >= kArrayMagic && is_idx(magic)) refuse("an IDX file", "a matrix is given as `matrix` NAME=FILE");
  if (head.substr(0, 4) == "PK\x03\x04"sv) {
    const std::string_view start = head.substr(0, 65536);
    const bool sheet =
        start.find("xl/") != std::string_view::npos || (name.size() > 5 && name.find(".xlsx") == name.size() - 5);
    if (sheet) refuse("an Excel workbook", "save the sheet as CSV first");
    refuse("a ZIP archive", "unpack it first");
  }
}

}  // namespace bdglm
