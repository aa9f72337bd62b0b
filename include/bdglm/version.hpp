// The version of the library and of the program.
#pragma once

namespace bdglm {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace bdglm
