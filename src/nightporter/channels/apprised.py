"""Tells by apprise, in a process of its own: its import costs over a second and 50 MB, which a node never pays.

The child is started by exec, inherits no descriptor, reads what to tell on its standard input and ends with it.
An address is a secret: it is in no argument and in no answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys

import orjson

CHILD_SECONDS = 45.0  # the import alone takes seconds on a small machine
PROBLEM_CHARS_MAX = 120
UNKNOWN_EXIT_CODE, FAILED_EXIT_CODE = 3, 4
PROBLEMS = {
    UNKNOWN_EXIT_CODE: "apprise does not know this address",
    FAILED_EXIT_CODE: "the other side did not take it",
}


async def tell(url: str, title: str, body: str, *, urgent: bool) -> str:
    """Send one message; "" when it was taken, else what is wrong."""
    asked = orjson.dumps({"url": url, "title": title, "body": body, "urgent": urgent})
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "nightporter.channels.apprised",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(CHILD_SECONDS):
            await child.communicate(asked)
    except TimeoutError:
        await _end(child)
        return "timeout"
    except BaseException:
        await _end(child)
        raise
    if child.returncode == 0:
        return ""
    return PROBLEMS.get(child.returncode or 0, f"apprise failed ({child.returncode})")[:PROBLEM_CHARS_MAX]


async def _end(child: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        child.kill()
    await child.wait()


def main() -> int:
    """The child: one message in, an exit code out."""
    asked = orjson.loads(sys.stdin.buffer.read())
    import apprise

    logging.disable(logging.CRITICAL)  # its log names addresses
    found = apprise.Apprise()
    if not found.add(asked["url"]):
        return UNKNOWN_EXIT_CODE
    kind = apprise.NotifyType.WARNING if asked["urgent"] else apprise.NotifyType.SUCCESS
    done = found.notify(
        body=asked["body"] or asked["title"],
        title=asked["title"],
        notify_type=kind,
        body_format=apprise.NotifyFormat.TEXT,
    )
    return 0 if done else FAILED_EXIT_CODE


if __name__ == "__main__":
    sys.exit(main())
