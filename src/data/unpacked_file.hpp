// The bytes of a file, unpacked where it is gzipped, from first to last.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "data/input_file.hpp"

namespace bdglm {

/// One pass over a file that is plain or gzipped, by content.
class UnpackedFile {
 public:
  /// Throws DataError where the file cannot be opened.
  explicit UnpackedFile(const InputFile& file);

  const std::string& name() const { return name_; }
  /// Reads up to `size` bytes, fewer at the end of the file alone. Throws DataError for packed bytes that are damaged
  /// or cut short. A stop point.
  std::size_t read(char* to, std::size_t size);

 private:
  struct Close {
    void operator()(void* file) const;
  };
  std::string name_;
  std::unique_ptr<void, Close> file_;
};

}  // namespace bdglm
