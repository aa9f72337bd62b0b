// The verbs of the program; each returns the exit status.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

namespace bdglm::cli {

/// Registers a verb on `app`; the action to run is stored in `action` when the verb is parsed.
using Action = std::function<int()>;

void add_fit(CLI::App& app, Action& action);
void add_resume(CLI::App& app, Action& action);
void add_update(CLI::App& app, Action& action);
void add_summary(CLI::App& app, Action& action);
void add_predict(CLI::App& app, Action& action);
void add_evaluate(CLI::App& app, Action& action);
void add_loo(CLI::App& app, Action& action);
void add_compare(CLI::App& app, Action& action);
void add_check(CLI::App& app, Action& action);
void add_effects(CLI::App& app, Action& action);
void add_importance(CLI::App& app, Action& action);
void add_report(CLI::App& app, Action& action);
void add_devices(CLI::App& app, Action& action);
/// These write of the other verbs, and `app` must outlive the action.
void add_completion(CLI::App& app, Action& action);
void add_manual(CLI::App& app, Action& action);

/// `--data` takes every word up to the next option, so that a fit named after its tables comes last among them: gives
/// it to `take`, and takes it out of `tables`, which outlive the verb.
void fit_may_follow_tables(CLI::App& verb, const CLI::Option* file, const CLI::Option* data,
                           std::vector<std::string>& tables, std::function<void(std::string fit)> take);
/// Adds `--groups` with the present value of `groups` as its default.
CLI::Option* add_group_levels(CLI::App& verb, std::string& groups);

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
constexpr int kExitInterrupted = 130;

}  // namespace bdglm::cli
