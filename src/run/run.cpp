// The run: warm starts, rounds of sweeps over all chains at once, draws and states to the file.
#include "run/run.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <random>
#include <thread>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "bdglm/version.hpp"
#include "design/rows.hpp"
#include "design/sparse_columns.hpp"
#include "engines/gibbs/sampling_plan.hpp"
#include "model/fit_spec.hpp"
#include "run/chain_set.hpp"
#include "run/design_archive.hpp"
#include "run/monitor.hpp"
#include "run/recorder.hpp"
#include "run/thinning.hpp"
#include "run/workload.hpp"

namespace bdglm {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// What last bits depend on.
std::string machine(const Backend& backend) { return backend.name() + ", " + cpu_arithmetic(); }

class Run {
 public:
  Run(FitJob& job, const Watch& watch) : job_(job), watch_(watch), start_(Clock::now()) {
    total_ = total_sweeps(job.run);
    const int threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    check_work_memory(std::min(job.run.threads > 0 ? job.run.threads : threads, job.run.chains));
    check_observations(job.family, job.frame, job.design);
    check_observations(job.family, job.frame, job.missing);
    drop_zero_weights(job.design);
    data_variables_ = archive_design(job.design, job.missing, job.frame);
    if (job.rows_by_group) order_by_group(job.design);
    model_ = std::make_unique<Model>(make_model(job.frame, job.design, job.family, job.model));
    const Workload work = workload(*model_, job.design, job.run.chains);
    OpenedBackend opened = open_backend(job.run.device, work);
    backend_ = std::move(opened.backend);
    if (!opened.note.empty()) job.design.notes.push_back(opened.note);
    if (backend_->name() != "cpu") fill_in_ramps(job.design, "the device");
    effects_ = choose_effects_saving(job.run, *model_, job.design.notes);
    // A resumed run finds again what the first one found.
    job.design.notes = once_each(job.design.notes);
    thinning_ = std::make_unique<Thinning>(job_.run, *model_, job_.design, work);
    resident_ = std::make_unique<ResidentData>(make_resident(*model_, job.design, *backend_));
    context_ = std::make_unique<Context>(Context{*model_, *resident_, *backend_});
    if (effects_.kind == EffectsSaving::Kind::moments) moment_groups_ = group_effects(model_->effects);
    recorder_ = std::make_unique<Recorder>(*context_, job.frame, job.design, std::move(job.missing), job.run, effects_);
    monitor_ =
        std::make_unique<Monitor>(recorder_->variables(), JudgedParameters(job.frame, job.family), job.run.chains);
    const int moving = job.run.threads > 0 ? job.run.threads : default_threads(job.run.chains);
    chains_ = std::make_unique<ChainSet>(*context_, job.design, job.run, moving, moment_groups_,
                                         [this] { return stopped(); });
    if (watch.plan) watch.plan(sampling_plan(*context_, job.design));
    // The sweeps know what they need of the design; the matrices live on the backend now.
    drop_columns(job.design);
  }

  FitOutcome fresh(const OpenSink& open) {
    for (DataVariable& variable : moments_here()) data_variables_.push_back(std::move(variable));
    DrawSink& sink =
        open({recorder_->variables(), std::move(data_variables_), job_.run.chains, chains_->state_size(), spec()});
    chains_->begin();
    return work(sink);
  }

  /// Takes up what a source holds, which must not change until `reopen` gives the sink for what comes after it.
  FitOutcome resumed(const DrawSource& source, const ReopenSink& reopen) {
    const FitSpec before = source.spec().get<FitSpec>();
    const Spec progress = source.spec().at("progress");
    done_ = progress.at("sweeps").get<std::int64_t>();
    thinning_->load(progress.value("batch_means", Spec::object()));
    seconds_before_ = before.seconds;
    const std::string here = machine(*backend_);
    if (here != before.machine || before.version != kVersion)
      job_.design.notes.push_back("the fit was begun by bdglm " + before.version + " on " + before.machine +
                                  "; this is bdglm " + kVersion + " on " + here +
                                  ": it goes on, but further draws may differ in their last bits from "
                                  "those of a run that was not interrupted");
    job_.design.notes = once_each(job_.design.notes);
    chains_->load({source.states(), progress.value("state_layouts", Spec::array())});
    return work(reopen(recorder_->variables()));
  }

 private:
  static constexpr double kRoundSeconds = 0.25;

  /// As many as the machine has; on a device, whose threads only wait, one a chain.
  int default_threads(int chains) const {
    if (backend_->name() != "cpu") return std::min(chains, 64);
    return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  }

  FitOutcome work(DrawSink& sink) {
    saved_ = Clock::now();
    search(sink);
    sample(sink);
    FitOutcome outcome;
    outcome.complete = done_ >= total_;
    outcome.timed_out = !outcome.complete && !refused() && out_of_time();
    if (outcome.complete && job_.run.until_ess > 0 && !reached_) note_not_reached();
    outcome.notes = job_.design.notes;
    save(sink, outcome.complete);
    outcome.seconds = elapsed();
    tell("saved", done_, total_);
    return outcome;
  }

  bool refused() const { return refused_ || (watch_.stop && watch_.stop() && (refused_ = true)); }
  bool out_of_time() const { return job_.run.max_seconds > 0 && seconds_since(start_) >= job_.run.max_seconds; }
  /// At the end of its time a run has made a round at least, so that one that is resumed for a short time again and
  /// again comes to its end.
  bool stopped() const { return refused() || (moved_ && out_of_time()); }

  void tell(const std::string& phase, std::int64_t done, std::int64_t total) {
    if (!watch_.report) return;
    Progress progress{phase, done, total, elapsed(), monitor_->divergences()};
    progress.least_effective_draws = [this] { return monitor_->least_effective_draws(); };
    if (!watch_.report(progress)) refused_ = true;
  }

  /// The warm start, in rounds as the sampling.
  void search(DrawSink& sink) {
    if (!chains_->searching()) return;
    while (chains_->searching() && !stopped()) {
      const ChainSet::Steps steps = chains_->search(kRoundSeconds);
      moved_ = true;
      if (steps.total > 0) tell("warm start", steps.done, steps.total);
      save_now_and_then(sink);
    }
    if (!stopped()) save(sink, false);
  }

  void sample(DrawSink& sink) {
    constexpr std::size_t kBufferBytes = std::size_t{128} << 20U;
    std::int64_t round = 1;
    while (done_ < total_ && !stopped()) {
      const Clock::time_point from = Clock::now();
      if (thinning_->undecided() && done_ >= job_.run.warmup) {
        thinning_->decide(job_.design.notes);
        total_ = total_sweeps(job_.run);
      }
      const std::int64_t end = thinning_->undecided() ? job_.run.warmup : total_;
      const std::int64_t until = std::min(end, thinning_->whole_draws(done_ + round));
      auto drawn = chains_->advance(done_, until, *recorder_);
      if (!drawn) break;
      for (int c = 0; c < job_.run.chains; ++c) keep(sink, c, std::move((*drawn)[static_cast<std::size_t>(c)]));
      done_ = until;
      moved_ = true;
      const double took = std::max(seconds_since(from), 1e-6);
      round = std::clamp<std::int64_t>(static_cast<std::int64_t>(static_cast<double>(round) * kRoundSeconds / took), 1,
                                       2 * round + 1);
      tell(done_ <= job_.run.warmup ? "warm-up" : "sampling", done_, total_);
      if (enough()) total_ = done_;
      if (sink.buffered_bytes() > kBufferBytes)
        save(sink, false);
      else
        save_now_and_then(sink);
    }
  }

  /// Whether the effective draws that are asked for are there, looked at whenever the draws are a tenth more; the run
  /// is then of as many draws as there are.
  bool enough() {
    if (job_.run.until_ess <= 0 || thinning_->undecided()) return false;
    const std::int64_t draws = (done_ - job_.run.warmup) / job_.run.thin;
    if (draws < 50 || 10 * draws < 11 * looked_at_) return false;
    looked_at_ = draws;
    reached_ = monitor_->least_effective_draws().value_or(0) >= job_.run.until_ess;
    if (reached_) job_.run.draws = static_cast<int>(draws);
    return reached_;
  }

  void note_not_reached() {
    const double least = monitor_->least_effective_draws().value_or(0);
    if (least >= job_.run.until_ess) return;
    job_.design.notes.push_back(std::to_string(job_.run.draws) +
                                " draws of each chain, the most that were allowed, have " +
                                std::to_string(std::lround(least)) + " effective draws of " +
                                std::to_string(std::lround(job_.run.until_ess)) + " that were asked for");
  }

  void keep(DrawSink& sink, int c, std::vector<std::vector<double>> drawn) {
    if (thinning_->undecided()) {
      for (const std::vector<double>& values : drawn) thinning_->add(c, monitor_->scalars(values, 0));
      return;
    }
    std::int64_t draw = std::max<std::int64_t>(0, done_ - job_.run.warmup) / job_.run.thin;
    for (std::vector<double>& values : drawn) {
      monitor_->add(c, values, draw++);
      sink.add(c, std::move(values));
    }
  }

  double elapsed() const { return seconds_before_ + seconds_since(start_); }

  /// Every few seconds, for a twentieth of the time at most, and at least every minute.
  void save_now_and_then(DrawSink& sink) {
    if (seconds_since(saved_) > std::clamp(20 * save_seconds_, 5.0, 50.0)) save(sink, false);
  }

  void save(DrawSink& sink, bool complete) {
    const Clock::time_point before = Clock::now();
    SavedChains saved = chains_->save();
    // With every commit, so that they are always those of the draws beside them.
    if (sink.draws() > 0)
      for (DataVariable& variable : moments_here()) sink.put(std::move(variable));
    const Spec over = {{"seconds", elapsed()},
                       {"notes", job_.design.notes},
                       {"run", {{"draws", job_.run.draws}, {"thin", job_.run.thin}, {"seed", *job_.run.seed}}}};
    sink.commit({{"phase", chains_->searching()      ? "warm start"
                           : done_ < job_.run.warmup ? "warm-up"
                                                     : "sampling"},
                 {"sweeps", done_},
                 {"total", total_},
                 {"complete", complete},
                 {"state_layouts", std::move(saved.layouts)},
                 {"batch_means", thinning_->save()},
                 {"over", over}},
                saved.flat);
    saved_ = Clock::now();
    save_seconds_ = seconds_since(before);
  }

  /// Means and covariances of the effects that are kept so, of all chains together; none where none are.
  std::vector<DataVariable> moments_here() const {
    return moment_variables(chains_->moments(), moment_groups_, job_.frame);
  }

  Spec spec() const {
    FitSpec spec;
    spec.version = kVersion;
    spec.machine = machine(*backend_);
    spec.frame = job_.frame;
    spec.family = job_.family;
    spec.priors = model_->priors;
    spec.layer_noise = job_.model.layer_noise;
    spec.horseshoe = job_.model.horseshoe;
    spec.augmented = job_.model.augmented;
    spec.rows_by_group = job_.rows_by_group;
    for (const SideDesign& side : job_.design.sides) spec.fixed_names.push_back(side.fixed_names);
    spec.predictors = model_->predictors;
    spec.rows = resident_->rows;
    spec.missing_responses = recorder_->missing_responses();
    spec.table_rows = static_cast<long long>(job_.design.table_rows);
    spec.notes = job_.design.notes;
    spec.run = job_.run;
    spec.run.device = backend_->name();
    return spec;
  }

  FitJob& job_;
  const Watch& watch_;
  mutable std::atomic<bool> refused_ = false;  ///< a stop was asked for; of all chains' threads
  bool moved_ = false;                         ///< a round of this run is done
  Clock::time_point start_;
  Clock::time_point saved_;
  double save_seconds_ = 0;
  double seconds_before_ = 0;
  std::shared_ptr<const Backend> backend_;
  std::vector<DataVariable> data_variables_;
  std::unique_ptr<Model> model_;
  EffectsSaving effects_;
  std::vector<EffectGroup> moment_groups_;
  std::unique_ptr<ResidentData> resident_;
  std::unique_ptr<Context> context_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<Monitor> monitor_;
  std::unique_ptr<Thinning> thinning_;
  std::int64_t total_ = 0;
  std::int64_t done_ = 0;
  std::int64_t looked_at_ = 0;  ///< draws when effective draws were last counted
  bool reached_ = false;        ///< they are as many as were asked for
  std::unique_ptr<ChainSet> chains_;
};

}  // namespace

FitOutcome run_fit(FitJob job, const OpenSink& open, const Watch& watch) {
  if (!job.run.seed) job.run.seed = std::random_device{}();
  return Run(job, watch).fresh(open);
}

FitOutcome continue_fit(FitJob job, const DrawSource& source, const ReopenSink& reopen, const Watch& watch) {
  return Run(job, watch).resumed(source, reopen);
}

}  // namespace bdglm
