// Draws in memory: a run's sink, and a source as good as a file.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "fitfile/draw_store.hpp"

namespace bdglm {

class MemoryDraws final : public DrawSink, public DrawSource {
 public:
  explicit MemoryDraws(FitLayout layout);

  void add(int chain, std::vector<double> values) override;
  void put(DataVariable variable) override;
  std::size_t buffered_bytes() const override { return 0; }
  void commit(const Spec& progress, const std::vector<std::vector<double>>& states) override;

  using DrawSource::read;
  const Spec& spec() const override { return spec_; }
  int chains() const override { return layout_.chains; }
  std::size_t draws() const override { return added_.front(); }
  bool being_written() const override { return false; }
  std::size_t draws(const std::string& group) const override;
  bool has(const std::string& group, const std::string& name) const override;
  std::vector<std::string> variables(const std::string& group) const override;
  std::vector<std::pair<std::string, std::string>> contents() const override;
  std::vector<Dimension> dimensions(const std::string& group, const std::string& name, int skip = 2) const override;
  RowMatrix read(const std::string& group, const std::string& name, int chain, std::size_t from,
                 std::size_t count) const override;
  RowMatrix read_slice(const std::string& group, const std::string& name, int chain, std::size_t from,
                       std::size_t count, const std::vector<std::size_t>& entries) const override;
  RowMatrix data(const std::string& group, const std::string& name) const override;
  std::vector<std::vector<double>> states() const override { return states_; }

  /// Writes a fit file with all that is here; throws as FitWriter does.
  void save(const std::string& path, bool overwrite) const;

 private:
  /// One variable's draws, each of `size` values, chain by chain.
  struct Kept {
    std::size_t size = 0;
    std::vector<std::vector<double>> chains;
  };

  std::size_t find(const std::string& group, const std::string& name) const;
  /// The numbers of the draws that a variable keeps.
  std::vector<long long> kept_draws(const DrawVariable& variable) const;

  FitLayout layout_;
  Spec spec_;
  Spec progress_;
  std::vector<Kept> kept_;          ///< as layout_.variables
  std::vector<std::size_t> added_;  ///< draws of each chain
  std::vector<std::vector<double>> states_;
};

}  // namespace bdglm
