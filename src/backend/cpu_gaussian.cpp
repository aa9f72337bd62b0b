// Gaussian conditionals on the CPU: the arrow system of coefficients and random effects, and shared-factor regressions.
#include <Eigen/Cholesky>
#include <cmath>

#include "backend/cpu_storage.hpp"
#include "bdglm/base/error.hpp"

namespace bdglm::cpu {
namespace {

constexpr Eigen::Index kBlock = 256;

using RowBlock = Eigen::Map<const RowMatrix>;

void draw_normals(const Address& address, std::uint32_t element, Eigen::Ref<Eigen::VectorXd> out) {
  Stream stream(address, element);
  for (Eigen::Index k = 0; k < out.size(); k += 2) {
    double first;
    double second;
    draw_normal_pair(stream, first, second);
    out[k] = first;
    if (k + 1 < out.size()) out[k + 1] = second;
  }
}

/// Lower Cholesky factor in place; throws where the matrix is not positive definite.
void factor(Eigen::Ref<Eigen::MatrixXd> matrix, const char* what) {
  const Eigen::LLT<Eigen::Ref<Eigen::MatrixXd>> llt(matrix);
  if (llt.info() != Eigen::Success)
    throw NumericalError(std::string("the precision of ") + what +
                         " is not positive definite; columns of very different size or huge values may be the cause");
}

/// Columns [start, start + width) of the core that row i touches through one sparse or dense part.
class ArrowSolver {
 public:
  ArrowSolver(const ArrowSystem& system, const Matrix& omega, const Matrix& linear)
      : system_(system), omega_(values(omega).data()), linear_(values(linear).data()), rows_(omega.size()) {
    for (const Matrix& block : system.dense) dense_width_ += block.cols();
    core_width_ = dense_width_;
    for (const ArrowGroup& group : system.crossed) {
      crossed_start_.push_back(core_width_);
      core_width_ += group.term.index.groups() * group.term.z.cols();
    }
  }

  void draw(const Address& address, Matrix& dense, std::vector<Matrix>& crossed, std::vector<Matrix>& chain) {
    build_core();
    for (std::size_t level = 0; level < system_.chain.size(); ++level) eliminate(level);
    factor(gram_, "the coefficients");
    const auto lower = gram_.triangularView<Eigen::Lower>();
    core_ = rhs_;
    lower.solveInPlace(core_);
    Eigen::VectorXd noise(core_width_);
    draw_normals(address.at(Site::arrow_core, address.instance), 0, noise);
    core_ += noise;
    gram_.transpose().triangularView<Eigen::Upper>().solveInPlace(core_);
    values(dense) = core_.head(dense_width_);
    for (std::size_t k = 0; k < crossed.size(); ++k) {
      RowMatrix& u = values(crossed[k]);
      u = RowBlock(core_.data() + crossed_start_[k], u.rows(), u.cols());
    }
    for (std::size_t level = chain.size(); level-- > 0;) back_substitute(level, address, chain);
  }

 private:
  /// One stored level of the chain: factors, couplings and right-hand sides of its groups.
  struct Level {
    std::vector<Eigen::MatrixXd> diagonal;  // q x q, then its Cholesky factor
    std::vector<Eigen::MatrixXd> coupling;  // q x (core + coarser levels), kept for all but the finest
    std::vector<Eigen::VectorXd> linear;
  };

  Eigen::Index coarser_width(std::size_t level) const {
    Eigen::Index width = 0;
    for (std::size_t k = level + 1; k < system_.chain.size(); ++k) width += system_.chain[k].term.z.cols();
    return width;
  }

  static const double* row(const Matrix& z, Eigen::Index i) { return values(z).data() + i * z.cols(); }

  void gather_dense(Eigen::Index i, double* out) const {
    for (const Matrix& block : system_.dense) {
      const double* from = row(block, i);
      out = std::copy(from, from + block.cols(), out);
    }
  }

  void build_core() {
    gram_.setZero(core_width_, core_width_);
    rhs_.setZero(core_width_);
    RowMatrix block(kBlock, dense_width_);
    RowMatrix scaled(kBlock, dense_width_);
    for (Eigen::Index at = 0; at < rows_ && dense_width_ > 0; at += kBlock) {
      const Eigen::Index m = std::min(kBlock, rows_ - at);
      for (Eigen::Index i = 0; i < m; ++i) {
        gather_dense(at + i, block.data() + i * dense_width_);
        scaled.row(i) = std::sqrt(omega_[at + i]) * block.row(i);
      }
      gram_.topLeftCorner(dense_width_, dense_width_)
          .selfadjointView<Eigen::Lower>()
          .rankUpdate(scaled.topRows(m).transpose());
      rhs_.head(dense_width_).noalias() +=
          block.topRows(m).transpose() * Eigen::Map<const Eigen::VectorXd>(linear_ + at, m);
    }
    gram_.diagonal().head(dense_width_) += system_.dense_prior_precision;
    rhs_.head(dense_width_) += system_.dense_prior_precision.cwiseProduct(system_.dense_prior_mean);
    for (std::size_t a = 0; a < system_.crossed.size(); ++a) add_crossed(a);
  }

  /// Rows of the core that belong to one crossed term: against the dense part, and earlier crossed terms.
  void add_crossed(std::size_t a) {
    const ArrowGroup& term = system_.crossed[a];
    const Eigen::Index q = term.term.z.cols();
    const auto& group = groups(term.term.index).group;
    std::vector<double> dense_row(static_cast<std::size_t>(dense_width_));
    for (Eigen::Index i = 0; i < rows_; ++i) {
      gather_dense(i, dense_row.data());
      const double* z = row(term.term.z, i);
      const Eigen::Index start = crossed_start_[a] + group[static_cast<std::size_t>(i)] * q;
      for (Eigen::Index k = 0; k < q; ++k) {
        const double w = omega_[i] * z[k];
        rhs_[start + k] += linear_[i] * z[k];
        for (Eigen::Index c = 0; c < dense_width_; ++c)
          gram_(start + k, c) += w * dense_row[static_cast<std::size_t>(c)];
        for (Eigen::Index c = 0; c <= k; ++c) gram_(start + k, start + c) += w * z[c];
        for (std::size_t b = 0; b < a; ++b) {
          const GroupTerm& other = system_.crossed[b].term;
          const double* zb = row(other.z, i);
          const Eigen::Index sb =
              crossed_start_[b] + groups(other.index).group[static_cast<std::size_t>(i)] * other.z.cols();
          for (Eigen::Index c = 0; c < other.z.cols(); ++c) gram_(start + k, sb + c) += w * zb[c];
        }
      }
    }
    for (Eigen::Index g = 0; g < term.term.index.groups(); ++g) {
      const Eigen::Index start = crossed_start_[a] + g * q;
      gram_.block(start, start, q, q) += term.prior_precision;
    }
  }

  /// Adds row i's contribution to one group's blocks at `level`.
  void add_row(std::size_t level, Eigen::Index i, Eigen::MatrixXd& diagonal, Eigen::MatrixXd& coupling,
               Eigen::VectorXd& linear, std::vector<double>& dense_row) const {
    const Matrix& zm = system_.chain[level].term.z;
    const Eigen::Index q = zm.cols();
    const double* z = row(zm, i);
    gather_dense(i, dense_row.data());
    const Eigen::Map<const Eigen::VectorXd> d(dense_row.data(), dense_width_);
    for (Eigen::Index k = 0; k < q; ++k) {
      const double w = omega_[i] * z[k];
      linear[k] += linear_[i] * z[k];
      for (Eigen::Index c = 0; c < q; ++c) diagonal(k, c) += w * z[c];
      coupling.row(k).head(dense_width_) += w * d.transpose();
      for (std::size_t a = 0; a < system_.crossed.size(); ++a) {
        const GroupTerm& other = system_.crossed[a].term;
        const double* za = row(other.z, i);
        const Eigen::Index start =
            crossed_start_[a] + groups(other.index).group[static_cast<std::size_t>(i)] * other.z.cols();
        for (Eigen::Index c = 0; c < other.z.cols(); ++c) coupling(k, start + c) += w * za[c];
      }
      Eigen::Index start = core_width_;
      for (std::size_t up = level + 1; up < system_.chain.size(); ++up) {
        const Matrix& zu = system_.chain[up].term.z;
        for (Eigen::Index c = 0; c < zu.cols(); ++c) coupling(k, start + c) += w * row(zu, i)[c];
        start += zu.cols();
      }
    }
  }

  /// Eliminates every group of a level into the core and into its ancestors.
  void eliminate(std::size_t level) {
    if (levels_.empty()) prepare_levels();
    const ArrowGroup& term = system_.chain[level];
    const Eigen::Index q = term.term.z.cols();
    const Eigen::Index width = core_width_ + coarser_width(level);
    const auto& index = groups(term.term.index);
    Level& here = levels_[level];
    std::vector<double> dense_row(static_cast<std::size_t>(dense_width_));
    Eigen::MatrixXd coupling(q, width);
    Eigen::VectorXd linear(q);
    RowMatrix stack(kBlock + q, core_width_);
    Eigen::VectorXd stack_linear(kBlock + q);
    Eigen::Index stacked = 0;
    const auto flush = [&] {
      gram_.selfadjointView<Eigen::Lower>().rankUpdate(stack.topRows(stacked).transpose(), -1.0);
      rhs_.noalias() -= stack.topRows(stacked).transpose() * stack_linear.head(stacked);
      stacked = 0;
    };
    for (Eigen::Index g = 0; g < term.term.index.groups(); ++g) {
      const auto gs = static_cast<std::size_t>(g);
      Eigen::MatrixXd& diagonal = here.diagonal[gs];
      if (level == 0) {
        diagonal = term.prior_precision;
        coupling.setZero();
        linear.setZero();
      } else {
        coupling = here.coupling[gs];
        linear = here.linear[gs];
      }
      for (std::int32_t r = index.start[gs]; r < index.start[gs + 1]; ++r)
        add_row(level, index.order[static_cast<std::size_t>(r)], diagonal, coupling, linear, dense_row);
      factor(diagonal, "a group's effects");
      if (level > 0) {
        here.coupling[gs] = coupling;
        here.linear[gs] = linear;
      }
      const auto lower = diagonal.triangularView<Eigen::Lower>();
      lower.solveInPlace(coupling);
      lower.solveInPlace(linear);
      stack.middleRows(stacked, q) = coupling.leftCols(core_width_);
      stack_linear.segment(stacked, q) = linear;
      stacked += q;
      if (stacked >= kBlock) flush();
      pass_up(level, g, coupling, linear);
    }
    flush();
  }

  void prepare_levels() {
    levels_.resize(system_.chain.size());
    for (std::size_t k = 0; k < levels_.size(); ++k) {
      const ArrowGroup& term = system_.chain[k];
      const auto count = static_cast<std::size_t>(term.term.index.groups());
      const Eigen::Index q = term.term.z.cols();
      levels_[k].diagonal.assign(count, Eigen::MatrixXd(term.prior_precision));
      if (k == 0) continue;
      levels_[k].coupling.assign(count, Eigen::MatrixXd::Zero(q, core_width_ + coarser_width(k)));
      levels_[k].linear.assign(count, Eigen::VectorXd::Zero(q));
    }
  }

  /// Schur complement of group g on its ancestors in the chain.
  void pass_up(std::size_t level, Eigen::Index g, const Eigen::MatrixXd& reduced,
               const Eigen::VectorXd& reduced_linear) {
    Eigen::Index start = core_width_;
    Eigen::Index ancestor = g;
    for (std::size_t up = level + 1; up < system_.chain.size(); ++up) {
      ancestor = system_.parent[up - 1][static_cast<std::size_t>(ancestor)];
      const auto a = static_cast<std::size_t>(ancestor);
      const Eigen::Index q = system_.chain[up].term.z.cols();
      const auto mine = reduced.middleCols(start, q);
      levels_[up].diagonal[a].noalias() -= mine.transpose() * mine;
      levels_[up].linear[a].noalias() -= mine.transpose() * reduced_linear;
      levels_[up].coupling[a].leftCols(core_width_).noalias() -= mine.transpose() * reduced.leftCols(core_width_);
      const Eigen::Index rest = reduced.cols() - start - q;
      levels_[up].coupling[a].rightCols(rest).noalias() -= mine.transpose() * reduced.rightCols(rest);
      start += q;
    }
  }

  void back_substitute(std::size_t level, const Address& address, std::vector<Matrix>& chain) {
    const ArrowGroup& term = system_.chain[level];
    const Eigen::Index q = term.term.z.cols();
    const auto& index = groups(term.term.index);
    const Address site = address.at(Site::arrow_groups, address.instance * 16 + static_cast<std::uint32_t>(level));
    RowMatrix& u = values(chain[level]);
    Eigen::VectorXd noise(q);
    Eigen::VectorXd x(q);
    for (Eigen::Index g = 0; g < term.term.index.groups(); ++g) {
      const auto gs = static_cast<std::size_t>(g);
      if (level > 0) {
        x = levels_[level].linear[gs] - levels_[level].coupling[gs].leftCols(core_width_) * core_;
        Eigen::Index start = core_width_;
        Eigen::Index ancestor = g;
        for (std::size_t up = level + 1; up < chain.size(); ++up) {
          ancestor = system_.parent[up - 1][static_cast<std::size_t>(ancestor)];
          const Eigen::Index width = chain[up].cols();
          x -= levels_[level].coupling[gs].middleCols(start, width) * values(chain[up]).row(ancestor).transpose();
          start += width;
        }
      } else {
        x.setZero();
        for (std::int32_t r = index.start[gs]; r < index.start[gs + 1]; ++r) {
          const Eigen::Index i = index.order[static_cast<std::size_t>(r)];
          const double residual = linear_[i] - omega_[i] * predictor_above_finest(i, chain);
          const double* z = row(term.term.z, i);
          for (Eigen::Index k = 0; k < q; ++k) x[k] += residual * z[k];
        }
      }
      const auto lower = levels_[level].diagonal[gs].triangularView<Eigen::Lower>();
      lower.solveInPlace(x);
      draw_normals(site, static_cast<std::uint32_t>(g), noise);
      x += noise;
      levels_[level].diagonal[gs].transpose().triangularView<Eigen::Upper>().solveInPlace(x);
      u.row(g) = x.transpose();
    }
  }

  /// Row i's predictor from the core and all chain levels but the finest.
  double predictor_above_finest(Eigen::Index i, const std::vector<Matrix>& chain) const {
    double sum = 0;
    Eigen::Index at = 0;
    for (const Matrix& block : system_.dense) {
      const double* x = row(block, i);
      for (Eigen::Index c = 0; c < block.cols(); ++c) sum += x[c] * core_[at++];
    }
    for (std::size_t a = 0; a < system_.crossed.size(); ++a) {
      const GroupTerm& term = system_.crossed[a].term;
      const double* z = row(term.z, i);
      const Eigen::Index start =
          crossed_start_[a] + groups(term.index).group[static_cast<std::size_t>(i)] * term.z.cols();
      for (Eigen::Index c = 0; c < term.z.cols(); ++c) sum += z[c] * core_[start + c];
    }
    for (std::size_t up = 1; up < chain.size(); ++up) {
      const GroupTerm& term = system_.chain[up].term;
      const double* z = row(term.z, i);
      const double* effects = row(chain[up], groups(term.index).group[static_cast<std::size_t>(i)]);
      for (Eigen::Index c = 0; c < term.z.cols(); ++c) sum += z[c] * effects[c];
    }
    return sum;
  }

  const ArrowSystem& system_;
  const double* omega_;
  const double* linear_;
  Eigen::Index rows_;
  Eigen::Index dense_width_ = 0;
  Eigen::Index core_width_ = 0;
  std::vector<Eigen::Index> crossed_start_;
  Eigen::MatrixXd gram_;
  Eigen::VectorXd rhs_;
  Eigen::VectorXd core_;
  std::vector<Level> levels_;
};

}  // namespace

void draw_arrow(const ArrowSystem& system, const Matrix& omega, const Matrix& linear, const Address& address,
                Matrix& dense, std::vector<Matrix>& crossed, std::vector<Matrix>& chain) {
  ArrowSolver(system, omega, linear).draw(address, dense, crossed, chain);
}

RowMatrix weighted_gram(const std::vector<Matrix>& blocks, const Matrix& weights) {
  Eigen::Index width = 0;
  for (const Matrix& block : blocks) width += block.cols();
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(width, width);
  RowMatrix scaled(kBlock, width);
  const auto w = array(weights);
  for (Eigen::Index at = 0; at < w.size(); at += kBlock) {
    const Eigen::Index m = std::min(kBlock, w.size() - at);
    Eigen::Index column = 0;
    for (const Matrix& block : blocks) {
      scaled.block(0, column, m, block.cols()) =
          values(block).middleRows(at, m).array().colwise() * w.segment(at, m).sqrt();
      column += block.cols();
    }
    gram.selfadjointView<Eigen::Lower>().rankUpdate(scaled.topRows(m).transpose());
  }
  return Eigen::MatrixXd(gram.selfadjointView<Eigen::Lower>());
}

void draw_regression(const Matrix& inputs, const Matrix& targets, double variance,
                     const Eigen::VectorXd& prior_precision, const Address& address, Matrix& weights) {
  const RowMatrix& x = values(inputs);
  const RowMatrix& y = values(targets);
  const Eigen::Index d = x.cols();
  Eigen::MatrixXd precision = Eigen::MatrixXd::Zero(d + 1, d + 1);
  precision.topLeftCorner(d, d).selfadjointView<Eigen::Lower>().rankUpdate(x.transpose());
  precision.row(d).head(d) = x.colwise().sum();
  precision(d, d) = static_cast<double>(x.rows());
  precision /= variance;
  precision.diagonal() += prior_precision;
  factor(precision, "a layer's weights");
  RowMatrix solution(d + 1, y.cols());
  solution.topRows(d).noalias() = x.transpose() * y / variance;
  solution.row(d) = y.colwise().sum() / variance;
  const auto lower = precision.triangularView<Eigen::Lower>();
  lower.solveInPlace(solution);
  Eigen::VectorXd noise(d + 1);
  for (Eigen::Index k = 0; k < y.cols(); ++k) {
    draw_normals(address, static_cast<std::uint32_t>(k), noise);
    solution.col(k) += noise;
  }
  precision.transpose().triangularView<Eigen::Upper>().solveInPlace(solution);
  values(weights) = solution;
}

}  // namespace bdglm::cpu
