// bdglm fit and bdglm resume.
#include <algorithm>
#include <iostream>
#include <memory>

#include "api/network_choice.hpp"
#include "cli/console.hpp"
#include "cli/data_arguments.hpp"
#include "cli/limits.hpp"
#include "cli/run_arguments.hpp"
#include "cli/verbs.hpp"
#include "family/family.hpp"
#include "fitfile/fit_file.hpp"

namespace bdglm::cli {
namespace {

struct FitArguments : RunArguments {
  DataArguments data;
  std::vector<std::string> formulas;
  ModelSpec model;
};

/// The table is gone when the chains begin.
FitJob read_job(const FitArguments& a, const Watch& watch) {
  tell_at_signals("; the fit had not begun, and nothing of it is saved");
  ModelSpec model = a.model;
  model.formula = a.formulas.front();
  model.predictor_formulas.assign(a.formulas.begin() + 1, a.formulas.end());
  model.data = a.data.read();
  return make_chosen_job(model, a.run, watch);
}

/// The links of all families.
std::vector<std::string> link_names() {
  std::vector<std::string> names;
  for (const Family family : kFamilies)
    if (const std::string link = describe(family).link; std::find(names.begin(), names.end(), link) == names.end())
      names.push_back(link);
  return names;
}

}  // namespace

void add_fit(CLI::App& app, Action& action) {
  auto a = std::make_shared<FitArguments>();
  CLI::App* verb = app.add_subcommand("fit", "Fit a model and write its posterior to a file");
  add_data(*verb, a->data, "Table: CSV with a header, or LIBSVM (.svm), gzipped or not; several files, '*.csv' or -",
           true);
  verb->add_option("--formula", a->formulas,
                   "Model, as 'y ~ deep(x1, x2) + x3 + (1 | g)'; again, 'LEVEL ~ x1', for a linear predictor of its "
                   "own. From 2,048 rows on short fits choose deep's knots, unless they are stated: "
                   "deep(x1, x2, knots = 0)")
      ->required()
      ->take_all()
      ->expected(1)
      ->allow_extra_args(false);
  std::string families;
  for (const std::string& name : family_names()) families += (families.empty() ? "" : ", ") + name;
  verb->add_option("--family", a->model.family, families + "; by the response if not given")
      ->check(CLI::IsMember(family_names()));
  verb->add_option("--link", a->model.link,
                   "Of bernoulli and binomial: logit (default), probit, cloglog; of ordinal: logit, probit")
      ->check(CLI::IsMember(link_names()));
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
  verb->add_option("--layer-noise", a->model.layer_noise,
                   "Noise of hidden layers, whose units then are relu unless told: 0, learned or a variance")
      ->check(accepted(parse_layer_noise))
      ->capture_default_str();
  verb->add_option("--input-prior", a->model.input_prior, "Prior of the network's input weights")
      ->check(CLI::IsMember({"normal", "horseshoe"}))
      ->capture_default_str();
  verb->add_option("--na", a->model.na, "Rows with missing values: omit, error, or impute responses")
      ->check(CLI::IsMember({"omit", "error", "impute"}))
      ->capture_default_str();
  add_run_options(*verb, *a);
  verb->callback([a, verb, &action] {
    read_run_options(*verb, *a);
    action = [a] { return run_verb(*a, [&](const Watch& watch) { return read_job(*a, watch); }); };
  });
}

namespace {

/// The draws of each chain of a fit that is finished; none of one that is not.
std::size_t finished_draws(const std::string& path) {
  const FitReader file(path);
  return file.spec().at("progress").at("complete").get<bool>() ? file.draws() : 0;
}

}  // namespace

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
      const std::size_t finished = finished_draws(a->file);
      const std::atomic<bool>* stop = nullptr;
      FitOutcome outcome;
      {
        ProgressPrinter printer(a->quiet);
        outcome =
            resume_fit(a->file, a->options,
                       {[&](const Progress& p) { return printer(p), true; }, [&] { return stop != nullptr && *stop; },
                        [&](const auto&) { stop = &install_stop_signals(); }});
      }
      if (!a->quiet && finished > 0 && finished_draws(a->file) == finished)
        std::cerr << "note: '" << a->file << "' was finished already, with " << finished
                  << " draws of each chain; bdglm resume " << a->file << " --draws N goes on to N\n";
      return finish_run(a->file, outcome, a->quiet, a->json);
    };
  });
}

}  // namespace bdglm::cli
