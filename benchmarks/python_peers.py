"""The Python package beside bambi with nutpie, NumPyro's NUTS, GPBoost and scikit-learn: seconds, effective draws a second, scores of held-out rows.

Usage: python_peers.py [--data FOLDER] [--tasks NAME ...] [--methods NAME ...] [--markdown]
FOLDER holds NAME/NAME.csv.gz and adult/train.csv.gz; the task friedman is simulated and needs none. A quarter of the rows is held out, the same for all;
rows of groups that no other row is of stay in. Numbers are standardised. Everyone has two threads, samplers two chains and default priors, but NumPyro,
which has none, priors like ours. Each result comes from a process of its own, which ends at the limit. Needs bdglm, bambi, nutpie, numpyro, gpboost,
scikit-learn and arviz < 1."""
import argparse
import datetime
import importlib.metadata
import multiprocessing
import os
import pathlib
import platform
import shlex
import sys
import warnings

# Before NumPy and JAX start: two threads for everyone, of NumPyro one a chain.
os.environ.update(OMP_NUM_THREADS="2", OPENBLAS_NUM_THREADS="2", NUMBA_NUM_THREADS="2", JAX_PLATFORMS="cpu",
                  XLA_FLAGS="--xla_force_host_platform_device_count=2 --xla_cpu_multi_thread_eigen=false")
import python_peers_methods  # noqa: E402
import python_peers_tasks  # noqa: E402

PACKAGES = ["bdglm", "bambi", "nutpie", "pymc", "numpyro", "jax", "gpboost", "scikit-learn", "arviz", "numpy"]
COLUMNS = ["task", "method", "fit s", "compile s", "effective draws a s", "worst parameter", "log score", "rmse or accuracy"]


def cell(name, method, options):
    warnings.filterwarnings("ignore")
    task = python_peers_tasks.TASKS[name](options.data)
    return {"rows": f"{len(task.train):,} + {len(task.test):,}", **python_peers_methods.METHODS[name][method](task, options)}


def measured(name, method, options):
    """The cell's result, or why there is none."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        try:
            return pool.apply_async(cell, (name, method, options)).get(options.limit)
        except multiprocessing.TimeoutError:
            return {"failed": f"more than {options.limit:.0f} s"}
        except Exception as error:  # one method that fails leaves the others' results
            return {"failed": f"{type(error).__name__}: {error}".splitlines()[0][:90]}


def figures(found):
    """The cells of a row of the table after its names."""
    if "failed" in found:
        return [found["failed"], *[""] * 5]
    effective = [f"{found['rate']:.3g}", f"{found['worst']} ({found['effective']:.0f})"] if "rate" in found else ["", ""]
    compiling = f"{found['compile']:.1f}" if found.get("compile") is not None else ""
    return [f"{found['seconds']:.2f}", compiling, *effective, f"{found['log_score']:.4f}", f"{found['error']:.4f}"]


def machine():
    info = pathlib.Path("/proc/cpuinfo")
    names = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return f"{names[0] if names else platform.processor()}, {os.cpu_count()} processors, Python {platform.python_version()}"


def version(package):
    try:
        return f"{package} {importlib.metadata.version(package)}"
    except importlib.metadata.PackageNotFoundError:
        return f"no {package}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, help="folder of the tables")
    parser.add_argument("--tasks", nargs="+", choices=python_peers_tasks.TASKS, default=list(python_peers_tasks.TASKS))
    parser.add_argument("--methods", nargs="+", help="names as the table prints them")
    parser.add_argument("--warmup", type=int, default=1000)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--limit", type=float, default=240, help="seconds of a method on a task")
    parser.add_argument("--markdown", action="store_true", help="machine, versions and a table at the end")
    options = parser.parse_args()
    known = {method for methods in python_peers_methods.METHODS.values() for method in methods}
    if unknown := set(options.methods or []) - known:
        parser.error(f"no method {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}")
    if options.tasks != ["friedman"] and (options.data is None or not options.data.is_dir()):
        parser.error(f"the tables are not there: {options.data or 'give their folder by --data'}; --tasks friedman runs without")
    rows = []
    for name in options.tasks:
        for method in python_peers_methods.METHODS[name]:
            if method in (options.methods or known):
                found = measured(name, method, options)
                rows.append([f"{name} ({found['rows']})" if "rows" in found else name, method, *figures(found)])
                print("; ".join(f"{column} {value}" if column not in COLUMNS[:2] else value for column, value in zip(COLUMNS, rows[-1]) if value), flush=True)
    if options.markdown:
        print(f"\n{datetime.date.today():%-d %B %Y}; {machine()}; {', '.join(map(version, PACKAGES))}.\n")
        print(f"    {shlex.join(['python_peers.py', *sys.argv[1:]])}\n")
        for row in [COLUMNS, ["---"] * len(COLUMNS), *rows]:
            print("| " + " | ".join(value.replace("|", "\\|") for value in row) + " |")


if __name__ == "__main__":
    main()
