// A file that a verb writes: whole or not at all where it is a regular file, straight into pipes and devices.
#pragma once

#include <sys/types.h>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

namespace bdglm::cli {

/// Where `--out` points. `-` is standard output, /dev/stdout and /dev/fd/N are open descriptors; symbolic links are
/// followed. A regular file is built beside its place and renamed over it by `finish`, its permissions kept; pipes and
/// character devices are written into. Every failure is a DataError that leaves what was there.
class OutputFile {
 public:
  /// Finds out what `path` is; a folder, a block device or a place where nothing can be written is an error now, and so
  /// is a fit.
  explicit OutputFile(std::string path);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  /// Removes what was written where `finish` was not called.
  ~OutputFile();

  /// True where the file is built beside its place, so that its parts may be written in any order.
  bool is_regular() const { return descriptor_ < 0 && !device_; }
  /// The name of the file that is being built, for libraries that write by themselves; opens it.
  const std::string& part();
  /// The text of the file; opens it.
  std::ostream& stream();
  /// Writes the rest out and puts the file in its place. A reader of standard output that has gone is no error.
  void finish();

 private:
  class Buffer;
  void open();
  [[noreturn]] void fail(int reason) const;

  std::string path_;    ///< as given
  std::string target_;  ///< links followed
  std::string part_;
  int descriptor_ = -1;  ///< of an output that is already open
  bool device_ = false;
  mode_t mode_ = 0;  ///< permissions of the new file
  std::unique_ptr<Buffer> buffer_;
  std::unique_ptr<std::ostream> stream_;
};

/// Throws DataError where `out` is the fit or one of the files of the table that are read.
void check_not_read(const std::string& out, const std::string& fit, const std::vector<std::string>& tables);

}  // namespace bdglm::cli
