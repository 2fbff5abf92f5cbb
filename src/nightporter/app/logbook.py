"""The structured log: one line per happening, to the terminal and to data/log/nightporter.jsonl, rotated and bounded.

Neither message text nor phone numbers nor secrets get into it: values are short, long runs of digits are masked
wherever they stand, and of an exception only its kind and its places in the code are told, not its words.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import traceback
from collections import deque
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any, TextIO, cast

import orjson
import structlog

from nightporter.clock import Clock, utc

LOG_FILE = "nightporter.jsonl"
FILE_BYTES_MAX = 10 * 1024 * 1024
FILES_KEPT = 5  # besides the one that is written: 60 MB at most
VALUE_CHARS_MAX = 300
FRAMES_MAX = 20
LINES_HELD_MAX = 1_000  # of those that no terminal takes before there is a file
FORBIDDEN = frozenset(
    {"text", "body", "message_text", "phone", "token", "secret", "password", "authorization"}
)
WITHHELD = "(withheld)"

_DIGITS = re.compile(r"(?<![0-9A-Za-z_-])\+?\d[\d ()/.-]{5,}\d(?![0-9A-Za-z_-])")
_HARMLESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}|\d{4}-\d\d-\d\d")  # an IP address, a day
_PLAIN_KEYS = frozenset({"at", "level", "event", "logger"})
_KEPT_AS_THEY_ARE = frozenset({"at", "level", "logger", "trace"})

Happening = MutableMapping[str, Any]


class LogFile:
    """Appends lines to a file and begins a new one before it grows too long; the oldest go."""

    def __init__(self, path: Path, bytes_max: int = FILE_BYTES_MAX) -> None:
        self._path = path
        self._bytes_max = bytes_max
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor, self._size = -1, 0
        self._open()

    def _open(self) -> None:
        self._descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._size = os.fstat(self._descriptor).st_size

    def write(self, line: bytes) -> None:
        """Append one line; on a full disk it is lost here, the terminal has it."""
        try:
            if self._size + len(line) > self._bytes_max:
                self._rotate()
            self._size += os.write(self._descriptor, line)
        except OSError:
            return

    def _rotate(self) -> None:
        os.close(self._descriptor)
        for number in range(FILES_KEPT - 1, -1, -1):
            older = numbered(self._path, number)
            if older.exists():
                older.rename(numbered(self._path, number + 1))
        self._open()

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


def numbered(path: Path, number: int) -> Path:
    """The `number`-th newest file: 0 is the one that is written."""
    return path.with_name(f"{path.name}.{number}") if number else path


def masked(value: object) -> object:
    """The value as it may be told: short, without anything that could be a phone number or a card."""
    if value is None or isinstance(value, bool | int | float):
        return "(number)" if isinstance(value, int) and abs(value) > 10**14 else value
    return _DIGITS.sub(_hidden, str(value)[:VALUE_CHARS_MAX])


def _hidden(found: re.Match[str]) -> str:
    return found[0] if _HARMLESS.fullmatch(found[0]) else "(number)"


def discreet(_logger: object, _method: str, happening: Happening) -> Happening:
    """A structlog processor: names that carry a guest's words are withheld, all other values are `masked`."""
    for key, value in happening.items():
        if key not in _KEPT_AS_THEY_ARE:
            happening[key] = WITHHELD if key in FORBIDDEN else masked(value)
    return happening


def where_it_broke(_logger: object, _method: str, happening: Happening) -> Happening:
    """A structlog processor: an exception becomes its kind and its places in the code; its words may be a guest's."""
    found = happening.pop("exc_info", None)
    given = cast("tuple[Any, ...]", found)[1] if isinstance(found, tuple) else found
    error = sys.exc_info()[1] if given is True else given
    if isinstance(error, BaseException):
        happening.setdefault("error", type(error).__name__)
        frames = traceback.extract_tb(error.__traceback__)[-FRAMES_MAX:]
        happening["trace"] = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    return happening


class _ToStructlog(logging.Handler):
    """Brings what libraries log with the standard module into the same log."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger(record.name)
        say = log.error if record.levelno >= logging.ERROR else log.warning
        say(str(record.msg), exc_info=record.exc_info)  # without its arguments: they may be a guest's words


class Logbook:
    """Where everything is written. One per process, made first and closed last."""

    def __init__(self, clock: Clock, style: str, terminal: TextIO | None = None) -> None:
        """`style`: text or json, for the terminal; the file, once there is one, always has JSON."""
        self._clock = clock
        self._terminal = terminal or sys.stderr
        self._style = style
        self._file: LogFile | None = None
        self._held: deque[bytes] = deque(maxlen=LINES_HELD_MAX)
        self._lost = 0
        structlog.configure(
            processors=[self._stamp, structlog.stdlib.add_log_level, where_it_broke, discreet, self._write],
            wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
            logger_factory=cast("Callable[..., Any]", _Named),
            cache_logger_on_first_use=True,
        )
        self._handler = _ToStructlog(logging.WARNING)
        logging.getLogger().addHandler(self._handler)

    def keep_in(self, folder: Path) -> None:
        """From now on also into the data folder, which is open and ours."""
        self._file = LogFile(folder / "log" / LOG_FILE)
        for line in self._held:
            self._file.write(line)
        self._held.clear()
        if self._lost:
            structlog.get_logger("log").warning("log lost", lines=self._lost)

    def _stamp(self, logger: _Named, method: str, happening: Happening) -> Happening:
        at = utc(self._clock.now_ms()).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {"at": at, "level": method, "logger": logger.name, **happening}

    def _write(self, logger: object, method: str, happening: Happening) -> Happening:
        line = orjson.dumps(happening, default=str, option=orjson.OPT_APPEND_NEWLINE)
        if self._file:
            self._file.write(line)
        try:
            self._terminal.write(line.decode() if self._style == "json" else shown(happening) + "\n")
            self._terminal.flush()
        except (OSError, ValueError):  # nobody reads the terminal any more
            if not self._file:
                self._hold(line)
        raise structlog.DropEvent

    def _hold(self, line: bytes) -> None:
        """Keep the line until there is a file; the oldest go first, and are counted."""
        self._lost += len(self._held) == LINES_HELD_MAX
        self._held.append(line)

    def close(self) -> None:
        """Flush and close."""
        logging.getLogger().removeHandler(self._handler)
        structlog.reset_defaults()
        if self._file:
            self._file.close()


class _Named:
    """What structlog calls at the end of the chain; `Logbook._write` has written by then."""

    def __init__(self, name: str = "") -> None:
        self.name = name


def shown(happening: Happening) -> str:
    """One line for a person: time, level, what, then the details."""
    rest = " ".join(
        f"{key}={' < '.join(reversed(value)) if key == 'trace' else value}"
        for key, value in happening.items()
        if key not in _PLAIN_KEYS
    )
    at = str(happening.get("at", ""))[11:19]
    return f"{at} {happening.get('level', ''):<8} {happening.get('event', '')}" + (
        f"  {rest}" if rest else ""
    )
