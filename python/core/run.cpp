// Runs for Python: the interpreter's lock is released, and signals are looked for.
#include <nanobind/stl/shared_ptr.h>

#include "bindings.hpp"
#include "signals.hpp"

namespace bdglm::python {
namespace {

/// A watcher that calls `watch` with what the run tells and stops it where that is False or a signal has come. What
/// Python raises ends the run with its state kept, and is raised when the run has returned.
class PythonWatcher {
 public:
  explicit PythonWatcher(nb::object watch) : watch_(std::move(watch)) {}

  bool operator()(const Progress& progress) {
    const nb::gil_scoped_acquire lock;
    if (PyErr_CheckSignals() != 0) return signals_.stop(), false;
    if (watch_.is_none()) return true;
    // What Python keeps of it may be read later, when the run is no longer there to be asked.
    const auto seen = std::make_shared<Progress>(progress);
    try {
      const nb::object goes_on = watch_(seen);
      seen->least_effective_draws = nullptr;
      return goes_on.is_none() || nb::cast<bool>(goes_on);
    } catch (nb::python_error& error) {
      seen->least_effective_draws = nullptr;
      error.restore();
      return signals_.stop(), false;
    }
  }

  /// For all threads of the run, in the midst of its work.
  bool asked() { return signals_.asked(); }

  /// What was raised, or None.
  nb::object raised() const { return signals_.raised(); }

 private:
  nb::object watch_;
  SignalWatch signals_;
};

/// (posterior, what was raised meanwhile or None).
template <class Run>
nb::tuple watched(nb::object watch, Run&& run) {
  PythonWatcher watcher(std::move(watch));
  std::optional<Posterior> posterior;
  {
    const nb::gil_scoped_release unlocked;
    posterior.emplace(
        run([&](const Progress& progress) { return watcher(progress); }, [&] { return watcher.asked(); }));
  }
  return nb::make_tuple(std::move(*posterior), watcher.raised());
}

}  // namespace

void bind_runs(nb::module_& module) {
  nb::class_<ModelSpec>(module, "ModelSpec", "The specification of a model.")
      .def(nb::init<>())
      .def_rw("formula", &ModelSpec::formula)
      .def_rw("predictor_formulas", &ModelSpec::predictor_formulas)
      .def_rw("data", &ModelSpec::data)
      .def_rw("family", &ModelSpec::family)
      .def_rw("link", &ModelSpec::link)
      .def_rw("sigma", &ModelSpec::sigma)
      .def_rw("factors", &ModelSpec::factors)
      .def_rw("priors", &ModelSpec::priors)
      .def_rw("layer_noise", &ModelSpec::layer_noise)
      .def_rw("input_prior", &ModelSpec::input_prior)
      .def_rw("na", &ModelSpec::na);
  nb::class_<RunOptions>(module, "RunOptions", "How a model is fitted.")
      .def(nb::init<>())
      .def_rw("chains", &RunOptions::chains)
      .def_rw("warmup", &RunOptions::warmup)
      .def_rw("draws", &RunOptions::draws)
      .def_rw("thin", &RunOptions::thin)
      .def_rw("seed", &RunOptions::seed)
      .def_rw("threads", &RunOptions::threads)
      .def_rw("device", &RunOptions::device)
      .def_rw("save", &RunOptions::save)
      .def_rw("save_effects", &RunOptions::save_effects)
      .def_rw("overwrite", &RunOptions::overwrite)
      .def_rw("until_ess", &RunOptions::until_ess)
      .def_rw("max_seconds", &RunOptions::max_seconds);
  nb::class_<Progress>(module, "Progress", "What a run tells while it goes.")
      .def_ro("phase", &Progress::phase)
      .def_ro("sweeps", &Progress::sweeps)
      .def_ro("total", &Progress::total)
      .def_ro("seconds", &Progress::seconds)
      .def_ro("divergences", &Progress::divergences)
      .def(
          "least_effective_draws",
          [](const Progress& progress) -> std::optional<double> {
            return progress.least_effective_draws ? progress.least_effective_draws() : std::nullopt;
          },
          nb::call_guard<nb::gil_scoped_release>(),
          "Effective draws (bulk) of the parameter that has fewest; takes its time. None before there are four draws "
          "of "
          "each chain, and once the watcher has returned.");
  module.def(
      "fit",
      [](const ModelSpec& model, const RunOptions& options, const std::string& path, nb::object watch) {
        return watched(std::move(watch), [&](const Watcher& watcher, const StopRequest& stop) {
          return path.empty() ? fit(model, options, watcher, stop) : fit_to_file(model, path, options, watcher, stop);
        });
      },
      nb::arg("model"), nb::arg("options"), nb::arg("path"), nb::arg("watch").none());
  module.def(
      "update",
      [](const Posterior& posterior, const Data& rows, const RunOptions& options, const std::string& path,
         nb::object watch) {
        return watched(std::move(watch), [&](const Watcher& watcher, const StopRequest& stop) {
          return path.empty() ? update(posterior, rows, options, watcher, stop)
                              : update_to_file(posterior, rows, path, options, watcher, stop);
        });
      },
      nb::arg("posterior"), nb::arg("rows"), nb::arg("options"), nb::arg("path"), nb::arg("watch").none());
  module.def(
      "resume",
      [](const std::string& path, int threads, int draws, std::optional<std::uint64_t> seed, double max_seconds,
         nb::object watch) {
        return watched(std::move(watch), [&](const Watcher& watcher, const StopRequest& stop) {
          return resume(path, {threads, draws, seed, max_seconds}, watcher, stop);
        });
      },
      nb::arg("path"), nb::arg("threads"), nb::arg("draws"), nb::arg("seed").none(), nb::arg("max_seconds"),
      nb::arg("watch").none());
}

}  // namespace bdglm::python
