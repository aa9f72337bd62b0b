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
void add_report(CLI::App& app, Action& action);
void add_devices(CLI::App& app, Action& action);
/// These write of the other verbs, and `app` must outlive the action.
void add_completion(CLI::App& app, Action& action);
void add_manual(CLI::App& app, Action& action);

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
constexpr int kExitInterrupted = 130;

}  // namespace bdglm::cli
