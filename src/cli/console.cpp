// Progress, summary tables and warnings.
#include "cli/console.hpp"

#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstdio>
#include <iostream>

namespace bdglm::cli {
namespace {

std::atomic<bool> stop_requested = false;

extern "C" void on_stop_signal(int signal_number) {
  if (stop_requested) {
    std::signal(signal_number, SIG_DFL);
    std::raise(signal_number);
  }
  stop_requested = true;
}

std::string duration(double seconds) {
  char text[32];
  const auto whole = std::llround(seconds);
  if (whole >= 3600)
    std::snprintf(text, sizeof text, "%lldh%02lldm", whole / 3600, whole / 60 % 60);
  else if (whole >= 60)
    std::snprintf(text, sizeof text, "%lldm%02llds", whole / 60, whole % 60);
  else
    std::snprintf(text, sizeof text, "%llds", whole);
  return text;
}

/// About four significant digits in a column of width ten.
std::string cell(double value) {
  char text[40];
  const double size = std::fabs(value);
  if (!std::isfinite(value))
    std::snprintf(text, sizeof text, "%10s", std::isnan(value) ? "-" : "inf");
  else if (size >= 1e6 || (size < 1e-4 && size > 0))
    std::snprintf(text, sizeof text, "%10.2e", value);
  else
    std::snprintf(text, sizeof text, "%10.*f",
                  size >= 1000   ? 1
                  : size >= 100  ? 2
                  : size >= 1    ? 3
                  : size >= 0.01 ? 4
                                 : 6,
                  value);
  return text;
}

}  // namespace

const std::atomic<bool>& install_stop_signals() {
  std::signal(SIGINT, on_stop_signal);
  std::signal(SIGTERM, on_stop_signal);
  return stop_requested;
}

ProgressPrinter::ProgressPrinter(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO) != 0) {}

ProgressPrinter::~ProgressPrinter() {
  if (drawn_) std::fputc('\n', stderr);
}

void ProgressPrinter::operator()(const Progress& progress) {
  if (quiet_ || progress.phase == "saved") return;
  const bool new_phase = progress.phase != phase_;
  const double interval = terminal_ ? 0.1 : 10;
  if (!new_phase && progress.seconds - last_ < interval && progress.sweeps < progress.total) return;
  if (first_sweeps_ < 0 && progress.phase != "warm start") {
    first_sweeps_ = progress.sweeps;
    sampling_from_ = progress.seconds;
  }
  phase_ = progress.phase;
  last_ = progress.seconds;
  const double ran = progress.seconds - sampling_from_;
  const double rate = first_sweeps_ >= 0 && ran > 0 ? (progress.sweeps - first_sweeps_) / ran : 0;
  const std::string left = rate > 0 ? duration((progress.total - progress.sweeps) / rate) + " left" : "";
  const double share = progress.total > 0 ? static_cast<double>(progress.sweeps) / progress.total : 0;
  if (terminal_) {
    constexpr int kWidth = 30;
    std::string bar(static_cast<std::size_t>(share * kWidth), '=');
    bar.resize(kWidth, ' ');
    std::fprintf(stderr, "\r\033[K%-10s [%s] %lld/%lld  %.0f sweeps/s  %s", phase_.c_str(), bar.c_str(),
                 static_cast<long long>(progress.sweeps), static_cast<long long>(progress.total), rate, left.c_str());
    drawn_ = true;
  } else {
    std::fprintf(stderr, "%s: sweep %lld of %lld, %.0f sweeps/s, %s gone%s%s\n", phase_.c_str(),
                 static_cast<long long>(progress.sweeps), static_cast<long long>(progress.total), rate,
                 duration(progress.seconds).c_str(), left.empty() ? "" : ", ", left.c_str());
  }
  std::fflush(stderr);
}

void warn(const std::string& message) { std::cerr << "warning: " << message << '\n'; }

std::vector<ParameterSummary> summarise_fit(const FitReader& file, bool all) {
  std::vector<ParameterSummary> parameters;
  const auto draws = static_cast<Eigen::Index>(file.draws());
  if (draws == 0) return parameters;
  for (const std::string& name : file.variables("posterior")) {
    if (!all && name.rfind("r_", 0) == 0) continue;
    const std::vector<Dimension> dimensions = file.dimensions("posterior", name);
    const RowMatrix values = file.read("posterior", name);
    for (Eigen::Index k = 0; k < values.cols(); ++k) {
      std::string label;
      Eigen::Index rest = k;
      for (std::size_t d = dimensions.size(); d-- > 0;) {
        const auto size = static_cast<Eigen::Index>(dimensions[d].labels.size());
        label = dimensions[d].labels[static_cast<std::size_t>(rest % size)] + (label.empty() ? "" : "," + label);
        rest /= size;
      }
      const Eigen::VectorXd column = values.col(k);
      const ChainDraws chains = Eigen::Map<const Eigen::MatrixXd>(column.data(), draws, file.chains());
      parameters.push_back(summarise(dimensions.empty() ? name : name + "[" + label + "]", chains));
    }
  }
  return parameters;
}

nlohmann::json summary_json(const FitReader& file, const std::vector<ParameterSummary>& parameters) {
  const Spec& spec = file.spec();
  double divergences = 0;
  if (file.draws() > 0) divergences = file.read("sample_stats", "diverging").sum();
  nlohmann::json list = nlohmann::json::array();
  for (const ParameterSummary& p : parameters)
    list.push_back({{"name", p.name},
                    {"mean", p.mean},
                    {"sd", p.sd},
                    {"q2.5", p.q2_5},
                    {"q50", p.q50},
                    {"q97.5", p.q97_5},
                    {"mcse", p.mcse},
                    {"ess_bulk", p.ess_bulk},
                    {"ess_tail", p.ess_tail},
                    {"rhat", p.rhat}});
  return {{"chains", file.chains()},
          {"draws", file.draws()},
          {"warmup", spec.at("run").at("warmup")},
          {"rows", spec.at("rows")},
          {"family", spec.at("family")},
          {"formula", spec.at("formula")},
          {"device", spec.at("run").at("device")},
          {"seconds", spec.at("seconds")},
          {"seed", spec.at("run").at("seed")},
          {"complete", spec.at("progress").at("complete")},
          {"priors", spec.at("prior_statements")},
          {"divergences", static_cast<long long>(divergences)},
          {"parameters", list}};
}

void print_summary(const FitReader& file, const std::vector<ParameterSummary>& parameters) {
  const Spec& spec = file.spec();
  std::printf("%s, family %s, %lld rows\n", spec.at("formula").get<std::string>().c_str(),
              spec.at("family").get<std::string>().c_str(), spec.at("rows").get<long long>());
  std::printf("%d chain%s of %zu draws after %d warm-up sweeps on %s, %s%s\n\n", file.chains(),
              file.chains() == 1 ? "" : "s", file.draws(), spec.at("run").at("warmup").get<int>(),
              spec.at("run").at("device").get<std::string>().c_str(),
              duration(spec.at("seconds").get<double>()).c_str(),
              spec.at("progress").at("complete").get<bool>() ? "" : " (incomplete: continue with 'bdglm resume')");
  std::size_t width = 9;
  for (const ParameterSummary& p : parameters) width = std::max(width, p.name.size());
  std::printf("%-*s %10s %10s %10s %10s %10s %9s %9s %7s\n", static_cast<int>(width), "parameter", "mean", "sd", "2.5%",
              "50%", "97.5%", "ess_bulk", "ess_tail", "rhat");
  for (const ParameterSummary& p : parameters)
    std::printf("%-*s %s %s %s %s %s %9.0f %9.0f %7.3f\n", static_cast<int>(width), p.name.c_str(),
                cell(p.mean).c_str(), cell(p.sd).c_str(), cell(p.q2_5).c_str(), cell(p.q50).c_str(),
                cell(p.q97_5).c_str(), p.ess_bulk, p.ess_tail, p.rhat);
}

void print_warnings(const FitReader& file, const std::vector<ParameterSummary>& parameters) {
  const ParameterSummary* worst = nullptr;
  const ParameterSummary* fewest = nullptr;
  for (const ParameterSummary& p : parameters) {
    if (std::isfinite(p.rhat) && (worst == nullptr || p.rhat > worst->rhat)) worst = &p;
    if (std::isfinite(p.ess_bulk) && (fewest == nullptr || p.ess_bulk < fewest->ess_bulk)) fewest = &p;
  }
  char text[256];
  if (worst != nullptr && worst->rhat > 1.01) {
    std::snprintf(text, sizeof text,
                  "R-hat of %s is %.3f, above 1.01: the chains do not agree yet; run more --warmup and --draws",
                  worst->name.c_str(), worst->rhat);
    warn(text);
  }
  if (fewest != nullptr && fewest->ess_bulk < 100.0 * file.chains()) {
    std::snprintf(text, sizeof text,
                  "%s has %.0f effective draws, fewer than 100 a chain: its figures are rough; run more --draws",
                  fewest->name.c_str(), fewest->ess_bulk);
    warn(text);
  }
  if (file.draws() > 0) {
    const double divergences = file.read("sample_stats", "diverging").sum();
    if (divergences > 0.01 * static_cast<double>(file.draws()) * file.chains()) {
      std::snprintf(text, sizeof text, "%.0f gradient moves diverged; the fit may miss parts of the posterior",
                    divergences);
      warn(text);
    }
  }
}

}  // namespace bdglm::cli
