// bdglm fit and bdglm resume.
#include <iostream>
#include <memory>

#include "bdglm/error.hpp"
#include "cli/console.hpp"
#include "cli/limits.hpp"
#include "cli/options.hpp"
#include "cli/verbs.hpp"
#include "fitfile/fit_file.hpp"
#include "report/summary.hpp"
#include "run/run.hpp"

namespace bdglm::cli {
namespace {

struct FitArguments {
  std::vector<std::string> data;
  std::vector<std::string> formulas;
  std::string out;
  ModelSpec model;
  RunOptions run;
  std::uint64_t seed = 0;
  std::string until, max_time;
  bool quiet = false;
  bool verbose = false;
  bool json = false;
};

/// What the library refuses in a value is a wrong value of the option.
template <class F>
auto accepted(F read) {
  return [read](const std::string& text) {
    try {
      read(text);
    } catch (const ModelError& error) {
      return with_options(error.what());
    }
    return std::string();
  };
}

/// The most draws of each chain where effective draws are asked for.
constexpr int kMostDraws = 10000;

/// Prints the summary of a finished or interrupted file and gives the exit status.
int finish(const std::string& path, const FitOutcome& outcome, bool quiet, bool json) {
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

int run_fit_verb(const FitArguments& a) {
  check_output(a.out, a.run.overwrite);
  // The table is gone when the chains begin.
  FitJob job = [&] {
    ModelSpec model = a.model;
    model.formula = a.formulas.front();
    model.predictor_formulas.assign(a.formulas.begin() + 1, a.formulas.end());
    model.data = Data::read(a.data);
    return make_job(model, a.run);
  }();
  // Until now a signal ends the program at once: nothing can be lost yet.
  const std::atomic<bool>& stop = install_stop_signals();
  FitOutcome outcome;
  {
    ProgressPrinter printer(a.quiet);
    Watch watch{[&](const Progress& p) { return printer(p), true; }, &stop};
    if (a.verbose)
      watch.plan = [](const std::vector<std::string>& lines) {
        for (const std::string& line : lines) std::cerr << "plan: " << line << '\n';
      };
    outcome = run_fit(std::move(job), a.out, watch);
  }
  return finish(a.out, outcome, a.quiet, a.json);
}

}  // namespace

void add_fit(CLI::App& app, Action& action) {
  auto a = std::make_shared<FitArguments>();
  CLI::App* verb = app.add_subcommand("fit", "Fit a model and write its posterior to a file");
  verb->add_option("--data", a->data, "Table: CSV with a header, gzipped or not; several files, '*.csv' or -")
      ->required();
  verb->add_option(
          "--formula", a->formulas,
          "Model, as 'y ~ deep(x1, x2) + x3 + (1 | g)'; again, 'LEVEL ~ x1', for a linear predictor of its own")
      ->required()
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  verb->add_option("--out", a->out, "Fit file to write (netCDF-4)")->required();
  std::string families;
  for (const std::string& name : family_names()) families += (families.empty() ? "" : ", ") + name;
  verb->add_option("--family", a->model.family, families + "; by the response if not given")
      ->check(CLI::IsMember(family_names()));
  verb->add_option("--link", a->model.link,
                   "Of bernoulli and binomial: logit (default), probit, cloglog; of ordinal: logit, probit");
  verb->add_option("--sigma", a->model.sigma,
                   "Column whose levels have a residual scale each, as of a gaussian response");
  verb->add_option("--factor", a->model.factors, "Column of numbers to take as a factor, several times")
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  verb->add_option("--prior", a->model.priors, "'name ~ distribution(a, b)', several times")
      ->check(accepted(parse_prior))
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  verb->add_option("--layer-noise", a->model.layer_noise, "Noise of hidden layers: 0, learned or a variance")
      ->check(accepted(parse_layer_noise))
      ->capture_default_str();
  verb->add_option("--input-prior", a->model.input_prior, "Prior of the network's input weights")
      ->check(CLI::IsMember({"normal", "horseshoe"}))
      ->capture_default_str();
  verb->add_option("--chains", a->run.chains, "Chains")->check(CLI::Range(1, 4096))->capture_default_str();
  verb->add_option("--warmup", a->run.warmup, "Warm-up sweeps of each chain")
      ->check(CLI::Range(0, 100000000))
      ->capture_default_str();
  CLI::Option* draws = verb->add_option("--draws", a->run.draws, "Kept draws of each chain")
                           ->check(CLI::Range(1, 100000000))
                           ->capture_default_str();
  verb->add_option("--until", a->until,
                   "ess=N: end once every judged parameter has N effective draws, of up to --draws (10000)")
      ->check(accepted(parse_until));
  verb->add_option("--max-time", a->max_time, "Stop after 90s, 45m, 2h, ...; bdglm resume goes on")
      ->check(accepted(parse_time));
  verb->add_option("--thin", a->run.thin, "Sweeps for each kept draw")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  CLI::Option* seed = verb->add_option("--seed", a->seed, "Seed; a random one if not given");
  verb->add_option("--device", a->run.device, "auto, cpu or cuda")
      ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
      ->capture_default_str();
  verb->add_option("--threads", a->run.threads, "Threads; 0 means all")
      ->check(CLI::Range(0, 4096))
      ->capture_default_str();
  verb->add_option("--na", a->model.na, "Rows with missing values: omit or error")
      ->check(CLI::IsMember({"omit", "error"}))
      ->capture_default_str();
  verb->add_option("--save", a->run.save, "Also save log_likelihood or posterior_predictive")
      ->check(CLI::IsMember({"log_likelihood", "posterior_predictive"}))
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  verb->add_option("--save-effects", a->run.save_effects,
                   "Random effects in the file: all, moments, none or every=K; auto is all up to half a GiB")
      ->check(accepted(check_effects_word))
      ->capture_default_str();
  verb->add_flag("--overwrite", a->run.overwrite, "Replace an older fit at --out once the new one can be resumed");
  verb->add_flag("--quiet", a->quiet, "Print neither progress nor summary");
  verb->add_flag("--verbose", a->verbose, "Say how the model is sampled: which terms together, by which moves");
  verb->add_flag("--json", a->json, "Print the summary as JSON");
  verb->add_option("--config", "File of options (TOML, 'draws = 2000'); the command line wins");
  verb->callback([a, seed, draws, &action] {
    if (seed->count() > 0) a->run.seed = a->seed;
    if (!a->until.empty()) a->run.until_ess = parse_until(a->until);
    if (!a->until.empty() && draws->count() == 0) a->run.draws = kMostDraws;
    if (!a->max_time.empty()) a->run.max_seconds = parse_time(a->max_time);
    action = [a] { return run_fit_verb(*a); };
  });
}

void add_resume(CLI::App& app, Action& action) {
  struct Arguments {
    std::string file;
    ResumeOptions options;
    std::uint64_t seed = 0;
    std::string max_time;
    bool quiet = false, json = false;
  };
  auto a = std::make_shared<Arguments>();
  CLI::App* verb = app.add_subcommand("resume", "Continue an interrupted fit to its end, or extend a finished one");
  verb->add_option("file", a->file, "Fit file")->required();
  verb->add_option("--threads", a->options.threads, "Threads; 0 means all")->check(CLI::Range(0, 4096));
  verb->add_option("--draws", a->options.draws, "Kept draws of each chain in all, those that are there included")
      ->check(CLI::Range(1, 100000000));
  CLI::Option* seed = verb->add_option("--seed", a->seed, "Another seed from here on, as after a numerical failure");
  verb->add_option("--max-time", a->max_time, "Stop after 90s, 45m, 2h, ...; another bdglm resume goes on")
      ->check(accepted(parse_time));
  verb->add_flag("--quiet", a->quiet, "Print neither progress nor summary");
  verb->add_flag("--json", a->json, "Print the summary as JSON");
  verb->callback([a, seed, &action] {
    if (seed->count() > 0) a->options.seed = a->seed;
    if (!a->max_time.empty()) a->options.max_seconds = parse_time(a->max_time);
    action = [a] {
      const std::atomic<bool>& stop = install_stop_signals();
      FitOutcome outcome;
      {
        ProgressPrinter printer(a->quiet);
        outcome = resume_fit(a->file, a->options, {[&](const Progress& p) { return printer(p), true; }, &stop});
      }
      return finish(a->file, outcome, a->quiet, a->json);
    };
  });
}

}  // namespace bdglm::cli
