"""Options of Python's calls: what each takes, and the ModelError of one that is given something else."""

from __future__ import annotations

import difflib
import functools
import inspect
import math
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from . import _core

_GROUPS = "'new', 'known' or 'none'"
_LARGEST = 2**31 - 1


#: What other packages call options.
_ELSEWHERE = {"cores": "threads", "n_jobs": "threads", "iter": "draws", "n_samples": "draws", "tune": "warmup", "random_seed": "seed",
              "random_state": "seed", "newdata": "data", "probability": "interval", "prob": "interval"}


def meant(name: str, options: Iterable[str]) -> str:
    """What may have been meant by an option that is not there, as the end of a message."""
    options = list(options)
    near = [_ELSEWHERE[name]] if _ELSEWHERE.get(name) in options else difflib.get_close_matches(name, options, n=2)
    return f"; did you mean {' or '.join(near)}?" if near else f"; options are {', '.join(options)}"


def hinted(call: Callable) -> Callable:
    """The function, with a TypeError for an option that it has not that says which may have been meant."""
    parameters = inspect.signature(call).parameters
    options = [name for name in parameters if name != "self"]

    @functools.wraps(call)
    def checked(*values: Any, **named: Any) -> Any:
        for name in named:
            if name not in parameters:
                raise TypeError(f"{call.__name__}() has no option '{name}'{meant(name, options)}")
        return call(*values, **named)

    return checked


def refused(name: str, value: Any, takes: str) -> _core.ModelError:
    """The error of an option that was given `value`; `takes` says what it takes."""
    return _core.ModelError(f"{name}={value!r} is not what {name} takes: {takes}")


def text(name: str, value: Any, takes: str, default: str = "") -> str:
    """A word; None is the default."""
    if value is None:
        return default
    if not isinstance(value, str):
        raise refused(name, value, takes)
    return value


def words(name: str, value: Any, takes: str) -> list[str]:
    """One word or several; None is none."""
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if not isinstance(value, Iterable) or isinstance(value, (Mapping, bytes)):
        raise refused(name, value, takes)
    several = list(value)
    if not all(isinstance(word, str) for word in several):
        raise refused(name, several, takes)
    return several


def whole(name: str, value: Any, least: int = 0, takes: str = "") -> int:
    """A whole number from `least` on, NumPy's too."""
    takes = takes or f"a whole number from {least}"
    try:
        number = operator.index(value)
    except TypeError:
        raise refused(name, value, takes) from None
    if isinstance(value, bool) or not least <= number <= _LARGEST:
        raise refused(name, value, takes)
    return number


def seed(value: Any) -> int | None:
    """A seed as the library has it; None is a random one."""
    if value is None:
        return None
    takes = "a whole number from 0 to 2^64 - 1, or None for a random one"
    try:
        made = operator.index(value)
    except TypeError:
        raise refused("seed", value, takes) from None
    if isinstance(value, bool) or not 0 <= made < 2**64:
        raise refused("seed", value, takes)
    return made


def number(name: str, value: Any, takes: str) -> float:
    """A number that is finite."""
    if isinstance(value, (str, bytes, bool)):
        raise refused(name, value, takes)
    try:
        made = float(value)
    except (TypeError, ValueError, OverflowError):
        raise refused(name, value, takes) from None
    if not math.isfinite(made):
        raise refused(name, value, takes)
    return made


def limit(name: str, value: Any) -> float:
    """A positive number as the library has it, where 0 is none; None is none."""
    takes = "a number above 0, or None for no limit"
    if value is None:
        return 0.0
    made = number(name, value, takes)
    if made <= 0:
        raise refused(name, value, takes)
    return made


def flag(name: str, value: Any) -> bool:
    """True or False, NumPy's and 0 and 1 too."""
    if not isinstance(value, (bool, int, np.bool_)) or value not in (0, 1):
        raise refused(name, value, "True or False")
    return bool(value)


def groups_mode(value: Any) -> str:
    """What to do with groups; which words there are the library knows."""
    if not isinstance(value, str):
        raise refused("groups", value, _GROUPS)
    return value


def chain_weights(value: Any) -> str:
    """How chains weigh; which words there are the library knows."""
    if not isinstance(value, str):
        raise refused("weights", value, "'equal' or 'stacked'")
    return value


def probability(value: Any) -> float:
    """The probability of intervals; the library refuses those out of range."""
    return number("interval", value, "a probability, as 0.95")
