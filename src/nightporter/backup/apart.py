"""Backup work in a process of its own: started by exec, nice to the node, and gone when the node is (ST7).

The first line of its standard input says what to do, as JSON. That stays open as long as the node wants the result;
when it ends, so does the child. Lines on its standard output: `{"progress": [done, total]}`, then one
`{"result": ...}` or `{"error": {"kind", "what", "advice"}}`.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nightporter import errors
from nightporter.backup.packing import Progress
from nightporter.errors import NightporterError

MODULE = "nightporter.backup.apart"
NICE = 10
LINE_BYTES_MAX = 64 * 1024 * 1024  # a record names every file of every guest
PROGRESS_PARTS = 200
SAID_CHARS = 300
LEFT_ALONE_CODE = 3

Given = Mapping[str, Any]


async def run_apart(job: str, given: Given, told: Progress, seconds: float) -> Any:
    """Have the job done in a child; its result. Raises the child's `NightporterError`, or `TimeoutError`."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        MODULE,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=LINE_BYTES_MAX,
    )
    assert child.stdin is not None, "a pipe was asked for"
    assert child.stderr is not None, "a pipe was asked for"
    said = asyncio.get_running_loop().create_task(child.stderr.read())
    try:
        async with asyncio.timeout(seconds):
            child.stdin.write(json.dumps({"job": job, "with": given}).encode() + b"\n")
            await child.stdin.drain()
            answer = await _answer(child, told)
    except ConnectionError:
        answer = None
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()
        told_badly = (await said).decode("utf-8", "replace")
    if answer is None:
        raise NightporterError(f"a backup's {job} ended without a word ({told_badly[-SAID_CHARS:]})")
    if "error" in answer:
        raise _error(answer["error"])
    return answer["result"]


async def _answer(child: asyncio.subprocess.Process, told: Progress) -> dict[str, Any] | None:
    assert child.stdout is not None, "a pipe was asked for"
    while line := await child.stdout.readline():
        answer: dict[str, Any] = json.loads(line)
        if "progress" not in answer:
            return answer
        told(*answer["progress"])
    return None


def _error(told: Mapping[str, str]) -> NightporterError:
    kind = getattr(errors, told["kind"], NightporterError)
    return kind(told["what"], told["advice"])


# --- the child ----------------------------------------------------------------------------------------------


def _take(given: Given, told: Progress) -> Any:
    from nightporter.backup.taking import Taking, take

    paths = {name: Path(given[name]) for name in ("data", "backups")}
    asked = Taking(**paths, node=given["node"], space_bytes=given["space_bytes"], now_ms=given["now_ms"])
    return asdict(take(asked, told))


def _ship(given: Given, told: Progress) -> Any:
    from nightporter.backup.places import place_of
    from nightporter.backup.shipping import Shipping, ship

    asked = Shipping(
        backups=Path(given["backups"]),
        recipients=tuple(given["recipients"]),
        space_bytes=given["space_bytes"],
        now_ms=given["now_ms"],
    )
    return asdict(ship(asked, place_of(given["url"]), told))


def _drill(given: Given, told: Progress) -> Any:
    from nightporter.backup.drilling import Drill, drill
    from nightporter.backup.places import place_of

    identity = Path(given["identity"]) if given["identity"] else None
    asked = Drill(backups=Path(given["backups"]), identity=identity, now_ms=given["now_ms"])
    return asdict(drill(asked, place_of(given["url"]) if given["url"] else None, told))


JOBS: Mapping[str, Callable[[Given, Progress], Any]] = {"take": _take, "ship": _ship, "drill": _drill}


def main() -> None:
    """Read what to do, do it, and say what came of it."""
    os.nice(NICE)
    asked = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        answer: Any = {"result": JOBS[asked["job"]](asked["with"], _teller())}
    except NightporterError as error:
        answer = {"error": {"kind": type(error).__name__, "what": error.what, "advice": error.advice}}
    except OSError as error:
        told = {"kind": "FolderUnusable", "what": f"{asked['job']}: {error}", "advice": "look at the disk"}
        answer = {"error": told}
    _say(answer)


def _end_with_parent() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(LEFT_ALONE_CODE)


def _teller() -> Progress:
    last = -1

    def tell(done: int, total: int) -> None:
        nonlocal last
        part = PROGRESS_PARTS * done // total if total else 0
        if part != last:
            last = part
            _say({"progress": [done, total]})

    return tell


def _say(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
