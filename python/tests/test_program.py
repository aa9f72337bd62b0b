"""The program that comes with the package: files whose names are not UTF-8."""

import os
import pathlib
import shutil
import subprocess
import sys

from test_fit import FORMULA, table

PROGRAM = pathlib.Path(__file__).parents[1] / "program.py"


def run(folder, *arguments):
    # Beside itself it would find the package that is not compiled.
    program = shutil.copy(PROGRAM, folder / "bdglm_program.py")
    return subprocess.run([sys.executable, program, *arguments], cwd=folder, capture_output=True)


def test_names_of_files_need_not_be_utf8(tmp_path):
    table().to_csv(tmp_path / os.fsdecode(b"t\xff.csv"), index=False)
    fitted = run(tmp_path, "fit", "--data", b"t\xff.csv", "--formula", FORMULA, "--seed", "1", "--warmup", "50", "--draws", "50", "--out", b"f\xff.nc",
                 "--quiet")
    assert fitted.returncode == 0, fitted.stderr
    assert (tmp_path / os.fsdecode(b"f\xff.nc")).exists()
    assert b"b_x" in run(tmp_path, "summary", b"f\xff.nc").stdout
    missing = run(tmp_path, "summary", b"g\xff.nc")
    assert missing.returncode == 1 and b"g\xff.nc" in missing.stderr and b"Traceback" not in missing.stderr
