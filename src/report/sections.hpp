// The parts of the HTML report, one function a section, and the pieces of a page that they share. Each takes the whole
// of the report's data and gives "" where its member is absent.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "report/svg.hpp"

namespace bdglm::report {

std::string asked_section(const Json& data);
std::string verdict_section(const Json& data);
std::string parameters_section(const Json& data);
std::string densities_section(const Json& data);
std::string chains_section(const Json& data);
std::string effects_section(const Json& data);
std::string checks_section(const Json& data);
std::string scores_section(const Json& data);
std::string calibration_section(const Json& data);
std::string curves_section(const Json& data);
std::string boundary_section(const Json& data);
std::string relevance_section(const Json& data);
std::string loo_section(const Json& data);
std::string run_section(const Json& data);
std::string left_out_section(const Json& data);

/// A cell of a table: what it shows, and the number by which its column is sorted.
struct Cell {
  std::string words;            ///< not yet escaped
  double value = std::nan("");  ///< NaN for text
  std::string style = "";       ///< classes of the style sheet
  static Cell of(double value, int decimals);
  static Cell of_figures(double value, int significant = 3);
};

/// A table that scrolls within itself; its first column heads the rows.
class Table {
 public:
  explicit Table(std::vector<std::string> heads, std::string caption = "");
  void row(const std::vector<Cell>& cells);
  std::string html(bool sortable = false) const;
  bool empty() const { return rows_.empty(); }

 private:
  std::vector<std::string> heads_;
  std::string caption_;
  std::vector<bool> numeric_;  ///< columns of numbers, by the first row
  std::string rows_;
};

/// A table behind "The numbers", for who does not see the picture.
std::string numbers_behind(const Table& table);

/// One entry of a legend.
struct Key {
  enum class Kind { line, area, point };
  std::string words;
  std::string style = "";
  Kind kind = Kind::line;
  Shape shape = Shape::circle;
};
std::string legend(const std::vector<Key>& keys);

/// A picture with its caption and what stands under it, already HTML but for the caption.
std::string figure(const std::string& caption, const std::string& picture, const std::string& under = "");

std::string paragraph(const std::string& words, const std::string& style = "");

/// Figures side by side where there is room; `style` sets how many.
std::string grid(const std::string& figures, const std::string& style);

/// A section named as its member, with a heading and how to read it.
std::string section(const std::string& id, const std::string& heading, const std::string& how,
                    const std::string& content);

/// "1 row", "2 rows".
std::string counted(double count, const std::string& one, const std::string& several);

/// A horizontal interval with its point, one of a forest's rows.
struct ForestRow {
  std::string name;
  double mean = 0, low = 0, high = 0;
};

/// Rows below each other on one scale, the largest mean first; sortable where there are several.
std::string forest(const std::vector<ForestRow>& rows, const std::string& caption, const std::string& axis,
                   bool zero_line, const std::string& note);

}  // namespace bdglm::report
