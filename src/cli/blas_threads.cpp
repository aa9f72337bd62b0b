// The linear algebra library is told, before it is loaded, that it works in the threads that call it.

/// OpenBLAS asks this when it is loaded; the program's own definition stands in for the library's, which reads the
/// environment. It would start a thread for every other processor, of which each spins for a tenth of a second, and
/// which chains of their own threads have no use for.
extern "C" int openblas_num_threads_env() { return 1; }
