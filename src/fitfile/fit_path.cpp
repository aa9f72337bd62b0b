// Names within a fit file, and where a fit may be written.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "fitfile/fit_file.hpp"
#include "fitfile/journal.hpp"
#include "fitfile/netcdf_input.hpp"

namespace bdglm {

std::string followed(const std::string& path) {
  std::filesystem::path at = path;
  std::error_code none;
  for (int hops = 0; hops < 40 && std::filesystem::is_symlink(at, none); ++hops) {
    const std::filesystem::path target = std::filesystem::read_symlink(at, none);
    at = target.is_absolute() ? target : at.parent_path() / target;
  }
  return at.string();
}

bool is_fit(const std::string& path) {
  const hdf5::Lock lock;
  const std::unique_ptr<netcdf::InputFile> file = netcdf::InputFile::open(path, path);
  return file != nullptr && file->find(kOwnGroup) != nullptr;
}

void check_output(const std::string& path, bool overwrite) {
  if (path == "-")
    throw DataError(setting("path") + " '-': a fit is a file that grows, it cannot go to standard output; name a file");
  const std::string target = followed(path);
  const std::string another = "choose another " + setting("path");
  const auto refuse = [&](const std::string& why, const std::string& way) {
    throw DataError("cannot write '" + path + "': " + why + "; " + way);
  };
  struct stat status {};
  if (::stat(target.c_str(), &status) != 0) {
    const std::filesystem::path folder = std::filesystem::path(target).parent_path();
    if (::access(folder.empty() ? "." : folder.c_str(), W_OK) != 0)
      refuse(std::strerror(errno), another + " or make its folder");
    return;
  }
  if (S_ISDIR(status.st_mode)) refuse("it is a folder", "name a file in it");
  if (!S_ISREG(status.st_mode)) refuse("a fit needs a regular file, and this is a pipe or a device", another);
  if (::access(target.c_str(), W_OK) != 0) refuse(std::strerror(errno), another);
  recover(target);
  // What is no fit may be the data, or anything else that was not meant.
  if (status.st_size > 0 && !is_fit(target))
    throw DataError("'" + path + "' is there already and no fit of bdglm; choose another " + setting("path") +
                    " or remove it first");
  if (!overwrite)
    throw DataError("'" + path + "' is there already; " + setting("resume") + " goes on with it, " +
                    setting("overwrite") + " replaces it");
}

}  // namespace bdglm
