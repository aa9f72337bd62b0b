// Designs in single precision, and row-to-group maps on the device: sorting, the summation tree, pairs and compositions
// of maps.
#include "kernels/storage.cuh"

#include <algorithm>

namespace bdglm::cuda {
namespace {

DeviceArray<std::int32_t> uploaded(Queue& queue, const std::vector<std::int32_t>& host) {
  DeviceArray<std::int32_t> array(host.size());
  queue.write(host.data(), host.size(), array.data());
  return array;
}

}  // namespace

const float* rounded(Queue& queue, const Matrix& design) {
  auto& storage = *static_cast<MatrixStorage*>(design.storage());
  std::call_once(storage.rounded_once, [&] {
    const std::size_t cols = cols_of(design);
    const std::size_t stride = rounded_stride(design);
    DeviceArray<float> copy(rows_of(design) * stride);
    const double* from = values(design);
    float* to = copy.data();
    for_each(queue, count_of(design),
             [=] __device__(std::size_t t) { to[t / cols * stride + t % cols] = static_cast<float>(from[t]); });
    // Other threads' queues read it too.
    queue.wait();
    storage.rounded = std::move(copy);
  });
  return storage.rounded.data();
}

std::shared_ptr<IndexStorage> make_index(Queue& queue, const std::vector<std::int32_t>& index, std::size_t count) {
  auto storage = std::make_shared<IndexStorage>();
  storage->host = index;
  storage->groups = count;
  std::vector<std::int32_t> size(count, 0);
  for (const std::int32_t g : index) ++size[static_cast<std::size_t>(g)];
  std::vector<std::int32_t> next(count, 0);
  if (count > 0) std::partial_sum(size.begin(), size.end() - 1, next.begin() + 1);
  std::vector<std::int32_t> order(index.size());
  for (std::size_t i = 0; i < index.size(); ++i)
    order[static_cast<std::size_t>(next[static_cast<std::size_t>(index[i])]++)] = static_cast<std::int32_t>(i);
  storage->group = uploaded(queue, index);
  storage->order = uploaded(queue, order);
  // A group has at least one segment on every level, if an empty one.
  constexpr auto kSegment = static_cast<std::int32_t>(IndexStorage::kSegment);
  bool done = false;
  while (!done) {
    std::vector<std::int32_t> begin = {0};
    done = true;
    for (std::int32_t& s : size) {
      const std::int32_t segments = std::max(1, (s + kSegment - 1) / kSegment);
      const std::int32_t start = begin.back();
      for (std::int32_t k = 1; k <= segments; ++k) begin.push_back(start + std::min(s, k * kSegment));
      done = done && segments == 1;
      s = segments;
    }
    storage->begin.push_back(uploaded(queue, begin));
  }
  queue.wait();
  return storage;
}

IndexStorage& joined(Queue& queue, IndexStorage& a, IndexStorage& b) {
  const std::lock_guard lock(a.mutex);
  std::shared_ptr<IndexStorage>& pair = a.joined[&b];
  if (!pair) {
    const auto code = [&](std::size_t i) {
      return static_cast<std::uint64_t>(a.host[i]) << 32U | static_cast<std::uint64_t>(b.host[i]);
    };
    std::vector<std::uint64_t> pairs(a.host.size());
    for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] = code(i);
    std::sort(pairs.begin(), pairs.end());
    pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
    std::vector<std::int32_t> index(a.host.size());
    for (std::size_t i = 0; i < index.size(); ++i)
      index[i] = static_cast<std::int32_t>(std::lower_bound(pairs.begin(), pairs.end(), code(i)) - pairs.begin());
    std::vector<std::int32_t> first(pairs.size());
    std::vector<std::int32_t> second(pairs.size());
    for (std::size_t p = 0; p < pairs.size(); ++p) {
      first[p] = static_cast<std::int32_t>(pairs[p] >> 32U);
      second[p] = static_cast<std::int32_t>(pairs[p] & 0xFFFFFFFFU);
    }
    pair = make_index(queue, index, pairs.size());
    pair->first = uploaded(queue, first);
    pair->second = uploaded(queue, second);
    queue.wait();
  }
  return *pair;
}

IndexStorage& composed(Queue& queue, IndexStorage& a, IndexStorage& b) {
  const std::lock_guard lock(a.mutex);
  std::shared_ptr<IndexStorage>& both = a.composed[&b];
  if (!both) {
    std::vector<std::int32_t> index(a.host.size());
    for (std::size_t i = 0; i < index.size(); ++i) index[i] = b.host[static_cast<std::size_t>(a.host[i])];
    both = make_index(queue, index, b.groups);
  }
  return *both;
}

}  // namespace bdglm::cuda
