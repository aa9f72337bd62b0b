// What a call that is refused says.
#pragma once

#include <string>

#include "bdglm/error.hpp"

namespace bdglm::test {

/// The message of the error that `f` throws, or "no error".
template <class F>
std::string message(F&& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace bdglm::test
