"""Statuses as the providers send them: Cloud API in signed batches, Spoki one signed event each.

A status is rendered when the message is accepted, delivered at the next tick and tried again with growing pauses
until the node answers 200, as Meta does.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections import deque

import orjson

from moments import epoch, monotonic, wait

BATCH_STATUSES_MAX = 50
BATCH_EVERY_SECONDS = 0.1
RETRY_FIRST_SECONDS = 0.2
RETRY_MAX_SECONDS = 5.0
ANSWER_TIMEOUT_SECONDS = 20.0
WABA_ID = "200000000000001"
DISPLAY_NUMBER = "390550000000"
CLOUD_STATES = (b"sent", b"delivered", b"read")
SPOKI_STATES = ("Sent", "Delivered", "Read")

REQUEST = (
    b"POST %b HTTP/1.1\r\nhost: node\r\ncontent-type: application/json\r\n%b\r\ncontent-length: %d\r\n\r\n%b"
)
STATUS = (
    b'{"id":"%b","status":"%b","timestamp":"%d","recipient_id":"%b","biz_opaque_callback_data":%b,'
    b'"conversation":{"id":"c%b","origin":{"type":"service"}},'
    b'"pricing":{"billable":true,"pricing_model":"PMP","category":"service","type":"regular"}}'
)
ENVELOPE = (
    b'{"object":"whatsapp_business_account","entry":[{"id":"%b","changes":[{"value":{"messaging_product":"whatsapp",'
    b'"metadata":{"display_phone_number":"%b","phone_number_id":"%b"},"statuses":[%b]},"field":"messages"}]}]}'
)


class Courier:
    """Delivers webhooks over a few keep-alive connections until each was answered 200."""

    def __init__(self, host: str, port: int, connections: int) -> None:
        self.host = host
        self.port = port
        self.waiting: deque[bytes] = deque()
        self.wake = asyncio.Semaphore(0)
        self.connections = connections
        self.clear()

    def clear(self) -> None:
        """Forgets what waits and what was counted."""
        self.waiting.clear()
        self.bodies = self.statuses = self.retries = self.in_flight = 0
        self.slowest_seconds = 0.0

    def stats(self) -> dict[str, int | float]:
        """How many bodies and statuses were delivered, how many wait, how often a delivery was repeated."""
        return {
            "bodies": self.bodies,
            "statuses": self.statuses,
            "waiting": self.unanswered(),
            "retries": self.retries,
            "slowest_seconds": round(self.slowest_seconds, 4),
        }

    def unanswered(self) -> int:
        """How many bodies the node has not yet answered with 200."""
        return len(self.waiting) + self.in_flight

    def post(self, path: bytes, signature: bytes, body: bytes) -> None:
        """Queues one webhook; `signature` is the whole header line."""
        self.waiting.append(REQUEST % (path, signature, len(body), body))
        self.wake.release()

    async def run(self) -> None:
        """Delivers for ever."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self.connections):
                group.create_task(self._carry())

    async def _carry(self) -> None:
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        while True:
            await self.wake.acquire()
            if not self.waiting:
                continue
            request = self.waiting.popleft()
            self.in_flight += 1
            pause = RETRY_FIRST_SECONDS
            started = monotonic()
            while True:
                try:
                    if streams is None:
                        streams = await asyncio.open_connection(self.host, self.port)
                    status = await asyncio.wait_for(_exchange(streams, request), ANSWER_TIMEOUT_SECONDS)
                except (OSError, asyncio.IncompleteReadError, TimeoutError):
                    status, streams = 0, None
                if status == 200:
                    break
                self.retries += 1
                await wait(pause)
                pause = min(pause * 2, RETRY_MAX_SECONDS)
            self.slowest_seconds = max(self.slowest_seconds, monotonic() - started)
            self.in_flight = max(0, self.in_flight - 1)
            self.bodies += 1


async def _exchange(streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], request: bytes) -> int:
    reader, writer = streams
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    lower = head.lower()
    start = lower.find(b"\r\ncontent-length:")
    if start >= 0:
        await reader.readexactly(int(lower[start + 17 : lower.find(b"\r\n", start + 2)]))
    elif b"\r\ntransfer-encoding: chunked" in lower:
        await reader.readuntil(b"0\r\n\r\n")
    return int(head[9:12])


class CloudStatuses:
    """Three statuses per message, up to 50 in a signed body, every 100 ms."""

    def __init__(self, courier: Courier, secret: bytes, phone_number_id: str, on: bool, work: int) -> None:
        self.courier = courier
        self.secret = secret
        self.phone_number_id = phone_number_id.encode()
        self.on = on
        self.work = work
        self.rendered: list[bytes] = []

    def accepted(self, wamid: str, recipient: str, own_id: str) -> None:
        """Renders the statuses of a message that was just accepted."""
        if not self.on:
            return
        now, number, to, own = int(epoch()), wamid.encode(), recipient.encode(), orjson.dumps(own_id)
        for state in CLOUD_STATES * self.work:
            self.rendered.append(STATUS % (number, state, now, to, own, to))
        if self.work > 1:
            del self.rendered[-len(CLOUD_STATES) * (self.work - 1) :]

    def waiting(self) -> int:
        """How many statuses and bodies are still on their way."""
        return len(self.rendered) + self.courier.unanswered()

    async def run(self) -> None:
        """Sends what was rendered, tick by tick, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.courier.run())
            while True:
                await wait(BATCH_EVERY_SECONDS)
                rendered, self.rendered = self.rendered, []
                for start in range(0, len(rendered), BATCH_STATUSES_MAX):
                    self._post(rendered[start : start + BATCH_STATUSES_MAX])

    def _post(self, statuses: list[bytes]) -> None:
        body, digest = self._signed(statuses)
        for _ in range(self.work - 1):
            self._signed(statuses)
        self.courier.statuses += len(statuses)
        self.courier.post(b"/webhooks/whatsapp", b"x-hub-signature-256: sha256=" + digest.encode(), body)

    def _signed(self, statuses: list[bytes]) -> tuple[bytes, str]:
        body = ENVELOPE % (
            WABA_ID.encode(),
            DISPLAY_NUMBER.encode(),
            self.phone_number_id,
            b",".join(statuses),
        )
        return body, hmac.digest(self.secret, body, hashlib.sha256).hex()


class SpokiStatuses:
    """Three events per message, each a webhook of its own, at the next tick."""

    def __init__(self, courier: Courier, secret: bytes, on: bool) -> None:
        self.courier = courier
        self.secret = secret
        self.on = on
        self.pending: list[tuple[str, str, bytes, str]] = []

    def accepted(self, uuid: str, recipient: str, metadata: bytes, text: str) -> None:
        """Remembers a message that was just accepted."""
        if self.on:
            self.pending.append((uuid, recipient, metadata, text))

    def waiting(self) -> int:
        """How many messages and events are still on their way."""
        return len(self.pending) + self.courier.unanswered()

    async def run(self) -> None:
        """Sends the events of what was accepted, tick by tick, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.courier.run())
            while True:
                await wait(BATCH_EVERY_SECONDS)
                pending, self.pending = self.pending, []
                for ordinal, state in enumerate(SPOKI_STATES):
                    for message in pending:
                        self._post(ordinal, state, *message)

    def _post(self, ordinal: int, state: str, uuid: str, recipient: str, metadata: bytes, text: str) -> None:
        now = epoch()
        event = {
            "version": 2,
            "event": "message.outbound",
            "event_uuid": f"{ordinal + 1:08d}{uuid[8:]}",
            "timestamp": now,
            "data": {
                "uuid": uuid,
                "direction": "Outbound",
                "content_type": "Text",
                "text": text,
                "to_phone": f"+{recipient}",
                "timestamp": int(now * 1000),
                "send_status": state,
                "metadata": orjson.Fragment(metadata),
            },
        }
        body = orjson.dumps(event)
        stamp = int(now)
        digest = hmac.digest(self.secret, b"%d." % stamp + body, hashlib.sha256).hex()
        self.courier.statuses += 1
        self.courier.post(
            b"/webhooks/spoki", b"x-spoki-signature: t=%d,v2=%b" % (stamp, digest.encode()), body
        )
