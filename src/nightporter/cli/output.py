"""What commands print: JSON for programs, aligned columns for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

CELL_CHARS_MAX = 60

Record = Mapping[str, Any]


def say(text: str) -> None:
    """One line."""
    sys.stdout.write(text + "\n")


def say_json(value: object) -> None:
    """One JSON document."""
    say(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def records(found: Sequence[Record], *, as_json: bool, columns: Sequence[str], nothing: str) -> None:
    """A list: one JSON array, or a table of some of its columns; `nothing` stands for an empty one."""
    if as_json:
        say_json(found)
    elif not found:
        say(nothing)
    else:
        _table(found, columns)


def record(found: Record, *, as_json: bool) -> None:
    """One thing: a JSON object, or a line for each of its members."""
    if as_json:
        say_json(found)
        return
    width = max(len(name) for name in found)
    for name, value in found.items():
        rows = _records_in(value)
        if rows:
            say(f"{name}:")
            _table(rows, list(rows[0]))
        else:
            say(f"{name:<{width}}  {_cell(value)}")


def _table(found: Sequence[Record], columns: Sequence[str]) -> None:
    rows = [list(columns), *([_cell(row.get(name))[:CELL_CHARS_MAX] for name in columns] for row in found)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(columns))]
    for row in rows:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _records_in(value: object) -> list[Record]:
    """The value when it is a list of objects, else nothing."""
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [cast("Record", item) for item in items if isinstance(item, dict)]


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, cast("Sequence[object]", value))) or "-"
    if isinstance(value, dict):
        members = cast("Record", value)
        return "  ".join(f"{name}={_cell(part)}" for name, part in members.items()) or "-"
    return str(value).replace("\n", " / ")


@contextmanager
def progress(what: str) -> Generator[Callable[[int, int], None]]:
    """A bar on a terminal, nothing elsewhere; call what it gives with (done, total)."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task(what, total=None)
        yield lambda done, total: bars.update(bar, completed=done, total=total)
