// From a specification to frame, design and options, with every setting checked.
#include "run/job.hpp"

#include <algorithm>
#include <charconv>
#include <random>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "design/design_table.hpp"
#include "design/missing_response.hpp"
#include "family/response.hpp"

namespace bdglm {
namespace {

void check_word(const char* name, const std::string& word, const std::vector<std::string>& allowed) {
  if (std::find(allowed.begin(), allowed.end(), word) == allowed.end())
    throw ModelError(setting(name) + " is " + listed(allowed) + ", not '" + word + "'");
}

void check_number(const char* name, long long value, long long least, long long most) {
  if (value < least || value > most)
    throw ModelError(setting(name) + " is a whole number from " + std::to_string(least) + " to " +
                     std::to_string(most) + ", not " + std::to_string(value));
}

void check_limit(const char* name, double value) {
  if (!(value >= 0)) throw ModelError(setting(name) + " is a number from 0, not " + number_text(value));
}

}  // namespace

void check_run(const RunOptions& run) {
  check_number("chains", run.chains, 1, 4096);  // a chain has twelve bits of an address
  check_number("warmup", run.warmup, 0, 100000000);
  check_number("draws", run.draws, 1, 100000000);
  check_number("thin", run.thin, 0, 1000000);
  check_number("threads", run.threads, 0, 4096);
  check_word("device", run.device, {"auto", "cpu", "cuda"});
  for (const std::string& word : run.save) check_word("save", word, {"log_likelihood", "posterior_predictive"});
  check_effects_word(run.save_effects);
  check_limit("until_ess", run.until_ess);
  check_limit("max_seconds", run.max_seconds);
}

FitJob make_job(const ModelSpec& model, const RunOptions& run) {
  check_word("na", model.na, {"omit", "error", "impute"});
  check_word("input_prior", model.input_prior, {"normal", "horseshoe"});
  check_run(run);
  FitJob job;
  const Table& table = model.data.table();
  const bool levels = !model.family.empty() && has_levels(family_from_name(model.family));
  std::vector<std::string> formulas = {model.formula};
  formulas.insert(formulas.end(), model.predictor_formulas.begin(), model.predictor_formulas.end());
  job.frame = make_frame(formulas, model.sigma, table, model.factors, levels);
  const Formula formula = job.frame.formula();
  if (model.input_prior == "normal" && !formula.deep)
    throw ModelError(setting("input_prior") + " is that of a network's input weights; the formula has no deep(...)");
  std::vector<std::string> notes;
  if (model.na == "impute") job.missing = missing_response_design(job.frame, table, notes);
  job.design =
      make_design(job.frame, table, {.missing_is_error = model.na == "error", .imputed = job.missing.rows.size()});
  job.design.notes.insert(job.design.notes.end(), notes.begin(), notes.end());
  job.design.untold = untold_columns(job.design, job.frame, table);
  job.family = choose_family(model.family, model.link, job.frame, job.design);
  if (model.family.empty() && describe(job.family).response == ResponseKind::number)
    note_count_response(job.frame, job.design);
  if (job.missing.size() > 0 && formula.weights && describe(job.family).weight == WeightKind::frequency)
    job.design.notes.push_back(
        "weights are numbers of observations: a row that misses the response gets one response, "
        "whatever its weight; give each observation a row of its own to impute all of them");
  job.model.priors = model.priors;
  job.model.layer_noise = parse_layer_noise(model.layer_noise);
  if (job.model.layer_noise.kind != LayerNoise::Kind::zero) job.frame.activation = name_of(kUsualActivationWithNoise);
  job.model.horseshoe = model.input_prior == "horseshoe";
  job.run = run;
  if (!run.seed) job.run.seed = std::random_device{}();
  return job;
}

int check_effects_word(const std::string& word) {
  if (word == "auto" || word == "all" || word == "moments" || word == "none") return 1;
  int every = 0;
  if (word.rfind("every=", 0) == 0) {
    const auto result = std::from_chars(word.data() + 6, word.data() + word.size(), every);
    if (result.ptr != word.data() + word.size()) every = 0;
  }
  if (every < 1)
    throw ModelError(setting("save_effects") + " is all, moments, none or every=K with a whole number K, not '" + word +
                     "'");
  return every;
}

std::vector<std::string> once_each(const std::vector<std::string>& notes) {
  std::vector<std::string> result;
  for (const std::string& note : notes)
    if (std::find(result.begin(), result.end(), note) == result.end()) result.push_back(note);
  return result;
}

}  // namespace bdglm
