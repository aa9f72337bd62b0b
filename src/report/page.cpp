// Pieces of the HTML report's page: sections, figures, legends and tables.
#include <cmath>

#include "report/sections.hpp"

namespace bdglm::report {
namespace {

std::string classes(const std::string& style) { return style.empty() ? "" : " class=\"" + style + '"'; }

/// A number as a script reads it.
std::string plain(double value) { return Json(value).dump(); }

/// A sample of a mark for a legend; no datum.
std::string sample(const Key& key) {
  Plot plot({26, 12, 1, 1, 1, 1}, {0, 1}, {0, 1});
  const Mark mark{key.style, "", "", false};
  if (key.kind == Key::Kind::line) plot.line({0, 1}, {0.5, 0.5}, mark);
  if (key.kind == Key::Kind::area) plot.box(0, 1, 0, 1, mark);
  if (key.kind == Key::Kind::point) plot.point(0.5, 0.5, key.shape, 4, mark);
  return plot.sample();
}

}  // namespace

Cell Cell::of(double value, int decimals) { return {decimal(value, decimals), value, "number"}; }

Cell Cell::of_figures(double value, int significant) { return {figures(value, significant), value, "number"}; }

Table::Table(std::vector<std::string> heads, std::string caption)
    : heads_(std::move(heads)), caption_(std::move(caption)) {}

void Table::row(const std::vector<Cell>& cells) {
  if (numeric_.empty()) {
    for (const Cell& cell : cells) numeric_.push_back(cell.style.find("number") != std::string::npos);
  }
  rows_ += "<tr>";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const Cell& cell = cells[i];
    const std::string element = i == 0 ? "th" : "td";
    rows_ += '<' + element + (i == 0 ? " scope=\"row\"" : "") + classes(cell.style);
    if (std::isfinite(cell.value)) rows_ += " data-value=\"" + plain(cell.value) + '"';
    rows_ += '>' + escape(cell.words) + "</" + element + '>';
  }
  rows_ += "</tr>\n";
}

std::string Table::html(bool sortable) const {
  std::string html = "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" +
                     escape(caption_.empty() ? "Table" : caption_) + "\"><table" +
                     (sortable ? " class=\"sortable\"" : "") + '>';
  if (!caption_.empty()) html += "<caption>" + escape(caption_) + "</caption>";
  html += "<thead><tr>";
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    const bool numeric = i < numeric_.size() && numeric_[i];
    html += std::string("<th scope=\"col\"") + (numeric ? " class=\"of-numbers\">" : ">") + escape(heads_[i]) + "</th>";
  }
  return html + "</tr></thead><tbody>\n" + rows_ + "</tbody></table></div>\n";
}

std::string numbers_behind(const Table& table) {
  if (table.empty()) return "";
  return "<details><summary>The numbers</summary>" + table.html() + "</details>\n";
}

std::string legend(const std::vector<Key>& keys) {
  std::string html = "<ul class=\"legend\">";
  for (const Key& key : keys) html += "<li>" + sample(key) + ' ' + escape(key.words) + "</li>";
  return html + "</ul>\n";
}

std::string figure(const std::string& caption, const std::string& picture, const std::string& under) {
  return "<figure><figcaption>" + escape(caption) + "</figcaption>" + picture + under + "</figure>\n";
}

std::string paragraph(const std::string& words, const std::string& style) {
  return words.empty() ? "" : "<p" + classes(style) + '>' + escape(words) + "</p>\n";
}

std::string grid(const std::string& figures, const std::string& style) {
  return "<div class=\"grid " + style + "\">" + figures + "</div>\n";
}

std::string section(const std::string& id, const std::string& heading, const std::string& how,
                    const std::string& content) {
  std::string html = "<section id=\"" + id + "\" aria-labelledby=\"h-" + id + "\"><h2 id=\"h-" + id + "\">" +
                     escape(heading) + "</h2>\n";
  if (!how.empty()) html += "<p class=\"how\"><strong>How to read this.</strong> " + escape(how) + "</p>\n";
  return html + content + "</section>\n";
}

std::string counted(double count, const std::string& one, const std::string& several) {
  return figures(count, 9) + ' ' + (count == 1 ? one : several);
}

}  // namespace bdglm::report
