// The HTML report: as many marks as the data ask, escaped text, absent sections, nulls, well-formed tags, nothing from
// elsewhere.
#include "report/html.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "report/svg.hpp"
#include "support/tags.hpp"

namespace bdglm {
namespace {

using nlohmann::json;
using test::count_of;
using test::section_of;
using test::wrong_tags;

/// Data with every section; names hold what HTML would read as tags, and every kind of number is null somewhere.
json all_sections() {
  json data = json::parse(R"json({
    "title": "y ~ deep(x) & <b>", "file": "fit \"1\".nc",
    "asked": {"formulas": ["y ~ deep(x) + (1 | g)"], "family": "bernoulli", "link": "logit", "meaning": "P(y = <Y>)",
              "columns": [{"name": "<script>alert(1)</script>", "taken_for": "number"}], "rows": 90, "dropped": 2,
              "why_dropped": "a value is missing", "groups": [{"name": "g", "levels": 3}], "notes": ["a & b"]},
    "verdict": {"good": false, "sentence": "The chains disagree.", "warnings": [{"message": "R-hat is <1.2>", "advice": "run on"}]},
    "parameters": [{"name": "b_x", "mean": 0.5, "sd": 0.1, "q2.5": 0.3, "q50": 0.5, "q97.5": 0.7, "ess_bulk": 12, "ess_tail": null,
                    "rhat": 1.2, "judged": true, "prior": "normal(0, 1)"}], "parameters_left_out": 2,
    "densities": [{"name": "b_x", "x": [0, 1, 2], "posterior": [0, 1, 0], "prior": [0.1, null, 0.1], "mean": 1, "low": 0.2, "high": 1.8},
                  {"name": "b_z", "x": [0, 1, 2], "posterior": [null, null, null], "mean": null, "low": null, "high": null}],
    "chains": [{"name": "b_x", "rhat": 1.2, "ess_bulk": 12, "every": 1, "traces": [[1, null, 2], [2, 1, 3], [null, null, null]],
                "ranks": [[1, 2], [2, 1], [1, 1]], "expected": 1.5}],
    "effects": [{"group": "g", "coefficient": "Intercept", "left_out": 1, "levels": [
      {"level": "a<b", "mean": 0.1, "low": -1, "high": 1}, {"level": "\"q\"", "mean": 0.9, "low": null, "high": 1},
      {"level": "Ö", "mean": null, "low": null, "high": null}]}],
    "checks": {"rows": 90, "draws": 10, "statistics": [{"statistic": "mean", "observed": 0.4, "mean": 0.41, "q2.5": 0.3, "q97.5": 0.5,
               "p_value": 0.5, "finding": "odd & <new>"}, {"statistic": "sd", "observed": null, "mean": 0.4, "q2.5": null, "q97.5": 1}],
               "bars": {"kind": "numbers", "edges": [0, 1, 2], "observed": [3, 4], "mean": [3.1, null], "low": [1, 2], "high": [5, 6]}},
    "scores": {"held_out": true, "rows": 30, "log_score": -0.6, "rmse": null},
    "coverage": [{"level": 0.5, "share": 0.51}, {"level": 0.9, "share": null}],
    "calibration": [{"level": "<Y>", "bins": [{"probability": 0.2, "observed": 0.3, "low": 0.1, "high": 0.25, "rows": 10},
                                              {"probability": 0.8, "observed": null, "low": 0.7, "high": 0.9, "rows": 0}]}],
    "pit": {"shares": [0.2, 0.3, 0.5], "low": 0.2, "high": 0.4},
    "curves": [{"of": "x", "kind": "number", "network": true, "response": "P(y)", "x": [0, 1, 2], "mean": [0.1, 0.2, 0.3],
                "low": [0, 0.1, 0.2], "high": [0.2, 0.3, 0.4], "plugin": [0.1, 0.3, 0.2], "draws": [[0.1, 0.2, 0.3], [0.1, 0.1, 0.1]],
                "rug": [0.5, 1.5, null, 7]},
               {"of": "f", "kind": "factor", "network": false, "response": "P(y)", "labels": ["u", "v & w"], "mean": [0.1, 0.2],
                "low": [0, null], "high": [0.2, 0.3], "plugin": [0.1, 0.2], "draws": [[0.1, 0.2]]}],
    "boundary": {"x": {"name": "x", "values": [0, 1]}, "y": {"name": "z", "values": [0, 1, 2]}, "level": "<Y>",
                 "mean": [[0, 1], [0, 1], [null, 1]], "sd": [[0.1, 0.1], [0.2, 0.1], [0.1, 0.1]], "plugin": [[0, 1], [0, 1], [0, 1]],
                 "points": [{"x": 0, "y": 1, "observed": "<Y>"}, {"x": 1, "y": 1, "observed": "N"}]},
    "relevance": [{"name": "x", "mean": 1, "low": 0, "high": 2}],
    "loo": {"elpd_loo": {"value": -50.1, "se": 3}, "k_threshold": 0.7, "unreliable": 1, "notes": ["<n>"], "rows": [
      {"number": 1, "pareto_k": 0.9, "elpd_loo": -0.5}, {"number": 2, "pareto_k": null, "elpd_loo": -0.5}]},
    "run": {"version": "0.1.0", "machine": "cpu", "device": "cpu", "chains": 3, "warmup": 10, "draws": 10, "thin": 2, "seed": 1,
            "seconds": 1.5, "divergences": 0},
    "left_out": [{"section": "compare", "why": "one fit & <no> other"}]
  })json");
  return data;
}

TEST(ReportHtml, DrawsOneMarkForEachDatum) {
  const std::string page = report_html(all_sections());
  const std::pair<const char*, int> expected[] = {
      {"densities", 4},       // curve, interval, mean and prior of the first; none of the second
      {"chains", 2 + 3},      // of three traces one is all null
      {"effects", 2 + 1},     // point and interval, a point, nothing
      {"checks", 3 + 1 + 5},  // statistics, then two bars and intervals and one mean
      {"calibration", 2 + 4 + 1},
      {"curves", 1 + 1 + 1 + 2 + 2 + (1 + 2 + 2 + 2)},
      {"boundary", 5 + 6 + 6 + 3 * 2},
      {"relevance", 2},
      {"loo", 1},
      {"asked", 0},
      {"parameters", 0}};
  for (const auto& [id, marks] : expected) EXPECT_EQ(count_of(section_of(page, id), "mark"), marks) << id;
}

TEST(ReportHtml, IsWellFormedAndAsksForNothing) {
  const std::string page = report_html(all_sections());
  EXPECT_EQ(wrong_tags(page), "");
  for (const char* address : {"http:", "https:", "//www", "src=", "@import", "url("}) {
    EXPECT_EQ(page.find(address), std::string::npos) << address;
  }
  EXPECT_NE(
      page.find("content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\""),
      std::string::npos);
  EXPECT_EQ(page.find("NaN\""), std::string::npos);
  EXPECT_EQ(page.find("nan"), std::string::npos);
  EXPECT_EQ(page.find("inf\""), std::string::npos);
}

TEST(ReportHtml, CheckerOfTagsFindsWhatIsWrong) {
  for (const char* wrong : {"<p><b></p></b>", "<p>a & b</p>", "<p>a < b</p>", "<p class=a></p>", "<p>", "</p>",
                            "<p a=\"<\"></p>", "<p a=\"1\" a=\"2\"></p>"}) {
    EXPECT_NE(wrong_tags(std::string("<!DOCTYPE html>") + wrong), "") << wrong;
  }
}

TEST(ReportHtml, EscapesNamesFromData) {
  const std::string page = report_html(all_sections());
  EXPECT_EQ(page.find("<script>alert"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;alert(1)&lt;/script&gt;"), std::string::npos);
  EXPECT_NE(section_of(page, "effects").find("a&lt;b"), std::string::npos);
  EXPECT_NE(section_of(page, "effects").find("&quot;q&quot;"), std::string::npos);
  EXPECT_NE(section_of(page, "effects").find("Ö"), std::string::npos);
}

TEST(ReportHtml, LeavesOutAbsentSections) {
  const json data = all_sections();
  const char* const sections[] = {"asked",  "verdict", "parameters", "densities", "chains", "effects", "checks",
                                  "scores", "curves",  "boundary",   "relevance", "loo",    "run",     "left_out"};
  for (const char* member : sections) {
    json without = data;
    without.erase(member);
    const std::string page = report_html(without);
    EXPECT_EQ(wrong_tags(page), "") << member;
    for (const char* other : sections) {
      EXPECT_EQ(section_of(page, other).empty(), std::string(other) == member) << other << " without " << member;
      EXPECT_EQ(page.find("href=\"#" + std::string(other) + "\"") == std::string::npos, std::string(other) == member);
    }
  }
  json without = data;
  for (const char* member : {"calibration", "pit"}) without.erase(member);
  EXPECT_EQ(count_of(section_of(report_html(without), "calibration"), "mark"), 1);
  without.erase("coverage");
  EXPECT_EQ(section_of(report_html(without), "calibration"), "");
  EXPECT_EQ(wrong_tags(report_html(json::object())), "");
}

TEST(ReportHtml, DrawsNothingFromNothing) {
  json data = all_sections();
  const char* const lists[] = {"parameters",  "densities", "chains", "effects",
                               "calibration", "coverage",  "curves", "relevance"};
  for (const char* member : lists) data[member] = json::array();
  data["checks"] = data["loo"] = data["asked"] = data["verdict"] = data["pit"] = data["scores"] = data["run"] =
      json::object();
  const std::string page = report_html(data);
  EXPECT_EQ(wrong_tags(page), "");
  for (const char* member : lists) EXPECT_EQ(count_of(section_of(page, member), "mark"), 0) << member;
}

TEST(ReportHtml, WritesNoCoordinateThatIsNoNumber) {
  // Every number of the data in turn is null, or so large that differences overflow.
  const json data = all_sections();
  const json flat = data.flatten();
  for (const auto& [place, value] : flat.items()) {
    if (!value.is_number()) continue;
    for (const json& other : {json(), json(1e300), json(-1e300)}) {
      json changed = data;
      changed[json::json_pointer(place)] = other;
      const std::string page = report_html(changed);
      for (const char* wrong : {"nan", "inf\"", "inf "}) {
        EXPECT_EQ(page.find(wrong), std::string::npos) << place << " = " << other << ": " << wrong;
      }
    }
  }
}

TEST(ReportHtml, RefusesMembersOfAnotherType) {
  json data = all_sections();
  data["boundary"].erase("x");
  EXPECT_THROW(report_html(data), json::exception);
  EXPECT_THROW(report_html(json{{"asked", {{"formulas", {1}}}}}), json::exception);
}

TEST(ReportText, EscapesWhatIsNoText) {
  using report::escape;
  EXPECT_EQ(escape("<a & \"b\" 'c'>"), "&lt;a &amp; &quot;b&quot; &#39;c&#39;&gt;");
  EXPECT_EQ(escape("größe µ 日本 😀"), "größe µ 日本 😀");
  const std::string unknown = "\xEF\xBF\xBD";
  EXPECT_EQ(escape("a\xFF"
                   "b"),
            "a" + unknown + "b");
  EXPECT_EQ(escape("\xC3"), unknown);                                          // cut in the middle
  EXPECT_EQ(escape("\xC0\xAF"), unknown + unknown);                            // '/' written too long
  EXPECT_EQ(escape("\xED\xA0\x80"), unknown + unknown + unknown);              // half a surrogate pair
  EXPECT_EQ(escape(std::string_view("a\0\x1B", 3)), "a" + unknown + unknown);  // control characters
  EXPECT_EQ(report::shortened("größer", 4), "grö…");
  EXPECT_EQ(report::shortened("größer", 6), "größer");
}

TEST(ReportText, ShowsNumbersWithSensibleDigits) {
  using report::decimal, report::decimals_for, report::figures;
  EXPECT_EQ(decimal(-0.684549, decimals_for(0.18)), "−0.68");
  EXPECT_EQ(decimal(1234.56, decimals_for(35)), "1235");
  EXPECT_EQ(decimal(-0.0001, 2), "0.00");
  EXPECT_EQ(decimal(std::nan(""), 2), "–");
  EXPECT_EQ(figures(0.000012345), "1.23e-05");
  EXPECT_EQ(figures(1451, 9), "1451");
  EXPECT_EQ(figures(12.5), "12.5");
  EXPECT_EQ(figures(-3.0), "−3");
}

TEST(ReportText, TicksLieInsideAtEvenSteps) {
  for (const auto& [low, high] : {std::pair(0.0, 1.0), {-3.7, 12.9}, {1e-9, 3e-9}, {-2e12, 5e12}, {4.0, 4.001}}) {
    const std::vector<double> at = report::ticks({low, high}, 5);
    ASSERT_GE(at.size(), 2U) << low;
    ASSERT_LE(at.size(), 11U) << low;
    const double step = at[1] - at[0], slack = 1e-6 * step;
    for (std::size_t i = 0; i < at.size(); ++i) {
      EXPECT_GE(at[i], low - slack);
      EXPECT_LE(at[i], high + slack);
      EXPECT_NEAR(at[i], at[0] + static_cast<double>(i) * step, slack);
    }
  }
  EXPECT_TRUE(report::ticks({1, 1}, 5).empty());
}

}  // namespace
}  // namespace bdglm
