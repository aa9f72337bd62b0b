// The one lock of HDF5, and the system's words within HDF5's stack of errors.
#include "fitfile/hdf5_handle.hpp"

#include <string_view>

#include "bdglm/error.hpp"

namespace bdglm::hdf5 {
namespace {

std::recursive_mutex& files() {
  static std::recursive_mutex mutex;
  return mutex;
}

/// Drivers of files put the system's words into a description, after this and before the next quote.
constexpr std::string_view kSystemWords = "error message = '";

herr_t find_reason(unsigned /*depth*/, const H5E_error2_t* error, void* found) {
  const std::string_view text = error->desc == nullptr ? "" : error->desc;
  const std::size_t at = text.find(kSystemWords);
  if (at == std::string_view::npos) return 0;
  const std::string_view rest = text.substr(at + kSystemWords.size());
  *static_cast<std::string*>(found) = rest.substr(0, rest.find('\''));
  return 1;
}

}  // namespace

Lock::Lock() : lock_(files()) { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

void check(bool good, const std::string& path, const std::string& action) {
  if (good) return;
  std::string reason;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, find_reason, &reason);
  throw DataError("cannot " + action + " '" + path + "'" + (reason.empty() ? "" : ": " + reason));
}

}  // namespace bdglm::hdf5
