"""Where in the hotel's file something stands: the line of a path, with the text around it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from nightporter.config.hotel.document import FILE_BYTES_MAX, Mapping, Node, Scalar, parse
from nightporter.errors import HotelFileError

AROUND_LINES = 1
LINE_CHARS_MAX = 300

_STEP = re.compile(r"[^.\[\]]+|\[\d+\]")


@dataclass(frozen=True, slots=True)
class Place:
    """A path of the file; `line` counts from 1, 0 = nowhere; `around`: numbered lines, that one among them."""

    path: str
    line: int = 0
    around: tuple[tuple[int, str], ...] = ()


class Places:
    """The file as it lies on the disk; read again when it has changed. Parsing takes time: not for the event loop."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int] | None = None
        self._lines: list[str] = []
        self._top: Mapping | None = None

    def of(self, paths: tuple[str, ...]) -> list[Place]:
        """Each path with its line; without one where the file is gone, or refused."""
        self._look()
        return [self._place(path) for path in paths]

    def _look(self) -> None:
        try:
            found = self.path.stat()
            stamp = found.st_mtime_ns, found.st_size
            if stamp == self._seen:
                return
            text = self.path.read_text("utf-8-sig") if found.st_size <= FILE_BYTES_MAX else ""
            self._top = parse(text, self.path.name)
        except (OSError, UnicodeDecodeError, HotelFileError):
            self._seen, self._lines, self._top = None, [], None
            return
        self._seen, self._lines = stamp, text.splitlines()

    def _place(self, path: str) -> Place:
        line = _line_of(self._top, path) if self._top else 0
        if not line:
            return Place(path)
        first, last = max(1, line - AROUND_LINES), min(len(self._lines), line + AROUND_LINES)
        around = [(number, self._lines[number - 1][:LINE_CHARS_MAX]) for number in range(first, last + 1)]
        return Place(path, line, tuple(around))


def _line_of(top: Mapping, path: str) -> int:
    """The line of the deepest thing on the way that is there: what an exception replaced has its block's."""
    node: Node = top
    line = 0
    for step in _STEP.findall(path):
        if step.startswith("["):
            at = int(step[1:-1])
            items = () if isinstance(node, Scalar | Mapping) else node.items
            below = items[at] if at < len(items) else None
        else:
            below = node.items.get(step) if isinstance(node, Mapping) else None
        if below is None:
            break
        node, line = below, below.line
    return line
