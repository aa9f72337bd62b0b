// The compiled part of the Python package: the library's types and its four errors.
#include <cstring>

#include "bindings.hpp"

namespace bdglm::python {
namespace {

/// A message with Python's words for what the library calls otherwise.
std::string in_python(std::string text) {
  constexpr std::pair<const char*, const char*> kWords[] = {{"`GroupMode::fresh`", "`groups='new'`"},
                                                            {"`GroupMode::none`", "`groups='none'`"},
                                                            {"`matrix` ", "a two-dimensional array, "}};
  for (const auto& [library, word] : kWords)
    for (std::size_t at = 0; (at = text.find(library, at)) != std::string::npos; at += std::strlen(word))
      text.replace(at, std::strlen(library), word);
  return text;
}

/// An error type of Python, thrown where the library throws E.
template <class E>
nb::object bind_error(nb::module_& module, const char* name, nb::handle bases, const char* text) {
  nb::object type =
      nb::steal(PyErr_NewExceptionWithDoc((std::string("bdglm.") + name).c_str(), text, bases.ptr(), nullptr));
  module.attr(name) = type;
  nb::register_exception_translator(
      [](const std::exception_ptr& thrown, void* python_type) {
        try {
          std::rethrow_exception(thrown);
        } catch (const E& error) {
          // Names of files need not be UTF-8; Python has other bytes as os.fsdecode gives them.
          const std::string message = in_python(error.what());
          const nb::object text = nb::steal(
              PyUnicode_DecodeUTF8(message.data(), static_cast<Py_ssize_t>(message.size()), "surrogateescape"));
          PyErr_SetObject(static_cast<PyObject*>(python_type), text.ptr());
        }
      },
      type.ptr());
  return type;
}

}  // namespace

NB_MODULE(_core, module) {
  module.doc() = "The compiled part of bdglm.";
  module.attr("__version__") = kVersion;
  // Translators are asked from the last to the first, so that the base comes first.
  const nb::object base =
      bind_error<Error>(module, "Error", nb::handle(PyExc_Exception), "Every error that bdglm raises on purpose.");
  const auto both = [&](PyObject* builtin) { return nb::make_tuple(base, nb::handle(builtin)); };
  bind_error<DataError>(module, "DataError", both(PyExc_ValueError),
                        "The data cannot be used: a missing column, text among numbers, an unreadable file.");
  bind_error<ModelError>(module, "ModelError", both(PyExc_ValueError),
                         "The model cannot be built: a malformed formula, a family that does not fit, a bad prior.");
  bind_error<NumericalError>(
      module, "NumericalError", both(PyExc_ArithmeticError),
      "A computation left the numbers: a factorisation failed, a latent variable is not finite.");
  bind_error<DeviceError>(module, "DeviceError", both(PyExc_RuntimeError), "A device is missing or failed.");
  module.def("families", &families, "The families that a model may name.");
  bind_data(module);
  bind_posterior(module);
  bind_effects(module);
  bind_runs(module);
  bind_program(module);
}

}  // namespace bdglm::python
