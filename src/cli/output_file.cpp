// Output files: links followed by hand, regular files replaced by rename, errors of the system in words.
#include "cli/output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <streambuf>

#include "bdglm/error.hpp"
#include "cli/console.hpp"
#include "fitfile/fit_file.hpp"
#include "fitfile/open_whole.hpp"

namespace bdglm::cli {
namespace {

/// The descriptor that a name of an open one means, or -1.
int named_descriptor(const std::string& path) {
  if (path == "-" || path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  for (const std::string folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (path.rfind(folder, 0) != 0) continue;
    const std::string number = path.substr(folder.size());
    if (!number.empty() && number.size() < 6 && number.find_first_not_of("0123456789") == std::string::npos)
      return std::stoi(number);
  }
  return -1;
}

mode_t permissions_of_new_files() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

}  // namespace

/// Bytes on their way to a descriptor; remembers the system's reason when a write fails.
class OutputFile::Buffer : public std::streambuf {
 public:
  Buffer(int descriptor, bool owned) : descriptor_(descriptor), owned_(owned) {
    setp(bytes_.data(), bytes_.data() + bytes_.size());
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() override { close(); }

  int reason() const { return reason_; }
  int descriptor() const { return descriptor_; }
  bool write_out() {
    const char* at = pbase();
    while (at < pptr() && reason_ == 0) {
      const ssize_t written = ::write(descriptor_, at, static_cast<std::size_t>(pptr() - at));
      if (written >= 0)
        at += written;
      else if (errno != EINTR)
        reason_ = errno;
    }
    setp(bytes_.data(), bytes_.data() + bytes_.size());
    return reason_ == 0;
  }
  void close() {
    if (owned_ && descriptor_ >= 0 && ::close(descriptor_) != 0 && reason_ == 0) reason_ = errno;
    descriptor_ = -1;
  }

 protected:
  int_type overflow(int_type c) override {
    if (!write_out()) return traits_type::eof();
    if (!traits_type::eq_int_type(c, traits_type::eof())) sputc(traits_type::to_char_type(c));
    return traits_type::not_eof(c);
  }
  int sync() override { return write_out() ? 0 : -1; }

 private:
  std::array<char, 1U << 16U> bytes_{};
  int descriptor_;
  bool owned_;
  int reason_ = 0;
};

OutputFile::OutputFile(std::string path) : path_(std::move(path)), target_(path_) {
  // A closed pipe must come back as an error of the write, not end the program.
  std::signal(SIGPIPE, SIG_IGN);
  constexpr int kMostLinks = 40;
  for (int links = 0;; ++links) {
    descriptor_ = named_descriptor(target_);
    if (descriptor_ >= 0) return;
    std::error_code none;
    const std::filesystem::path next = std::filesystem::read_symlink(target_, none);
    if (none) break;
    if (links == kMostLinks) fail(ELOOP);
    target_ = (std::filesystem::path(target_).parent_path() / next).string();
  }
  if (target_.empty()) fail(ENOENT);
  struct stat found {};
  if (::stat(target_.c_str(), &found) != 0) {
    if (errno != ENOENT) fail(errno);
    const std::string folder = std::filesystem::path(target_).parent_path().string();
    if (::access(folder.empty() ? "." : folder.c_str(), W_OK | X_OK) != 0) fail(errno);
    mode_ = permissions_of_new_files();
    return;
  }
  if (S_ISDIR(found.st_mode)) fail(EISDIR);
  if (S_ISBLK(found.st_mode)) throw DataError("'" + path_ + "' is a disk; choose another --out");
  if (::access(target_.c_str(), W_OK) != 0) fail(errno);
  device_ = !S_ISREG(found.st_mode);
  if (!device_ && found.st_size > 0 && is_fit(target_))
    throw DataError("'" + path_ + "' is there already and a fit of bdglm; choose another --out or remove it first");
  mode_ = found.st_mode & 07777U;
}

void check_not_read(const std::string& out, const std::string& fit, const std::vector<std::string>& tables) {
  std::error_code none;  // a file that is not there yet is another one
  const auto refuse = [&](const std::string& what) {
    throw DataError("--out '" + out + "' is " + what + "; choose another file");
  };
  if (std::filesystem::equivalent(fit, out, none)) refuse("the fit itself");
  for (const std::string& table : tables)
    if (std::filesystem::equivalent(table, out, none)) refuse("among the data that are read");
}

OutputFile::~OutputFile() {
  if (buffer_) buffer_->close();
  if (part_.empty()) return;
  const SignalsWait wait;
  ::unlink(part_.c_str());
  remove_at_signals("");
}

void OutputFile::fail(int reason) const {
  throw DataError(
      "cannot write '" + path_ + "': " +
      (reason == EISDIR
           ? "it is a folder; name a file in it"
           : std::strerror(reason) + std::string(reason == ENOSPC ? "" : "; choose another --out or make its folder")));
}

void OutputFile::open() {
  if (buffer_) return;
  int file = descriptor_;
  if (device_) {
    file = ::open(target_.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC);
  } else if (descriptor_ < 0) {
    constexpr char kEnding[] = ".XXXXXX.part";
    part_ = target_ + kEnding;
    const SignalsWait wait;
    file = ::mkostemps(part_.data(), 5, O_CLOEXEC);
    if (file < 0) part_.clear();
    remove_at_signals(part_);
    if (file >= 0 && ::fchmod(file, mode_) != 0) {
      const int reason = errno;
      ::close(file);
      fail(reason);
    }
  }
  if (file < 0) fail(errno);
  buffer_ = std::make_unique<Buffer>(file, descriptor_ < 0);
  stream_ = std::make_unique<std::ostream>(buffer_.get());
}

const std::string& OutputFile::part() {
  open();
  return part_;
}

std::ostream& OutputFile::stream() {
  open();
  return *stream_;
}

void OutputFile::finish() {
  open();
  buffer_->write_out();
  if (is_regular() && buffer_->reason() == 0 && ::fsync(buffer_->descriptor()) != 0 && errno != EINVAL) fail(errno);
  buffer_->close();
  const int reason = buffer_->reason();
  if (reason == EPIPE && descriptor_ == STDOUT_FILENO) return;
  if (reason != 0) fail(reason);
  if (part_.empty()) return;
  const SignalsWait wait;
  if (std::rename(part_.c_str(), target_.c_str()) != 0) fail(errno);
  part_.clear();
  remove_at_signals("");
}

}  // namespace bdglm::cli
