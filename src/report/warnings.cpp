// Warnings by the limits of Vehtari et al. (2021), with what to run instead.
#include "report/warnings.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/names.hpp"
#include "model/fit_spec.hpp"
#include "report/summary.hpp"

namespace bdglm {
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

std::string and_others(std::size_t count) {
  return count < 2 ? "" : " (and " + std::to_string(count - 1) + (count == 2 ? " other)" : " others)");
}

/// printf into a string.
template <class... Values>
std::string text(const char* format, Values... values) {
  char buffer[400];
  std::snprintf(buffer, sizeof buffer, format, values...);
  return buffer;
}

/// Effective draws of the mean, or of the tails where these have fewer.
double least_effective(const ParameterSummary& p) {
  return std::isfinite(p.ess_tail) ? std::min(p.ess_bulk, p.ess_tail) : p.ess_bulk;
}

/// The judged parameters that are worst, and how many do not pass.
struct Convergence {
  const ParameterSummary* fewest = nullptr;  ///< by effective draws
  std::size_t apart = 0;
  std::size_t rough = 0;

  Convergence(const std::vector<ParameterSummary>& parameters, double needed) {
    for (const ParameterSummary& p : parameters) {
      if (!p.judged) continue;
      const double least = least_effective(p);
      if (std::isfinite(least) && (fewest == nullptr || least < least_effective(*fewest))) fewest = &p;
      apart += p.rhat > kLargestRhat ? 1 : 0;
      rough += least < needed ? 1 : 0;
    }
  }
};

/// How more draws are had of a fit whose run has not ended; nothing of one whose run has.
std::string way_to_the_end(const DrawSource& source) {
  if (source.spec().at("progress").at("complete").get<bool>()) return "";
  return source.being_written() ? "its run goes on" : "it is not finished: go on with " + setting("resume");
}

}  // namespace

const ParameterSummary* least_converged(const std::vector<ParameterSummary>& parameters) {
  const ParameterSummary* worst = nullptr;
  for (const ParameterSummary& p : parameters)
    if (p.judged && !std::isnan(p.rhat) && (worst == nullptr || p.rhat > worst->rhat)) worst = &p;
  return worst;
}

std::string rhat_text(double rhat, double limit) {
  constexpr int kMostDecimals = 15;
  if (rhat >= 100) return text("%.1e", rhat);
  std::string shown = text("%.3f", rhat);
  for (int decimals = 4; rhat > limit && std::strtod(shown.c_str(), nullptr) <= limit && decimals <= kMostDecimals;
       ++decimals)
    shown = text("%.*f", decimals, rhat);
  return shown;
}

std::vector<Warning> warnings_of(const DrawSource& source, const std::vector<ParameterSummary>& parameters) {
  using Kind = Warning::Kind;
  std::vector<Warning> warnings;
  if (source.draws() == 0) return warnings;
  const auto draws = static_cast<long long>(source.draws());
  const int chains = source.chains();
  const FitSpec spec = source.spec().get<FitSpec>();
  const long long warmup = std::max(spec.run.warmup, 500);
  const double needed = kFewestEffectiveDraws * chains;
  const std::string unfinished = way_to_the_end(source);
  // Against too few draws: what to run with, or how to come to the end of the run that they are of.
  const auto run_with = [&](std::vector<std::pair<std::string, long long>> settings, Warning warning) {
    warning.advice = unfinished;
    if (unfinished.empty()) warning.settings = std::move(settings);
    warnings.push_back(std::move(warning));
  };
  if (draws < 4)
    run_with({{"draws", 1000}}, {Kind::few_draws, "", 0,
                                 std::to_string(draws) + (draws == 1 ? " draw" : " draws") +
                                     " a chain: too few for R-hat and effective draws, which need 4 at least"});
  if (chains == 1)
    warnings.push_back({Kind::one_chain,
                        "",
                        0,
                        std::string("one chain: R-hat between chains cannot be had") +
                            (draws < 4 ? "" : ", the one shown compares the chain's two halves"),
                        {{"chains", 4}},
                        ""});
  for (const ParameterSummary& p : parameters)
    if (!std::isfinite(p.mean))
      warnings.push_back({Kind::not_finite,
                          p.name,
                          1,
                          p.name + " has draws that are not finite",
                          {},
                          "rescale the data, and fit again"});
  const Convergence found(parameters, needed);
  const double factor =
      found.fewest == nullptr ? 2 : std::clamp(needed / std::max(least_effective(*found.fewest), 1.0), 2.0, 20.0);
  if (found.apart > 0) {
    const ParameterSummary& worst = *least_converged(parameters);
    run_with({{"warmup", more(warmup, 2)}, {"draws", more(draws, factor)}},
             {Kind::chains_apart, worst.name, found.apart,
              text("R-hat of %s%s is %s, above %.2f: the %s do not agree yet", worst.name.c_str(),
                   and_others(found.apart).c_str(), rhat_text(worst.rhat, kLargestRhat).c_str(), kLargestRhat,
                   chains == 1 ? "halves of the chain" : "chains")});
  }
  if (found.rough > 0) {
    const bool tails = found.fewest->ess_bulk >= needed;
    run_with({{"draws", more(draws, factor)}},
             {Kind::few_effective_draws, found.fewest->name, found.rough,
              text("%s%s has %.0f effective draws%s, fewer than %.0f a chain: its %s are rough",
                   found.fewest->name.c_str(), and_others(found.rough).c_str(), least_effective(*found.fewest),
                   tails ? " in the tails" : "", kFewestEffectiveDraws, tails ? "quantiles" : "figures")});
  }
  const auto diverged = static_cast<double>(divergences(source));
  const double total = static_cast<double>(draws) * chains;
  if (diverged > kLargestDivergentShare * total)
    warnings.push_back({Kind::divergences,
                        "",
                        0,
                        text("gradient moves diverged in %.0f of %.0f draws; the fit may miss parts of the posterior",
                             diverged, total),
                        {{"warmup", more(warmup, 2)}},
                        "or narrower priors of the scales"});
  if (spec.priors.earlier)
    for (const std::string& message : spec.priors.earlier->warnings)
      warnings.push_back({Kind::earlier_fit, "", 0, message, {}, ""});
  return warnings;
}

}  // namespace bdglm
