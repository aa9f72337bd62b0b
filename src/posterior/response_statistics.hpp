// Statistics of many sets of responses side by side, row by row.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <string>
#include <vector>

#include "base/row_matrix.hpp"
#include "design/design.hpp"
#include "family/family.hpp"

namespace bdglm {

/// A statistic at every set of responses, and what it says of data whose value is far above or below the others.
struct ResponseStatistic {
  std::string name;
  std::string above, below;
  Eigen::ArrayXd values;  ///< of each set that has it
};

/// Sets of responses of the rows of a design, which are the columns of what is added: the observed ones last.
class ResponseStatistics {
 public:
  /// `sets` counts the observed one; of groupings of many levels some sets' statistics are kept alone.
  ResponseStatistics(Family family, const Frame& frame, const Design& design, Eigen::Index sets);

  /// Adds responses `y`, entries x sets, each of the design's row in `rows`, for the sets [first, first + count). Calls
  /// for other sets may be made at the same time.
  void add(const std::vector<Eigen::Index>& rows, const RowMatrix& y, Eigen::Index first, Eigen::Index count);
  /// Once for entries that are added: what does not depend on the set.
  void count(const std::vector<Eigen::Index>& rows);

  /// All of them; the last value is that of the observed responses.
  std::vector<ResponseStatistic> results() const;

 private:
  /// A grouping with the sums of the responses of its levels.
  struct Grouping {
    std::string name;
    const std::vector<std::int32_t>* level = nullptr;  ///< of each row
    std::vector<Eigen::Index> sets;                    ///< that are kept
    Eigen::ArrayXd units;                              ///< of each level: entries, or trials
    RowMatrix sums;                                    ///< levels x kept sets
  };

  void add_number_statistics(std::vector<ResponseStatistic>& results) const;
  void add_group_statistics(std::vector<ResponseStatistic>& results) const;
  double unit(Eigen::Index row) const;

  ResponseKind kind_;
  const Design& design_;
  std::vector<std::string> levels_;  ///< of the response
  double center_ = 0;                ///< about which squares are summed
  double entries_ = 0, units_ = 0;
  Eigen::ArrayXd sum_, shifted_, squares_, low_, high_, zeros_;
  RowMatrix shares_;  ///< levels x sets
  std::vector<Grouping> groupings_;
};

}  // namespace bdglm
