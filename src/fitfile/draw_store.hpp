// What draws are kept in: sinks that a run fills, sources that summaries and predictions read; a file, or memory.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/names.hpp"
#include "base/row_matrix.hpp"

namespace bdglm {

/// The group of what only this program reads.
constexpr const char* kOwnGroup = "bdglm";

/// A dimension with its coordinate variable of the same name: labels, or whole numbers.
struct Dimension {
  std::string name;
  std::vector<std::string> labels;
  std::vector<long long> numbers;  ///< in place of labels where not empty

  std::size_t size() const { return numbers.empty() ? labels.size() : numbers.size(); }
};

/// One variable of a group, [chain, draw, dimensions...].
struct DrawVariable {
  /// How values are kept; `compressed` ones in single precision by deflate.
  enum class Kind { real, integer, boolean, compressed };
  std::string group;  ///< "posterior", "sample_stats", ...
  std::string name;
  std::vector<Dimension> dimensions;
  Kind kind = Kind::real;
  int every = 1;                         ///< only each so manieth draw is kept; all variables of a group have the same
  std::vector<std::string> levels = {};  ///< what the values 0, 1, ... stand for; empty for numbers

  std::size_t size() const {
    std::size_t n = 1;
    for (const Dimension& d : dimensions) n *= d.size();
    return n;
  }
};

/// Fixed data of observed_data or constant_data, [dimensions...]; of other groups too where they can be given later.
struct DataVariable {
  std::string group;
  std::string name;
  std::vector<Dimension> dimensions;
  RowMatrix values;                      ///< the first dimension's size rows; empty: given later by `DrawSink::put`
  std::vector<std::string> levels = {};  ///< what the values 0, 1, ... stand for; empty for numbers
};

/// What a fit describes besides draws: everything that predict and resume need, as JSON.
using Spec = nlohmann::json;

/// What a new fit is made of.
struct FitLayout {
  std::vector<DrawVariable> variables;
  std::vector<DataVariable> data;
  int chains = 1;
  std::size_t state_size = 1;  ///< of a chain's state, roughly: how its space is cut
  Spec spec;                   ///< what never changes
};

/// Takes the draws and states of a run.
class DrawSink {
 public:
  virtual ~DrawSink() = default;
  /// Values of one draw of one chain: all variables in order, flattened, those that are not kept at this draw left out.
  virtual void add(int chain, std::vector<double> values) = 0;
  /// New values of a data variable, kept with the next commit.
  virtual void put(DataVariable variable) = 0;
  virtual std::size_t buffered_bytes() const = 0;
  /// Keeps the buffered draws (equally many of each chain), the chains' states where there are any, and the progress,
  /// whose member "over" is merged over the specification when it is read.
  virtual void commit(const Spec& progress, const std::vector<std::vector<double>>& states) = 0;
  /// Draws committed and buffered, of each chain.
  virtual std::size_t draws() const = 0;
};

/// Gives draws, data and states of a fit. Throws DataError for what it does not hold.
class DrawSource {
 public:
  virtual ~DrawSource() = default;
  /// The specification with the last commit's progress in it.
  virtual const Spec& spec() const = 0;
  virtual int chains() const = 0;
  virtual std::size_t draws() const = 0;
  /// Whether a run in another process adds draws now.
  virtual bool being_written() const = 0;
  /// Of each chain in a group whose draws are thinned; else as above.
  virtual std::size_t draws(const std::string& group) const = 0;
  virtual bool has(const std::string& group, const std::string& name) const = 0;
  virtual std::vector<std::string> variables(const std::string& group) const = 0;
  /// Group and name of every variable, of draws or not, but of coordinates and of what only this program reads.
  virtual std::vector<std::pair<std::string, std::string>> contents() const = 0;
  /// Names and labels (numbers as text) of a variable's dimensions beyond the first `skip` (chain and draw).
  virtual std::vector<Dimension> dimensions(const std::string& group, const std::string& name, int skip = 2) const = 0;
  /// Draws [from, from + count) of one chain: count x size.
  virtual RowMatrix read(const std::string& group, const std::string& name, int chain, std::size_t from,
                         std::size_t count) const = 0;
  /// The given entries of a variable's first labelled dimension at draws [from, from + count) of one chain, all of the
  /// further dimensions: count x (entries * rest). Chain -1 is for variables without chains and draws: 1 x ...
  virtual RowMatrix read_slice(const std::string& group, const std::string& name, int chain, std::size_t from,
                               std::size_t count, const std::vector<std::size_t>& entries) const = 0;
  /// A variable without chains and draws: the first dimension x all others; empty where there is none.
  virtual RowMatrix data(const std::string& group, const std::string& name) const = 0;
  /// The saved states, one a chain; none before the first.
  virtual std::vector<std::vector<double>> states() const = 0;

  /// All draws of a variable: (chains * draws of its group) x size, chain by chain.
  RowMatrix read(const std::string& group, const std::string& name) const;
  /// Labels of the columns of a variable without chains and draws.
  std::vector<std::string> dimensions_of_data(const std::string& group, const std::string& name) const {
    return dimensions(group, name, 1).at(0).labels;
  }
};

}  // namespace bdglm
