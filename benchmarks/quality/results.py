"""The file of results: one JSON line a fit, appended once the fit is scored, so that an interrupted run goes on where it ended."""

import json
import os
import pathlib


class Results:
    """Lines of `path`; a last line that a kill cut short is taken off."""

    def __init__(self, path: pathlib.Path, writable: bool = True):
        self.path = path
        self.lines: list[dict] = []
        if not path.exists():
            return
        text = path.read_bytes()
        whole = text[: text.rfind(b"\n") + 1]
        for number, line in enumerate(whole.decode().splitlines(), 1):
            try:
                found = json.loads(line)
                found["set"], found["split"], found["method"]
            except (ValueError, KeyError, TypeError):
                raise SystemExit(f"{path}, line {number}: not a line of results; give another file by --out, or take the line out") from None
            self.lines.append(found)
        if writable and len(whole) < len(text):
            os.truncate(path, len(whole))

    def done(self, name: str, split: int, method: str, retry: bool = False) -> bool:
        """Whether the fit is there; one that failed counts unless it is to be tried again."""
        same = [line for line in self.lines if (line["set"], line["split"], line["method"]) == (name, split, method)]
        return any(not retry or "failed" not in line for line in same)

    def append(self, line: dict) -> None:
        self.lines.append(line)
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def scored(self) -> list[dict]:
        """The lines with scores."""
        return [line for line in self.lines if "failed" not in line]

    def failed(self) -> list[dict]:
        """Fits that have no later line with scores."""
        return [line for line in self.lines if not self.done(line["set"], line["split"], line["method"], retry=True)]

    def other_build(self, build: dict, methods: set[str]) -> str | None:
        """What the lines of our `methods` were made with, if not `build`: two builds in one file would be averaged together."""
        for line in self.lines:
            if line["method"] in methods and any(line.get(key) != value for key, value in build.items()):
                return ", ".join(f"{key} {line.get(key)}" for key in build)
        return None
