// The CUDA backend: storage and queues, one for each thread that works; the operations are its neighbours.
#include "kernels/cuda_backend.hpp"

#include "compute/dense_backend.hpp"
#include "kernels/operations.cuh"

namespace bdglm::cuda {
namespace {

/// Queues that no thread uses now.
class QueuePool {
 public:
  std::unique_ptr<Queue> take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return std::make_unique<Queue>();
    std::unique_ptr<Queue> queue = std::move(idle_.back());
    idle_.pop_back();
    return queue;
  }
  void give_back(std::unique_ptr<Queue> queue) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(queue));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Queue>> idle_;
};

/// A thread's queues, one for each backend that it uses; they go back when the thread ends.
class ThreadQueues {
 public:
  ThreadQueues() = default;
  ThreadQueues(const ThreadQueues&) = delete;
  ThreadQueues& operator=(const ThreadQueues&) = delete;
  ~ThreadQueues() {
    for (auto& [pool, queue] : queues_)
      if (const auto alive = pool.lock()) alive->give_back(std::move(queue));
  }
  Queue& of(const std::shared_ptr<QueuePool>& pool) {
    for (auto& [other, queue] : queues_)
      if (other.lock() == pool) return *queue;
    queues_.emplace_back(pool, pool->take());
    return *queues_.back().second;
  }

 private:
  std::vector<std::pair<std::weak_ptr<QueuePool>, std::unique_ptr<Queue>>> queues_;
};

class CudaBackend final : public DenseBackend {
 public:
  explicit CudaBackend(RowPart part) : part_(std::move(part)) {}

  std::string name() const override { return "cuda"; }
  void finish() const override { queue().finish(); }
  void all_reduce(double* numbers, std::size_t count) const override { part_.add_up(numbers, count); }
  Eigen::Index first_row() const override { return part_.first; }

  Matrix allocate(Eigen::Index rows, Eigen::Index cols) const override {
    auto storage = std::make_shared<MatrixStorage>(static_cast<std::size_t>(rows * cols));
    queue().clear(storage->values.data(), storage->values.size());
    return {std::move(storage), rows, cols};
  }
  void upload(const RowMatrix& host, Matrix& resident) const override {
    queue().write(host.data(), count_of(resident), values(resident));
  }
  RowMatrix download(const Matrix& resident) const override {
    RowMatrix host(resident.rows(), resident.cols());
    if (resident.size() > 0) queue().read(values(resident), count_of(resident), host.data());
    return host;
  }
  Indices upload_indices(const std::vector<std::int32_t>& index, Eigen::Index count) const override {
    return {make_index(queue(), index, static_cast<std::size_t>(count)), static_cast<Eigen::Index>(index.size()),
            count};
  }
  void copy(const Matrix& from, Matrix& to) const override { queue().copy(values(from), count_of(from), values(to)); }
  void copy_segment(const Matrix& from, Eigen::Index from_offset, Matrix& to, Eigen::Index to_offset,
                    Eigen::Index count) const override {
    queue().copy(values(from) + from_offset, static_cast<std::size_t>(count), values(to) + to_offset);
  }

  void axpy(double a, const Matrix& x, Matrix& y) const override { cuda::axpy(queue(), a, x, y); }
  void rotate(double angle, Matrix& x, Matrix& y) const override { cuda::rotate(queue(), angle, x, y); }
  double dot(const Matrix& x, const Matrix& y) const override {
    return cuda::dot(queue(), count_of(x), values(x), values(y));
  }
  double dot_rows(const Matrix& x, const Matrix& y) const override { return part_.sum(dot(x, y)); }
  void draw_normal(const Address& address, Matrix& out) const override { cuda::draw_normal(queue(), address, out); }
  double add_normal_prior(const Matrix& theta, const Matrix& mean, const Matrix& precision,
                          Matrix& gradient) const override {
    return cuda::add_normal_prior(queue(), theta, mean, precision, gradient);
  }
  void precondition(const Metric& metric, bool transposed, const Matrix& v, Matrix& out) const override {
    cuda::precondition(queue(), metric, transposed, v, out);
  }
  void transform(const Matrix& x, const RowMatrix& m, Matrix& out) const override {
    cuda::transform(queue(), x, m, out);
  }
  void working_residual(const Matrix& kappa, const Matrix& omega, const Matrix& base, Matrix& out) const override {
    cuda::working_residual(queue(), kappa, omega, base, out);
  }

  void add_group_effects(const ResidentTerm& term, const Matrix& u, double scale, Matrix& eta) const override {
    cuda::add_group_effects(queue(), term, values(u), scale, values(eta));
  }
  void forward(const Network& network, const Matrix& theta, const Matrix& base, std::vector<Matrix>& pre_activations,
               std::vector<Matrix>& activations, Matrix& eta) const override {
    cuda::forward(queue(), network, theta, base, pre_activations, activations, eta);
  }
  void layer_mean(const Network& network, const Matrix& theta, int layer, const Matrix& below,
                  Matrix& out) const override {
    cuda::layer_mean(queue(), network, theta, layer, below, out);
  }
  double gradient(const Network& network, const Matrix& theta, const Matrix& base, const Likelihood& likelihood,
                  Matrix& out, Matrix& eta) const override {
    const double value = cuda::gradient(queue(), network, theta, base, likelihood, out, eta);
    add_up(queue(), part_, values(out), count_of(out));
    return part_.sum(value);
  }
  std::vector<FisherFactors> fisher_factors(const Network& network, const Matrix& theta, const Matrix& weights,
                                            Eigen::Index largest) const override {
    std::vector<FisherFactors> factors = cuda::fisher_factors(queue(), network, theta, weights, largest);
    for (FisherFactors& each : factors) {
      part_.add_up(each.inputs);
      part_.add_up(each.derivatives);
    }
    return factors;
  }

  double log_likelihood(const Likelihood& likelihood, const Matrix& eta) const override {
    return part_.sum(cuda::log_likelihood(queue(), likelihood, values(eta), cuda::predictors_in(likelihood, eta)));
  }
  std::function<double(double)> log_likelihood_along(const Likelihood& likelihood, const Matrix& base,
                                                     const Matrix& direction, double at_base) const override {
    if (describe(likelihood.family).augmentation != Augmentation::exact)
      return
          [=, this](double scale) { return part_.sum(log_likelihood_at(queue(), likelihood, base, direction, scale)); };
    double slope = 0;
    double curvature = 0;
    gaussian_along(queue(), likelihood, base, direction, slope, curvature);
    slope = part_.sum(slope);
    curvature = part_.sum(curvature);
    return [=](double scale) { return at_base + scale * (slope - 0.5 * scale * curvature); };
  }
  double residual_likelihood(const Likelihood& likelihood, const LinearPredictor& own, const Matrix& omega,
                             const Matrix& kappa, int predictor, Matrix& eta, Matrix& terms,
                             Matrix& scores) const override {
    Matrix at = eta.part(predictor * omega.rows(), omega.rows());
    place(own, at);
    return part_.sum(cuda::residual_likelihood(queue(), likelihood, omega, kappa, eta, predictor, terms, scores));
  }
  void draw_latents(const Likelihood& likelihood, const Matrix& eta, int predictor, const Address& address,
                    Matrix& omega, Matrix& kappa) const override {
    cuda::draw_latents(queue(), likelihood, eta, predictor, address, part_.first, omega, kappa);
  }
  Eigen::VectorXd grouped_squares(const Matrix& response, const Matrix& eta, const Matrix& weights,
                                  const Indices& index) const override {
    Eigen::VectorXd sums = cuda::grouped_squares(queue(), response, eta, weights, index);
    part_.add_up(sums);
    return sums;
  }
  void set_precisions(const Matrix& weights, const Indices& index, const Eigen::VectorXd& variance,
                      Matrix& size) const override {
    cuda::set_precisions(queue(), weights, index, variance, size);
  }

  RowMatrix gram(const Matrix& x) const override { return cuda::weighted_gram(queue(), {x}, Matrix()); }
  RowMatrix weighted_gram(const std::vector<Matrix>& blocks, const Matrix& weights) const override {
    RowMatrix sums = cuda::weighted_gram(queue(), blocks, weights);
    part_.add_up(sums);
    return sums;
  }
  std::unique_ptr<ArrowConditional> condition_arrow(ArrowSystem system, const Matrix& omega,
                                                    const Matrix& linear) const override {
    return cuda::condition_arrow(queue(), std::move(system), omega, linear, part_);
  }
  void draw_hidden_units(const HiddenLayer& layer, Slopes slopes, const Address& address, Matrix& z,
                         Matrix& activations) const override {
    cuda::draw_hidden_units(queue(), layer, slopes, address, part_.first, z, activations);
  }
  void draw_regression(const Matrix& inputs, const Matrix& targets, double variance,
                       const Eigen::VectorXd& prior_precision, const Address& address, Matrix& weights) const override {
    cuda::draw_regression(queue(), inputs, targets, variance, prior_precision, address, part_, weights);
  }

 private:
  /// eta (n x 1) = the predictor.
  void place(const LinearPredictor& own, Matrix& eta) const {
    copy(own.base, eta);
    Eigen::Index from = 0;
    for (const Matrix& columns : own.dense) {
      Network linear;
      linear.shape.heads = {{0, static_cast<int>(columns.cols())}};
      linear.fixed = {columns};
      std::vector<Matrix> none;
      forward(linear, own.coefficients.part(from, columns.cols()), eta, none, none, eta);
      from += columns.cols();
    }
    for (std::size_t k = 0; k < own.terms.size(); ++k) add_group_effects(own.terms[k], own.effects[k], 1, eta);
  }

  Queue& queue() const {
    thread_local ThreadQueues queues;
    return queues.of(pool_);
  }

  RowPart part_;
  std::shared_ptr<QueuePool> pool_ = std::make_shared<QueuePool>();
};

/// The number of devices, or why there is none.
int count_devices(std::string& reason) {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess) {
    reason = cudaGetErrorString(status);
    return 0;
  }
  if (count == 0) reason = "no device found";
  return count;
}

}  // namespace

std::shared_ptr<const Backend> open_cuda_backend(RowPart part) {
  std::string reason;
  if (count_devices(reason) == 0) throw DeviceError("there is no CUDA device to use: " + reason);
  return std::make_shared<CudaBackend>(std::move(part));
}

std::vector<std::string> describe_devices() {
  std::string reason;
  const int count = count_devices(reason);
  if (count == 0) return {"no device (" + reason + ")"};
  std::vector<std::string> lines;
  for (int d = 0; d < count; ++d) {
    cudaDeviceProp properties{};
    if (cudaGetDeviceProperties(&properties, d) != cudaSuccess) continue;
    lines.push_back(std::string(properties.name) + ", compute capability " + std::to_string(properties.major) + "." +
                    std::to_string(properties.minor) + ", " + std::to_string(properties.totalGlobalMem >> 20U) +
                    " MiB");
  }
  return lines;
}

std::size_t free_bytes() {
  std::size_t free = 0;
  std::size_t total = 0;
  std::string reason;
  if (count_devices(reason) == 0 || cudaMemGetInfo(&free, &total) != cudaSuccess) return 0;
  return free;
}

}  // namespace bdglm::cuda

extern "C" {

/// What the program looks up when it loads this library.
void bdglm_open_cuda_backend(std::shared_ptr<const bdglm::Backend>& backend) {
  backend = bdglm::cuda::open_cuda_backend();
}
void bdglm_describe_cuda_devices(std::vector<std::string>& lines) { lines = bdglm::cuda::describe_devices(); }
std::size_t bdglm_free_cuda_bytes() { return bdglm::cuda::free_bytes(); }
}
