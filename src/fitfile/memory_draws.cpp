// Keeping and reading draws in memory, and writing them to a fit file.
#include "fitfile/memory_draws.hpp"

#include <algorithm>
#include <numeric>

#include "bdglm/error.hpp"
#include "fitfile/fit_file.hpp"

namespace bdglm {
namespace {

bool kept_at(const DrawVariable& variable, std::size_t draw) {
  return (draw + 1) % static_cast<std::size_t>(variable.every) == 0;
}

Dimension labelled(const Dimension& dimension) {
  Dimension result{dimension.name, dimension.labels, {}};
  if (!dimension.numbers.empty()) result.labels.clear();
  for (const long long number : dimension.numbers) result.labels.push_back(std::to_string(number));
  return result;
}

const DataVariable* find_data(const FitLayout& layout, const std::string& group, const std::string& name) {
  for (const DataVariable& variable : layout.data)
    if (variable.group == group && variable.name == name) return &variable;
  return nullptr;
}

}  // namespace

MemoryDraws::MemoryDraws(FitLayout layout) : layout_(std::move(layout)), spec_(layout_.spec) {
  const auto chains = static_cast<std::size_t>(layout_.chains);
  added_.assign(chains, 0);
  for (const DrawVariable& variable : layout_.variables)
    kept_.push_back({variable.size(), std::vector<std::vector<double>>(chains)});
  spec_["progress"] = Spec::object();
}

void MemoryDraws::add(int chain, std::vector<double> values) {
  const auto c = static_cast<std::size_t>(chain);
  auto from = values.begin();
  for (std::size_t v = 0; v < kept_.size(); ++v) {
    if (!kept_at(layout_.variables[v], added_[c])) continue;
    const auto to = from + static_cast<std::ptrdiff_t>(kept_[v].size);
    // A file keeps these in single precision.
    if (layout_.variables[v].kind == DrawVariable::Kind::compressed)
      std::transform(from, to, from, [](double value) { return static_cast<float>(value); });
    kept_[v].chains[c].insert(kept_[v].chains[c].end(), from, to);
    from = to;
  }
  ++added_[c];
}

void MemoryDraws::put(DataVariable variable) {
  for (DataVariable& old : layout_.data) {
    if (old.group != variable.group || old.name != variable.name) continue;
    old = std::move(variable);
    return;
  }
  layout_.data.push_back(std::move(variable));
}

void MemoryDraws::commit(const Spec& progress, const std::vector<std::vector<double>>& states) {
  progress_ = progress;
  states_ = states;
  spec_["progress"] = progress;
  spec_["progress"]["draws"] = draws();
  if (progress.contains("over")) spec_.merge_patch(progress.at("over"));
}

std::size_t MemoryDraws::find(const std::string& group, const std::string& name) const {
  for (std::size_t v = 0; v < kept_.size(); ++v)
    if (layout_.variables[v].group == group && layout_.variables[v].name == name) return v;
  throw DataError("the fit has no variable '" + name + "' in group '" + group + "'");
}

std::size_t MemoryDraws::draws(const std::string& group) const {
  for (const DrawVariable& variable : layout_.variables)
    if (variable.group == group) return draws() / static_cast<std::size_t>(variable.every);
  return draws();
}

bool MemoryDraws::has(const std::string& group, const std::string& name) const {
  const auto named = [&](const auto& variable) { return variable.group == group && variable.name == name; };
  return std::any_of(layout_.variables.begin(), layout_.variables.end(), named) ||
         std::any_of(layout_.data.begin(), layout_.data.end(), named);
}

std::vector<std::string> MemoryDraws::variables(const std::string& group) const {
  std::vector<std::string> names;
  for (const DrawVariable& variable : layout_.variables)
    if (variable.group == group) names.push_back(variable.name);
  return names;
}

std::vector<std::pair<std::string, std::string>> MemoryDraws::contents() const {
  std::vector<std::pair<std::string, std::string>> found;
  const auto add = [&](const auto& variable) {
    if (variable.group != kOwnGroup) found.emplace_back(variable.group, variable.name);
  };
  for (const DrawVariable& variable : layout_.variables) add(variable);
  for (const DataVariable& variable : layout_.data) add(variable);
  return found;
}

std::vector<long long> MemoryDraws::kept_draws(const DrawVariable& variable) const {
  std::vector<long long> numbers;
  for (std::size_t d = 0; d < draws(); ++d)
    if (kept_at(variable, d)) numbers.push_back(static_cast<long long>(d));
  return numbers;
}

std::vector<Dimension> MemoryDraws::dimensions(const std::string& group, const std::string& name, int skip) const {
  std::vector<Dimension> result;
  const auto add = [&](const std::vector<Dimension>& own, int from) {
    for (auto k = static_cast<std::size_t>(from); k < own.size(); ++k) result.push_back(labelled(own[k]));
  };
  if (const DataVariable* fixed = find_data(layout_, group, name)) {
    add(fixed->dimensions, skip);
    return result;
  }
  const DrawVariable& variable = layout_.variables[find(group, name)];
  if (skip < 1) {
    Dimension chain{"chain", {}, std::vector<long long>(static_cast<std::size_t>(chains()))};
    std::iota(chain.numbers.begin(), chain.numbers.end(), 0);
    add({chain}, 0);
  }
  if (skip < 2) add({{"draw", {}, kept_draws(variable)}}, 0);
  add(variable.dimensions, std::max(skip - 2, 0));
  return result;
}

RowMatrix MemoryDraws::read(const std::string& group, const std::string& name, int chain, std::size_t from,
                            std::size_t count) const {
  const Kept& kept = kept_[find(group, name)];
  const std::vector<double>& values = kept.chains[static_cast<std::size_t>(chain)];
  return Eigen::Map<const RowMatrix>(values.data() + from * kept.size, static_cast<Eigen::Index>(count),
                                     static_cast<Eigen::Index>(kept.size));
}

RowMatrix MemoryDraws::read_slice(const std::string& group, const std::string& name, int chain, std::size_t from,
                                  std::size_t count, const std::vector<std::size_t>& entries) const {
  const DataVariable* fixed = chain < 0 ? find_data(layout_, group, name) : nullptr;
  if (chain < 0 && fixed == nullptr) throw DataError("the fit has no variable '" + name + "' in group '" + group + "'");
  const std::vector<Dimension>& own =
      fixed != nullptr ? fixed->dimensions : layout_.variables[find(group, name)].dimensions;
  std::size_t rest = 1;
  for (std::size_t k = 1; k < own.size(); ++k) rest *= own[k].size();
  const std::size_t size = own.front().size() * rest;
  const double* values =
      fixed != nullptr ? fixed->values.data() : kept_[find(group, name)].chains[static_cast<std::size_t>(chain)].data();
  RowMatrix result(static_cast<Eigen::Index>(count), static_cast<Eigen::Index>(entries.size() * rest));
  for (std::size_t row = 0; row < count; ++row)
    for (std::size_t e = 0; e < entries.size(); ++e)
      std::copy_n(values + (from + row) * size + entries[e] * rest, rest,
                  result.row(static_cast<Eigen::Index>(row)).data() + e * rest);
  return result;
}

RowMatrix MemoryDraws::data(const std::string& group, const std::string& name) const {
  const DataVariable* found = find_data(layout_, group, name);
  if (found != nullptr) return found->values;
  if (name != "draw") return {};
  // The numbers of the draws that a group of thinned ones keeps.
  for (const DrawVariable& variable : layout_.variables) {
    if (variable.group != group) continue;
    const std::vector<long long> numbers = kept_draws(variable);
    return Eigen::Map<const Eigen::Matrix<long long, Eigen::Dynamic, 1>>(numbers.data(),
                                                                         static_cast<Eigen::Index>(numbers.size()))
        .cast<double>();
  }
  return {};
}

void MemoryDraws::save(const std::string& path, bool overwrite) const {
  FitLayout layout = layout_;
  for (const std::vector<double>& state : states_) layout.state_size = std::max(layout.state_size, state.size());
  FitWriter writer = FitWriter::create(path, std::move(layout), overwrite);
  writer.commit(progress_, states_, {draws(), [this](std::size_t variable, std::size_t chain) {
                                       return kept_[variable].chains[chain].data();
                                     }});
}

}  // namespace bdglm
