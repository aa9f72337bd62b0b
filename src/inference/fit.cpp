// The run: warm starts, rounds of sweeps over all chains at once, draws and states to the file.
#include "bdglm/inference/fit.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <mutex>
#include <thread>

#include "bdglm/base/error.hpp"
#include "bdglm/base/version.hpp"
#include "bdglm/inference/sweep.hpp"
#include "inference/design_archive.hpp"
#include "inference/recorder.hpp"

namespace bdglm {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Calls f(chain) for every chain on up to `threads` threads; the first exception is rethrown.
void for_each_chain(int chains, int threads, const std::function<void(int)>& f) {
  std::atomic<int> next = 0;
  std::exception_ptr failure;
  std::mutex mutex;
  const auto work = [&] {
    for (int c = next++; c < chains; c = next++) {
      try {
        f(c);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
      }
    }
  };
  std::vector<std::thread> pool;
  for (int t = 1; t < std::min(threads, chains); ++t) pool.emplace_back(work);
  work();
  for (std::thread& thread : pool) thread.join();
  if (failure) std::rethrow_exception(failure);
}

/// What the model asks of a device: arrays of eight bytes, of the data and of each chain.
Workload workload(const Model& model, const Design& design, int chains) {
  const NetworkShape& shape = model.shape;
  double units = 0;
  double widest = 0;
  double columns_of_layers = 0;
  double products = 0;
  for (int l = 0; l < shape.layers(); ++l) {
    units += shape.width(l);
    widest = std::max<double>(widest, shape.width(l));
    columns_of_layers = std::max<double>(columns_of_layers, shape.input_width(l) + 1);
    products += 2.0 * shape.input_width(l) * shape.width(l);
  }
  double columns = 0;
  double effects = 0;
  for (const RandomEffect& effect : model.effects) {
    const auto width = static_cast<double>(effect.width());
    columns += effect.deep ? 0 : width;
    effects += static_cast<double>(effect.levels) * width * (width + shape.fixed + shape.last_width());
  }
  const double core = shape.fixed + shape.last_width();
  const auto rows = static_cast<double>(design.size());
  Workload work;
  work.operations = rows * (3 * products + core * (core + columns) + 8);
  const auto maps = static_cast<double>(model.effects.size() + 1);
  work.shared_bytes = 8 * rows * (shape.fixed + shape.inputs + columns + maps + 6);
  // Units and noise of the state, then scratch: units, their derivatives, columns of the metric's moments, and what
  // draws of hidden units keep.
  const double scratch = columns_of_layers + (model.has_noise() ? widest + 40 : 0);
  work.chain_bytes =
      8 * (rows * (5 * units + 2 * widest + scratch + 12) + 4 * effects + 4 * core * core + 65536 * core);
  work.chains = chains;
  return work;
}

/// A state as one vector, and back; the layout is the same for every chain of a model.
std::vector<double> flatten(const Archive& archive) {
  std::vector<double> flat;
  for (const auto& [name, values] : archive) flat.insert(flat.end(), values.data(), values.data() + values.size());
  return flat;
}

Spec layout_of(const Archive& archive) {
  Spec layout = Spec::array();
  for (const auto& [name, values] : archive) layout.push_back({name, values.rows(), values.cols()});
  return layout;
}

Archive unflatten(const std::vector<double>& flat, const Spec& layout) {
  Archive archive;
  std::size_t at = 0;
  for (const Spec& entry : layout) {
    RowMatrix values(entry[1].get<Eigen::Index>(), entry[2].get<Eigen::Index>());
    if (at + static_cast<std::size_t>(values.size()) > flat.size())
      throw DataError("the saved state is shorter than its layout says");
    std::copy_n(flat.begin() + static_cast<std::ptrdiff_t>(at), values.size(), values.data());
    at += static_cast<std::size_t>(values.size());
    archive[entry[0].get<std::string>()] = values;
  }
  return archive;
}

class Run {
 public:
  Run(FitJob& job, const std::string& path, const std::function<void(const Progress&)>& progress,
      const std::atomic<bool>& stop)
      : job_(job), path_(path), progress_(progress), stop_(stop), start_(Clock::now()) {
    data_variables_ = archive_design(job.design);
    model_ = std::make_unique<Model>(make_model(job.frame, job.design, job.family, job.model));
    OpenedBackend opened = open_backend(job.run.device, workload(*model_, job.design, job.run.chains));
    backend_ = std::move(opened.backend);
    if (!opened.note.empty()) job.design.notes.push_back(opened.note);
    resident_ = std::make_unique<ResidentData>(make_resident(*model_, job.design, *backend_));
    context_ = std::make_unique<Context>(Context{*model_, *resident_, *backend_});
    recorder_ = std::make_unique<Recorder>(*context_, job.frame, job.design, job.run.save);
    threads_ = job.run.threads > 0 ? job.run.threads : default_threads(job.run.chains);
    total_ = job.run.warmup + job.run.draws * job.run.thin;
    for (int c = 0; c < job.run.chains; ++c) {
      sweeps_.push_back(make_sweep(*context_, job.design));
      states_.push_back(make_state(*context_));
    }
    backend_->finish();
    // The sweeps know what they need of the design; the matrices live on the backend now.
    job.design.fixed.resize(0, 0);
    job.design.deep.resize(0, 0);
    for (GroupDesign& group : job.design.groups) group.z.resize(0, 0);
  }

  FitOutcome fresh() {
    FitWriter writer(path_, recorder_->variables(), std::move(data_variables_), job_.run.chains);
    progress_({"warm start", 0, total_, seconds_since(start_)});
    for_each_chain(job_.run.chains, threads_, [&](int c) {
      warm_start(states_[static_cast<std::size_t>(c)], *context_, address(c, 0));
      backend_->finish();
    });
    save(writer, false);
    return loop(writer);
  }

  FitOutcome resumed(const FitReader& file) {
    const Spec& spec = file.spec();
    done_ = spec.at("progress").at("sweeps").get<int>();
    seconds_before_ = spec.at("seconds").get<double>();
    const std::vector<std::vector<double>> flat = file.states();
    for (std::size_t c = 0; c < states_.size(); ++c)
      load_state(unflatten(flat[c], spec.at("state_layout")), states_[c], *context_);
    backend_->finish();
    FitWriter writer = FitWriter::reopen(path_, recorder_->variables(), job_.run.chains, file.draws());
    return loop(writer);
  }

 private:
  /// As many as the machine has; on a device, whose threads only wait, one a chain.
  int default_threads(int chains) const {
    if (backend_->name() != "cpu") return std::min(chains, 64);
    return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  }

  Address address(int chain, int sweep) const {
    return {job_.run.seed, static_cast<std::uint32_t>(chain), static_cast<std::uint32_t>(sweep), Site::latents, 0};
  }

  FitOutcome loop(FitWriter& writer) {
    constexpr double kRoundSeconds = 0.25;
    constexpr std::size_t kBufferBytes = std::size_t{128} << 20U;
    int round = 1;
    Clock::time_point saved = Clock::now();
    double save_seconds = 0;
    while (done_ < total_ && !stop_) {
      const Clock::time_point from = Clock::now();
      const int until = std::min(total_, done_ + round);
      std::vector<std::vector<std::vector<double>>> drawn(states_.size());
      for_each_chain(job_.run.chains, threads_, [&](int c) { advance(c, until, drawn[static_cast<std::size_t>(c)]); });
      for (int c = 0; c < job_.run.chains; ++c)
        for (const std::vector<double>& values : drawn[static_cast<std::size_t>(c)]) writer.add(c, values);
      done_ = until;
      const double took = std::max(seconds_since(from), 1e-6);
      round = std::clamp(static_cast<int>(round * kRoundSeconds / took), 1, 2 * round + 1);
      progress_({done_ <= job_.run.warmup ? "warm-up" : "sampling", done_, total_, elapsed()});
      // Saving copies the file: at most every few seconds and a twentieth of the time, at least every minute.
      const double since = seconds_since(saved);
      if (since > std::clamp(20 * save_seconds, 5.0, 50.0) || writer.buffered_bytes() > kBufferBytes) {
        const Clock::time_point before = Clock::now();
        save(writer, false);
        save_seconds = seconds_since(before);
        saved = Clock::now();
      }
    }
    FitOutcome outcome;
    outcome.complete = done_ >= total_;
    outcome.notes = job_.design.notes;
    save(writer, outcome.complete);
    outcome.seconds = elapsed();
    progress_({"saved", done_, total_, elapsed()});
    return outcome;
  }

  void advance(int chain, int until, std::vector<std::vector<double>>& drawn) {
    const auto c = static_cast<std::size_t>(chain);
    for (int sweep = done_; sweep < until; ++sweep) {
      const SweepPosition position{address(chain, sweep), job_.run.warmup};
      sweeps_[c].run(states_[c], *context_, position);
      const int kept = sweep - job_.run.warmup;
      if (kept >= 0 && (kept + 1) % job_.run.thin == 0)
        drawn.push_back(recorder_->values(states_[c], position.address));
    }
  }

  double elapsed() const { return seconds_before_ + seconds_since(start_); }

  void save(FitWriter& writer, bool complete) {
    std::vector<std::vector<double>> flat;
    Archive archive;
    for (const State& state : states_) {
      archive = save_state(state, *context_);
      flat.push_back(flatten(archive));
    }
    Spec spec = {{"program", "bdglm"},
                 {"version", kVersion},
                 {"formula", job_.frame.formula_text},
                 {"family", family_name(job_.family)},
                 {"frame", job_.frame},
                 {"priors", job_.model.priors},
                 {"prior_statements", model_->priors.statements},
                 {"layer_noise",
                  {{"kind", static_cast<int>(job_.model.layer_noise.kind)}, {"value", job_.model.layer_noise.value}}},
                 {"horseshoe", job_.model.horseshoe},
                 {"fixed_names", model_->fixed_names},
                 {"rows", resident_->rows},
                 {"table_rows", job_.design.table_rows},
                 {"notes", job_.design.notes},
                 {"run",
                  {{"chains", job_.run.chains},
                   {"warmup", job_.run.warmup},
                   {"draws", job_.run.draws},
                   {"thin", job_.run.thin},
                   {"seed", job_.run.seed},
                   {"device", backend_->name()},
                   {"save", job_.run.save}}},
                 {"progress", {{"sweeps", done_}, {"total", total_}, {"complete", complete}}},
                 {"seconds", elapsed()},
                 {"state_layout", layout_of(archive)}};
    writer.commit(spec, flat);
  }

  FitJob& job_;
  std::string path_;
  const std::function<void(const Progress&)>& progress_;
  const std::atomic<bool>& stop_;
  Clock::time_point start_;
  double seconds_before_ = 0;
  std::shared_ptr<const Backend> backend_;
  std::vector<DataVariable> data_variables_;
  std::unique_ptr<Model> model_;
  std::unique_ptr<ResidentData> resident_;
  std::unique_ptr<Context> context_;
  std::unique_ptr<Recorder> recorder_;
  int threads_ = 1;
  int total_ = 0;
  int done_ = 0;
  std::vector<Sweep> sweeps_;
  std::vector<State> states_;
};

}  // namespace

FitOutcome fit(FitJob job, const std::string& path, const std::function<void(const Progress&)>& progress,
               const std::atomic<bool>& stop) {
  return Run(job, path, progress, stop).fresh();
}

FitOutcome resume(const std::string& path, int threads, const std::function<void(const Progress&)>& progress,
                  const std::atomic<bool>& stop) {
  const FitReader file(path);
  const Spec& spec = file.spec();
  if (spec.at("progress").at("complete").get<bool>()) {
    FitOutcome outcome;
    outcome.complete = true;
    outcome.seconds = spec.at("seconds").get<double>();
    return outcome;
  }
  FitJob job;
  job.frame = spec.at("frame").get<Frame>();
  job.family = family_from_name(spec.at("family").get<std::string>());
  job.design = restore_design(file, job.frame);
  job.design.table_rows = spec.at("table_rows").get<std::size_t>();
  job.model.priors = spec.at("priors").get<std::vector<std::string>>();
  job.model.layer_noise = {static_cast<LayerNoise::Kind>(spec.at("layer_noise").at("kind").get<int>()),
                           spec.at("layer_noise").at("value").get<double>()};
  job.model.horseshoe = spec.at("horseshoe").get<bool>();
  const Spec& run = spec.at("run");
  job.run = {run.at("chains"), run.at("warmup"), run.at("draws"),  run.at("thin"),
             run.at("seed"),   threads,          run.at("device"), run.at("save").get<std::vector<std::string>>()};
  return Run(job, path, progress, stop).resumed(file);
}

}  // namespace bdglm
