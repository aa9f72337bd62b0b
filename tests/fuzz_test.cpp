// Seeded random input for the table reader and the formula parser: any error must be the library's own, nothing may
// crash.
#include <gtest/gtest.h>

#include <cstdlib>

#include "bdglm/error.hpp"
#include "design/design.hpp"
#include "random/stream.hpp"
#include "support/problem.hpp"
#include "support/program.hpp"

namespace bdglm::test {
namespace {

/// Inputs a test: 3,000 by default; BDGLM_SLOW=1 (label slow) raises it to 300,000.
std::uint32_t trials() { return std::getenv("BDGLM_SLOW") != nullptr ? 300000 : 3000; }

std::string random_text(Stream& stream, const std::vector<std::string>& pieces, int most) {
  std::string text;
  const int count = static_cast<int>(stream.bits() % static_cast<std::uint32_t>(most));
  for (int k = 0; k < count; ++k) {
    if (stream.bits() % 16 == 0)
      text += static_cast<char>(stream.bits() % 256);
    else
      text += pieces[stream.bits() % pieces.size()];
  }
  return text;
}

TEST(Fuzz, FormulaParserAndDesign) {
  const std::vector<std::string> pieces = {"y",
                                           " ~ ",
                                           "x",
                                           "w",
                                           "g",
                                           "h",
                                           " + ",
                                           "*",
                                           ":",
                                           "/",
                                           "^",
                                           "2",
                                           "1",
                                           "0",
                                           "-",
                                           "(",
                                           ")",
                                           "(1 | g)",
                                           " | ",
                                           "||",
                                           "deep(",
                                           "deep(x, layers = c(2))",
                                           "offset(",
                                           "I(",
                                           "log(",
                                           ",",
                                           "=",
                                           "c(",
                                           ".",
                                           "`",
                                           "\"",
                                           "factor(",
                                           "trials(n)",
                                           "weights(w)",
                                           "layers",
                                           "activation",
                                           "1e999",
                                           "relevel(",
                                           "levels = c(",
                                           "'a'",
                                           " "};
  const Table table = small_table(12);
  int accepted = 0;
  for (std::uint32_t k = 0; k < trials(); ++k) {
    Stream stream({77, 0, 0, Site::simulation, 0}, k);
    const std::string text = (k % 2 == 0 ? "y ~ " : "") + random_text(stream, pieces, 12);
    try {
      make_design(make_frame({text}, "", table), table, {});
      ++accepted;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()), "");
    }
  }
  EXPECT_GT(accepted, 10);
}

TEST(Fuzz, TableReader) {
  const std::vector<std::string> pieces = {"1", "2.5", "-3e5", "NA",   "abc", ",",           ",",
                                           ",", "\n",  "\n",   "\r\n", "\"",  "\"\"",        "\"a,b\"",
                                           ";", "\t",  " ",    "inf",  "nan", "\xEF\xBB\xBF"};
  const Workspace w;
  int accepted = 0;
  for (std::uint32_t k = 0; k < trials(); ++k) {
    Stream stream({78, 0, 0, Site::simulation, 0}, k);
    std::string text = k % 2 == 0 ? "a,b\n" : "";
    text += random_text(stream, pieces, 30);
    try {
      const Table table = read_table(w.write("t.csv", text));
      for (const Column& c : table.columns())
        for (std::size_t i = 0; i < table.rows(); ++i) c.text(i);
      ++accepted;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()), "");
    }
  }
  EXPECT_GT(accepted, 10);
}

}  // namespace
}  // namespace bdglm::test
