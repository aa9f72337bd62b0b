// Rows split over several backends, each in a thread, whose all_reduce is a sum under a lock.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/problem.hpp"

namespace bdglm::test {

/// Where the parts' threads meet: arrays are added up in the order of the parts, so that all have the same bits. A
/// part that leaves, or that brings another number of values, breaks it for all.
class Meeting {
 public:
  explicit Meeting(std::size_t parts) : given_(parts) {}

  void all_reduce(std::size_t part, double* values, std::size_t count) {
    std::unique_lock lock(mutex_);
    given_[part] = {values, count};
    broken_ = broken_ || left_;
    if (++arrived_ == given_.size()) {
      add_up();
    } else {
      const std::size_t round = rounds_;
      if (broken_) changed_.notify_all();
      changed_.wait(lock, [&] { return rounds_ != round || broken_; });
    }
    if (broken_) throw std::runtime_error("the parts do not add up the same arrays");
    std::copy(sum_.begin(), sum_.end(), values);
  }

  /// To be called by a part that is done.
  void leave() {
    const std::lock_guard lock(mutex_);
    left_ = true;
    broken_ = broken_ || arrived_ > 0;
    changed_.notify_all();
  }

  std::size_t rounds() const { return rounds_; }

 private:
  struct Given {
    const double* values = nullptr;
    std::size_t count = 0;
  };

  void add_up() {
    arrived_ = 0;
    ++rounds_;
    sum_.assign(given_.front().count, 0);
    for (const Given& each : given_) {
      broken_ = broken_ || each.count != sum_.size();
      for (std::size_t k = 0; k < sum_.size() && !broken_; ++k) sum_[k] += each.values[k];
    }
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Given> given_;
  std::vector<double> sum_;
  std::size_t arrived_ = 0;
  std::size_t rounds_ = 0;
  bool left_ = false;
  bool broken_ = false;
};

using OpenBackend = std::function<std::shared_ptr<const Backend>(RowPart)>;

/// What is done wrong on purpose, to see that it shows.
enum class Fault { none, sums_of_one_part, addresses_of_one_part };

/// Calls f(part, backend) in a thread for each part; parts begin at the rows in `first`. Returns the number of sums.
inline std::size_t in_parts(const std::vector<Eigen::Index>& first, const OpenBackend& open, Fault fault,
                            const std::function<void(std::size_t, std::shared_ptr<const Backend>)>& f) {
  Meeting meeting(first.size());
  std::vector<std::exception_ptr> errors(first.size());
  std::vector<std::thread> threads;
  for (std::size_t p = 0; p < first.size(); ++p)
    threads.emplace_back([&, p] {
      try {
        RowPart part;
        if (fault != Fault::addresses_of_one_part) part.first = first[p];
        if (fault == Fault::sums_of_one_part)
          part.all_reduce = [](double*, std::size_t) {};
        else
          part.all_reduce = [&meeting, p](double* values, std::size_t count) { meeting.all_reduce(p, values, count); };
        f(p, open(part));
      } catch (...) {
        errors[p] = std::current_exception();
      }
      meeting.leave();
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& error : errors)
    if (error) std::rethrow_exception(error);
  return meeting.rounds();
}

/// The rows [first, first + count) of a design.
inline Design slice(const Design& whole, Eigen::Index first, Eigen::Index count) {
  Design part = whole;
  const auto cut = [&](auto& list) {
    if (list.empty()) return;
    const auto begin = list.begin() + static_cast<std::ptrdiff_t>(first);
    list = std::decay_t<decltype(list)>(begin, begin + static_cast<std::ptrdiff_t>(count));
  };
  const auto cut_rows = [&](auto& m) {
    if (m.rows() > 0) m = m.middleRows(first, count).eval();
  };
  cut(part.rows);
  cut(part.sigma_index);
  cut_rows(part.deep);
  for (Eigen::VectorXd* v : {&part.response, &part.trials, &part.weights}) cut_rows(*v);
  for (SideDesign& side : part.sides) {
    cut_rows(side.fixed);
    cut_rows(side.offset);
    for (TermDesign& group : side.groups) {
      cut_rows(group.z);
      cut(group.index);
    }
  }
  return part;
}

}  // namespace bdglm::test
