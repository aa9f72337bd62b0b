// The parameters of a state as an archive of named arrays, and back.
#include <algorithm>

#include "bdglm/error.hpp"
#include "target/parameter.hpp"

namespace bdglm {
namespace {

/// Arrays of a state to an archive, by their type.
struct Save {
  Archive& archive;
  const std::string& name;
  const Backend& backend;

  void operator()(const Matrix* m) const { archive[name] = backend.download(*m); }
  void operator()(const Eigen::MatrixXd* m) const { archive[name] = *m; }
  void operator()(const Eigen::VectorXd* v) const { archive[name] = *v; }
  void operator()(const std::vector<double>* v) const {
    archive[name] = Eigen::Map<const Eigen::VectorXd>(v->data(), static_cast<Eigen::Index>(v->size()));
  }
};

/// And back, into arrays that have their size.
struct Load {
  const Archive& archive;
  const std::string& name;
  const Backend& backend;

  void operator()(Matrix* m) const { backend.upload(archived(archive, name, m->rows(), m->cols()), *m); }
  void operator()(Eigen::MatrixXd* m) const { *m = archived(archive, name, m->rows(), m->cols()); }
  void operator()(Eigen::VectorXd* v) const { *v = archived(archive, name, v->size(), 1); }
  void operator()(std::vector<double>* v) const {
    const RowMatrix& saved = archived(archive, name, static_cast<Eigen::Index>(v->size()), 1);
    std::copy(saved.data(), saved.data() + saved.size(), v->begin());
  }
};

}  // namespace

const RowMatrix& archived(const Archive& archive, const std::string& name, Eigen::Index rows, Eigen::Index cols) {
  const auto found = archive.find(name);
  if (found == archive.end() || (rows >= 0 && found->second.rows() != rows) ||
      (cols >= 0 && found->second.cols() != cols))
    throw DataError("the saved state lacks '" + name +
                    "' or has it in another size: it is of another model, or of a version that sampled it otherwise; "
                    "such a fit cannot go on, its draws can still be read: fit again for more");
  return found->second;
}

Archive save_state(const State& state, const Context& context) {
  Archive archive;
  // Entries name arrays to write to; the copy shares the resident ones, which are only read here.
  State copy = state;
  for (const auto& parameter : parameter_table(context.model))
    for (const auto& [name, values] : parameter->arrays(copy)) std::visit(Save{archive, name, context.backend}, values);
  return archive;
}

void load_state(const Archive& archive, State& state, const Context& context) {
  for (const auto& parameter : parameter_table(context.model))
    for (const auto& [name, values] : parameter->arrays(state))
      std::visit(Load{archive, name, context.backend}, values);
  refresh(state, context);
}

}  // namespace bdglm
