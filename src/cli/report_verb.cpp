// bdglm report: a page that shows a fit, or its data.
#include <filesystem>
#include <fstream>
#include <memory>

#include "bdglm/error.hpp"
#include "bdglm/posterior.hpp"
#include "cli/console.hpp"
#include "cli/data_arguments.hpp"
#include "cli/options.hpp"
#include "cli/output_file.hpp"
#include "cli/verbs.hpp"
#include "cli/words.hpp"
#include "posterior/predict.hpp"

namespace bdglm::cli {
namespace {

struct ReportArguments {
  std::string file, out, groups = "new";
  DataArguments data;
  int threads = 0;
  bool json = false;
};

/// Throws DataError where a file is there that is no page or data of one, as a table that the fit was made from.
void check_no_other_file(const std::string& out) {
  std::error_code none;  // a file that is not there is in nobody's way
  if (!std::filesystem::is_regular_file(out, none)) return;
  char first = 0;
  if (std::ifstream(out).get(first) && first != '<' && first != '{')
    throw DataError("'" + out + "' is there already and no report; choose another --out or remove it first");
}

int run_report(const ReportArguments& a) {
  const Posterior posterior = Posterior::open(a.file);
  check_not_read(a.out, a.file, a.data.files());
  check_no_other_file(a.out);
  OutputFile out(a.out);
  const ReportForm form = a.json ? ReportForm::json : ReportForm::html;
  const GroupMode groups = group_mode_from_name(a.groups);
  if (a.data.given())
    out.stream() << posterior.report(a.data.read(), form, groups, a.threads);
  else
    out.stream() << posterior.report(form, groups, a.threads);
  out.finish();
  warn_of_convergence(posterior.warnings());
  return 0;
}

}  // namespace

void add_report(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("report", "Write a page that shows a fit: posterior, checks, curves");
  auto a = std::make_shared<ReportArguments>();
  CLI::Option* file = verb->add_option("file", a->file, "Fit file")->expected(1);
  verb->add_option("--out", a->out, "HTML file to write, '-' for standard output")->required();
  CLI::Option* data = add_data(
      *verb, a->data, "Table of held out rows to score, with the response; several files, '*.csv' or -", false);
  fit_may_follow_tables(*verb, file, data, a->data.tables, [a](std::string fit) { a->file = std::move(fit); });
  add_group_levels(*verb, a->groups);
  verb->add_option("--threads", a->threads, "Threads; 0 means all")->check(CLI::Range(0, 4096))->capture_default_str();
  verb->add_flag("--json", a->json, "Write the data of the page as JSON in its place");
  verb->callback([a, &action] { action = [a] { return run_report(*a); }; });
  verb->footer(
      "\nThe page is one file that needs no network. It shows what was asked, whether the chains agree, every\n"
      "parameter's posterior beside its prior, random effects, checks of the responses, calibration, the expected\n"
      "response along each predictor with its band and the plug-in beside it, leave-one-out, and the run. With --data\n"
      "scores, checks and calibration are of these rows, which the fit has not seen.");
}

}  // namespace bdglm::cli
