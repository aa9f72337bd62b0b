// Completions and manual pages that the program writes: shells and man take them, and they know all verbs and options.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "support/program.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

class Documents : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* shell : {"bash", "zsh", "fish"}) {
      const ProgramResult r = w_.run(std::string("completion ") + shell);
      ASSERT_EQ(r.status, 0) << r.err;
      w_.write(std::string("completion.") + shell, r.out);
    }
    for (const char* name : {"out.txt", "err.txt"}) std::filesystem::remove(w_.path(name));
    for (const char* name : {"a.nc", "b c.nc", "t.csv", "u.csv.gz", "o.toml", "x.md"}) w_.write(name, "");
  }

  /// Standard output and error of a shell's line in the folder.
  ProgramResult shell(const std::string& line) const {
    const std::string command =
        "cd '" + w_.path("") + "' && ( " + line + " ) >'" + w_.path("out") + "' 2>'" + w_.path("err") + "' </dev/null";
    const int raw = std::system(command.c_str());
    return {WIFEXITED(raw) ? WEXITSTATUS(raw) : 128, slurp(w_.path("out")), slurp(w_.path("err"))};
  }
  bool has(const std::string& program) const { return shell("command -v " + program).status == 0; }

  /// What bash offers for the last of these words.
  std::string offered(const std::string& words) const {
    w_.write("try.sh",
             "source completion.bash\n[[ $(complete -p bdglm) == 'complete -F _bdglm bdglm' ]] || exit 3\n"
             "COMP_WORDS=(bdglm " +
                 words +
                 ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_bdglm\nIFS=,\n"
                 "echo \"${COMPREPLY[*]}\"\n");
    const ProgramResult r = shell("bash try.sh");
    EXPECT_EQ(r.status, 0) << r.err;
    EXPECT_EQ(r.err, "") << words;
    return r.out.substr(0, r.out.size() - 1);
  }

  Workspace w_;
};

TEST_F(Documents, BashCompletes) {
  EXPECT_HAS(offered("''"), "fit,summary,predict,");
  EXPECT_EQ(offered("ev"), "evaluate");
  EXPECT_EQ(offered("help sum"), "summary");
  EXPECT_EQ(offered("summary --al"), "--all");
  EXPECT_EQ(offered("summary ''"), "a.nc,b c.nc");
  EXPECT_EQ(offered("compare a.nc b"), "b c.nc");
  EXPECT_EQ(offered("fit --data ''"), "t.csv,u.csv.gz");
  EXPECT_EQ(offered("fit --data t.csv u"), "u.csv.gz");
  EXPECT_EQ(offered("fit --config ''"), "o.toml");
  EXPECT_EQ(offered("predict --data t.csv a"), "a.nc");
  EXPECT_EQ(offered("predict --groups ''"), "known,new,none");
  EXPECT_EQ(offered("predict --groups = k"), "known");
  EXPECT_EQ(offered("predict --groups ="), "known,new,none");
  EXPECT_EQ(offered("predict --groups known a"), "a.nc");
  EXPECT_EQ(offered("fit --family be"), "bernoulli,beta_binomial,beta");
  EXPECT_EQ(offered("fit --seed ''"), "");
  EXPECT_EQ(offered("fit --quiet --over"), "--overwrite");
  EXPECT_EQ(offered("comp"), "compare,completion");
  EXPECT_EQ(offered("completion ''"), "bash,zsh,fish");
  ASSERT_TRUE(std::filesystem::create_directory(w_.path("pages")));
  EXPECT_EQ(offered("manual ''"), "pages");
}

TEST_F(Documents, ZshTakesItsCompletion) {
  if (!has("zsh")) GTEST_SKIP() << "no zsh here";
  const ProgramResult r = shell("zsh -f -n completion.zsh");
  EXPECT_EQ(r.status, 0) << r.err;
  EXPECT_EQ(r.err, "");
  EXPECT_HAS(slurp(w_.path("completion.zsh")), "#compdef bdglm\n");
}

TEST_F(Documents, FishCompletes) {
  if (!has("fish")) GTEST_SKIP() << "no fish here";
  const auto offers = [&](const std::string& line) {
    const ProgramResult r = shell("HOME=. fish -N -c 'source completion.fish; complete -C \"" + line + "\"'");
    EXPECT_EQ(r.status, 0) << r.err;
    return "\n" + r.out;
  };
  EXPECT_HAS(offers("bdglm ev"), "\nevaluate\t");
  EXPECT_HAS(offers("bdglm fit --overw"), "\n--overwrite\t");
  EXPECT_HAS(offers("bdglm summary "), "\na.nc\t");
  EXPECT_HAS(offers("bdglm completion "), "\nzsh\t");
  const std::string groups = offers("bdglm predict --groups ");
  for (const char* word : {"\nknown\t", "\nnew\t", "\nnone\t"}) EXPECT_HAS(groups, word);
  EXPECT_EQ(groups.find("a.nc"), std::string::npos) << groups;
}

TEST_F(Documents, ManualPagesAreCleanAndWhole) {
  const ProgramResult written = w_.run("manual pages");
  ASSERT_EQ(written.status, 0) << written.err;
  EXPECT_EQ(w_.run("manual t.csv").status, 1);
  EXPECT_EQ(w_.run("manual dated", "SOURCE_DATE_EPOCH=86400").status, 0);
  EXPECT_HAS(slurp(w_.path("dated/bdglm-fit.1")), " 1 \"1970-01-02\" ");
  std::vector<std::string> pages;
  for (const auto& entry : std::filesystem::directory_iterator(w_.path("pages"))) pages.push_back(entry.path());
  std::sort(pages.begin(), pages.end());
  ASSERT_EQ(pages.size(), 16U);
  const std::string help = w_.run("fit --help").out;
  const std::string page = slurp(w_.path("pages/bdglm-fit.1"));
  // Every option of the help stands in the page.
  std::size_t options = 0;
  for (std::size_t at = help.find("\n  --"); at != std::string::npos; at = help.find("\n  --", at + 1)) {
    std::string name = "\\fB";
    for (std::size_t c = at + 3; help[c] != ' ' && help[c] != '\n'; ++c)
      name += help[c] == '-' ? std::string("\\-") : std::string(1, help[c]);
    EXPECT_HAS(page, name + "\\fR");
    ++options;
  }
  EXPECT_GT(options, 20U);
  if (!has("man")) GTEST_SKIP() << "no man here";
  for (const std::string& path : pages) {
    const ProgramResult shown = shell("LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings=w -P cat -l '" + path + "'");
    EXPECT_EQ(shown.status, 0) << path;
    EXPECT_EQ(shown.err, "") << path;
    EXPECT_HAS(shown.out, "SEE ALSO");
  }
}

}  // namespace
}  // namespace bdglm::test
