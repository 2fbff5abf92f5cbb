"""The results file of a long proof: JSON lines, each of one stretch and of the code that it was run on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nightporter

FINGERPRINT_CHARS = 12
NOT_THE_NODE = frozenset({"testing", "__pycache__"})

JsonObject = dict[str, Any]


def fingerprint() -> str:
    """A name of the node's code as it is now: results of other code do not count."""
    package = Path(nightporter.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        inside = path.relative_to(package)
        if path.is_file() and NOT_THE_NODE.isdisjoint(inside.parts):
            digest.update(f"{inside.as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:FINGERPRINT_CHARS]


class Results:
    """Lines of this code's stretches: those of earlier calls from the file, and new ones."""

    def __init__(self, path: Path | None, code: str) -> None:
        self._path = path
        self.code = code
        self.lines = [line for line in _read(path) if line["code"] == code]

    def add(self, line: JsonObject) -> None:
        """Write one more."""
        line = {**line, "code": self.code}
        self.lines.append(line)
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")


def _read(path: Path | None) -> Iterator[JsonObject]:
    if path is not None and path.exists():
        yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())
