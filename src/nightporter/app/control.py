"""The control socket: commands of the command line to the running node, as JSON lines over a local socket (ST9).

A request is `{"do": name, "with": {...}}`. Answers: any number of `{"progress": [done, total]}`, then one
`{"result": ...}` or `{"error": {"code", "what", "advice"}}`. The socket is for this user alone.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import orjson
import structlog

from nightporter.app.actions import ACTIONS, Ground
from nightporter.errors import NightporterError

SOCKET_FILE = "control.sock"
PATH_BYTES_MAX = 100  # a socket's path may have 104 bytes on macOS, 108 on Linux
LINE_BYTES_MAX = 1024 * 1024

log = structlog.get_logger("app.control")


def socket_path(folder: Path) -> Path:
    """In the data folder; where that path is too long, in the user's runtime folder under a name made from it."""
    path = folder.resolve() / SOCKET_FILE
    if len(os.fsencode(path)) <= PATH_BYTES_MAX:
        return path
    runtime = os.environ.get("XDG_RUNTIME_DIR") or f"{tempfile.gettempdir()}/nightporter-{os.getuid()}"
    name = hashlib.blake2b(os.fsencode(path), digest_size=8).hexdigest()
    return Path(runtime) / f"nightporter-{name}.sock"


class ControlSocket:
    """Serves the actions of `app.actions` on a node."""

    def __init__(self, ground: Ground, path: Path) -> None:
        self.path = path
        self._ground = ground
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[Any]] = set()

    async def open(self) -> None:
        """Listen. The folder lock is ours, so a socket that lies there is a dead node's."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._serve, self.path, limit=LINE_BYTES_MAX)
        finally:
            os.umask(before)

    async def close(self) -> None:
        """Take no further command; those under way are cut off, what they committed stays."""
        if self._server is None:
            return
        self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        self.path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "a connection is served in a task"
        self._open.add(task)
        try:
            while line := await reader.readline():
                writer.write(_line(await self._answer(line, writer)))
                await writer.drain()
        except (ConnectionError, ValueError, asyncio.CancelledError):  # gone, an over-long line, or we stop
            return
        finally:
            self._open.discard(task)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _answer(self, line: bytes, writer: asyncio.StreamWriter) -> dict[str, Any]:
        def progress(done: int, total: int) -> None:
            writer.write(_line({"progress": [done, total]}))

        try:
            name, given = _request(line)
            log.info("command", action=name)
            return {"result": await ACTIONS[name](self._ground, given, progress)}
        except NightporterError as error:
            return {"error": {"code": error.code, "what": error.what, "advice": error.advice}}
        except Exception as error:  # must not end the node; the caller is told
            log.exception("command failed")
            return {
                "error": {
                    "code": "NP-000",
                    "what": f"the node failed at it ({type(error).__name__})",
                    "advice": "",
                }
            }


def _request(line: bytes) -> tuple[str, Mapping[str, Any]]:
    try:
        value: Any = orjson.loads(line)
    except orjson.JSONDecodeError:
        value = None
    if isinstance(value, dict):
        request = cast("dict[str, Any]", value)
        name, given = request.get("do"), request.get("with", {})
        if isinstance(name, str) and name in ACTIONS and isinstance(given, dict):
            return name, cast("dict[str, Any]", given)
    raise NightporterError(
        "the node does not know this command", "use a command line of the node's own release"
    )


def _line(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
