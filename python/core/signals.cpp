// Looking for signals with the interpreter's lock, and keeping what their handlers raise.
#include "signals.hpp"

namespace bdglm::python {
namespace {

/// The exception that is being raised, taken from Python.
PyObject* take_raised() {
#if PY_VERSION_HEX >= 0x030c0000
  return PyErr_GetRaisedException();
#else
  PyObject *type = nullptr, *value = nullptr, *trace = nullptr;
  PyErr_Fetch(&type, &value, &trace);
  PyErr_NormalizeException(&type, &value, &trace);
  if (trace != nullptr) PyException_SetTraceback(value, trace);
  Py_XDECREF(type);
  Py_XDECREF(trace);
  return value;
#endif
}

}  // namespace

bool SignalWatch::asked() {
  if (stopped_ || std::this_thread::get_id() != caller_) return stopped_;
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_ < std::chrono::milliseconds(100)) return false;
  looked_ = now;
  const nb::gil_scoped_acquire lock;
  if (PyErr_CheckSignals() != 0) stop();
  return stopped_;
}

void SignalWatch::stop() {
  raised_ = nb::steal(take_raised());
  stopped_ = true;
}

void SignalWatch::raise() {
  PyErr_SetObject(raised_.type().ptr(), raised_.ptr());
  throw nb::python_error();
}

}  // namespace bdglm::python
