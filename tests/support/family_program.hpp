// A fixture for families tried through the program: a folder, JSON of a command, refusals of a table.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "support/program.hpp"
#include "support/words.hpp"

namespace bdglm::test {

class FamilyProgram : public testing::Test {
 protected:
  nlohmann::json json(const std::string& words) const {
    const ProgramResult r = w_.run(words + " --json");
    EXPECT_EQ(r.status, 0) << r.err;
    return nlohmann::json::parse(r.out);
  }
  /// Expects that the table is refused in words that hold `part`, and that nothing is left behind.
  void fails(const std::string& csv, const std::string& words, const std::string& part, int status = 1) const {
    w_.write("bad.csv", csv);
    const ProgramResult r = w_.run("fit --data bad.csv --out bad.nc --quiet " + words);
    EXPECT_EQ(r.status, status) << words;
    EXPECT_EQ(r.out, "") << words;
    EXPECT_HAS(r.err, part);
    for (const char* left : {"bad.nc", "bad.nc.journal"}) EXPECT_FALSE(std::filesystem::exists(w_.path(left))) << words;
  }

  Workspace w_;
};

}  // namespace bdglm::test
