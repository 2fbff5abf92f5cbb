"""Reads a large body in a process of its own, so that nobody waits for it (ST7).

The child is started by exec, inherits no descriptor, gets the body on its standard input and ends with it.
"""

from __future__ import annotations

import asyncio
import pickle
import sys

from nightporter.channels import spoki_split, whatsapp_split
from nightporter.model.message import Entry

APART_BYTES = 256 * 1024
APART_SECONDS = 30.0


def split(channel: str, body: bytes, received_ms: int, number: str) -> tuple[Entry, ...]:
    """What the channel of that name reads in the body."""
    if channel == spoki_split.CHANNEL:
        return spoki_split.split(body, received_ms, number)
    return whatsapp_split.split(body, received_ms)


async def split_apart(channel: str, body: bytes, received_ms: int, number: str) -> tuple[Entry, ...]:
    """The same in a child process. Raises `RuntimeError` when the child fails, `TimeoutError` when it is too slow."""
    command = (sys.executable, "-m", "nightporter.channels.apart", channel, str(received_ms), number)
    child = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(APART_SECONDS):
            found, said = await child.communicate(body)
    except BaseException:
        child.kill()
        await child.wait()
        raise
    if child.returncode != 0:
        raise RuntimeError(f"the reader of large bodies failed: {said.decode('utf-8', 'replace')[-300:]}")
    return pickle.loads(found)  # noqa: S301 - written by our own child a moment ago


def main() -> None:
    """The child: a body in, its entries out."""
    channel, received_ms, number = sys.argv[1:4]
    entries = split(channel, sys.stdin.buffer.read(), int(received_ms), number)
    sys.stdout.buffer.write(pickle.dumps(entries))


if __name__ == "__main__":
    main()
