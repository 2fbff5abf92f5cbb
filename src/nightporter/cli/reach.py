"""How a command reaches what it speaks of: the settings, the folder to read, the node that changes it (ST9)."""

from __future__ import annotations

import json
import socket
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nightporter.cli.output import progress
from nightporter.errors import NightporterError, NotRunning

if TYPE_CHECKING:
    from nightporter.config.settings import Settings
    from nightporter.store import View

ANSWER_SECONDS = 120.0  # without a word of progress
BUFFER_BYTES = 65_536


@dataclass(slots=True)
class Told:
    """Options that stand before the command."""

    config: Path | None = None


TOLD = Told()


def settings() -> Settings:
    """The settings, as this command line was told to read them."""
    from nightporter.config.settings import load  # not before a command needs them: --help is instant

    return load(TOLD.config)


@contextmanager
def folder_view() -> Generator[View]:
    """The data folder, read-only."""
    from nightporter.ops.running import reading

    with reading(settings().data_dir) as view:
        yield view


def note(folder: Path) -> dict[str, Any]:
    """What the node wrote into `data/lock`; empty when none ever ran there."""
    try:
        value: Any = json.loads((folder / "lock").read_text("utf-8") or "{}")
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def do(action: str, /, **given: Any) -> Any:
    """Have it done: by the running node, else on the folder itself. Raises what went wrong, in one line."""
    now = settings()
    given = {key: value for key, value in given.items() if value is not None}
    connection = _connect(now.data_dir)
    if connection is not None:
        with connection:
            return _ask(connection, action, given)
    return _do_alone(now, action, given)


def ask_running(name: str) -> Any:
    """What the running node says; None when none runs on our folder."""
    connection = _connect(settings().data_dir)
    if connection is None:
        return None
    with connection:
        return _ask(connection, name, {})


def _connect(folder: Path) -> socket.socket | None:
    path = note(folder).get("control")
    if not isinstance(path, str):
        return None
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(ANSWER_SECONDS)
    try:
        connection.connect(path)
    except OSError:
        connection.close()
        return None
    return connection


def _ask(connection: socket.socket, name: str, given: dict[str, Any]) -> Any:
    connection.sendall(json.dumps({"do": name, "with": given}).encode() + b"\n")
    with progress(name) as tell, connection.makefile("rb", BUFFER_BYTES) as lines:
        for line in lines:
            answer = json.loads(line)
            if "progress" in answer:
                tell(*answer["progress"])
            elif "error" in answer:
                raise _error(answer["error"])
            else:
                return answer["result"]
    raise NotRunning(
        "the node stopped before it answered", "start it again, look at what was done, and ask again"
    )


def _error(told: dict[str, str]) -> NightporterError:
    error = NightporterError(told["what"], told["advice"])
    error.code = told["code"]
    return error


def _do_alone(now: Settings, name: str, given: dict[str, Any]) -> Any:
    import asyncio

    from nightporter.app.actions import ACTIONS
    from nightporter.app.folder import alone

    async def act() -> Any:
        async with alone(now) as ground:
            with progress(name) as tell:
                return await ACTIONS[name](ground, given, tell)

    return json.loads(json.dumps(asyncio.run(act())))
