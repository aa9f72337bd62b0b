// Dual averaging, and its numbers in an archive.
#include "engines/gibbs/step_size.hpp"

#include <cmath>

namespace bdglm {

StepSize::StepSize(double first) : log_step_(std::log(first)), log_average_(log_step_), center_(std::log(4 * first)) {}

void StepSize::update(double acceptance, double target) {
  count_ += 1;
  const double weight = 1 / (count_ + 10);
  error_ = (1 - weight) * error_ + weight * (target - acceptance);
  log_step_ = center_ - std::sqrt(count_) / 0.05 * error_;
  const double decay = std::pow(count_, -0.75);
  log_average_ = decay * log_step_ + (1 - decay) * log_average_;
}

void StepSize::save(Archive& archive) const {
  archive["step"] = (RowMatrix(5, 1) << log_step_, log_average_, error_, center_, count_).finished();
}

void StepSize::load(const Archive& archive) {
  const RowMatrix& saved = archived(archive, "step", 5, 1);
  log_step_ = saved(0);
  log_average_ = saved(1);
  error_ = saved(2);
  center_ = saved(3);
  count_ = saved(4);
}

}  // namespace bdglm
