"""Predictive quality of bdglm at its defaults beside peers: held-out scores, coverage, mixing and CPU seconds of many splits, resumable.

Usage: python benchmarks/quality --program build/bdglm --data FOLDER --out results.jsonl [--sets NAME ...] [--methods NAME ...] [--splits N]
       python benchmarks/quality --table results.jsonl [--sets NAME ...] [--methods NAME ...]

A table has of each set the splits that all its methods have. A fit of ours has the number of its split plus one as seed.
"""

import argparse
import math
import os
import pathlib
import shlex
import subprocess
import sys
import time

import ours
import peers
import tables
from results import Results
from sets import SETS, Split



def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="quality", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", type=pathlib.Path, metavar="RESULTS", help="print a file of results as Markdown, and fit nothing")
    parser.add_argument("--program", type=pathlib.Path, help="bdglm, where methods of ours are asked for")
    parser.add_argument("--data", type=pathlib.Path, help="folder of the tables; friedman needs none")
    parser.add_argument("--out", type=pathlib.Path, help="file of results, read first and appended to")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS), metavar="NAME", help=", ".join(SETS))
    parser.add_argument("--methods", nargs="+", metavar="NAME", help=", ".join([*ours.METHODS, *peers.METHODS]))
    parser.add_argument("--add", nargs="+", action="append", default=[], metavar=("NAME", "FORMULA"),
                        help="a method of ours: a right side, in which COMMAS and PLUS stand for the inputs, and further formulas, as 'sigma ~ deep()'")
    parser.add_argument("--splits", type=int, default=5, help="splits of each set, from the first")
    parser.add_argument("--budget", type=float, default=math.inf, metavar="SECONDS", help="begin no fit after so many seconds")
    parser.add_argument("--limit", type=float, default=3600, metavar="SECONDS", help="end a fit that takes longer, as failed")
    parser.add_argument("--retry", action="store_true", help="try again what failed")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--fit-options", default="", metavar="TEXT", help="further options of `bdglm fit`, as --fit-options='--warmup 300 --draws 300'")
    options = parser.parse_args()
    for name, *formulas in options.add:
        if not formulas or name in ours.METHODS or name in peers.METHODS:
            parser.error(f"--add {name}: " + ("give the right side after the name" if not formulas else "there is a method of that name"))
        ours.METHODS[name] = formulas
    known = [*ours.METHODS, *peers.METHODS]
    if unknown := [name for name in options.methods or [] if name not in known and not options.table]:
        parser.error(f"no method {', '.join(unknown)}; there are {', '.join(known)}, and those of --add")
    if not options.table:
        options.methods = options.methods or known
    if options.table:
        if not options.table.is_file():
            parser.error(f"no file of results {options.table}")
        return options
    if options.out is None:
        parser.error("give --out, the file of results, or --table to print one")
    if options.splits < 1 or options.threads < 1:
        parser.error("--splits and --threads are at least 1")
    if set(options.methods) & set(ours.METHODS) and (options.program is None or not os.access(options.program, os.X_OK)):
        parser.error(f"no program to run: {options.program or 'give it by --program'}; --methods of peers alone need none")
    if options.data is not None and not options.data.is_dir():
        parser.error(f"no folder {options.data}")
    return options


class Suite:
    """What is asked for, the results so far, and one fit after another."""

    def __init__(self, options: argparse.Namespace):
        self.options = options
        self.results = Results(options.out)
        self.fit_options = ["--threads", str(options.threads), *shlex.split(options.fit_options)]
        self.build = {}
        if set(options.methods) & set(ours.METHODS):
            self.build = {"version": ours.version(options.program.resolve()), "settings": " ".join(self.fit_options)}
            if other := self.results.other_build(self.build, set(ours.METHODS)):
                sys.exit(f"{options.out} holds fits of {other}; now it is {', '.join(f'{k} {v}' for k, v in self.build.items())}: give another --out")

    def fit(self, name: str, number: int, method: str, split: Split) -> dict:
        """A line of results, of a failure too."""
        line = {"set": name, "split": number, "method": method}
        line |= self.build if method in ours.METHODS else {"version": peers.version(method)}
        try:
            if method in ours.METHODS:
                found = ours.measured(self.options.program.resolve(), method, split, number + 1, self.fit_options, self.options.limit)
            else:
                found = peers.measured(method, split, self.options.threads, self.options.limit)
        except subprocess.TimeoutExpired:
            found = {"failed": f"more than {self.options.limit:g} s"}
        except (RuntimeError, ValueError, KeyError) as error:  # one fit that fails leaves the others' results
            found = {"failed": f"{type(error).__name__}: {error}".splitlines()[0][:200]}
        return line | found

    def run(self, methods: list[str], sets: list[str]) -> None:
        """Split by split through the sets, so that a run cut short has all of them."""
        end = time.monotonic() + self.options.budget
        for number in range(self.options.splits):
            for name in sets:
                wanted = [method for method in methods if not self.results.done(name, number, method, self.options.retry)]
                if number >= SETS[name].splits or not wanted:
                    continue
                split = SETS[name].read(self.options.data, number)
                for method in wanted:
                    if (ours if method in ours.METHODS else peers).unfit(method, split):
                        continue
                    if time.monotonic() > end:
                        print("the budget is spent; run again to go on")
                        return
                    line = self.fit(name, number, method, split)
                    self.results.append(line)
                    figures = (f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}" for key, value in list(line.items())[3:]
                               if value is not None and key not in ("version", "settings", "formulas"))
                    print(name, number, method, *figures, flush=True)


def main() -> None:
    options = asked()
    if options.table:
        results = Results(options.table, writable=False)
        scored, failed = ([line for line in lines if line["set"] in options.sets and line["method"] in (options.methods or [line["method"]])]
                          for lines in (results.scored(), results.failed()))
        print(tables.markdown(scored, failed, [*ours.METHODS, *peers.METHODS]))
        return
    without = {method: peers.METHODS[method][2] for method in options.methods if method in peers.METHODS and peers.missing(method)}
    for method, package in without.items():
        print(f"{method}: skipped, the package {package} is not there")
    lacking = {name: file for name in options.sets if (file := SETS[name].missing(options.data))}
    for name, file in lacking.items():
        print(f"{name}: skipped, no file {file} in {options.data or 'a folder given by --data'}")
    try:
        Suite(options).run([m for m in options.methods if m not in without], [name for name in options.sets if name not in lacking])
    except KeyboardInterrupt:
        sys.exit("stopped; run again to go on")


if __name__ == "__main__":
    main()
