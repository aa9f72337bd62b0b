// A fit's frame and posterior, and further rows, made into a run.
#include "api/update_job.hpp"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "design/design_table.hpp"
#include "design/rows.hpp"
#include "model/fit_spec.hpp"
#include "model/observations.hpp"
#include "posterior/posterior_prior.hpp"
#include "report/summary.hpp"
#include "report/warnings.hpp"
#include "run/design_archive.hpp"

namespace bdglm {
namespace {

void check_finished(const DrawSource& source) {
  if (source.being_written())
    throw DataError("a run is writing the fit that is to be updated; wait until it has ended");
  if (!source.spec().at("progress").at("complete").get<bool>())
    throw DataError("the fit that is to be updated was stopped before its end; " + setting("resume") +
                    " it first, with fewer " + setting("draws") + " if these are too many");
}

std::set<std::string> seen_levels(const EarlierRows& earlier, const std::string& group) {
  const auto levels = earlier.groups.find(group);
  return levels == earlier.groups.end() ? std::set<std::string>()
                                        : std::set<std::string>(levels->second.begin(), levels->second.end());
}

/// Effects of groups are not taken over, and rows of one group in both fits are not independent.
void refuse_seen_groups(const EarlierRows& earlier, const Frame& frame, const Design& design) {
  for (const SideDesign& side : design.sides)
    for (const TermDesign& term : side.groups) {
      const std::set<std::string> seen = seen_levels(earlier, term.group);
      const std::vector<std::string>& levels = frame.group_levels.at(term.group);
      for (std::size_t i = 0; i < term.index.size(); ++i) {
        const std::string& level = levels[static_cast<std::size_t>(term.index[i])];
        if (seen.count(level) > 0)
          throw DataError(seen_group_text(term.group, level, design.row_name(i)) +
                          "; an update does not take over the effects of groups: fit all rows together, or "
                          "update with rows of new groups");
      }
    }
}

/// Takes over the warnings of a fit whose draws are taken over. Refuses one whose chains are far apart, whose draws are
/// of no distribution that could be a prior.
void take_warnings(const DrawSource& source, EarlierRows& earlier) {
  constexpr double kLargestRhat = 1.1;  // Gelman and Rubin (1992); above it no summary of the draws means anything
  const std::vector<ParameterSummary> parameters = summarise_fit(source, false);
  const ParameterSummary* worst = least_converged(parameters);
  if (worst != nullptr && worst->rhat > kLargestRhat)
    throw DataError("R-hat of '" + worst->name + "' is " + rhat_text(worst->rhat, kLargestRhat) +
                    " in the fit that is to be updated, above 1.1: its chains do not agree, and its draws would make "
                    "no prior; first go on with " +
                    setting("resume") + " and more " + setting("draws") + ", or mend the model and fit again");
  earlier.warnings.clear();
  for (const Warning& warning : warnings_of(source, parameters))
    earlier.warnings.push_back((warning.kind == Warning::Kind::earlier_fit ? "" : "of the fit that was updated: ") +
                               warning.message);
}

/// The levels of this fit beside those of its own earlier rows.
void add_groups(const Frame& frame, EarlierRows& earlier) {
  for (const auto& [group, levels] : frame.group_levels) {
    std::set<std::string> all = seen_levels(earlier, group);
    all.insert(levels.begin(), levels.end());
    earlier.groups[group].assign(all.begin(), all.end());
  }
}

}  // namespace

void check_other_file(const std::string& read, const std::string& write) {
  std::error_code none;  // a file that is not there yet is another one
  if (std::filesystem::equivalent(read, write, none))
    throw DataError("'" + write + "' is the fit that is to be updated; name another file as " + setting("path") +
                    ", since the first fit stays what it is");
}

FitJob make_update_job(const DrawSource& source, const Table& table, const RunOptions& run) {
  check_run(run);
  check_finished(source);
  const FitSpec spec = source.spec().get<FitSpec>();
  FitJob job;
  job.family = spec.family;
  job.model.layer_noise = spec.layer_noise;
  job.model.horseshoe = spec.horseshoe;
  job.model.augmented = spec.augmented;
  job.model.resolved = spec.priors;
  job.run = run;
  if (!run.seed) job.run.seed = std::random_device{}();
  const Design before = restore_design(source, spec.frame);
  PosteriorPrior prior = [&] {
    Design scaled = before;
    return posterior_as_prior(source, make_model(spec.frame, scaled, spec.family, job.model), before);
  }();
  EarlierRows& earlier = *prior.priors.earlier;
  add_groups(spec.frame, earlier);
  job.frame = spec.frame;
  job.design = make_design(job.frame, table, {});
  if (job.design.size() == 0)
    throw DataError("every new row has a missing value in a column that the fit uses; nothing is left to update with");
  check_further_observations(job.family, job.frame, job.design);
  if (!job.frame.groupings.empty()) {
    job.frame = with_groups_of(table, job.design.rows, std::move(job.frame));
    job.design = make_design(job.frame, table, {});
    refuse_seen_groups(earlier, job.frame, job.design);
  }
  job.design.untold = untold_columns(job.design, job.frame, table);
  if (!earlier.statistics) take_warnings(source, earlier);
  // A single row may well be like the one before.
  if (before.size() > 1 && same_rows(before, job.design))
    earlier.warnings.push_back("the fit was updated with the " + std::to_string(before.size()) +
                               " rows that it had already, value for value: if they are the same observations, they "
                               "count twice");
  job.design.notes.insert(job.design.notes.begin(), prior.notes.begin(), prior.notes.end());
  job.model.resolved = std::move(prior.priors);
  return job;
}

}  // namespace bdglm
