// Pólya-Gamma augmentation beside the moves that need none: effective draws a CPU second of the worst parameter.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "diagnostics/diagnostics.hpp"
#include "fitfile/fit_file.hpp"
#include "run/run.hpp"

namespace {

using namespace bdglm;

struct Task {
  const char* name;
  const char* file;  ///< below the data's folder
  const char* formula;
  int draws = 1000;
};

constexpr Task kTasks[] = {
    {"contraception, slopes", "contraception/contraception.csv.gz",
     "use ~ age + I(age^2) + urban + livch + (1 + urban | district)"},
    {"bacteria", "bacteria/bacteria.csv.gz", "y ~ trt + week + (1 | ID)"},
    {"verbagg, crossed", "verbagg/verbagg.csv.gz", "r2 ~ Anger + Gender + btype + situ + (1 | id) + (1 | item)"},
    {"contraception's livch, categorical, mixed", "contraception/contraception.csv.gz",
     "livch ~ age + urban + (1 | district)"},
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/// Least bulk effective draws over coefficients, standard deviations and correlations.
double least_effective(const FitReader& file) {
  double least = 1e300;
  for (const std::string& name : file.variables("posterior")) {
    if (name.rfind("r_", 0) == 0) continue;
    const RowMatrix values = file.read("posterior", name);
    for (Eigen::Index k = 0; k < values.cols(); ++k) {
      const Eigen::VectorXd column = values.col(k);
      least = std::min(least, bulk_ess(Eigen::Map<const Eigen::MatrixXd>(
                                  column.data(), static_cast<Eigen::Index>(file.draws()), file.chains())));
    }
  }
  return least;
}

/// Effective draws a CPU second of sampling: a whole run's time less that of one that hardly samples.
double rate(const Task& task, const std::string& folder, bool augmented, std::uint64_t seed) {
  const std::string path = (std::filesystem::temp_directory_path() / "bdglm_moves.nc").string();
  const auto run = [&](int draws) {
    const Table table = read_table({folder + "/" + task.file});
    FitJob job;
    job.frame = make_frame({task.formula}, "", table);
    job.design = make_design(job.frame, table, {});
    job.family = choose_family("", "", job.frame, job.design);
    job.model.augmented = augmented;
    job.run.chains = 2;
    job.run.draws = draws;
    job.run.threads = 1;
    job.run.seed = seed;
    job.run.overwrite = true;
    job.run.device = "cpu";
    const double before = cpu_seconds();
    run_fit(std::move(job), path, Watch());
    return cpu_seconds() - before;
  };
  const double warm = run(4);
  const double whole = run(task.draws);
  const double effective = least_effective(FitReader(path));
  std::filesystem::remove(path);
  return effective / (whole - warm);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: moves_benchmark DATA\n");
    return 2;
  }
  std::printf("| task | Pólya-Gamma | without | ratio |\n|---|---|---|---|\n");
  for (const Task& task : kTasks) {
    std::vector<double> with;
    std::vector<double> without;
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      with.push_back(rate(task, argv[1], true, seed));
      without.push_back(rate(task, argv[1], false, seed));
    }
    std::printf("| %s | %.0f | %.0f | %.2f |\n", task.name, median(with), median(without),
                median(without) / median(with));
    std::fflush(stdout);
  }
  return 0;
}
