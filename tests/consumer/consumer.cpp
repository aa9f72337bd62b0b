// Fits columns in memory and compares with what the program wrote: consumer TABLE FIT_FILE, where the fit is of
// seed 7, 200 + 200 sweeps of two chains. Exits with the number of things that are not as they should be.
#include <bdglm/bdglm.hpp>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iostream>

namespace {

int wrong = 0;

void check(bool right, const std::string& what) {
  if (right) return;
  std::cerr << "not so: " << what << '\n';
  wrong = std::min(wrong + 1, 90);
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0;
}

void compare(const bdglm::Posterior& here, const bdglm::Posterior& there, const std::string& which) {
  check(here.names(true) == there.names(true), which + ": the same scalars");
  for (const std::string& name : here.names(true))
    check(same_bits(here.draws(name), there.draws(name)), which + ": the draws of " + name);
  check(here.arrays() == there.arrays(), which + ": the same arrays");
  for (const std::string& name : here.arrays()) {
    const bdglm::Array a = here.array(name);
    const bdglm::Array b = there.array(name);
    check(a.shape() == b.shape() && same_bits(a.values, b.values), which + ": " + name);
  }
}

bdglm::RunOptions options() { return {.chains = 2, .warmup = 200, .draws = 200, .seed = 7}; }

/// Stops a run that asks for a billion draws and looks at what it was told.
void stop_early(const bdglm::ModelSpec& model) {
  bdglm::RunOptions run = options();
  run.draws = 100000000;
  run.save_effects = "none";
  bool sampling = false;
  const bdglm::Posterior stopped = bdglm::fit(model, run, [&](const bdglm::Progress& progress) {
    if (progress.phase != "sampling" || progress.sweeps < 250) return true;
    sampling = true;
    const auto effective = progress.least_effective_draws();
    check(effective && *effective > 1, "a watcher is told of effective draws");
    check(progress.seconds > 0 && progress.total > progress.sweeps, "a watcher is told of time and sweeps");
    return false;
  });
  check(sampling && !stopped.complete() && stopped.draws_per_chain() >= 50,
        "a watcher stops a run, which keeps its draws");
}

void refuse(const bdglm::ModelSpec& model, const bdglm::RunOptions& run, const std::string& word) {
  try {
    bdglm::fit(model, run);
    check(false, "refused: " + word);
  } catch (const bdglm::Error& error) {
    const std::string what = error.what();
    check(what.find(word) != std::string::npos && what.find("--") == std::string::npos, word + " in: " + what);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 99;
  const bdglm::Data table = bdglm::Data::read(argv[1]);
  bdglm::ModelSpec model{.formula = "use ~ age + urban + (1 + urban | district)", .data = table};
  const bdglm::Posterior fit = bdglm::fit(model, options());
  const bdglm::Posterior program = bdglm::Posterior::open(argv[2]);
  compare(fit, program, "program");

  fit.save("saved.nc", true);
  const bdglm::Posterior saved = bdglm::Posterior::open("saved.nc");
  compare(fit, saved, "saved");
  check(fit.specification().find("district") != std::string::npos, "a specification");
  const bdglm::Posterior longer = bdglm::resume("saved.nc", {.draws = 250});
  const bdglm::Posterior anew =
      bdglm::fit_to_file(model, "anew.nc", {.chains = 2, .warmup = 200, .draws = 250, .seed = 7, .overwrite = true});
  compare(longer, anew, "resumed");

  const bdglm::Prediction here = fit.predict(table, {.draws = 5});
  const bdglm::Prediction there = program.predict(table, {.draws = 5});
  check(here.rows.size() == table.rows(), "a prediction of each row");
  for (std::size_t i = 0; i < here.rows.size(); ++i)
    check(here.rows[i].expected[0].mean == there.rows[i].expected[0].mean &&
              same_bits(here.rows[i].new_draws, there.rows[i].new_draws),
          "the prediction of row " + std::to_string(i + 1));
  check(fit.evaluate(table).log_score == program.evaluate(table).log_score, "the log score");
  check(fit.loo().elpd_loo.value == program.loo().elpd_loo.value, "leave-one-out");
  check(fit.check().checks.at(0).p_value == program.check(table).checks.at(0).p_value, "predictive checks");
  check(bdglm::compare({{"here", fit}, {"there", program}}).models.at(1).difference.value == 0, "a comparison");
  stop_early(model);
  bdglm::ModelSpec misnamed = model;
  misnamed.family = "bernouli";
  refuse(misnamed, options(), "bernoulli");
  bdglm::RunOptions none = options();
  none.draws = 0;
  refuse(model, none, "`draws`");
  none = options();
  none.device = "gpu";
  refuse(model, none, "`device`");
  bdglm::Data columns;
  columns.add_numbers("y", {1, 2, 3, 4, 5, 6}).add_text("g", {"a", "a", "b", "b", "", "c"});
  check(columns.rows() == 6 && columns.names().size() == 2, "columns in memory");
  const bdglm::Posterior small =
      bdglm::fit({.formula = "y ~ g", .data = columns}, {.warmup = 20, .draws = 20, .seed = 1});
  check(!small.notes().empty(), "a note of the row that is missing");
  check(!small.warnings().empty() && small.warnings()[0].settings.size() > 0, "warnings, of 20 draws a chain");
  if (wrong == 0) std::cout << "as it should be\n";
  return wrong;
}
