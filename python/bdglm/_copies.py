"""Copies of the file that holds a fit's draws."""

from __future__ import annotations

import os
import pathlib
import shutil
import tempfile

from . import _core


def copy_file(source: pathlib.Path, path: str, overwrite: bool) -> None:
    """Copies a fit file to `path`, whole or not at all. Raises DataError where that cannot be."""
    target = pathlib.Path(path)
    if target.exists() and not overwrite:
        raise _core.DataError(f"'{path}' is there already; overwrite=True replaces it")
    if target.exists() and target.samefile(source):
        return
    try:
        with tempfile.TemporaryDirectory(prefix=".bdglm-", dir=target.parent) as folder:
            copy = pathlib.Path(folder) / target.name
            shutil.copyfile(source, copy)
            _core.Posterior.open(os.fspath(copy))
            copy.replace(target)
    except OSError as error:
        raise _core.DataError(f"cannot copy '{source}' to '{path}': {error.strerror}") from error


def file_bytes(source: pathlib.Path) -> bytes:
    """All that a fit file holds."""
    try:
        return source.read_bytes()
    except OSError as error:
        raise _core.DataError(f"cannot read '{source}', which holds the draws: {error.strerror}") from error
