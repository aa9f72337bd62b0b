"""What users should know of a call's rows, draws and columns, told by the logger `bdglm`."""

from __future__ import annotations

import logging
from collections.abc import Iterable

log = logging.getLogger("bdglm")


def tell(notes: Iterable[str]) -> None:
    for note in notes:
        log.info("%s", note)
