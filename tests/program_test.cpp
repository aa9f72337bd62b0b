// The program as a user meets it: verbs, files, exit codes, interruption and resuming, wrong input.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <thread>

#include "fitfile/fit_file.hpp"
#include "support/program.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

const std::string kData = std::string(BDGLM_SOURCE_DIR) + "/data/";
const std::string kContraception =
    "--data " + kData + "contraception.csv.gz --formula 'use ~ age + urban + (1 | district)'";

/// All draws of all variables of a file's posterior and sample statistics.
std::vector<RowMatrix> all_draws(const std::string& path) {
  const FitReader file(path);
  std::vector<RowMatrix> draws;
  for (const char* group : {"posterior", "sample_stats"})
    for (const std::string& name : file.variables(group)) draws.push_back(file.read(group, name));
  return draws;
}

void expect_same_draws(const std::string& a, const std::string& b) {
  const auto first = all_draws(a);
  const auto second = all_draws(b);
  ASSERT_EQ(first.size(), second.size());
  for (std::size_t k = 0; k < first.size(); ++k) {
    ASSERT_EQ(first[k].rows(), second[k].rows());
    EXPECT_TRUE((first[k].array() == second[k].array()).all()) << "variable " << k;
  }
}

TEST(Program, HelpVersionAndUsage) {
  const Workspace w;
  EXPECT_EQ(w.run("--help").status, 0);
  EXPECT_HAS(w.run("--version").out, "bdglm 0.");
  EXPECT_EQ(w.run("fit --help").status, 0);
  EXPECT_EQ(w.run("").status, 2);
  EXPECT_EQ(w.run("fit").status, 2);
  EXPECT_EQ(w.run("fly").status, 2);
  const ProgramResult wrong = w.run("fit " + kContraception + " --out a.nc --chains none");
  EXPECT_EQ(wrong.status, 2);
  EXPECT_HAS(wrong.err, "--chains");
  EXPECT_EQ(w.run("fit " + kContraception + " --out a.nc --chains 0").status, 2);
  EXPECT_EQ(w.run("fit " + kContraception + " --out a.nc --draws -5").status, 2);
  EXPECT_EQ(w.run("fit " + kContraception + " --out a.nc --input-prior cauchy").status, 2);
  EXPECT_HAS(w.run("devices").out, "cpu");
}

#ifdef BDGLM_EMULATED_FOLDER
TEST(Program, DevicesOnAnEmulatedOne) {
  const Workspace w;
  const std::string library = std::string("LD_LIBRARY_PATH='") + BDGLM_EMULATED_FOLDER + "'";
  EXPECT_HAS(w.run("devices", library).out, "cuda: emulated");
  const std::string fit = "fit " + kContraception + " --seed 4 --chains 3 --warmup 100 --draws 100 --quiet";
  // A small model stays on the CPU unless it is told otherwise.
  const ProgramResult automatic = w.run(fit + " --out auto.nc", library);
  EXPECT_EQ(automatic.status, 0) << automatic.err;
  ASSERT_EQ(w.run(fit + " --device cpu --out cpu.nc").status, 0);
  const ProgramResult cuda = w.run(fit + " --device cuda --out cuda.nc", library);
  ASSERT_EQ(cuda.status, 0) << cuda.err;
  const auto mean = [&](const std::string& file) {
    return nlohmann::json::parse(w.run("summary " + file + " --json").out).at("parameters")[1].at("mean").get<double>();
  };
  EXPECT_EQ(mean("auto.nc"), mean("cpu.nc"));
  // The same draws to rounding, until an acceptance turns.
  EXPECT_NEAR(mean("cuda.nc"), mean("cpu.nc"), 0.1);
  const ProgramResult full = w.run(fit + " --device cuda --out full.nc", library + " BDGLM_EMULATED_BYTES=1000000");
  EXPECT_EQ(full.status, 1);
  EXPECT_HAS(full.err, "MiB on the device");
  EXPECT_HAS(full.err, "would fit");
  const ProgramResult fallback =
      w.run("fit --data " + kData +
                "contraception.csv.gz --formula 'use ~ deep(age, layers = c(64, 64))' --out b.nc "
                "--chains 1 --warmup 1 --draws 2 --seed 1",
            library + " BDGLM_EMULATED_BYTES=1000000");
  EXPECT_EQ(fallback.status, 0) << fallback.err;
  EXPECT_HAS(fallback.out, "runs on the CPU: the model needs");
}
#endif

TEST(Program, FitSummaryPredictEvaluate) {
  const Workspace w;
  const ProgramResult fit =
      w.run("fit " + kContraception + " --out fit.nc --seed 4 --chains 2 --warmup 200 --draws 300");
  ASSERT_EQ(fit.status, 0) << fit.err;
  EXPECT_HAS(fit.out, "b_urbanY");
  EXPECT_HAS(fit.out, "sd_district__Intercept");
  const auto json = nlohmann::json::parse(w.run("summary fit.nc --json").out);
  EXPECT_EQ(json.at("chains"), 2);
  EXPECT_EQ(json.at("draws"), 300);
  EXPECT_EQ(json.at("rows"), 1934);
  EXPECT_EQ(json.at("family"), "bernoulli");
  EXPECT_EQ(json.at("divergences"), 0);
  EXPECT_EQ(json.at("parameters").size(), 4U);
  for (const char* key : {"name", "mean", "sd", "q2.5", "q50", "q97.5", "ess_bulk", "ess_tail", "rhat"})
    EXPECT_TRUE(json.at("parameters")[0].contains(key)) << key;
  ASSERT_EQ(
      w.run("predict fit.nc --data " + kData + "contraception.csv.gz --out pred.csv --plugin --interval 0.8").status,
      0);
  const std::string csv = slurp(w.path("pred.csv"));
  EXPECT_EQ(csv.substr(0, csv.find('\n')), "mean,sd,q10,q90,pred_q10,pred_q90,plugin,class,p_N,p_Y");
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1935);
  const auto scores =
      nlohmann::json::parse(w.run("evaluate fit.nc --data " + kData + "contraception.csv.gz --json").out);
  EXPECT_EQ(scores.at("rows"), 1934);
  EXPECT_GT(scores.at("log_score").get<double>(), -0.65);
  EXPECT_NEAR(scores.at("coverage").at("0.9").get<double>(), 0.9, 0.05);
  for (const char* key : {"log_score_plugin", "rmse", "mae", "accuracy", "brier", "ece"})
    EXPECT_TRUE(scores.contains(key)) << key;
}

TEST(Program, DrawsDoNotDependOnThreads) {
  const Workspace w;
  const std::string options = "fit " + kContraception + " --seed 4 --chains 3 --warmup 30 --draws 20 --quiet ";
  ASSERT_EQ(w.run(options + "--threads 1 --out one.nc").status, 0);
  ASSERT_EQ(w.run(options + "--threads 3 --out three.nc").status, 0);
  expect_same_draws(w.path("one.nc"), w.path("three.nc"));
}

/// Starts a fit in the background, sends `signal_number` a while after the file has appeared, resumes, and
/// compares with an uninterrupted run.
void interrupt_and_resume(const std::string& model, std::chrono::milliseconds wait, int signal_number,
                          int expected_status) {
  const Workspace w;
  const std::string options = "fit " + model + " --seed 9 --chains 2 --quiet ";
  ASSERT_EQ(w.run(options + "--out whole.nc").status, 0);
  const pid_t child = fork();
  if (child == 0) {
    const std::string command =
        std::string("exec '") + BDGLM_PROGRAM + "' " + options + "--out '" + w.path("cut.nc") + "' >/dev/null 2>&1";
    execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  for (int k = 0; k < 2000 && !std::filesystem::exists(w.path("cut.nc")); ++k)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  std::this_thread::sleep_for(wait);
  kill(child, signal_number);
  int raw = 0;
  waitpid(child, &raw, 0);
  EXPECT_EQ(WIFEXITED(raw) ? WEXITSTATUS(raw) : -WTERMSIG(raw), expected_status);
  ASSERT_NO_THROW(FitReader(w.path("cut.nc")));
  ASSERT_EQ(w.run("resume cut.nc --quiet").status, 0);
  expect_same_draws(w.path("whole.nc"), w.path("cut.nc"));
}

using std::chrono_literals::operator""ms;

TEST(Program, SigtermThenResumeIsBitForBit) {
  interrupt_and_resume(kContraception + " --draws 5000", 100ms, SIGTERM, 130);
}
TEST(Program, SigintInADeepModelThenResumeIsBitForBit) {
  interrupt_and_resume("--data " + kData +
                           "contraception.csv.gz --formula 'use ~ deep(age, livch, layers = c(4)) + (1 + urban | "
                           "district)' --layer-noise learned --warmup 300 --draws 500",
                       1500ms, SIGINT, 130);
}
TEST(Program, KillThenResumeIsBitForBit) {
  interrupt_and_resume(kContraception + " --draws 5000", 100ms, SIGKILL, -SIGKILL);
}

TEST(Program, ConfigurationFileAndCommandLine) {
  const Workspace w;
  w.write("fit.toml",
          "draws = 40\nwarmup = 50\nchains = 2\nseed = 3\nprior = [\"b ~ normal(0, 1)\", \"sd ~ half_t(3, 1)\"]\n");
  const ProgramResult fit = w.run("fit " + kContraception + " --out a.nc --config fit.toml --draws 25 --json");
  ASSERT_EQ(fit.status, 0) << fit.err;
  const auto json = nlohmann::json::parse(fit.out);
  EXPECT_EQ(json.at("draws"), 25);
  EXPECT_EQ(json.at("warmup"), 50);
  EXPECT_EQ(json.at("chains"), 2);
  EXPECT_EQ(json.at("priors")[1], "b_age ~ normal(0, 1)");
  w.write("bad.toml", "drawz = 40\n");
  EXPECT_EQ(w.run("fit " + kContraception + " --out a.nc --config bad.toml").status, 2);
  EXPECT_NE(w.run("fit " + kContraception + " --out a.nc --config missing.toml").status, 0);
}

TEST(Program, WrongInputEndsWithStatusOneAndAClearWord) {
  const Workspace w;
  const auto fails = [&](const std::string& arguments, const std::string& part) {
    const ProgramResult r = w.run(arguments);
    EXPECT_EQ(r.status, 1) << arguments;
    EXPECT_HAS(r.err, part);
    EXPECT_EQ(r.out, "");
  };
  fails("fit --data missing.csv --formula 'y ~ x' --out a.nc", "cannot open 'missing.csv'");
  w.write("t.csv", "y,x\n0,1\n1,2\n0,3\n");
  fails("fit --data t.csv --formula 'y ~ (x' --out a.nc", "^");
  fails("fit --data t.csv --formula 'y ~ z' --out a.nc", "no column 'z'");
  fails("fit --data t.csv --formula 'y ~ x' --family binomial --out a.nc", "trials");
  fails("fit --data t.csv --formula 'y ~ x' --out /nonexistent/a.nc", "cannot write '/nonexistent/a.nc'");
  fails("fit --data t.csv --formula 'y ~ x' --out .", "cannot write");
  fails("fit --data t.csv --formula 'y ~ x' --prior 'q ~ normal(0, 1)' --out a.nc", "no such parameter");
  const auto wrong = [&](const std::string& arguments, const std::string& part) {
    const ProgramResult r = w.run("fit --data t.csv --formula 'y ~ x' --out a.nc " + arguments);
    EXPECT_EQ(r.status, 2) << arguments;
    EXPECT_HAS(r.err, part);
  };
  wrong("--prior 'b ~ normal(0, -1)'", "must be positive");
  wrong("--prior 'b ~ cauchy(1, 1)'", "exponential(rate), lkj(eta), beta(a, b), constant(value), not 'cauchy'");
  wrong("--prior 'b ~ norml(0, 1)'", "did you mean 'normal'");
  wrong("--layer-noise -1", "--layer-noise");
  wrong("--layer-noise learnd", "'learned', 0 or a positive number");
  wrong("--save-effects some", "every=K");
  fails("fit --data t.csv --formula 'y ~ x' --layer-noise 0.1 --out a.nc", "no deep(...)");
  fails("fit --data t.csv --formula 'y ~ deep(x, activation = tanh)' --layer-noise learned --out a.nc",
        "straight on each side of zero");
  fails("fit --data t.csv --formula 'y ~ deep(x, activation = gelu)' --out a.nc",
        "activation is relu, leaky_relu, abs, tanh, silu or mixed");
  fails("fit --data t.csv --formula 'y ~ x' --input-prior normal --out a.nc",
        "--input-prior is that of a network's input weights; the formula has no deep(...)");
  fails("fit --data t.csv --formula 'y ~ deep(x, layers = c(65536, 65536))' --out a.nc", "make them narrower");
  fails("fit --data t.csv --formula 'y ~ x' --out -", "name a file");
  EXPECT_FALSE(std::filesystem::exists(w.path("a.nc")));
  fails("fit --data t.csv --formula 'y ~ x' --device cuda --out a.nc", "use --device cpu");
  fails("summary missing.nc", "no file 'missing.nc'");
  w.write("text.nc", "this is no netCDF");
  fails("summary text.nc", "damaged, cut short, or no fit file");
  ASSERT_EQ(w.run("fit --data t.csv --formula 'y ~ x' --out ok.nc --warmup 20 --draws 20 --quiet").status, 0);
  std::filesystem::copy_file(w.path("ok.nc"), w.path("cut.nc"));
  std::filesystem::resize_file(w.path("cut.nc"), std::filesystem::file_size(w.path("cut.nc")) / 2);
  fails("summary cut.nc", "damaged");
  fails("predict ok.nc --data t.csv --out /nonexistent/p.csv", "cannot write");
  w.write("new.csv", "z\n1\n");
  fails("predict ok.nc --data new.csv --out p.csv", "no column 'x'");
  EXPECT_EQ(w.run("resume ok.nc --quiet").status, 0);
}

TEST(Program, PredictionModesForNewGroups) {
  const Workspace w;
  std::string train = "y,x,g\n";
  for (int i = 0; i < 60; ++i)
    train += std::to_string((i * 7 % 5 < 2) != (i % 6 < 2) ? 1 : 0) + "," + std::to_string(i % 9) + ",g" +
             std::to_string(i % 6) + "\n";
  w.write("t.csv", train);
  ASSERT_EQ(
      w.run("fit --data t.csv --formula 'y ~ x + (1 | g)' --out f.nc --seed 2 --warmup 300 --draws 500 --quiet").status,
      0);
  w.write("n.csv", "x,g\n3,new1\n3,new1\n3,new2\n3,g1\nNA,g1\n");
  ASSERT_EQ(w.run("predict f.nc --data n.csv --out p.csv --groups new").status, 0);
  std::istringstream lines(slurp(w.path("p.csv")));
  std::vector<std::string> rows;
  for (std::string line; std::getline(lines, line);) rows.push_back(line.substr(0, line.find(",", line.find(",") + 1)));
  ASSERT_EQ(rows.size(), 6U);
  EXPECT_EQ(rows[1], rows[2]);  // the same new label shares one draw
  EXPECT_NE(rows[1], rows[3]);
  EXPECT_EQ(rows[5], "NA,NA");
  const ProgramResult known = w.run("predict f.nc --data n.csv --out p.csv --groups known");
  EXPECT_EQ(known.status, 1);
  EXPECT_HAS(known.err, "'new1' in row 1");
  ASSERT_EQ(w.run("predict f.nc --data n.csv --out q.csv --groups none").status, 0);
  EXPECT_NE(slurp(w.path("p.csv")), slurp(w.path("q.csv")));
}

TEST(Program, OffsetsShiftPredictions) {
  const Workspace w;
  std::string train = "y,x,e\n";
  for (int i = 0; i < 40; ++i)
    train += std::to_string(0.3 * i + (i % 3)) + "," + std::to_string(i % 7) + "," + std::to_string(0.3 * i) + "\n";
  w.write("t.csv", train);
  ASSERT_EQ(w.run("fit --data t.csv --formula 'y ~ x + offset(e)' --out f.nc --seed 2 --warmup 100 --draws 100 --quiet")
                .status,
            0);
  w.write("n.csv", "x,e\n3,0\n3,10\n");
  ASSERT_EQ(w.run("predict f.nc --data n.csv --out p.csv").status, 0);
  std::istringstream lines(slurp(w.path("p.csv")));
  std::string line;
  std::getline(lines, line);
  std::getline(lines, line);
  const double first = std::stod(line);
  std::getline(lines, line);
  EXPECT_NEAR(std::stod(line) - first, 10, 1e-6);
}

TEST(Program, SavesLogLikelihoodAndPredictive) {
  const Workspace w;
  ASSERT_EQ(
      w.run("fit " + kContraception +
            " --out a.nc --chains 2 --warmup 20 --draws 10 --quiet --save log_likelihood --save posterior_predictive")
          .status,
      0);
  const FitReader file(w.path("a.nc"));
  const RowMatrix ll = file.read("log_likelihood", "y");
  EXPECT_EQ(ll.rows(), 20);
  EXPECT_EQ(ll.cols(), 1934);
  EXPECT_LT(ll.maxCoeff(), 0);
  const RowMatrix y = file.read("posterior_predictive", "y");
  EXPECT_TRUE(((y.array() == 0) || (y.array() == 1)).all());
}

}  // namespace
}  // namespace bdglm::test
