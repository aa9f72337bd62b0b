// What the draws cannot carry, in words that say what to run instead.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "cli/console.hpp"
#include "posterior/judged.hpp"

namespace bdglm::cli {
namespace {

constexpr double kLargestRhat = 1.01;          // Vehtari et al. (2021), section 4
constexpr double kFewestEffectiveDraws = 100;  // of each chain, ibid.
constexpr double kLargestDivergentShare = 0.01;

/// `present` times `factor`, rounded up to one digit and zeros: 1000 by 2.3 gives 3000.
long long more(long long present, double factor) {
  const double wanted = static_cast<double>(std::max(present, 1LL)) * factor;
  const double unit = std::pow(10, std::floor(std::log10(wanted)));
  return std::llround(std::ceil(wanted / unit - 1e-9) * unit);
}

std::string option(const char* name, long long value) { return std::string(name) + " " + std::to_string(value); }

std::string and_others(std::size_t count) {
  return count < 2 ? "" : " (and " + std::to_string(count - 1) + (count == 2 ? " other)" : " others)");
}

}  // namespace

void print_warnings(const FitReader& file, const std::vector<ParameterSummary>& parameters) {
  if (file.draws() == 0) return;
  const JudgedParameters judged(file.spec());
  const auto draws = static_cast<long long>(file.draws());
  const auto warmup = std::max(file.spec().at("run").at("warmup").get<long long>(), 500LL);
  const double needed = kFewestEffectiveDraws * file.chains();
  char text[400];
  if (draws < 4)
    warn(std::to_string(draws) + (draws == 1 ? " draw" : " draws") +
         " a chain: too few for R-hat and effective draws, which need 4 at least; run --draws 1000");
  if (file.chains() == 1)
    warn(std::string("one chain: R-hat between chains cannot be had") +
         (draws < 4 ? "" : ", the one shown compares the chain's two halves") + "; run --chains 4");

  const ParameterSummary* worst = nullptr;
  const ParameterSummary* fewest = nullptr;
  std::size_t apart = 0;
  std::size_t rough = 0;
  for (const ParameterSummary& p : parameters) {
    if (!std::isfinite(p.mean)) warn(p.name + " has draws that are not finite; rescale the data, and fit again");
    if (!judged.contains(p.name)) continue;
    if (!std::isnan(p.rhat) && (worst == nullptr || p.rhat > worst->rhat)) worst = &p;
    if (std::isfinite(p.ess_bulk) && (fewest == nullptr || p.ess_bulk < fewest->ess_bulk)) fewest = &p;
    apart += p.rhat > kLargestRhat ? 1 : 0;
    rough += p.ess_bulk < needed ? 1 : 0;
  }
  const double factor = fewest == nullptr ? 2 : std::clamp(needed / std::max(fewest->ess_bulk, 1.0), 2.0, 20.0);
  if (apart > 0) {
    std::snprintf(text, sizeof text, "R-hat of %s%s is %.3f, above %.2f: the %s do not agree yet; run %s %s",
                  worst->name.c_str(), and_others(apart).c_str(), worst->rhat, kLargestRhat,
                  file.chains() == 1 ? "halves of the chain" : "chains", option("--warmup", more(warmup, 2)).c_str(),
                  option("--draws", more(draws, factor)).c_str());
    warn(text);
  }
  if (rough > 0) {
    std::snprintf(text, sizeof text,
                  "%s%s has %.0f effective draws, fewer than %.0f a chain: its figures are rough; run %s",
                  fewest->name.c_str(), and_others(rough).c_str(), fewest->ess_bulk, kFewestEffectiveDraws,
                  option("--draws", more(draws, factor)).c_str());
    warn(text);
  }
  const double divergences = file.read("sample_stats", "diverging").sum();
  const double total = static_cast<double>(draws) * file.chains();
  if (divergences > kLargestDivergentShare * total) {
    std::snprintf(text, sizeof text,
                  "gradient moves diverged in %.0f of %.0f draws; the fit may miss parts of the posterior; run %s, or "
                  "narrower priors of the scales",
                  divergences, total, option("--warmup", more(warmup, 2)).c_str());
    warn(text);
  }
}

}  // namespace bdglm::cli
