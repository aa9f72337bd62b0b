"""Progress of a run, in terminals and notebooks: by tqdm where it is installed, else in one line."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from typing import Any

from . import _core

#: Least effective draws take their time, so that they are asked for in steps of this many seconds.
_ASK_EVERY = 5.0


@contextlib.contextmanager
def make_watcher(progress: bool | str | Callable[[_core.Progress], Any]) -> Iterator[Callable[[_core.Progress], Any] | None]:
    """The function that a run calls a few times a second, or None."""
    if callable(progress):
        yield progress
        return
    if not isinstance(progress, (bool, str)) or progress not in (True, False, "auto"):
        raise _core.ModelError(f"progress is True, False, 'auto' or a function, not {progress!r}")
    if progress is False or (progress == "auto" and not _shown()):
        yield None
        return
    bar = _Bar(patience=1.0 if progress == "auto" else 0.0)
    try:
        yield bar
    finally:
        bar.close()


def _shown() -> bool:
    return _in_notebook() or (hasattr(sys.stderr, "isatty") and sys.stderr.isatty())


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    return shell is not None and getattr(shell.get_ipython(), "kernel", None) is not None


class _Bar:
    """Sweeps of each chain, divergences and least effective draws; shown after `patience` seconds."""

    def __init__(self, patience: float):
        self._patience = patience
        self._bar: Any = None
        self._phase = ""
        self._asked = 0.0
        self._least: float | None = None

    def __call__(self, progress: _core.Progress) -> bool:
        if progress.phase == "saved" or progress.seconds < self._patience:
            return True
        if self._bar is None:
            self._bar = _open_bar(progress.total, progress.seconds)
        if progress.phase == "sampling" and progress.seconds - self._asked >= _ASK_EVERY:
            self._least, self._asked = progress.least_effective_draws(), progress.seconds
        told = {"divergences": progress.divergences}
        if self._least is not None:
            told["least effective draws"] = round(self._least)
        if progress.phase == "choosing a network":
            told = {"done": f"{progress.sweeps} %"}
        self._bar.set_description(progress.phase, refresh=False)
        self._bar.set_postfix(told, refresh=False)
        if progress.phase in ("warm-up", "sampling"):
            self._bar.total = progress.total
            self._bar.n = progress.sweeps
        self._bar.refresh()
        return True

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


def _open_bar(total: int, seconds: float) -> Any:
    """A bar of a run that began `seconds` ago."""
    try:
        # Without ipywidgets tqdm.auto draws with text too, but warns first.
        if _in_notebook() and importlib.util.find_spec("ipywidgets") is not None:
            from tqdm.auto import tqdm
        else:
            from tqdm import tqdm
    except ImportError:
        return _Line()
    bar = tqdm(total=total, unit="sweep", leave=False, file=sys.stderr)
    bar.start_t -= seconds
    return bar


class _Line:
    """A line on standard error, rewritten, where tqdm is missing."""

    total = 0
    n = 0

    def __init__(self) -> None:
        self._text = ""
        self._told = ""

    def set_description(self, phase: str, refresh: bool = True) -> None:
        self._text = phase

    def set_postfix(self, told: dict, refresh: bool = True) -> None:
        self._told = ", ".join(f"{name} {value}" for name, value in told.items())

    def refresh(self) -> None:
        sys.stderr.write(f"\r{self._text}: {self.n} of {self.total} sweeps, {self._told}\033[K")
        sys.stderr.flush()

    def close(self) -> None:
        sys.stderr.write("\r\033[K")
