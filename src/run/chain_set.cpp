// Moving chains side by side, each on a thread of its own.
#include "run/chain_set.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <stdexcept>

#include "bdglm/error.hpp"
#include "run/chain_threads.hpp"

namespace bdglm {

ChainSet::ChainSet(const Context& context, const Design& design, const RunOptions& run, int threads,
                   std::vector<EffectGroup> moments)
    : context_(context), run_(run), threads_(threads), moment_groups_(std::move(moments)) {
  for (int c = 0; c < run.chains; ++c) {
    chains_.emplace_back();
    chains_.back().sweep = make_sweep(context, design);
    chains_.back().state = make_state(context);
  }
  context.backend.finish();
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

SavedChains ChainSet::save() const {
  SavedChains saved;
  for (const Chain& chain : chains_) {
    Archive archive;
    if (chain.search) {
      chain.search->save(archive);
    } else {
      archive = archive_of(chain);
      chain.moments.save(archive);
    }
    saved.flat.push_back(flatten(archive));
    saved.layouts.push_back(layout_of(archive));
  }
  return saved;
}

bool ChainSet::searching() const {
  return std::any_of(chains_.begin(), chains_.end(), [](const Chain& chain) { return chain.search != nullptr; });
}

ChainSet::Steps ChainSet::search(double seconds, const std::function<bool()>& stopped) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  for_each_chain(run_.chains, threads_, [&](int c) {
    Chain& chain = chains_[static_cast<std::size_t>(c)];
    while (chain.search && !stopped()) {
      if (!chain.search->step()) {
        chain.sweep.begin(chain.search->metric());
        chain.search.reset();
      }
      if (std::chrono::steady_clock::now() > until) break;
    }
    context_.backend.finish();
  });
  Steps steps{std::numeric_limits<std::int64_t>::max(), 0};
  for (const Chain& chain : chains_) {
    if (!chain.search) continue;
    steps.done = std::min<std::int64_t>(steps.done, chain.search->done());
    steps.total = chain.search->steps();
  }
  return steps;
}

ChainSet::Drawn ChainSet::advance(std::int64_t from, std::int64_t until, const Recorder& recorder) {
  Drawn drawn(chains_.size());
  for_each_chain(run_.chains, threads_,
                 [&](int c) { advance(c, from, until, recorder, drawn[static_cast<std::size_t>(c)]); });
  return drawn;
}

void ChainSet::advance(int chain, std::int64_t from, std::int64_t until, const Recorder& recorder,
                       std::vector<std::vector<double>>& drawn) {
  Chain& own = chains_[static_cast<std::size_t>(chain)];
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
