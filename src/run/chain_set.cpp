// Moving chains side by side, each on a thread of its own.
#include "run/chain_set.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <stdexcept>

#include "base/stop_point.hpp"
#include "bdglm/error.hpp"
#include "run/chain_threads.hpp"

namespace bdglm {

ChainSet::ChainSet(const Context& context, const Design& design, const RunOptions& run, int threads,
                   std::vector<EffectGroup> moments, std::function<bool()> stopped)
    : context_(context),
      run_(run),
      threads_(threads),
      moment_groups_(std::move(moments)),
      stopped_(std::move(stopped)) {
  for (int c = 0; c < run.chains; ++c) {
    chains_.emplace_back();
    chains_.back().sweep = make_sweep(context, design);
    chains_.back().state = make_state(context);
  }
  context.backend.finish();
  // From a device a large state takes longer than the rest of a sweep.
  constexpr std::size_t kLarge = std::size_t{1} << 22U;
  leaves_sweeps_ = context.backend.name() == "cpu" || state_size() < kLarge;
}

std::size_t ChainSet::state_size() const { return flatten(archive_of(chains_.front())).size(); }

void ChainSet::begin(int chain) {
  Chain& own = chains_[static_cast<std::size_t>(chain)];
  own.search = make_warm_start(own.state, context_, address(chain, 0));
}

void ChainSet::begin() {
  for (int c = 0; c < run_.chains; ++c) begin(c);
}

void ChainSet::load(const SavedChains& saved) try {
  for (int c = 0; c < run_.chains; ++c) {
    const auto k = static_cast<std::size_t>(c);
    Chain& chain = chains_[k];
    const Archive archive = saved.flat.empty() ? Archive() : unflatten(saved.flat[k], saved.layouts.at(k));
    if (archive.count("theta") != 0) {
      load_state(archive, chain.state, context_);
      chain.sweep.load(archive, context_);
      chain.moments.load(archive);
      continue;
    }
    begin(c);
    if (!archive.empty()) chain.search->load(archive);
  }
  context_.backend.finish();
} catch (const std::out_of_range&) {  // other rows may need what the first run did not save
  throw DataError(
      "the fit's saved states are not those of its rows; the file is damaged: take a copy that is not, or fit again");
}

Archive ChainSet::archive_of(const Chain& chain) const {
  Archive archive = save_state(chain.state, context_);
  chain.sweep.save(archive, context_);
  return archive;
}

Archive ChainSet::saved_of(const Chain& chain) const {
  Archive archive;
  if (chain.search) {
    chain.search->save(archive);
  } else {
    archive = archive_of(chain);
    chain.moments.save(archive);
  }
  return archive;
}

SavedChains ChainSet::save() const {
  SavedChains saved;
  for (const Chain& chain : chains_) {
    const Archive archive = chain.before.empty() ? saved_of(chain) : chain.before;
    saved.flat.push_back(flatten(archive));
    saved.layouts.push_back(layout_of(archive));
  }
  return saved;
}

bool ChainSet::searching() const {
  return std::any_of(chains_.begin(), chains_.end(), [](const Chain& chain) { return chain.search != nullptr; });
}

ChainSet::Steps ChainSet::search(double seconds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  for_each_chain(
      run_.chains, threads_,
      [&](int c) {
        Chain& chain = chains_[static_cast<std::size_t>(c)];
        if (!chain.search) return;
        const StopScope scope(stopped_);
        try {
          chain.before = saved_of(chain);
          while (chain.search && !stopped_()) {
            if (!chain.search->step()) {
              chain.sweep.begin(chain.search->metric());
              chain.search.reset();
            }
            if (std::chrono::steady_clock::now() > until) break;
          }
          chain.before.clear();
        } catch (const Stopped&) {
        }
        context_.backend.finish();
      },
      [this] { stopped_(); });
  Steps steps{std::numeric_limits<std::int64_t>::max(), 0};
  for (const Chain& chain : chains_) {
    if (!chain.search) continue;
    steps.done = std::min<std::int64_t>(steps.done, chain.search->done());
    steps.total = chain.search->steps();
  }
  return steps;
}

std::optional<ChainSet::Drawn> ChainSet::advance(std::int64_t from, std::int64_t until, const Recorder& recorder) {
  Drawn drawn(chains_.size());
  std::atomic<bool> left = false;
  for_each_chain(
      run_.chains, threads_,
      [&](int c) {
        try {
          advance(c, from, until, recorder, drawn[static_cast<std::size_t>(c)]);
        } catch (const Stopped&) {
          left = true;
          context_.backend.finish();
        }
      },
      [this] { stopped_(); });
  for (Chain& chain : chains_) {
    if (left && !chain.before.empty()) chain.moments.load(chain.before);
    if (!left) chain.before.clear();
  }
  return left ? std::nullopt : std::make_optional(std::move(drawn));
}

void ChainSet::advance(int chain, std::int64_t from, std::int64_t until, const Recorder& recorder,
                       std::vector<std::vector<double>>& drawn) {
  Chain& own = chains_[static_cast<std::size_t>(chain)];
  static const std::function<bool()> never = [] { return false; };
  const StopScope scope(leaves_sweeps_ ? stopped_ : never);
  if (leaves_sweeps_) own.before = saved_of(own);
  for (std::int64_t sweep = from; sweep < until; ++sweep) {
    const SweepPosition position{address(chain, sweep), run_.warmup};
    own.sweep.run(own.state, context_, position);
    const std::int64_t kept = sweep - run_.warmup + 1;
    if (kept <= 0) {
      if (run_.thin == 0 && 2 * sweep >= run_.warmup)
        drawn.push_back(recorder.values(own.state, own.sweep.record(), position.address, 0));
      own.sweep.clear_record();
      continue;
    }
    if (kept % run_.thin != 0) continue;
    drawn.push_back(recorder.values(own.state, own.sweep.record(), position.address, kept / run_.thin - 1));
    own.sweep.clear_record();
    if (moment_groups_.empty()) continue;
    std::vector<RowMatrix> effects;
    for (const EffectGroup& group : moment_groups_) effects.push_back(effects_of(group, own.state, context_.backend));
    own.moments.add(effects);
  }
}

EffectMoments ChainSet::moments() const {
  EffectMoments all;
  for (const Chain& chain : chains_) all.add(chain.moments);
  return all;
}

}  // namespace bdglm
