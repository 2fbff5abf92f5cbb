"""The command that reads the structured log."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from nightporter.cli import output
from nightporter.cli.reach import settings
from nightporter.errors import NotFound

LOOK_SECONDS = 0.5
LINE_BYTES_MAX = 1024 * 1024


class Level(StrEnum):
    """How bad it is, at least."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(logs)


def logs(
    follow: Annotated[bool, typer.Option("--follow", help="wait for more")] = False,
    level: Annotated[Level, typer.Option(help="at least this bad")] = Level.INFO,
    find: Annotated[str, typer.Option(help="only lines with this text")] = "",
    limit: Annotated[int, typer.Option(min=1, help="the newest so many")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON lines")] = False,
) -> None:
    """The node's log: what happened, without anybody's words.

    Example: nightporter logs --level warning --follow
    """
    from nightporter.app.logbook import FILES_KEPT, LOG_FILE, numbered

    path = settings().data_dir / "log" / LOG_FILE
    if not path.exists():
        raise NotFound(f"there is no log in {path.parent}", "start a node first, or set NIGHTPORTER_DATA_DIR")
    wanted = list(Level)[list(Level).index(level) :]

    def fits(line: bytes) -> bool:
        return find.encode() in line and json.loads(line)["level"] in wanted

    found: list[bytes] = []
    for number in range(FILES_KEPT + 1):
        file = numbered(path, number)
        if file.exists() and len(found) < limit:
            found = [line for line in file.read_bytes().splitlines() if fits(line)][
                -(limit - len(found)) :
            ] + found
    for line in found:
        _print(line, as_json=as_json)
    if follow:
        for line in _more(path, fits):
            _print(line, as_json=as_json)


def _print(line: bytes, *, as_json: bool) -> None:
    from nightporter.app.logbook import shown

    if as_json:
        output.say(line.decode())
    else:
        value: dict[str, Any] = json.loads(line)
        output.say(f"{value.get('at', '')[:10]} {shown(value)}")


def _more(path: Path, fits: Callable[[bytes], bool]) -> Iterator[bytes]:
    """Lines that are written from now on; goes on in the new file after a rotation."""
    import threading

    pause = threading.Event()
    file = path.open("rb")
    file.seek(0, 2)
    while True:
        line = file.readline(LINE_BYTES_MAX)
        if line.endswith(b"\n"):
            if fits(line):
                yield line.rstrip(b"\n")
            continue
        file.seek(-len(line), 1)  # a line that is still being written
        if path.exists() and path.stat().st_ino != _inode(file.fileno()):
            file.close()
            file = path.open("rb")
            continue
        pause.wait(LOOK_SECONDS)


def _inode(descriptor: int) -> int:
    import os

    return os.fstat(descriptor).st_ino
