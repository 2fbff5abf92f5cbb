"""The benchmark's provider: accepts messages as the Cloud API and Spoki do, and sends statuses back.

As light as it can be: one process, one event loop, no framework; requests are cut out of the byte stream by hand,
answers and statuses are put together from prepared pieces. What it has seen stays in memory until it is asked to
write it to a file.

Run as `python -m sink.server --port 9000 --webhook http://127.0.0.1:3001 --secret S`.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import re
from pathlib import Path
from typing import Any, cast

import orjson
import uvloop

from moments import epoch, monotonic
from sink.statuses import CloudStatuses, Courier, SpokiStatuses

HEAD_BYTES_MAX = 16_384
BODY_BYTES_MAX = 1_048_576
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
SPOKI_PATH = b"/messages/send/"
SINK_PATH = b"/_sink/"
WAMID_PREFIX = "wamid.HBgMc2luaw"


class Ledger:
    """What was accepted: (monotonic seconds, recipient, the sender's own id, the id we gave), in order of arrival."""

    def __init__(self) -> None:
        self.rows: list[tuple[float, str, str, str]] = []
        self.refused = 0

    def clear(self) -> None:
        """Forgets everything, as between two rounds."""
        self.rows.clear()
        self.refused = 0

    def stats(self) -> dict[str, int | float | None]:
        """Counts, and the times of the first and last message on the monotonic clock."""
        own_ids = [row[2] for row in self.rows if row[2]]
        return {
            "accepted": len(self.rows),
            "recipients": len({row[1] for row in self.rows}),
            "repeated_ids": len(own_ids) - len(set(own_ids)),
            "refused": self.refused,
            "first_at": self.rows[0][0] if self.rows else None,
            "last_at": self.rows[-1][0] if self.rows else None,
        }

    def write(self, path: Path) -> None:
        """Writes one JSON line per message: `[received_at, recipient, own_id, given_id]`."""
        path.write_bytes(b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in self.rows))


class Sink:
    """The parts a connection needs: the ledger and, per kind of provider, what makes statuses."""

    def __init__(self, cloud: CloudStatuses, spoki: SpokiStatuses, work: int) -> None:
        self.ledger = Ledger()
        self.cloud = cloud
        self.spoki = spoki
        self.work = work
        self.next_number = 0
        self.first = int(epoch()) * 1_000_000  # a folder that is used again must not see an id again

    def take(self, path: bytes, body: bytes) -> bytes:
        """Accepts one message and returns the whole HTTP answer."""
        now = monotonic()
        accept = self._take_spoki if path.endswith(SPOKI_PATH) else self._take_cloud
        for _ in range(self.work - 1):
            orjson.loads(body)
        try:
            return accept(orjson.loads(body), now)
        except (orjson.JSONDecodeError, KeyError, TypeError):
            self.ledger.refused += 1
            return response(400, b'{"error":{"code":100,"message":"not a message"}}')

    def _number(self) -> int:
        self.next_number += 1
        return self.next_number

    def _take_cloud(self, message: dict[str, Any], now: float) -> bytes:
        if message.get("status") == "read":
            return response(200, b'{"success":true}')
        recipient = str(message.get("to") or message["recipient"])
        own_id = str(message.get("biz_opaque_callback_data", ""))
        wamid = f"{WAMID_PREFIX}{self.first + self._number():020d}"
        self.ledger.rows.append((now, recipient, own_id, wamid))
        self.cloud.accepted(wamid, recipient, own_id)
        return response(
            200,
            b'{"messaging_product":"whatsapp","contacts":[{"input":"%b","wa_id":"%b"}],"messages":[{"id":"%b"}]}'
            % (recipient.encode(), recipient.encode(), wamid.encode()),
        )

    def _take_spoki(self, message: dict[str, Any], now: float) -> bytes:
        recipient = str(message["phone"]).lstrip("+")
        number = self._number()
        uuid = f"00000000-0000-4000-8000-{number:012d}"
        metadata: dict[str, Any] = message.get("metadata") or {}
        own_id = str(metadata.get("nightporter", ""))
        self.ledger.rows.append((now, recipient, own_id, uuid))
        self.spoki.accepted(uuid, recipient, orjson.dumps(metadata), str(message.get("text", "")))
        return response(200, b'{"id":%d,"uuid":"%b","status":"Pending"}' % (number, uuid.encode()))

    def control(self, path: bytes, body: bytes) -> bytes:
        """Answers the benchmark's own requests: /_sink/stats, /_sink/count, /_sink/reset, /_sink/dump {"path": ...}."""
        match path.removeprefix(SINK_PATH):
            case b"stats":
                deliveries = {"cloud": self.cloud.courier.stats(), "spoki": self.spoki.courier.stats()}
                return response(200, orjson.dumps(self.ledger.stats() | {"webhooks": deliveries}))
            case b"count":
                waiting = self.cloud.waiting() + self.spoki.waiting()
                return response(
                    200, b'{"accepted":%d,"webhooks_waiting":%d}' % (len(self.ledger.rows), waiting)
                )
            case b"reset":
                self.ledger.clear()
                self.cloud.courier.clear()
                self.spoki.courier.clear()
                return response(200, b"{}")
            case b"dump":
                self.ledger.write(Path(orjson.loads(body)["path"]))
                return response(200, b"{}")
            case _:
                return response(404, b"{}")


def response(status: int, body: bytes) -> bytes:
    """A whole HTTP/1.1 answer with a JSON body."""
    reason = {200: b"OK", 400: b"Bad Request", 404: b"Not Found"}[status]
    return b"HTTP/1.1 %d %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
        status,
        reason,
        len(body),
        body,
    )


class Connection(asyncio.Protocol):
    """Cuts requests out of one keep-alive connection; bodies must come with Content-Length."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.buffer = b""
        self.transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.WriteTransport, transport)  # uvloop's is not registered as one

    def data_received(self, data: bytes) -> None:
        assert self.transport is not None
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end]
            found = CONTENT_LENGTH.search(head)
            length = int(found[1]) if found else 0
            if length > BODY_BYTES_MAX or (
                length == 0 and head.startswith(b"POST") and SINK_PATH not in head
            ):
                self.transport.close()
                return
            stop = end + 4 + length
            if len(self.buffer) < stop:
                return
            body, self.buffer = self.buffer[end + 4 : stop], self.buffer[stop:]
            path = head[: head.find(b"\r\n")].split(b" ")[1]
            answer = self.sink.control if path.startswith(SINK_PATH) else self.sink.take
            self.transport.write(answer(path, body))
        if len(self.buffer) > HEAD_BYTES_MAX:
            self.transport.close()


async def serve(options: argparse.Namespace) -> None:
    """Serves until cancelled."""
    loop = asyncio.get_running_loop()
    host, _, port = options.webhook.removeprefix("http://").partition(":")
    cloud_courier = Courier(host, int(port), options.connections)
    spoki_courier = Courier(host, int(port), options.connections)
    cloud = CloudStatuses(
        cloud_courier, options.secret.encode(), options.phone_number_id, options.statuses, options.work
    )
    spoki = SpokiStatuses(spoki_courier, options.spoki_secret.encode(), options.statuses)
    sink = Sink(cloud, spoki, options.work)
    server = await loop.create_server(lambda: Connection(sink), "127.0.0.1", options.port, backlog=4096)
    async with asyncio.TaskGroup() as group:
        group.create_task(server.serve_forever())
        group.create_task(cloud.run())
        group.create_task(spoki.run())


def main() -> None:
    """Reads the command line and serves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--webhook", required=True, help="http://127.0.0.1:PORT of the node under test")
    parser.add_argument("--secret", required=True, help="the app secret that signs Cloud API webhooks")
    parser.add_argument("--spoki-secret", default="", help="the secret that signs Spoki webhooks")
    parser.add_argument("--phone-number-id", default="100000000000001")
    parser.add_argument("--connections", type=int, default=8, help="webhooks delivered at the same time")
    parser.add_argument(
        "--no-statuses", dest="statuses", action="store_false", help="accept, but send no statuses"
    )
    parser.add_argument(
        "--work", type=int, default=1, help="do the sink's own work this many times (validity check)"
    )
    gc.disable()  # nothing here makes cycles that matter, and the ledger only grows
    uvloop.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
