// The files behind a table: patterns expanded, pipes kept for a second pass, other formats recognised by content.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace bdglm {

/// One file, pipe or standard input that can be read from its beginning any number of times.
class InputFile {
 public:
  /// `name` is a path, or "-" for standard input. What cannot be opened twice is kept in memory as it came
  /// (compressed bytes stay compressed). Throws DataError.
  explicit InputFile(const std::string& name);
  InputFile(InputFile&& other) noexcept;
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  InputFile& operator=(InputFile&&) = delete;
  ~InputFile();

  /// The name as messages show it: the path, or "standard input".
  const std::string& name() const { return name_; }
  /// A new descriptor at the first byte; the caller closes it.
  int open() const;
  /// Device and inode, equal for two names of one file.
  bool same_file(const InputFile& other) const { return device_ == other.device_ && inode_ == other.inode_; }

 private:
  std::string path_, name_;
  int kept_ = -1;  ///< anonymous memory file that holds what a pipe gave
  unsigned long long device_ = 0, inode_ = 0;
};

/// Opens every source in order; a pattern with * ? [ that names no file stands for the files it matches, sorted.
/// Throws DataError where a pattern matches nothing or one file is named twice.
std::vector<InputFile> open_inputs(const std::vector<std::string>& sources);

/// Throws DataError that names the format where the first unpacked bytes are those of a known other format.
void refuse_other_formats(const std::string& name, const char* data, std::size_t size);

}  // namespace bdglm
