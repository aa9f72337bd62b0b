"""Every command and every Python block of README and docs runs, page by page, on small tables that stand in for the reader's."""

import functools
import gzip
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import bdglm

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = ["README.md", "examples/README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]

#: Commands that are shown but not run, each with its reason; one that no page shows any more is an error.
NOT_RUN = {
    "bdglm fit ... --formula 'kind ~ x + (1 | g)' --formula 'c ~ deep(x, z) + (1 | h)' --formula '`level d` ~ z + offset(o)'": "a fragment",
    "bdglm compare A.nc B.nc ...": "a pattern",
    "bdglm completion fish | source": "of another shell",
    "bdglm help VERB": "a pattern",
    "bdglm VERB --help": "a pattern",
}

#: What lines of code blocks begin with when they are commands to run.
COMMANDS = ("bdglm ", "build/bdglm ", "gzip ", "printf ", "python3 -c ")

#: Stands in for the program: short runs where the line does not say how long, and files that may be there already.
WRAPPER = """#!/bin/sh
case "$1" in
fit | update)
  case " $* " in *" --help "*) ;; *)
    case " $* " in *" --draws "*) ;; *) set -- "$@" --draws 200 ;; esac
    case " $* " in *" --warmup "*) ;; *) set -- "$@" --warmup 200 ;; esac
    case " $* " in *" --seed "*) ;; *) set -- "$@" --seed 1 ;; esac
    case " $* " in *" --overwrite "*) ;; *) set -- "$@" --overwrite ;; esac ;;
  esac ;;
esac
exec {program} "$@"
"""


def joined(block):
    """The lines of a block without indentation, those that end in a backslash with the next."""
    return re.sub(r" *\\\n\s*", " ", "\n".join(line.strip() for line in block.splitlines())).splitlines()


def pieces(text):
    """What a page shows to be run, in order: ("shell" or "python", text)."""
    found = []
    fenced = r"```(\w*)\n(.*?)```"
    for match in re.finditer(fenced, text, flags=re.DOTALL):
        if match[1] == "python":
            found.append((match.start(), "python", match[2]))
        elif match[1] in ("sh", "bash", "console", "shell"):
            found += [(match.start() + k * 1e-3, "shell", line) for k, line in enumerate(joined(match[2])) if line.startswith(COMMANDS)]
    prose = re.sub(fenced, lambda match: re.sub(r"[^\n]", " ", match[0]), text, flags=re.DOTALL)
    for match in re.finditer(r"(?:^    .*\n)+", prose + "\n", flags=re.MULTILINE):
        found += [(match.start() + k * 1e-3, "shell", line) for k, line in enumerate(joined(match[0])) if line.startswith(COMMANDS)]
    prose = re.sub(r"^    .*$", lambda match: " " * len(match[0]), prose, flags=re.MULTILINE)
    for match in re.finditer(r"(`+)((?:build/)?bdglm\s[^`]+?)\1(?!`)", prose):
        found.append((match.start(), "shell", " ".join(match[2].replace("\\|", "|").split())))
    return [(kind, piece) for _, kind, piece in sorted(found, key=lambda entry: entry[0])]


@pytest.fixture(scope="session")
def stand_ins(tmp_path_factory):
    """A folder with the program's wrapper and with every table and fit file that pages name but do not make."""
    program = os.environ.get("BDGLM_PROGRAM")
    if not program:
        pytest.skip("BDGLM_PROGRAM names no program")
    folder = tmp_path_factory.mktemp("docs")
    for name in ("bdglm", "build/bdglm", "bin/bdglm"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(WRAPPER.format(program=shlex.quote(os.path.abspath(program))))
        (folder / name).chmod(0o755)
    (folder / "bin/python3").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    (folder / "bin/python3").chmod(0o755)
    for name in ("data", "examples"):
        (folder / name).symlink_to(ROOT / name)
    random = np.random.default_rng(1)
    table = pd.read_csv(ROOT / "data/contraception.csv.gz", dtype={"district": str}).head(400)
    table["x"], table["z"], table["g"] = random.normal(size=400), random.normal(size=400), random.integers(0, 9, 400).astype(str)
    table["y"] = (table["x"] + random.normal(size=400) > 0).astype(int)
    table["n"], table["s"] = 5, random.binomial(5, 0.4, 400)
    more = table.tail(150).assign(age=lambda rows: rows["age"] + 0.5)
    more["x"], more["district"], more["g"] = more["x"] + 0.1, "new " + more["district"], "new " + more["g"]
    for name, rows in {"women": table, "d": table, "train": table, "new": table.head(5), "held_out": table.tail(100), "more": more}.items():
        rows.to_csv(folder / f"{name}.csv", index=False)
    for name, text in {"tosses": "9,10\n", "tosses2": "6,10\n", "later": "6,10\n8,10\n7,10\n7,10\n"}.items():
        (folder / f"{name}.csv").write_text("heads,tosses\n" + text)
    for name, values in {"y1": (12.1, 9.4, 11.7), "y2": (13.3,)}.items():
        (folder / f"{name}.csv").write_text("y\n" + "".join(f"{value}\n" for value in values))
    images = random.integers(0, 256, (60, 4, 4), dtype=np.uint8)
    for part, rows in {"": slice(0, 40), "new-": slice(40, 60)}.items():
        for kind, array in {"images": images[rows], "labels": images[rows, 0, 0] // 90}.items():
            header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, dtype=">u4").tobytes()
            with gzip.open(folder / f"{part}{kind}.idx.gz", "wb") as file:
                file.write(header + array.tobytes())
    for part in ("train", "test"):
        lines = (f"{value:.3f} {row % 3 + 1}:{value:.2f} {row % 3 + 4}:1" for row, value in enumerate(random.normal(size=40)))
        (folder / f"{part}.svm").write_text("\n".join(lines) + "\n")
    made = {"linear": "use ~ age + urban", "mixed": "use ~ age + urban + (1 | district)"}
    for name, formula in made.items():
        bdglm.fit(formula, table, chains=4, warmup=200, draws=200, seed=1, progress=False, path=folder / f"{name}.nc")
    for copy in ("glm", "m1", "a", "A"):
        shutil.copy(folder / "linear.nc", folder / f"{copy}.nc")
    for copy in ("glmm", "m2", "b", "B", "fit", "FIT"):
        shutil.copy(folder / "mixed.nc", folder / f"{copy}.nc")
    return folder


def run_shell(command, folder):
    """Runs a command in the folder; status 0 or an AssertionError with what it said."""
    words = command.split()
    if words[0].endswith("bdglm") and len(words) == 2:
        command += " --help"  # a verb that is named, not a command
    environment = {**os.environ, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{command}\nended with status {done.returncode}:\n{done.stderr[-2000:]}"


@pytest.mark.parametrize("page", PAGES)
def test_page_runs(page, stand_ins, tmp_path, monkeypatch):
    steps = pieces((ROOT / page).read_text())
    if any(kind == "python" for kind, _ in steps):
        pytest.importorskip("matplotlib").use("Agg")
        for needed in ("xarray", "sklearn", "h5netcdf"):
            pytest.importorskip(needed)
    folder = tmp_path / "page"
    shutil.copytree(stand_ins, folder, symlinks=True)
    monkeypatch.chdir(folder)
    random = np.random.default_rng(1)
    names = {"women": pd.read_csv("data/contraception.csv.gz"), "X": random.normal(size=(60, 2)), "clinic": random.integers(0, 5, 60)}
    names["y"] = (names["X"][:, 0] + random.normal(size=60) > 0).astype(int)
    for kind, piece in steps:
        if kind == "python":
            for saved in re.findall(r'\.save\("([^"]+)"\)', piece):
                (folder / saved).unlink(missing_ok=True)
            exec(compile(piece, page, "exec"), names)
        elif piece not in NOT_RUN:
            run_shell(piece, folder)


def test_options_and_methods_exist(stand_ins):
    known = {"--help", "--version"}
    overview = subprocess.run([stand_ins / "bdglm", "--help"], capture_output=True, text=True, check=True).stdout
    verbs = re.findall(r"^  (\w+) ", overview.partition("Subcommands:")[2], flags=re.MULTILINE)
    assert {"fit", "predict"} <= set(verbs)
    for verb in verbs:
        told = subprocess.run([stand_ins / "bdglm", verb, "--help"], capture_output=True, text=True, check=True).stdout
        known |= set(re.findall(r"--[a-z][a-z-]*", told))
    for page in ("README.md", "docs/guide.md", "docs/tutorial.md", "docs/coming_from.md", "docs/python.md"):
        text = (ROOT / page).read_text()
        for line in text.splitlines():
            if not re.search(r"cmake|pip |make ", line):
                assert set(re.findall(r"(?<=[`' ])--[a-z][a-z-]*", line)) <= known, f"{page}: {line}"
        for method in re.findall(r"\bfit\.(\w+)\(", text):
            assert hasattr(bdglm.Fit, method), f"{page}: fit.{method}()"
        for function in re.findall(r"\bbdglm\.(\w+)\(", text):
            assert hasattr(bdglm, function), f"{page}: bdglm.{function}()"


def test_calls_in_tables_run(stand_ins):
    cells = re.findall(r"`(fit\([\"\[][^`]*\))`", (ROOT / "docs/coming_from.md").read_text())
    calls = {cell.replace("\\|", "|") for cell in cells if "..." not in cell}
    assert len(calls) > 4
    short = functools.partial(bdglm.fit, chains=2, warmup=60, draws=60, seed=1, progress=False)
    for call in sorted(calls):
        table = pd.read_csv(stand_ins / "d.csv")
        if "sigma" in call:
            table["y"] = table["x"]
        exec(compile(call, call, "exec"), {"fit": short, "d": table})


def test_options_file_of_the_guide_is_read(stand_ins, tmp_path):
    block = re.search(r"(?:^    \w+ = .*\n)+", (ROOT / "docs/guide.md").read_text(), flags=re.MULTILINE)[0]
    (tmp_path / "options.toml").write_text("\n".join(joined(block)))
    fit = f"fit --data {stand_ins}/women.csv --formula 'use ~ age + (1 | district)' --config options.toml --draws 50 --out fit.nc"
    run_shell(f"{stand_ins}/bdglm {fit}", tmp_path)


def test_exceptions_are_shown_somewhere():
    shown = {piece for page in PAGES for kind, piece in pieces((ROOT / page).read_text())}
    assert set(NOT_RUN) <= shown


def test_pieces_are_found():
    text = "# T\n\n    bdglm fit --a \\\n        --b   # why\n    output 1\n\nsee `bdglm loo\nFIT.nc` and `bdglm` alone\n\n```python\nx = 1\n```\n"
    text += "\n| `bdglm fit --formula 'y ~ (1 \\| g)'` | `` bdglm predict --formula '`a b`' `` |\n"
    assert pieces(text) == [
        ("shell", "bdglm fit --a --b   # why"),
        ("shell", "bdglm loo FIT.nc"),
        ("python", "x = 1\n"),
        ("shell", "bdglm fit --formula 'y ~ (1 | g)'"),
    ]
