// The report of a posterior: its data gathered, and drawn.
#include "report/report_data.hpp"

#include <filesystem>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "bdglm/posterior.hpp"
#include "design/design_table.hpp"
#include "design/rows.hpp"
#include "posterior/effects.hpp"
#include "posterior/prediction_design.hpp"
#include "report/html.hpp"
#include "run/design_archive.hpp"

namespace bdglm {
namespace {

std::string in_form(const nlohmann::json& data, ReportForm form) {
  if (form == ReportForm::html) return report_html(data);
  return data.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

/// Whether rows are of the same groups, as far as the second design knows them.
bool same_groups(const Design& own, const Design& others) {
  for (std::size_t k = 0; k < own.sides.size(); ++k)
    for (std::size_t t = 0; t < others.sides[k].groups.size(); ++t)
      if (own.sides[k].groups[t].index != others.sides[k].groups[t].index) return false;
  return true;
}

/// How messages name a table: by its file where it has one.
std::string label_of(const Table& table) { return table.parts.empty() ? table.source : "'" + table.source + "'"; }

/// Of the fit's own rows, or of `held_out`.
nlohmann::json gathered(const DrawSource& fit, const std::string& file, const Table* held_out, GroupMode groups,
                        int threads) {
  if (fit.draws() == 0) throw DataError("the fit holds no draws yet, of which there could be a report");
  PredictorOptions options = prediction_options(groups, 0.95, threads);
  options.memory /= 2;
  const Predictor predictor(fit, options);
  options.mode = GroupMode::none;
  const Predictor population(fit, options);
  const Frame& frame = predictor.frame();
  std::vector<std::string> notes = predictor.notes();
  const Design own = restore_design(fit, frame);
  const DesignTable columns = table_of(own, frame, false);
  Design others;
  if (held_out != nullptr) {
    others = prediction_design(predictor, *held_out, true, notes);
    if (others.size() == 0)
      throw DataError("no row of " + label_of(*held_out) + " is complete; there is nothing to score");
    notes.insert(notes.end(), others.notes.begin(), others.notes.end());
  }
  // A single row may well be like the one before.
  const bool training = own.size() > 1 && same_rows(own, others) && same_groups(own, others);
  if (training)
    notes.push_back("the rows of " + label_of(*held_out) +
                    " are those that the fit was made from, value for value: "
                    "they are not held out, and scores of them flatter the fit");
  const std::string unknown = columns.lost.empty() ? ""
                                                   : "the fit was made by an earlier version, which kept its rows as "
                                                     "the formula codes them, and " +
                                                         listed(columns.lost) + " cannot be told from these";
  nlohmann::json data = report_data({fit, predictor, population, held_out != nullptr && !training ? others : own,
                                     held_out != nullptr && !training, training, columns.table, unknown, file});
  for (const std::string& note : notes) data["asked"]["notes"].push_back(note);
  return data;
}

}  // namespace

std::string Posterior::report(ReportForm form, GroupMode groups, int threads) const {
  const std::shared_ptr<const DrawSource> source = this->source();
  return in_form(gathered(*source, file_name(), nullptr, groups, threads), form);
}

std::string Posterior::report(const Data& held_out, ReportForm form, GroupMode groups, int threads) const {
  const std::shared_ptr<const DrawSource> source = this->source();
  return in_form(gathered(*source, file_name(), &held_out.table(), groups, threads), form);
}

std::string Posterior::file_name() const {
  return path_.empty() ? "" : std::filesystem::path(shown_).filename().string();
}

}  // namespace bdglm
