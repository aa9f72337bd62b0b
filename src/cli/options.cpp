// From the names of settings to those of options.
#include "cli/options.hpp"

#include <algorithm>
#include <array>

namespace bdglm::cli {
namespace {

struct Named {
  const char* setting;
  const char* option;
};

/// All that messages may name. The rest of what stands in backquotes is a user's.
constexpr std::array<Named, 30> kOptions = {{{"GroupMode::fresh", "--groups new"},
                                             {"GroupMode::none", "--groups none"},
                                             {"by", "--by"},
                                             {"chains", "--chains"},
                                             {"data", "--data"},
                                             {"device", "--device"},
                                             {"draws", "--draws"},
                                             {"family", "--family"},
                                             {"formula", "--formula"},
                                             {"groups", "--groups"},
                                             {"input_prior", "--input-prior"},
                                             {"interval", "--interval"},
                                             {"layer_noise", "--layer-noise"},
                                             {"link", "--link"},
                                             {"matrix", "--matrix"},
                                             {"max_seconds", "--max-time"},
                                             {"na", "--na"},
                                             {"overwrite", "--overwrite"},
                                             {"path", "--out"},
                                             {"points", "--points"},
                                             {"resume", "bdglm resume"},
                                             {"save", "--save"},
                                             {"save_effects", "--save-effects"},
                                             {"seed", "--seed"},
                                             {"sigma", "--sigma"},
                                             {"thin", "--thin"},
                                             {"threads", "--threads"},
                                             {"until_ess", "--until"},
                                             {"values", "--values"},
                                             {"warmup", "--warmup"}}};

}  // namespace

std::string with_options(const std::string& text) {
  std::string result;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t open = text.find('`', at);
    const std::size_t close = open == std::string::npos ? open : text.find('`', open + 1);
    if (close == std::string::npos) break;
    const std::string name = text.substr(open + 1, close - open - 1);
    const auto* const found =
        std::find_if(kOptions.begin(), kOptions.end(), [&](const Named& named) { return name == named.setting; });
    result += text.substr(at, open - at);
    if (found == kOptions.end()) {
      result += '`';
      at = open + 1;
      continue;
    }
    result += found->option;
    at = close + 1;
  }
  return result + text.substr(at);
}

}  // namespace bdglm::cli
