// Prediction by running every draw's parameters through the backend's forward pass.
#include "bdglm/posterior/predict.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <set>

#include "bdglm/base/error.hpp"
#include "bdglm/family/response.hpp"
#include "bdglm/posterior/diagnostics.hpp"

namespace bdglm {
namespace {

/// The same label gets the same random numbers in every call (FNV-1a).
std::uint32_t label_hash(const std::string& label) {
  std::uint32_t hash = 2166136261U;
  for (const char c : label) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

}  // namespace

GroupMode group_mode_from_name(const std::string& name) {
  if (name == "known") return GroupMode::known;
  if (name == "new") return GroupMode::fresh;
  if (name == "none") return GroupMode::none;
  throw ModelError("--groups is known, new or none, not '" + name + "'");
}

Predictor::Predictor(const FitReader& file) : backend_(open_cpu_backend()) {
  const Spec& spec = file.spec();
  frame_ = spec.at("frame").get<Frame>();
  family_ = family_from_name(spec.at("family").get<std::string>());
  seed_ = spec.at("run").at("seed").get<std::uint64_t>();
  draws_ = static_cast<Eigen::Index>(file.draws()) * file.chains();
  if (draws_ == 0)
    throw DataError("the fit holds no draws yet (it was stopped during warm-up); continue it with 'bdglm resume'");
  const Formula formula = frame_.formula();
  const auto names = spec.at("fixed_names").get<std::vector<std::string>>();
  fixed_.resize(draws_, static_cast<Eigen::Index>(names.size()));
  for (std::size_t j = 0; j < names.size(); ++j)
    fixed_.col(static_cast<Eigen::Index>(j)) = file.read("posterior", variable_name("b_" + names[j]));
  shape_.fixed = static_cast<int>(names.size());
  if (formula.deep) {
    shape_.inputs = static_cast<int>(frame_.deep_names.size());
    shape_.widths = formula.deep->layers;
    shape_.set_activation(formula.deep->activation);
    theta_ = file.read("bdglm", "theta");
    if (file.has("posterior", "layer_noise")) layer_noise_ = file.read("posterior", "layer_noise");
  }
  if (family_ == Family::gaussian) sigma_ = file.read("posterior", "sigma");
  std::map<std::string, Eigen::Index> used;  // columns of r_GROUP taken by earlier terms
  for (const GroupingTerm& grouping : formula.groups) {
    const std::string group = grouping.group_name();
    const std::vector<Dimension> dimensions = file.dimensions("posterior", variable_name("r_" + group));
    const std::vector<std::string>& all = dimensions[1].labels;
    Term term;
    term.levels = static_cast<Eigen::Index>(dimensions[0].labels.size());
    term.deep = grouping.deep;
    // A term's coefficients stand together in r_GROUP; the design knows how many there are.
    const std::string first = all[static_cast<std::size_t>(used[group])];
    const auto total = static_cast<Eigen::Index>(all.size());
    Eigen::Index width = 1;
    while (used[group] + width < total &&
           file.has("posterior", variable_name("cor_" + group + "__" + first + "__" +
                                               all[static_cast<std::size_t>(used[group] + width)])))
      ++width;
    term.width = width;
    const RowMatrix effects = file.read("posterior", variable_name("r_" + group));
    term.effects.resize(draws_, term.levels * width);
    for (Eigen::Index g = 0; g < term.levels; ++g)
      term.effects.middleCols(g * width, width) = effects.middleCols(g * total + used[group], width);
    term.sd.resize(draws_, width);
    term.correlation.resize(draws_, width * (width - 1) / 2);
    const auto name_of = [&](Eigen::Index k) { return all[static_cast<std::size_t>(used[group] + k)]; };
    Eigen::Index pair = 0;
    for (Eigen::Index k = 0; k < width; ++k) {
      term.sd.col(k) = file.read("posterior", variable_name("sd_" + group + "__" + name_of(k)));
      for (Eigen::Index l = 0; l < k; ++l)
        term.correlation.col(pair++) =
            file.read("posterior", variable_name("cor_" + group + "__" + name_of(l) + "__" + name_of(k)));
    }
    used[group] += width;
    terms_.push_back(std::move(term));
  }
}

void Predictor::check_groups(const Design& design, GroupMode mode) const {
  if (mode != GroupMode::known) return;
  for (std::size_t r = 0; r < terms_.size(); ++r) {
    const GroupDesign& group = design.groups[r];
    for (std::size_t i = 0; i < group.index.size(); ++i) {
      const std::int32_t extra = group.index[i] - static_cast<std::int32_t>(terms_[r].levels);
      if (extra >= 0)
        throw DataError(
            "'" + group.group + "' has the level '" + group.new_levels[static_cast<std::size_t>(extra)] + "' in " +
            design.row_name(i) +
            ", which the fit has not seen; use --groups new to draw its effects or --groups none to leave effects out");
    }
  }
}

RowMatrix Predictor::term_effects(std::size_t r, Eigen::Index draw, const std::vector<std::string>& new_levels,
                                  GroupMode mode) const {
  const Term& term = terms_[r];
  RowMatrix u = RowMatrix::Zero(term.levels + static_cast<Eigen::Index>(new_levels.size()), term.width);
  if (mode == GroupMode::none) return u;
  const bool mean = draw < 0;
  for (Eigen::Index k = 0; k < term.levels * term.width; ++k)
    u(k / term.width, k % term.width) = mean ? term.effects.col(k).mean() : term.effects(draw, k);
  // At the plug-in a new group has its prior mean, zero.
  if (mean || new_levels.empty()) return u;
  Eigen::MatrixXd covariance(term.width, term.width);
  Eigen::Index pair = 0;
  for (Eigen::Index k = 0; k < term.width; ++k) {
    covariance(k, k) = term.sd(draw, k) * term.sd(draw, k);
    for (Eigen::Index l = 0; l < k; ++l)
      covariance(k, l) = covariance(l, k) = term.correlation(draw, pair++) * term.sd(draw, k) * term.sd(draw, l);
  }
  covariance.diagonal() *= 1 + 1e-12;  // keeps a correlation that rounds to one positive definite
  const Eigen::MatrixXd factor = covariance.llt().matrixL();
  for (std::size_t g = 0; g < new_levels.size(); ++g) {
    Stream stream({seed_, 0, static_cast<std::uint32_t>(draw), Site::predict_group, static_cast<std::uint32_t>(r)},
                  label_hash(new_levels[g]));
    Eigen::VectorXd z(term.width);
    for (double& value : z) value = draw_normal<double>(stream);
    u.row(term.levels + static_cast<Eigen::Index>(g)) = (factor * z).transpose();
  }
  return u;
}

void Predictor::predict(const Design& design, GroupMode mode, const OnChunk& on_chunk) const {
  check_groups(design, mode);
  const Backend& backend = *backend_;
  const Eigen::Index chunk = std::clamp<Eigen::Index>((Eigen::Index{1} << 22) / draws_, 1, 4096);
  for (Eigen::Index first = 0; first < design.size(); first += chunk) {
    const Eigen::Index n = std::min(chunk, design.size() - first);
    Network network;
    network.shape = shape_;
    network.fixed = backend.uploaded(design.fixed.middleRows(first, n));
    network.inputs =
        backend.uploaded(shape_.layers() > 0 ? RowMatrix(design.deep.middleRows(first, n)) : RowMatrix(n, 0));
    const Matrix offset = backend.uploaded(design.offset.segment(first, n));
    Matrix base = backend.allocate(n, 1);
    Matrix eta = backend.allocate(n, 1);
    std::vector<GroupTerm> terms;
    for (std::size_t r = 0; r < terms_.size(); ++r) {
      const GroupDesign& group = design.groups[r];
      const std::vector<std::int32_t> index(group.index.begin() + first, group.index.begin() + first + n);
      GroupTerm term;
      if (!group.deep) term.z = backend.uploaded(group.z.middleRows(first, n));
      term.index = backend.upload_indices(index, terms_[r].levels + static_cast<Eigen::Index>(group.new_levels.size()));
      terms.push_back(term);
    }
    std::vector<Matrix> none;
    const auto run = [&](Eigen::Index draw) -> RowMatrix {
      const bool mean = draw < 0;
      RowMatrix theta(shape_.size(), 1);
      if (theta_.cols() > 0)
        theta.topRows(theta_.cols()) =
            (mean ? Eigen::RowVectorXd(theta_.colwise().mean()) : Eigen::RowVectorXd(theta_.row(draw))).transpose();
      theta.bottomRows(shape_.fixed) =
          (mean ? Eigen::RowVectorXd(fixed_.colwise().mean()) : Eigen::RowVectorXd(fixed_.row(draw))).transpose();
      backend.copy(offset, base);
      for (std::size_t r = 0; r < terms_.size(); ++r) {
        const Matrix u = backend.uploaded(term_effects(r, draw, design.groups[r].new_levels, mode));
        if (terms_[r].deep) {
          network.output_effects = u;
          network.output_index = terms[r].index;
        } else {
          backend.add_group_effects(terms[r], u, 1, base);
        }
      }
      network.noise.clear();
      for (Eigen::Index l = 0; l < layer_noise_.cols() && !mean; ++l) {
        Matrix normal = backend.allocate(n, shape_.width(static_cast<int>(l)));
        const Address address{seed_, static_cast<std::uint32_t>(l), static_cast<std::uint32_t>(draw),
                              Site::hidden_units, 2048U + static_cast<std::uint32_t>(first / chunk % 2048)};
        backend.draw_normal(address, normal);
        Matrix noise = backend.allocate(n, normal.cols());
        backend.axpy(std::sqrt(layer_noise_(draw, l)), normal, noise);
        network.noise.push_back(noise);
      }
      backend.forward(network, backend.uploaded(theta), base, none, none, eta);
      return backend.download(eta);
    };
    RowMatrix etas(n, draws_);
    for (Eigen::Index s = 0; s < draws_; ++s) etas.col(s) = run(s);
    on_chunk(first, etas, run(-1));
  }
}

double Predictor::sigma(const Design& design, Eigen::Index row, Eigen::Index draw) const {
  const Eigen::Index level = design.sigma_index.empty() ? 0 : design.sigma_index[static_cast<std::size_t>(row)];
  return sigma_(draw, level);
}

double Predictor::plugin_sigma(const Design& design, Eigen::Index row) const {
  const Eigen::Index level = design.sigma_index.empty() ? 0 : design.sigma_index[static_cast<std::size_t>(row)];
  return sigma_.col(level).mean();
}

std::vector<RowPrediction> predict_rows(const Predictor& predictor, const Design& design, GroupMode mode,
                                        double interval, std::uint64_t seed) {
  std::vector<RowPrediction> rows;
  const double tail = 0.5 * (1 - interval);
  const bool gaussian = predictor.family() == Family::gaussian;
  predictor.predict(design, mode, [&](Eigen::Index first, const RowMatrix& eta, const Eigen::VectorXd& plugin) {
    std::vector<double> expected(static_cast<std::size_t>(eta.cols()));
    std::vector<double> fresh(expected.size());
    for (Eigen::Index i = 0; i < eta.rows(); ++i) {
      const Eigen::Index row = first + i;
      Stream stream({seed, 0, 0, Site::predict_response, 0},
                    static_cast<std::uint32_t>(design.rows[static_cast<std::size_t>(row)]));
      for (Eigen::Index s = 0; s < eta.cols(); ++s) {
        const auto k = static_cast<std::size_t>(s);
        expected[k] = expected_response(predictor.family(), eta(i, s), design.trials[row]);
        const double sd = gaussian ? predictor.sigma(design, row, s) : 0;
        fresh[k] = draw_response(predictor.family(), stream, gaussian ? 1 / (sd * sd) : design.trials[row], eta(i, s));
      }
      RowPrediction p;
      const Eigen::Map<const Eigen::ArrayXd> e(expected.data(), eta.cols());
      p.mean = e.mean();
      p.sd = eta.cols() > 1 ? std::sqrt((e - p.mean).square().sum() / static_cast<double>(eta.cols() - 1)) : 0;
      std::sort(expected.begin(), expected.end());
      std::sort(fresh.begin(), fresh.end());
      p.low = sorted_quantile(expected, tail);
      p.high = sorted_quantile(expected, 1 - tail);
      p.predictive_low = sorted_quantile(fresh, tail);
      p.predictive_high = sorted_quantile(fresh, 1 - tail);
      p.plugin = expected_response(predictor.family(), plugin[i], design.trials[row]);
      rows.push_back(p);
    }
  });
  return rows;
}

}  // namespace bdglm
