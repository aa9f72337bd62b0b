// Sections of the HTML report that are words and lists: what was asked, the verdict, the run, what was left out.
#include "report/sections.hpp"

namespace bdglm::report {
namespace {

/// Terms and what is told of them; those without are passed over. Both may hold anything.
std::string terms(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string html;
  for (const auto& [term, words] : entries) {
    if (!words.empty()) html += "<dt>" + escape(term) + "</dt><dd>" + escape(words) + "</dd>\n";
  }
  return html.empty() ? "" : "<dl>" + html + "</dl>\n";
}

std::string bullets(const Json& words) {
  std::string html;
  for (const Json& line : words) html += "<li>" + escape(line.get<std::string>()) + "</li>\n";
  return html.empty() ? "" : "<ul>" + html + "</ul>\n";
}

std::string amount(const Json& object, const char* key) {
  const double value = number(object, key);
  return std::isfinite(value) ? figures(value, 9) : "";
}

std::string rows_used(const Json& asked) {
  const double rows = number(asked, "rows"), dropped = number(asked, "dropped");
  if (!std::isfinite(rows)) return "";
  std::string words = figures(rows, 9) + " used";
  if (dropped > 0) {
    words += ", " + figures(dropped, 9) + " dropped";
    const std::string why = text(asked, "why_dropped");
    if (!why.empty()) words += ": " + why;
  }
  return words;
}

/// Seconds as a reader says them.
std::string duration(double seconds) {
  if (!std::isfinite(seconds)) return "";
  if (seconds < 120) return figures(seconds, 3) + " seconds";
  if (seconds < 7200) return figures(seconds / 60, 3) + " minutes";
  return figures(seconds / 3600, 3) + " hours";
}

}  // namespace

std::string asked_section(const Json& data) {
  if (!data.contains("asked")) return "";
  const Json& asked = data["asked"];
  std::string html;
  for (const Json& formula : list(asked, "formulas")) {
    html += "<pre class=\"formula\"><code>" + escape(formula.get<std::string>()) + "</code></pre>\n";
  }
  html += terms({{"Family of the response", text(asked, "family")},
                 {"Link", text(asked, "link")},
                 {"The response", text(asked, "meaning")},
                 {"Network", text(asked, "network")},
                 {"Rows", rows_used(asked)}});
  Table columns({"Column", "Taken for"});
  for (const Json& column : list(asked, "columns")) {
    columns.row({{text(column, "name")}, {text(column, "taken_for")}});
  }
  Table groups({"Groups by", "Levels"});
  for (const Json& group : list(asked, "groups")) {
    groups.row({{text(group, "name")}, Cell::of(number(group, "levels"), 0)});
  }
  std::string tables = columns.empty() ? "" : columns.html();
  if (!groups.empty()) tables += groups.html();
  if (!tables.empty()) html += grid(tables, "two");
  html += bullets(list(asked, "notes"));
  return section(
      "asked", "What was asked, and how it was understood",
      "The formula names the response on the left of ~ and what may explain it on the right; the lists show how each "
      "column of the table was read, so that a wrong reading is seen here first.",
      html);
}

std::string verdict_section(const Json& data) {
  if (!data.contains("verdict")) return "";
  const Json& verdict = data["verdict"];
  const bool good = verdict.value("good", false);
  std::string html = "<p class=\"verdict " + std::string(good ? "good" : "poor") + "\"><span aria-hidden=\"true\">" +
                     (good ? "\xE2\x9C\x93" : "!") + "</span> " + escape(text(verdict, "sentence")) + "</p>\n";
  std::string warnings;
  for (const Json& warning : list(verdict, "warnings")) {
    warnings += "<li>" + paragraph(text(warning, "message"));
    const std::string advice = text(warning, "advice");
    if (!advice.empty()) warnings += "<p class=\"advice\"><strong>What to do:</strong> " + escape(advice) + "</p>";
    warnings += "</li>\n";
  }
  if (!warnings.empty()) html += "<ul class=\"warnings\">" + warnings + "</ul>\n";
  return section(
      "verdict", "Can the numbers be trusted?",
      "This says whether the computation did its work; whether the model suits the data is told by the checks "
      "further down.",
      html);
}

std::string run_section(const Json& data) {
  if (!data.contains("run")) return "";
  const Json& run = data["run"];
  const std::string thin = amount(run, "thin");
  std::string draws = amount(run, "draws");
  if (!draws.empty() && !thin.empty() && thin != "1") draws += ", one kept of every " + thin + " sweeps";
  return section("run", "The run",
                 "With the same version, data and seed on the same type of machine the same numbers come out again.",
                 terms({{"Version of bdglm", text(run, "version")},
                        {"Machine", text(run, "machine")},
                        {"Device", text(run, "device")},
                        {"Chains", amount(run, "chains")},
                        {"Warm-up sweeps of each", amount(run, "warmup")},
                        {"Draws kept of each", draws},
                        {"Seed", amount(run, "seed")},
                        {"Time", duration(number(run, "seconds"))},
                        {"Divergent moves", amount(run, "divergences")}}));
}

std::string left_out_section(const Json& data) {
  std::string lines;
  for (const Json& entry : list(data, "left_out")) {
    lines += "<li><strong>" + escape(text(entry, "section")) + "</strong>: " + escape(text(entry, "why")) + "</li>\n";
  }
  if (lines.empty()) return "";
  return section("left_out", "What this report does not show", "", "<ul>" + lines + "</ul>\n");
}

}  // namespace bdglm::report
