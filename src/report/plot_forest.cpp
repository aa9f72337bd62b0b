// Forests of the HTML report: intervals with their points below each other, for group effects and relevances.
#include <algorithm>
#include <numeric>

#include "report/sections.hpp"

namespace bdglm::report {
namespace {

constexpr double kWidth = 400, kRow = 15, kRight = 12;
constexpr std::size_t kRowsShown = 60;  // the rest scrolls; the style sheet knows this number too

double left_margin(const std::vector<ForestRow>& rows) {
  std::size_t longest = 0;
  for (const ForestRow& row : rows) longest = std::max(longest, length(row.name));
  return std::clamp(14 + 7 * static_cast<double>(longest), 30.0, 130.0);
}

/// Places of the rows, the largest mean first, those without one last.
std::vector<std::size_t> by_mean(const std::vector<ForestRow>& rows) {
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto key = [&](std::size_t i) { return std::isfinite(rows[i].mean) ? rows[i].mean : -INFINITY; };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return key(a) > key(b); });
  return order;
}

std::vector<ForestRow> rows_of(const Json& items, const char* name) {
  std::vector<ForestRow> rows;
  for (const Json& item : items) {
    rows.push_back({text(item, name), number(item, "mean"), number(item, "low"), number(item, "high")});
  }
  return rows;
}

}  // namespace

std::string forest(const std::vector<ForestRow>& rows, const std::string& caption, const std::string& axis,
                   bool zero_line, const std::string& note) {
  Range across;
  double widths = 0;
  for (const ForestRow& row : rows) {
    for (const double value : {row.mean, row.low, row.high}) across.include(value);
    widths += std::isfinite(row.high - row.low) ? row.high - row.low : 0;
  }
  if (zero_line) across.include(0);
  across = across.padded(0.03);
  const double left = left_margin(rows);
  const int decimals = decimals_for(widths / static_cast<double>(std::max<std::size_t>(rows.size(), 1)) / 4);

  Plot head({kWidth, 36, left, kRight, 0, 34}, across, {0, 1});
  head.x_axis(axis);
  std::string strips;
  Table table({"Level", "Mean", "Low", "High"}, caption);
  for (const std::size_t i : by_mean(rows)) {
    const ForestRow& row = rows[i];
    Plot strip({kWidth, kRow, left, kRight, 0, 0}, across, {0, 1});
    strip.x_grid();
    strip.y_names({0.5}, {row.name});
    if (zero_line) strip.rule_x(0, "rule");
    strip.segment(row.low, 0.5, row.high, 0.5, {"line interval"});
    strip.point(row.mean, 0.5, Shape::circle, 3.2, {"fill mean"});
    const std::string told = row.name + ": " + decimal(row.mean, decimals) + ", 95 % " + decimal(row.low, decimals) +
                             " to " + decimal(row.high, decimals);
    strips += strip.strip("row", " data-index=\"" + std::to_string(i) + "\" data-tip=\"" + escape(told) + '"' +
                                     (std::isfinite(row.mean) ? " data-value=\"" + Json(row.mean).dump() + '"' : ""));
  }
  for (const ForestRow& row : rows) {
    table.row({{row.name}, Cell::of(row.mean, decimals), Cell::of(row.low, decimals), Cell::of(row.high, decimals)});
  }
  std::string buttons;
  if (rows.size() > 2) {
    buttons =
        "<div class=\"sorts\" role=\"group\" aria-label=\"Order of the rows\">"
        "<button type=\"button\" data-sort=\"value\" aria-pressed=\"true\">By value</button> "
        "<button type=\"button\" data-sort=\"level\" aria-pressed=\"false\">By level</button></div>";
  }
  const std::string picture = "<div class=\"forest\"><div class=\"rows" +
                              std::string(rows.size() > kRowsShown ? " long\" tabindex=\"0" : "") +
                              "\" role=\"img\" aria-label=\"" + escape(caption + ": means and 95 % intervals") + "\">" +
                              strips + head.strip("head") + "</div></div>\n";
  return figure(caption, buttons + picture, paragraph(note, "note") + numbers_behind(table));
}

std::string effects_section(const Json& data) {
  if (!data.contains("effects")) return "";
  std::string figures;
  for (const Json& effect : data["effects"]) {
    const double left_out = number(effect, "left_out");
    const std::string note =
        left_out > 0 ? counted(left_out, "further level is", "further levels are") + " not shown here." : "";
    figures +=
        forest(rows_of(list(effect, "levels"), "level"), text(effect, "coefficient") + " by " + text(effect, "group"),
               "difference from the average", true, note);
  }
  return section("effects", "Differences between groups",
                 "Each row is one level: the point is the mean of its difference from the average, the line holds the "
                 "difference with 95 % probability; a line that crosses zero leaves open which way it goes.",
                 grid(figures, "two"));
}

std::string relevance_section(const Json& data) {
  if (!data.contains("relevance")) return "";
  return section(
      "relevance", "What the network listens to",
      "The larger an input's relevance, the more the network's curve may bend along it; an input near zero does "
      "next to nothing. A number with knots has two, and does much by either.",
      grid(forest(rows_of(data["relevance"], "name"), "Relevance of the network's inputs", "relevance", true, ""),
           "two"));
}

}  // namespace bdglm::report
