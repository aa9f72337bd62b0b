// Tables for Python: columns from NumPy arrays and lists of text.
#include <algorithm>

#include "bindings.hpp"
#include "signals.hpp"

namespace bdglm::python {
namespace {

using Numbers = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Rows = nb::ndarray<const double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Starts = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Codes = nb::ndarray<const std::int32_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

}  // namespace

void bind_data(nb::module_& module) {
  nb::class_<Data>(module, "Data", "Columns of equal length, each of numbers or of text, and matrices.")
      .def(nb::init<>())
      .def_static(
          "read",
          [](const std::vector<std::string>& paths) { return interruptible([&] { return Data::read(paths); }); },
          nb::arg("paths"), "Reads delimited files with headers as one table.")
      .def(
          "add_numbers",
          [](Data& data, std::string name, const Numbers& values) {
            data.add_numbers(std::move(name), std::vector<double>(values.data(), values.data() + values.size()));
          },
          nb::arg("name"), nb::arg("values"), "Adds float64 values of shape (n,); NaN is missing.")
      .def(
          "add_text",
          [](Data& data, std::string name, const std::vector<std::string>& values) {
            data.add_text(std::move(name), values);
          },
          nb::arg("name"), nb::arg("values"), "Adds n texts; the empty one is missing.")
      .def(
          "add_factor",
          [](Data& data, std::string name, const Codes& codes, std::vector<std::string> levels) {
            data.add_factor(std::move(name), std::vector<std::int32_t>(codes.data(), codes.data() + codes.size()),
                            std::move(levels));
          },
          nb::arg("name"), nb::arg("codes"), nb::arg("levels"),
          "Adds int32 codes of shape (n,) into the levels, which keep their order; codes below zero are missing.")
      .def(
          "add_matrix",
          [](Data& data, const std::string& name, const Rows& values) {
            data.add_matrix(name, values.shape(1), {values.data(), values.size()});
          },
          nb::arg("name"), nb::arg("values"),
          "Adds float64 values of shape (n, p), NaN missing; formulas read all of them by the name, or columns by "
          "name1 "
          "to namep.")
      .def(
          "add_sparse_matrix",
          [](Data& data, const std::string& name, std::size_t columns, const Starts& starts, const Codes& indices,
             const Numbers& values) {
            data.add_sparse_matrix(name, columns, {starts.data(), starts.size()}, {indices.data(), indices.size()},
                                   {values.data(), values.size()});
          },
          nb::arg("name"), nb::arg("columns"), nb::arg("starts"), nb::arg("indices"), nb::arg("values"),
          "Adds compressed rows: int64 starts of shape (n + 1,), int32 indices and float64 values of those that are "
          "not "
          "zero.")
      .def(
          "attach",
          [](Data& data, const std::string& name, const std::string& path) {
            interruptible([&] { return data.attach(name, path).rows(); });
          },
          nb::arg("name"), nb::arg("path"), "Adds the matrix of n rows in a .npy, IDX or LIBSVM file.")
      .def_prop_ro("rows", &Data::rows)
      .def_prop_ro("names", &Data::names);
}

}  // namespace bdglm::python
