// The run: warm starts, rounds of sweeps over all chains at once, draws and states to the file.
#include "run/run.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <limits>
#include <random>
#include <thread>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "bdglm/version.hpp"
#include "engines/gibbs/sweep.hpp"
#include "model/fit_spec.hpp"
#include "run/chain_threads.hpp"
#include "run/design_archive.hpp"
#include "run/effect_moments.hpp"
#include "run/monitor.hpp"
#include "run/recorder.hpp"
#include "run/state_archive.hpp"
#include "run/workload.hpp"

namespace bdglm {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Sweeps of each chain; their number is a word of every random number's address.
std::int64_t total_sweeps(const RunOptions& run) {
  const std::int64_t total = run.warmup + static_cast<std::int64_t>(run.draws) * run.thin;
  if (total > std::numeric_limits<std::uint32_t>::max())
    throw ModelError(setting("warmup") + " " + std::to_string(run.warmup) + " and " + setting("draws") + " " +
                     std::to_string(run.draws) + " times " + setting("thin") + " " + std::to_string(run.thin) +
                     " are " + std::to_string(total) + " sweeps a chain, more than 4294967295; give fewer " +
                     setting("draws") + " or a smaller " + setting("thin"));
  return total;
}

/// What last bits depend on.
std::string machine(const Backend& backend) { return backend.name() + ", " + cpu_arithmetic(); }

/// Each note once, in the order of their first.
std::vector<std::string> once_each(const std::vector<std::string>& notes) {
  std::vector<std::string> result;
  for (const std::string& note : notes)
    if (std::find(result.begin(), result.end(), note) == result.end()) result.push_back(note);
  return result;
}

/// One chain: its state, the updates that move it, and what it has found so far.
struct Chain {
  Sweep sweep;
  State state;
  std::unique_ptr<WarmStart> search;  ///< until the warm start is done
  EffectMoments moments;
};

class Run {
 public:
  Run(FitJob& job, const Watch& watch) : job_(job), watch_(watch), start_(Clock::now()) {
    total_ = total_sweeps(job.run);
    const int threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    check_work_memory(std::min(job.run.threads > 0 ? job.run.threads : threads, job.run.chains));
    check_observations(job.family, job.frame, job.design);
    drop_zero_weights(job.design);
    data_variables_ = archive_design(job.design);
    model_ = std::make_unique<Model>(make_model(job.frame, job.design, job.family, job.model));
    OpenedBackend opened = open_backend(job.run.device, workload(*model_, job.design, job.run.chains));
    backend_ = std::move(opened.backend);
    if (!opened.note.empty()) job.design.notes.push_back(opened.note);
    effects_ = choose_effects_saving(job.run, *model_, job.design.notes);
    // A resumed run finds again what the first one found.
    job.design.notes = once_each(job.design.notes);
    resident_ = std::make_unique<ResidentData>(make_resident(*model_, job.design, *backend_));
    context_ = std::make_unique<Context>(Context{*model_, *resident_, *backend_});
    effect_groups_ = group_effects(model_->effects);
    recorder_ = std::make_unique<Recorder>(*context_, job.frame, job.design, job.run, effects_);
    monitor_ =
        std::make_unique<Monitor>(recorder_->variables(), JudgedParameters(job.frame, job.family), job.run.chains);
    threads_ = job.run.threads > 0 ? job.run.threads : default_threads(job.run.chains);
    for (int c = 0; c < job.run.chains; ++c) {
      chains_.emplace_back();
      chains_.back().sweep = make_sweep(*context_, job.design);
      chains_.back().state = make_state(*context_);
    }
    backend_->finish();
    // The sweeps know what they need of the design; the matrices live on the backend now.
    job.design.fixed.resize(0, 0);
    job.design.deep.resize(0, 0);
    for (TermDesign& group : job.design.groups) group.z.resize(0, 0);
  }

  FitOutcome fresh(const OpenSink& open) {
    if (effects_.kind == EffectsSaving::Kind::moments)
      for (DataVariable& variable : moment_variables()) data_variables_.push_back(std::move(variable));
    FitLayout layout{recorder_->variables(), std::move(data_variables_), job_.run.chains,
                     flatten(archive_of(chains_.front())).size(), spec()};
    DrawSink& sink = open(std::move(layout));
    for (int c = 0; c < job_.run.chains; ++c) begin_search(c);
    return work(sink);
  }

  /// Takes up what a source holds, which must not change until `reopen` gives the sink for what comes after it.
  FitOutcome resumed(const DrawSource& source, const ReopenSink& reopen) {
    const FitSpec before = source.spec().get<FitSpec>();
    const Spec progress = source.spec().at("progress");
    done_ = progress.at("sweeps").get<std::int64_t>();
    seconds_before_ = before.seconds;
    const std::string here = machine(*backend_);
    if (here != before.machine || before.version != kVersion)
      job_.design.notes.push_back("the fit was begun by bdglm " + before.version + " on " + before.machine +
                                  "; this is bdglm " + kVersion + " on " + here +
                                  ": it goes on, but further draws may differ in their last bits from "
                                  "those of a run that was not interrupted");
    job_.design.notes = once_each(job_.design.notes);
    const std::vector<std::vector<double>> flat = source.states();
    for (int c = 0; c < job_.run.chains; ++c) {
      const auto k = static_cast<std::size_t>(c);
      Chain& chain = chains_[k];
      const Archive archive = flat.empty() ? Archive() : unflatten(flat[k], progress.at("state_layouts").at(k));
      if (archive.count("theta") != 0) {
        load_state(archive, chain.state, *context_);
        chain.sweep.load(archive, *context_);
        chain.moments.load(archive);
        continue;
      }
      begin_search(c);
      if (!archive.empty()) chain.search->load(archive);
    }
    backend_->finish();
    return work(reopen(recorder_->variables()));
  }

 private:
  static constexpr double kRoundSeconds = 0.25;

  /// As many as the machine has; on a device, whose threads only wait, one a chain.
  int default_threads(int chains) const {
    if (backend_->name() != "cpu") return std::min(chains, 64);
    return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  }

  Address address(int chain, std::int64_t sweep) const {
    return {*job_.run.seed, static_cast<std::uint32_t>(chain), static_cast<std::uint32_t>(sweep), Site::latents, 0};
  }

  void begin_search(int c) {
    Chain& chain = chains_[static_cast<std::size_t>(c)];
    chain.search = make_warm_start(chain.state, *context_, address(c, 0));
  }

  Archive archive_of(const Chain& chain) const {
    Archive archive = save_state(chain.state, *context_);
    chain.sweep.save(archive, *context_);
    return archive;
  }

  FitOutcome work(DrawSink& sink) {
    saved_ = Clock::now();
    search(sink);
    sample(sink);
    FitOutcome outcome;
    outcome.complete = done_ >= total_;
    outcome.notes = job_.design.notes;
    save(sink, outcome.complete);
    outcome.seconds = elapsed();
    tell("saved", done_, total_);
    return outcome;
  }

  bool stopped() const { return refused_ || (watch_.stop != nullptr && *watch_.stop); }

  void tell(const std::string& phase, std::int64_t done, std::int64_t total) {
    if (!watch_.report) return;
    Progress progress{phase, done, total, elapsed(), monitor_->divergences()};
    progress.least_effective_draws = [this] { return monitor_->least_effective_draws(); };
    refused_ = !watch_.report(progress) || refused_;
  }

  bool searching() const {
    return std::any_of(chains_.begin(), chains_.end(), [](const Chain& chain) { return chain.search != nullptr; });
  }

  /// The warm start, in rounds as the sampling: progress is shown and signals are looked at between steps.
  void search(DrawSink& sink) {
    if (!searching()) return;
    while (searching() && !stopped()) {
      const Clock::time_point from = Clock::now();
      for_each_chain(job_.run.chains, threads_, [&](int c) {
        Chain& chain = chains_[static_cast<std::size_t>(c)];
        while (chain.search && !stopped()) {
          if (!chain.search->step()) {
            chain.sweep.begin(chain.search->metric());
            chain.search.reset();
          }
          if (seconds_since(from) > kRoundSeconds) break;
        }
        backend_->finish();
      });
      std::int64_t steps = 0;
      std::int64_t least = std::numeric_limits<std::int64_t>::max();
      for (const Chain& chain : chains_) {
        if (!chain.search) continue;
        least = std::min<std::int64_t>(least, chain.search->done());
        steps = chain.search->steps();
      }
      if (steps > 0) tell("warm start", least, steps);
      save_now_and_then(sink);
    }
    if (!stopped()) save(sink, false);
  }

  void sample(DrawSink& sink) {
    constexpr std::size_t kBufferBytes = std::size_t{128} << 20U;
    std::int64_t round = 1;
    while (done_ < total_ && !stopped()) {
      const Clock::time_point from = Clock::now();
      const std::int64_t until = std::min(total_, done_ + round);
      std::vector<std::vector<std::vector<double>>> drawn(chains_.size());
      for_each_chain(job_.run.chains, threads_, [&](int c) { advance(c, until, drawn[static_cast<std::size_t>(c)]); });
      for (int c = 0; c < job_.run.chains; ++c) keep(sink, c, std::move(drawn[static_cast<std::size_t>(c)]));
      done_ = until;
      const double took = std::max(seconds_since(from), 1e-6);
      round = std::clamp<std::int64_t>(static_cast<std::int64_t>(static_cast<double>(round) * kRoundSeconds / took), 1,
                                       2 * round + 1);
      tell(done_ <= job_.run.warmup ? "warm-up" : "sampling", done_, total_);
      if (sink.buffered_bytes() > kBufferBytes)
        save(sink, false);
      else
        save_now_and_then(sink);
    }
  }

  void keep(DrawSink& sink, int c, std::vector<std::vector<double>> drawn) {
    std::int64_t draw = std::max<std::int64_t>(0, done_ - job_.run.warmup) / job_.run.thin;
    for (std::vector<double>& values : drawn) {
      monitor_->add(c, values, draw++);
      sink.add(c, std::move(values));
    }
  }

  void advance(int c, std::int64_t until, std::vector<std::vector<double>>& drawn) {
    Chain& chain = chains_[static_cast<std::size_t>(c)];
    for (std::int64_t sweep = done_; sweep < until; ++sweep) {
      const SweepPosition position{address(c, sweep), job_.run.warmup};
      chain.sweep.run(chain.state, *context_, position);
      const std::int64_t kept = sweep - job_.run.warmup + 1;
      if (kept <= 0) chain.sweep.clear_record();
      if (kept <= 0 || kept % job_.run.thin != 0) continue;
      drawn.push_back(recorder_->values(chain.state, chain.sweep.record(), position.address, kept / job_.run.thin - 1));
      chain.sweep.clear_record();
      if (effects_.kind != EffectsSaving::Kind::moments) continue;
      std::vector<RowMatrix> effects;
      for (const EffectGroup& group : effect_groups_) effects.push_back(effects_of(group, chain.state, *backend_));
      chain.moments.add(effects);
    }
  }

  double elapsed() const { return seconds_before_ + seconds_since(start_); }

  /// Every few seconds, for a twentieth of the time at most, and at least every minute.
  void save_now_and_then(DrawSink& sink) {
    if (seconds_since(saved_) > std::clamp(20 * save_seconds_, 5.0, 50.0)) save(sink, false);
  }

  void save(DrawSink& sink, bool complete) {
    const Clock::time_point before = Clock::now();
    std::vector<std::vector<double>> flat;
    Spec layouts = Spec::array();
    for (const Chain& chain : chains_) {
      Archive archive;
      if (chain.search) {
        chain.search->save(archive);
      } else {
        archive = archive_of(chain);
        chain.moments.save(archive);
      }
      flat.push_back(flatten(archive));
      layouts.push_back(layout_of(archive));
    }
    // With every commit, so that they are always those of the draws beside them.
    if (effects_.kind == EffectsSaving::Kind::moments && sink.draws() > 0)
      for (DataVariable& variable : moment_variables()) sink.put(std::move(variable));
    const Spec over = {{"seconds", elapsed()},
                       {"notes", job_.design.notes},
                       {"run", {{"draws", job_.run.draws}, {"seed", *job_.run.seed}}}};
    sink.commit({{"phase", searching()               ? "warm start"
                           : done_ < job_.run.warmup ? "warm-up"
                                                     : "sampling"},
                 {"sweeps", done_},
                 {"total", total_},
                 {"complete", complete},
                 {"state_layouts", layouts},
                 {"over", over}},
                flat);
    saved_ = Clock::now();
    save_seconds_ = seconds_since(before);
  }

  /// Means and covariances of all chains together; without values before there are draws.
  std::vector<DataVariable> moment_variables() const {
    EffectMoments all;
    for (const Chain& chain : chains_) all.add(chain.moments);
    return bdglm::moment_variables(all, effect_groups_, job_.frame);
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
    spec.fixed_names = job_.design.fixed_names;
    spec.predictors = model_->predictors;
    spec.rows = resident_->rows;
    spec.table_rows = static_cast<long long>(job_.design.table_rows);
    spec.notes = job_.design.notes;
    spec.run = job_.run;
    spec.run.device = backend_->name();
    return spec;
  }

  FitJob& job_;
  const Watch& watch_;
  bool refused_ = false;  ///< the watcher asked for a stop
  Clock::time_point start_;
  Clock::time_point saved_;
  double save_seconds_ = 0;
  double seconds_before_ = 0;
  std::shared_ptr<const Backend> backend_;
  std::vector<DataVariable> data_variables_;
  std::unique_ptr<Model> model_;
  EffectsSaving effects_;
  std::vector<EffectGroup> effect_groups_;
  std::unique_ptr<ResidentData> resident_;
  std::unique_ptr<Context> context_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<Monitor> monitor_;
  int threads_ = 1;
  std::int64_t total_ = 0;
  std::int64_t done_ = 0;
  std::deque<Chain> chains_;
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
