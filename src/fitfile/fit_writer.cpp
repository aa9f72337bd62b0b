// Writing fit files: a new one from its image, then one transaction a commit.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <numeric>
#include <optional>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "fitfile/fit_file.hpp"
#include "fitfile/fit_image.hpp"
#include "fitfile/hdf5_file.hpp"
#include "fitfile/journal.hpp"

namespace bdglm {
namespace {

/// A part of a message where the disk of a file is nearly full.
std::string free_space(const std::string& path, std::size_t needed) {
  std::error_code unknown;
  const std::filesystem::path folder = std::filesystem::absolute(path, unknown).parent_path();
  const std::filesystem::space_info space = std::filesystem::space(folder, unknown);
  if (unknown || space.available > needed + (1U << 20U)) return "";
  return " (" + std::to_string(space.available / 1024) + " kB are free there; make room)";
}

std::vector<hsize_t> extents(const std::vector<Dimension>& dimensions) {
  std::vector<hsize_t> sizes;
  sizes.reserve(dimensions.size());
  for (const Dimension& d : dimensions) sizes.push_back(d.size());
  return sizes;
}

void claim(const LockedFile& file) {
  if (!file.lock(LockedFile::Lock::writing, false))
    throw DataError("another run is writing '" + file.path() + "' now; wait for its end or choose another " +
                    setting("path"));
}

}  // namespace

struct FitWriter::Impl {
  std::string path;     ///< where the file ends up
  bool hidden = false;  ///< still beside an older file of that name
  bool live = false;    ///< whether anybody may read it: changes must be whole
  bool resumable = false;
  bool made = false;  ///< by this writer
  LockedFile file;
  std::vector<DrawVariable> variables;
  std::vector<DataVariable> pending;
  std::vector<std::vector<std::vector<double>>> buffer;  ///< chain, draw, value
  std::size_t draws = 0;                                 ///< committed
  int slot = 0;

  std::size_t added(const DrawColumns* all) const { return all != nullptr ? all->draws : buffer.front().size(); }
  /// `all` are the draws to write, or null: those of the buffer.
  void write(const Spec& progress, const std::vector<std::vector<double>>& states, const DrawColumns* all);
  void write_draws(hdf5::File& out, const DrawColumns* all);
  /// A variable's buffered values of one chain, each draw's from the place in `at` on, which goes on to the next's.
  std::vector<double> gather(const DrawVariable& v, std::size_t chain, std::vector<std::size_t>& at) const;
  void commit(const Spec& progress, const std::vector<std::vector<double>>& states, const DrawColumns* all);
  /// Of the draws to write.
  std::size_t bytes(const DrawColumns* all) const;
  void publish();
  /// Throws DataError where the name no longer means the file that is written.
  void check_place() const;
  [[noreturn]] void explain(const DataError& error, std::size_t needed) const;
};

FitWriter::FitWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
FitWriter::FitWriter(FitWriter&&) noexcept = default;
FitWriter& FitWriter::operator=(FitWriter&&) noexcept = default;
FitWriter::~FitWriter() {
  // A run that failed before it had a state leaves nothing that is worth a name.
  if (impl_ && impl_->made && !impl_->resumable) ::unlink(impl_->file.path().c_str());
}

FitWriter FitWriter::create(const std::string& path, FitLayout layout, bool overwrite) {
  const hdf5::Lock lock;
  check_output(path, overwrite);
  auto impl = std::make_unique<Impl>();
  impl->path = followed(path);
  const bool old = std::filesystem::exists(impl->path);
  if (old) claim(LockedFile(impl->path, O_RDWR));
  const std::string part = impl->path + ".part";
  try {
    impl->file = LockedFile(part, O_RDWR | O_CREAT);
  } catch (const DataError&) {
    throw DataError("cannot write '" + path + "': " + std::strerror(errno) + "; choose another " + setting("path") +
                    " or make its folder");
  }
  claim(impl->file);
  impl->hidden = true;
  impl->made = true;
  FitWriter writer(std::move(impl));  // from here on it removes what it made and nobody can use
  Impl& own = *writer.impl_;
  own.variables = layout.variables;
  own.buffer.resize(static_cast<std::size_t>(layout.chains));
  try {
    const std::string image = fit_image(layout);
    own.pending = std::move(layout.data);
    if (::ftruncate(own.file.descriptor(), 0) != 0) throw DataError("cannot write '" + path + "'");
    FileTransaction start(own.file, false);
    start.write(0, image.data(), image.size(), false);
    start.commit();
    own.write({{"sweeps", 0}, {"complete", false}}, {}, nullptr);
    own.live = true;
    if (!old) own.publish();
  } catch (const DataError& error) {
    own.explain(error, 0);
  }
  return writer;
}

FitWriter FitWriter::reopen(const std::string& path, std::vector<DrawVariable> variables) {
  const hdf5::Lock lock;
  auto impl = std::make_unique<Impl>();
  impl->path = followed(path);
  check_output(path, true);
  impl->live = true;
  impl->resumable = true;
  impl->variables = std::move(variables);
  impl->file = LockedFile(impl->path, O_RDWR);
  claim(impl->file);
  // Readers that come later see that the file is written, and copy it.
  if (!impl->file.lock(LockedFile::Lock::applying, false, kPatience))
    throw DataError("'" + path + "' is read by another process now, such as 'bdglm predict'; wait for its end");
  impl->file.unlock(LockedFile::Lock::applying);
  const FitReader file(impl->path, impl->file);
  impl->buffer.resize(static_cast<std::size_t>(file.chains()));
  impl->draws = file.draws();
  impl->slot = file.spec().at("progress").at("slot").get<int>();
  return FitWriter(std::move(impl));
}

void FitWriter::add(int chain, std::vector<double> values) {
  impl_->buffer[static_cast<std::size_t>(chain)].push_back(std::move(values));
}

void FitWriter::put(DataVariable variable) { impl_->pending.push_back(std::move(variable)); }

std::size_t FitWriter::draws() const { return impl_->draws + impl_->buffer.front().size(); }

bool FitWriter::resumable() const { return impl_->resumable; }

std::size_t FitWriter::buffered_bytes() const { return impl_->bytes(nullptr); }

std::size_t FitWriter::Impl::bytes(const DrawColumns* all) const {
  std::size_t values = 0;
  for (const DrawVariable& v : variables)
    if (all != nullptr) values += buffer.size() * v.size() * (all->draws / static_cast<std::size_t>(v.every));
  for (const auto& chain : buffer)
    for (const auto& draw : chain) values += draw.size();
  return values * sizeof(double);
}

std::vector<double> FitWriter::Impl::gather(const DrawVariable& v, std::size_t chain,
                                            std::vector<std::size_t>& at) const {
  std::vector<double> values;
  for (std::size_t d = 0; d < buffer[chain].size(); ++d) {
    if ((draws + d + 1) % static_cast<std::size_t>(v.every) != 0) continue;
    const auto from = buffer[chain][d].begin() + static_cast<std::ptrdiff_t>(at[d]);
    values.insert(values.end(), from, from + static_cast<std::ptrdiff_t>(v.size()));
    at[d] += v.size();
  }
  return values;
}

void FitWriter::Impl::write_draws(hdf5::File& out, const DrawColumns* all) {
  const std::size_t added = this->added(all);
  if (added == 0) return;
  std::vector<std::vector<std::size_t>> at(buffer.size(), std::vector<std::size_t>(added, 0));
  std::map<std::string, int> groups;
  for (std::size_t k = 0; k < variables.size(); ++k) {
    const DrawVariable& v = variables[k];
    const auto step = static_cast<std::size_t>(v.every);
    groups[v.group] = v.every;
    std::vector<hsize_t> start(2 + v.dimensions.size(), 0);
    start[1] = draws / step;
    std::vector<hsize_t> count = extents(v.dimensions);
    count.insert(count.begin(), {1, v.size() == 0 ? 0 : (draws + added) / step - draws / step});
    for (std::size_t c = 0; c < buffer.size(); ++c) {
      start[0] = c;
      const std::vector<double> gathered = all != nullptr ? std::vector<double>() : gather(v, c, at[c]);
      out.write("/" + v.group + "/" + v.name, start, count, H5T_NATIVE_DOUBLE,
                all != nullptr ? all->values(k, c) : gathered.data());
    }
  }
  groups[kOwnGroup] = 1;
  for (const auto& [group, every] : groups) {
    const auto step = static_cast<std::size_t>(every);
    std::vector<long long> numbers;
    for (std::size_t d = draws; d < draws + added; ++d)
      if ((d + 1) % step == 0) numbers.push_back(static_cast<long long>(d));
    out.write("/" + group + "/draw", {draws / step}, {numbers.size()}, H5T_NATIVE_LLONG, numbers.data());
  }
}

void FitWriter::Impl::write(const Spec& progress, const std::vector<std::vector<double>>& states,
                            const DrawColumns* all) {
  check_place();
  FileTransaction transaction(file, live);
  hdf5::File out(file.path(), transaction);
  for (const DataVariable& v : pending) {
    if (v.values.size() == 0) continue;
    const std::vector<hsize_t> count = extents(v.dimensions);
    out.write("/" + v.group + "/" + v.name, std::vector<hsize_t>(count.size(), 0), count, H5T_NATIVE_DOUBLE,
              v.values.data());
  }
  write_draws(out, all);
  int next = slot;
  if (!states.empty()) {
    next = (slot + 1) % kStateSlots;
    // Nothing refers to this slot until the progress does.
    transaction.write_through(true);
    for (std::size_t c = 0; c < states.size(); ++c)
      out.write("/bdglm/state", {static_cast<hsize_t>(next), c, 0}, {1, 1, states[c].size()}, H5T_NATIVE_DOUBLE,
                states[c].data());
    transaction.write_through(false);
  }
  Spec text = progress;
  text["draws"] = draws + added(all);
  text["slot"] = next;
  text["state_sizes"] = Spec::array();
  for (const std::vector<double>& state : states) text["state_sizes"].push_back(state.size());
  out.write_text("/bdglm/progress", text.dump());
  out.close();
  transaction.commit();
  slot = next;
  draws += added(all);
  for (auto& chain : buffer) chain.clear();
  pending.clear();
}

void FitWriter::Impl::check_place() const {
  struct stat open {};
  struct stat named {};
  if (::fstat(file.descriptor(), &open) != 0) fail_to_write(file.path(), errno);
  const bool there = ::stat(file.path().c_str(), &named) == 0;
  if (there && open.st_dev == named.st_dev && open.st_ino == named.st_ino) return;
  throw DataError("'" + path + "' was " + (there ? "replaced" : "moved or removed") +
                  " while the run wrote it; the run ends here. What was saved is in the moved file, from which " +
                  setting("resume") + " goes on");
}

void FitWriter::Impl::publish() {
  remove_journal(path);
  file.rename(path);
  hidden = false;
}

void FitWriter::Impl::explain(const DataError& error, std::size_t needed) const {
  const std::string room = free_space(path, needed);
  throw DataError(error.what() + room +
                  (resumable && std::filesystem::exists(path)
                       ? "; the last saved state is intact, and " + setting("resume") + " goes on from it"
                       : ""));
}

void FitWriter::Impl::commit(const Spec& progress, const std::vector<std::vector<double>>& states,
                             const DrawColumns* all) {
  const hdf5::Lock lock;
  try {
    write(progress, states, all);
    if (states.empty()) return;
    if (hidden) publish();
    resumable = true;
  } catch (const DataError& error) {
    explain(error, bytes(all));
  }
}

void FitWriter::commit(const Spec& progress, const std::vector<std::vector<double>>& states) {
  impl_->commit(progress, states, nullptr);
}

void FitWriter::commit(const Spec& progress, const std::vector<std::vector<double>>& states, const DrawColumns& all) {
  impl_->commit(progress, states, &all);
}

}  // namespace bdglm
