"""Sends prepared webhooks at random moments, whatever the answers (open loop), and records when each was sent.

The plan is a list of stretches: "30x60" is 30 a second during 60 seconds, "30x20,80x1,30x20" has a burst of a second.
Run as `python -m load.poisson --url http://127.0.0.1:3001 --plan 30x60 --out sent.jsonl ...`.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import orjson
import uvloop

from load.bodies import Secrets, Wish, cloud_request, guests_needed, spoki_request, wishes
from moments import Random, monotonic, wait

LEAD_SECONDS = 0.2
DRAIN_SECONDS = 10.0
DEFAULT_SEED = 4711


@dataclass(slots=True)
class Sent:
    """One message's times on the monotonic clock (seconds) and the status it got (0: none)."""

    wish: Wish
    planned_at: float
    sent_at: float = 0.0
    acknowledged_at: float = 0.0
    status: int = 0


@dataclass(slots=True)
class Wire:
    """Keep-alive connections to the node: an idle one is used again, else a new one is opened."""

    host: str
    port: int
    idle: list[Line] = field(default_factory=list["Line"])

    async def send(self, record: Sent, request: bytes) -> None:
        """Sends at once and notes the time; the answer is noted when it comes."""
        loop = asyncio.get_running_loop()
        if self.idle:
            line = self.idle.pop()
        else:
            _, line = await loop.create_connection(lambda: Line(self.idle), self.host, self.port)
        line.post(record, request)


class Line(asyncio.Protocol):
    """One connection with at most one request on it."""

    def __init__(self, idle: list[Line]) -> None:
        self.idle = idle
        self.record: Sent | None = None
        self.transport: asyncio.WriteTransport | None = None
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.WriteTransport, transport)  # uvloop's is not registered as one

    def post(self, record: Sent, request: bytes) -> None:
        """Writes the request; the node's answer will belong to `record`."""
        assert self.transport is not None
        self.record = record
        record.sent_at = monotonic()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0 or self.record is None:
            return
        head = self.buffer[:end].lower()
        start = head.find(b"\r\ncontent-length:")
        length = int(head[start + 17 :].split(b"\r\n", 1)[0]) if start >= 0 else 0
        if len(self.buffer) < end + 4 + length:
            return
        self.record.acknowledged_at = monotonic()
        self.record.status = int(head[9:12])
        self.record, self.buffer = None, b""
        self.idle.append(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self in self.idle:
            self.idle.remove(self)


def moments(plan: str, chance: Random) -> list[float]:
    """Seconds from the start at which messages are due, by a Poisson process of each stretch's rate."""
    due: list[float] = []
    stretch_start = 0.0
    for stretch in plan.split(","):
        rate, _, seconds = stretch.partition("x")
        at = stretch_start
        stretch_start += float(seconds)
        while (at := at + chance.expovariate(float(rate))) < stretch_start:
            due.append(at)
    return due


async def replay(wire: Wire, records: list[Sent], requests: list[bytes]) -> None:
    """Sends each request at its moment, then waits until all were answered or the drain time is over."""
    loop = asyncio.get_running_loop()
    async with asyncio.TaskGroup() as group:
        for record, request in zip(records, requests, strict=True):
            await wait(max(0.0, record.planned_at - monotonic()))
            group.create_task(wire.send(record, request))
    until = loop.time() + DRAIN_SECONDS
    while loop.time() < until and any(record.status == 0 for record in records):
        await wait(0.05)


def run(options: argparse.Namespace) -> None:
    """Prepares, sends, and writes one line per message."""
    secrets = Secrets(options.secret, options.spoki_secret, options.phone_number_id)
    render: Callable[[Wish, Secrets], bytes] = spoki_request if options.channel == "spoki" else cloud_request
    due = moments(options.plan, Random(options.seed))
    rate_max = max(float(stretch.partition("x")[0]) for stretch in options.plan.split(","))
    guests = guests_needed(len(due), 2 * rate_max)
    messages = list(wishes(len(due), guests, options.run, first_guest=options.first_guest))
    requests = [render(wish, secrets) for wish in messages]
    start = monotonic() + LEAD_SECONDS
    records = [Sent(wish, start + at) for wish, at in zip(messages, due, strict=True)]
    host, _, port = options.url.removeprefix("http://").partition(":")
    uvloop.run(replay(Wire(host, int(port)), records, requests))
    options.out.write_bytes(
        b"".join(orjson.dumps(_line(record), option=orjson.OPT_APPEND_NEWLINE) for record in records)
    )


def _line(record: Sent) -> dict[str, str | float | int]:
    return {
        "guest": record.wish.guest,
        "id": record.wish.message_id,
        "text": record.wish.text,
        "topic": record.wish.topic,
        "language": record.wish.language,
        "planned_at": record.planned_at,
        "sent_at": record.sent_at,
        "acknowledged_at": record.acknowledged_at,
        "status": record.status,
    }


def main() -> None:
    """Reads the command line and runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True, help="http://127.0.0.1:PORT of the node under test")
    parser.add_argument("--plan", default="30x60", help="rate x seconds, comma-separated")
    parser.add_argument("--channel", choices=("cloud", "spoki"), default="cloud")
    parser.add_argument("--secret", required=True)
    parser.add_argument("--spoki-secret", default="")
    parser.add_argument("--phone-number-id", default="100000000000001")
    parser.add_argument("--run", default="poisson", help="makes the message ids of this run its own")
    parser.add_argument("--first-guest", type=int, default=0, help="guests are numbered from here on")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--out", type=Path, required=True)
    run(parser.parse_args())


if __name__ == "__main__":
    main()
