/* The C library's streams under names of the module's own (linker option --wrap), where HDF5 is linked statically: Debian
   compiles that for programs, in which these are at fixed places, as they are not for a module. */
#include <stdio.h>

extern FILE* __real_stdin;
extern FILE* __real_stdout;
extern FILE* __real_stderr;
FILE* __wrap_stdin;
FILE* __wrap_stdout;
FILE* __wrap_stderr;

__attribute__((constructor(101))) static void find_streams(void) {
  __wrap_stdin = __real_stdin;
  __wrap_stdout = __real_stdout;
  __wrap_stderr = __real_stderr;
}
