// The program as a function, which the executable and the Python package enter.
#pragma once

namespace bdglm::cli {

/// Runs the program with a command line whose first word is its name; gives the exit status, or ends the process.
int run_program(int argc, char** argv);

}  // namespace bdglm::cli
