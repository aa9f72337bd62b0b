#!python
"""The program bdglm, which lies in the compiled part of the Python package; the rest of that is not loaded."""

import importlib.machinery
import importlib.util
import os
import signal
import sys

package = importlib.util.find_spec("bdglm")
spec = importlib.machinery.PathFinder.find_spec("bdglm._core", package.submodule_search_locations)
core = importlib.util.module_from_spec(spec)
spec.loader.exec_module(core)
for number in (signal.SIGINT, signal.SIGPIPE):
    signal.signal(number, signal.SIG_DFL)  # as a program has them, not as Python
sys.exit(core.run_program([os.fsencode(word) for word in ("bdglm", *sys.argv[1:])]))
