// Intervals of an update's slice moves, learned in the warm-up.
#pragma once

#include <map>
#include <string>
#include <tuple>

#include "target/state.hpp"

namespace bdglm {

/// The width of each move that an update makes, by up to three numbers; `first` until it is learned.
class SliceWidths {
 public:
  /// `name` is the archive's.
  SliceWidths(std::string name, double first) : name_(std::move(name)), first_(first) {}

  double& of(Eigen::Index move, Eigen::Index k = 0, Eigen::Index l = 0) {
    return widths_.try_emplace({move, k, l}, first_).first->second;
  }

  void save(Archive& archive) const {
    RowMatrix rows(static_cast<Eigen::Index>(widths_.size()), 4);
    Eigen::Index at = 0;
    for (const auto& [move, width] : widths_)
      rows.row(at++) << static_cast<double>(std::get<0>(move)), static_cast<double>(std::get<1>(move)),
          static_cast<double>(std::get<2>(move)), width;
    if (at > 0) archive[name_] = rows;
  }
  void load(const Archive& archive) {
    widths_.clear();
    const auto found = archive.find(name_);
    if (found == archive.end()) return;
    for (const auto row : found->second.rowwise())
      widths_[{static_cast<Eigen::Index>(row[0]), static_cast<Eigen::Index>(row[1]),
               static_cast<Eigen::Index>(row[2])}] = row[3];
  }

 private:
  std::string name_;
  double first_;
  std::map<std::tuple<Eigen::Index, Eigen::Index, Eigen::Index>, double> widths_;
};

}  // namespace bdglm
