// Sections of the HTML report that are tables of numbers: the parameters with their priors, and the scores of
// predictions.
#include <algorithm>

#include "report/sections.hpp"

namespace bdglm::report {
namespace {

constexpr double kLargestRhat = 1.01;  // Vehtari et al. (2021), section 4
constexpr double kFewestDraws = 100;   // effective draws of each chain, ibid.
constexpr double kUsualChains = 4;

/// A diagnostic, set off where it does not pass.
Cell diagnostic(double value, int decimals, bool poor) {
  Cell cell = Cell::of(value, decimals);
  if (poor) {
    cell.words += " !";
    cell.style += " flag";
  }
  return cell;
}

struct Score {
  const char* key;
  const char* name;
  const char* meaning;
};

constexpr Score kScores[] = {
    {"log_score", "Log score",
     "mean log probability that the model gave to what came; nearer to 0, or higher, is better"},
    {"log_score_plugin", "Log score of the plug-in",
     "the same for the one set of mean parameters, which knows no uncertainty"},
    {"rmse", "Root mean squared error", "typical distance between prediction and response; lower is better"},
    {"mae", "Mean absolute error", "mean distance between prediction and response; lower is better"},
    {"accuracy", "Accuracy", "share of rows whose most probable level is the observed one; higher is better"},
    {"brier", "Brier score", "mean squared distance between probability and outcome; lower is better"},
    {"ece", "Calibration error", "mean distance between predicted probability and observed share; 0 is best"}};

}  // namespace

std::string parameters_section(const Json& data) {
  if (!data.contains("parameters")) return "";
  Table table({"Parameter", "Prior", "Mean", "Sd", "2.5\u00a0%", "50\u00a0%", "97.5\u00a0%", "Effective draws",
               "Effective in the tails", "R-hat"},
              "Posterior of the parameters");
  const double chains = data.contains("run") ? number(data["run"], "chains") : kUsualChains;
  const double needed = kFewestDraws * (std::isfinite(chains) ? chains : kUsualChains);
  bool unjudged = false, flagged = false;
  for (const Json& p : data["parameters"]) {
    const bool judged = p.value("judged", true);
    const int decimals = decimals_for(number(p, "sd"));
    const double bulk = number(p, "ess_bulk"), tail = number(p, "ess_tail"), rhat = number(p, "rhat");
    table.row({{text(p, "name") + (judged ? "" : " *")},
               {text(p, "prior")},
               Cell::of(number(p, "mean"), decimals),
               Cell::of(number(p, "sd"), decimals),
               Cell::of(number(p, "q2.5"), decimals),
               Cell::of(number(p, "q50"), decimals),
               Cell::of(number(p, "q97.5"), decimals),
               diagnostic(bulk, 0, judged && bulk < needed),
               diagnostic(tail, 0, judged && tail < needed),
               diagnostic(rhat, 3, judged && rhat > kLargestRhat)});
    unjudged = unjudged || !judged;
    flagged = flagged || (judged && (bulk < needed || tail < needed || rhat > kLargestRhat));
  }
  std::string html = table.html(true);
  if (flagged) {
    html += paragraph(
        "! Fewer than 100 effective draws a chain, or an R-hat above 1.01: run longer before you lean on "
        "this number.",
        "note");
  }
  if (unjudged) {
    html += paragraph(
        "* Not judged by its chains: other parts of the model can stand in for this number, so that it means little by "
        "itself.",
        "note");
  }
  const double left_out = number(data, "parameters_left_out");
  if (left_out > 0) {
    html += paragraph(counted(left_out, "further parameter is", "further parameters are") + " not shown here.", "note");
  }
  return section("parameters", "Parameters: what the data say beside what was assumed",
                 "The prior is what was believed before the data; mean and sd are the belief after them, and with 95 % "
                 "probability the true value lies between the columns 2.5 % and 97.5 %.",
                 html);
}

std::string scores_section(const Json& data) {
  if (!data.contains("scores")) return "";
  const Json& scores = data["scores"];
  Table table({"Score", "Value", "Meaning"}, "Scores of the predictions");
  for (const Score& score : kScores) {
    if (const double value = number(scores, score.key); std::isfinite(value)) {
      table.row({{score.name}, Cell::of_figures(value, 4), {score.meaning}});
    }
  }
  const std::string rows = counted(number(scores, "rows"), "row", "rows");
  const bool held_out = scores.value("held_out", false);
  const std::string given = scores.value("training_rows_given", false)
                                ? " The table that was given holds just these rows, value for value."
                                : "";
  return section(
      "scores", "How well it predicts",
      held_out ? "All scores are of " + rows + " that the fit has not seen, so they tell what to expect of new data."
               : "All scores are of the " + rows +
                     " that the fit was made from, so they flatter it; leave-one-out "
                     "further down does not." +
                     given,
      table.html());
}

}  // namespace bdglm::report
