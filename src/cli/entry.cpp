// The executable's entry.
#include "cli/program.hpp"

int main(int argc, char** argv) { return bdglm::cli::run_program(argc, argv); }
