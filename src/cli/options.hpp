// Settings that the library's messages name, as the program's options.
#pragma once

#include <string>

namespace bdglm::cli {

/// The text with every setting in backquotes, as "`save_effects`", in the form of the option, "--save-effects".
std::string with_options(const std::string& text);

}  // namespace bdglm::cli
