"""Whatever is sent: an answer that is no 500, and no round that crashes on what was kept."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from pathlib import Path
from typing import Any

import orjson
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.support.node import API_KEY, RunningNode, on_node

from nightporter.gateway.application import OPERATIONS
from nightporter.testing.providers.chance import Dice
from nightporter.testing.providers.meta import MetaProvider
from nightporter.testing.providers.spoki import SpokiProvider

EXAMPLES = 100
NOW_MS = 1_800_000_000_000
KINDS = (
    "text",
    "image",
    "voice",
    "location",
    "contacts",
    "reaction",
    "sticker",
    "order",
    "unsupported",
    "audio",
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=15,
)


def real_bodies() -> list[Any]:
    """What providers really send, as values to be damaged."""
    meta, spoki = MetaProvider(Dice(1), webhook_url="x"), SpokiProvider(Dice(1), webhook_url="x")
    for core in (meta, spoki):
        core.guest_sends("393331234567", "text", NOW_MS, {"body": "Where is the pool?"})
    hooks = [*meta.due(NOW_MS + 60_000), *spoki.due(NOW_MS + 60_000)]
    return [orjson.loads(hook.body) for hook in hooks]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for name, each in inner for place in places(each, (*path, name)))]


def with_at(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The value with another one at that place."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = with_at(copy[path[0]], path[1:], new)
    return copy


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A real body with something else in one or two places."""
    value = draw(st.sampled_from(REAL))
    for _ in range(draw(st.integers(0, 2))):
        value = with_at(value, draw(st.sampled_from(places(value))), draw(JSON))
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS) if storable(value) else b"{}"


def storable(value: Any) -> bool:
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True


REAL = real_bodies()
BODIES = st.binary(max_size=300) | JSON.filter(storable).map(orjson.dumps) | damaged()
HEADER_TEXT = st.text(
    st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60
)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "x-hub-signature-256",
            "x-spoki-signature",
            "content-type",
            "cf-connecting-ip",
            "x-forwarded-for",
            "expect",
            "x",
        ]
    ),
    HEADER_TEXT,
    max_size=4,
)


class Line:
    """One plain connection, opened again when the node closed it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, method: str, path: bytes, headers: dict[str, str], body: bytes) -> int:
        """Send; the status."""
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        head = b"".join(f"{name}: {value}\r\n".encode("latin-1") for name, value in headers.items())
        length = b"content-length: %d\r\n\r\n" % len(body)
        self._writer.write(method.encode() + b" " + path + b" HTTP/1.1\r\nhost: x\r\n" + head + length + body)
        told, status = "", 100
        while status == 100:
            told = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            status = int(told.split(" ", 2)[1])
        size = int(told.partition("content-length: ")[2].partition("\r\n")[0] or 0)
        await self._reader.readexactly(0 if method == "HEAD" else size)
        if "connection: close" in told:
            await self.close()
        return status

    async def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
            await self._writer.wait_closed()
            self._writer = None


def whatever(folder: Path, strategy: Any, send: Any) -> None:
    """Send what the strategy gives; then every round must have borne it."""

    async def story(node: RunningNode) -> None:
        loop, line = asyncio.get_running_loop(), Line(node.port)

        @settings(
            max_examples=EXAMPLES,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
        @given(strategy)
        def each(drawn: Any) -> None:
            status = asyncio.run_coroutine_threadsafe(send(node, line, drawn), loop).result(20)
            assert status < 500, (status, drawn)

        await asyncio.to_thread(each)
        await line.close()
        await node.until(lambda: not node.node.store.view.scalar("deliveries_new_count"))
        await node.until(lambda: not node.node.store.view.all("events_waiting", (1,)))

    on_node(folder, story)


def test_any_signed_body_is_kept_and_read(tmp_path: Path) -> None:
    async def send(node: RunningNode, line: Line, drawn: tuple[bytes, str]) -> int:
        body, name = drawn
        if name == "whatsapp":
            secret = node.meta.account.app_secret.encode()
            headers = {"x-hub-signature-256": "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()}
        else:
            secret = next(iter(node.spoki.account.secrets.values())).encode()
            at = str(node.node.clock.now_ms() // 1000)
            print_ = hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
            headers = {"x-spoki-signature": f"t={at},v2={print_}"}
        status = await line.ask("POST", f"/webhooks/{name}".encode(), headers, body)
        assert status == 200
        return status

    whatever(tmp_path, st.tuples(BODIES, st.sampled_from(["whatsapp", "spoki"])), send)


def test_any_unsigned_webhook_is_refused(tmp_path: Path) -> None:
    async def send(_: RunningNode, line: Line, drawn: tuple[bytes, dict[str, str], str]) -> int:
        body, headers, name = drawn
        status = await line.ask("POST", f"/webhooks/{name}".encode(), headers, body)
        assert status == 401
        return status

    whatever(tmp_path, st.tuples(BODIES, HEADERS, st.sampled_from(["whatsapp", "spoki"])), send)


def test_any_path_query_and_body_has_an_answer(tmp_path: Path) -> None:
    words = sorted({word for operation in OPERATIONS for word in operation.segments() if word})
    segment = (
        st.sampled_from(words)
        | st.text(max_size=8).map(_quoted)
        | st.sampled_from(["%ff", "%", "%2f", "..", ""])
    )
    path = st.lists(segment, max_size=5).map(lambda parts: "/" + "/".join(parts))
    known = st.sampled_from([operation.path for operation in OPERATIONS])
    name = st.sampled_from(["state", "type", "after", "limit", "from", "before", "x"])
    query = st.lists(st.tuples(name, st.text(max_size=10).map(_quoted)), max_size=3)
    method = st.sampled_from(["GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH"])

    async def send(_: RunningNode, line: Line, drawn: tuple[str, str, list[tuple[str, str]], bytes]) -> int:
        method, where, pairs, body = drawn
        url = where + ("?" + "&".join(f"{each}={value}" for each, value in pairs) if pairs else "")
        return await line.ask(method, url.encode("latin-1", "replace"), {"x-api-key": API_KEY}, body)

    whatever(tmp_path, st.tuples(method, path | known, query, BODIES), send)


def _quoted(text: str) -> str:
    return "".join(
        chr(byte) if chr(byte).isalnum() and byte < 128 else f"%{byte:02x}"
        for byte in text.encode("utf-8", "replace")
    )


def test_any_event_is_accepted_and_bears_its_round(tmp_path: Path) -> None:
    known = {"flightNumber": JSON, "delayMinutes": JSON, "newArrivalTime": JSON}
    flight = st.dictionaries(st.text(max_size=12), JSON, max_size=4) | st.fixed_dictionaries(
        {}, optional=known
    )
    kinds = st.sampled_from(["flight.delay.detected", "flight.cancelled"])
    drawn_from = st.tuples(kinds, flight.filter(storable)) | st.tuples(st.just("test"), JSON.filter(storable))

    async def send(_: RunningNode, line: Line, drawn: tuple[str, Any]) -> int:
        kind, told = drawn
        body = orjson.dumps({"type": kind, "source": "any", "payload": told})
        status = await line.ask("POST", b"/api/mesh/events", {"x-api-key": API_KEY}, body)
        assert status == 202
        return status

    whatever(tmp_path, drawn_from, send)
