// The options of a run, its progress and its end.
#include "cli/run_arguments.hpp"

#include <iostream>

#include "cli/console.hpp"
#include "cli/limits.hpp"
#include "cli/verbs.hpp"
#include "fitfile/fit_file.hpp"
#include "report/summary.hpp"

namespace bdglm::cli {
namespace {

/// The most draws of each chain where effective draws are asked for.
constexpr int kMostDraws = 10000;

}  // namespace

void add_run_options(CLI::App& verb, RunArguments& a) {
  verb.add_option("--out", a.out, "Fit file to write (netCDF-4)")->required();
  verb.add_option("--chains", a.run.chains, "Chains")->check(CLI::Range(1, 4096))->capture_default_str();
  verb.add_option("--warmup", a.run.warmup, "Warm-up sweeps of each chain")
      ->check(CLI::Range(0, 100000000))
      ->capture_default_str();
  verb.add_option("--draws", a.run.draws, "Kept draws of each chain")
      ->check(CLI::Range(1, 100000000))
      ->capture_default_str();
  verb.add_option("--until", a.until,
                  "ess=N: end once every judged parameter has N effective draws, of up to --draws (10000)")
      ->check(accepted(parse_until));
  verb.add_option("--max-time", a.max_time, "Stop after 90s, 45m, 2h, ...; bdglm resume goes on")
      ->check(accepted(parse_time));
  verb.add_option("--thin", a.thin, "Sweeps for each kept draw; auto is 1, or 10 where a small model mixes badly")
      ->check(accepted(parse_thin))
      ->capture_default_str();
  verb.add_option("--seed", a.seed, "Seed; a random one if not given");
  verb.add_option("--device", a.run.device, "auto, cpu or cuda")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->capture_default_str();
  verb.add_option("--threads", a.run.threads, "Threads; 0 means all")
      ->check(CLI::Range(0, 4096))
      ->capture_default_str();
  verb.add_option("--save", a.run.save, "Also save log_likelihood or posterior_predictive")
      ->check(CLI::IsMember({"log_likelihood", "posterior_predictive"}))
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  verb.add_option("--save-effects", a.run.save_effects,
                  "Random effects in the file: all, moments, none or every=K; auto is all up to half a GiB")
      ->check(accepted(check_effects_word))
      ->capture_default_str();
  verb.add_flag("--overwrite", a.run.overwrite, "Replace an older fit at --out once the new one can be resumed");
  verb.add_flag("--quiet", a.quiet, "Print neither progress nor summary");
  verb.add_flag("--verbose", a.verbose,
                "Say how the model is sampled: which terms together, by which moves; --quiet wins");
  verb.add_flag("--json", a.json, "Print the summary as JSON");
  verb.add_option("--config", "File of options (TOML, 'draws = 2000'); the command line wins");
}

void read_run_options(const CLI::App& verb, RunArguments& a) {
  if (verb.get_option("--seed")->count() > 0) a.run.seed = a.seed;
  a.run.thin = parse_thin(a.thin);
  if (!a.until.empty()) a.run.until_ess = parse_until(a.until);
  if (!a.until.empty() && verb.get_option("--draws")->count() == 0) a.run.draws = kMostDraws;
  if (!a.max_time.empty()) a.run.max_seconds = parse_time(a.max_time);
}

int run_verb(const RunArguments& a, const std::function<FitJob(const Watch&)>& make) {
  check_output(a.out, a.run.overwrite);
  const std::atomic<bool>* stop = nullptr;
  FitOutcome outcome;
  {
    ProgressPrinter printer(a.quiet);
    Watch watch{[&](const Progress& p) { return printer(p), true; }, [&] { return stop != nullptr && *stop; }};
    watch.plan = [&](const std::vector<std::string>& lines) {
      // Until now a signal ends the program at once: nothing can be lost yet.
      stop = &install_stop_signals();
      if (!a.verbose || a.quiet) return;
      for (const std::string& line : lines) std::cerr << "plan: " << line << '\n';
    };
    outcome = run_fit(make(watch), a.out, watch);
  }
  return finish_run(a.out, outcome, a.quiet, a.json);
}

int finish_run(const std::string& path, const FitOutcome& outcome, bool quiet, bool json) {
  if (outcome.timed_out) {
    const std::size_t draws = FitReader(path).draws();
    std::cerr << "stopped at --max-time with " << draws << " draws of each chain; the state is saved in '" << path
              << "', continue with: bdglm resume " << path << '\n';
    if (draws < 4) return kExitInterrupted;
  } else if (!outcome.complete) {
    std::cerr << "interrupted; the state is saved in '" << path << "', continue with: bdglm resume " << path << '\n';
    return kExitInterrupted;
  }
  const FitReader file(path);
  const std::vector<ParameterSummary> parameters = summarise_fit(file, false);
  if (json)
    std::cout << json_text(summary_json(file, parameters)) << '\n';
  else if (!quiet)
    print_summary(file, parameters);
  // With a table on standard output notes stand above it.
  if (json && !quiet)
    for (const std::string& note : outcome.notes) std::cerr << "note: " << with_options(note) << '\n';
  std::cout.flush();
  print_warnings(file, parameters);
  return 0;
}

}  // namespace bdglm::cli
