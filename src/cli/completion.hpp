// Scripts by which shells complete the program's words.
#pragma once

#include <string>
#include <vector>

#include "cli/command_tree.hpp"

namespace bdglm::cli {

std::string bash_completion(const std::vector<VerbWords>& verbs);
std::string zsh_completion(const std::vector<VerbWords>& verbs);
std::string fish_completion(const std::vector<VerbWords>& verbs);

}  // namespace bdglm::cli
