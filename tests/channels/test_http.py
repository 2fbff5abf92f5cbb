"""The wire tells a request that never left from one whose fate is unknown, against servers that misbehave."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import uvloop

from nightporter.channels.http import HttpWire
from nightporter.channels.wire import Lost, NotSent, Response

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Test = Callable[[HttpWire, str], Coroutine[Any, Any, None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SOON = 0.05  # seconds: a time-out that is meant to happen
LONG = 10.0  # seconds: one that is not
BODY = b'{"text": "hello"}'
LOOPS: list[Callable[[], asyncio.AbstractEventLoop]] = [asyncio.new_event_loop]


@pytest.fixture(
    params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"], autouse=True
)
def loop_in_use(request: pytest.FixtureRequest) -> None:
    """Every test here runs on Python's own event loop and on the one that production uses."""
    LOOPS[0] = request.param


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
    )
    return head + await reader.readexactly(length)


class Server:
    """Runs `handler` for each connection and counts them."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.connections = 0

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self._handler(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


def run(handler: Handler, test: Test, **options: Any) -> Server:
    """Serves while the test runs, and closes both."""

    async def main() -> Server:
        served = Server(handler)
        listener = await asyncio.start_server(served.accept, "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        wire = HttpWire(**options)
        try:
            await test(wire, f"http://127.0.0.1:{port}/v1/messages?x=1")
        finally:
            await wire.close()
            listener.close()
        return served

    with asyncio.Runner(loop_factory=LOOPS[0]) as runner:
        return runner.run(main())


def answering(*answers: bytes, then_close: bool = False) -> Handler:
    """Reads a request, gives the next answer, and so on."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            await read_request(reader)
            writer.write(answer)
            await writer.drain()
        if not then_close:
            await reader.read()

    return handle


async def post(wire: HttpWire, url: str, seconds: float = LONG, **options: Any) -> Response | NotSent | Lost:
    headers = {"authorization": "Bearer x"}
    return await wire.request("POST", url, headers, BODY, timeout_seconds=seconds, **options)


def outcome_of(handler: Handler, seconds: float = LONG, **options: Any) -> Response | NotSent | Lost:
    found: list[Response | NotSent | Lost] = []

    async def test(wire: HttpWire, url: str) -> None:
        found.append(await post(wire, url, seconds, **options))

    run(handler, test)
    return found[0]


def test_what_goes_on_the_wire() -> None:
    seen: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await read_request(reader))
        writer.write(OK)

    assert outcome_of(handle) == Response(200, {"content-length": "2"}, b"ok")
    head, _, body = seen[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /v1/messages?x=1 HTTP/1.1"
    assert lines[1].startswith(b"host: 127.0.0.1:")
    assert lines[2:] == [b"authorization: Bearer x", b"content-length: %d" % len(BODY)]
    assert body == BODY


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, b"ok"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n", b"ok"),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", b"until the end"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.0 500 Oh\r\nContent-Length: 2\r\n\r\nno", b"no"),
    ],
    ids=["interim", "chunked", "to-eof", "no-content", "http-1.0"],
)
def test_shapes_of_answers(answer: bytes, expected: bytes) -> None:
    outcome = outcome_of(answering(answer, then_close=True))
    assert isinstance(outcome, Response)
    assert outcome.body == expected


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "reset"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", "reset"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "reset"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "protocol"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", "too_large"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2_000_000, "too_large"),
        (b"HTTP/1.1 200 OK\r\n" + b"".join(b"h%d: v\r\n" % n for n in range(500)) + b"\r\n", "too_large"),
    ],
    ids=["nothing", "short", "short-chunk", "not-http", "upgrade", "declared", "endless", "headers"],
)
def test_answers_that_are_none(answer: bytes, reason: str) -> None:
    assert outcome_of(answering(answer, then_close=True)) == Lost(reason)


def test_nobody_listens() -> None:
    async def test(wire: HttpWire, _url: str) -> None:
        assert await post(wire, "http://127.0.0.1:1/") == NotSent("connect")
        assert await post(wire, f"http://{'a' * 70}/") == NotSent("connect")  # no name that DNS can carry

    run(answering(), test)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://x/",
        "http://",
        "http:///path",
        "http://x:99999/",
        "http://user@x/",
        "http://x/a b",
        "http://x/\r\nhost: y",
        "http://x\\@y/",
        "http://[::1/",
        "http://x/é",
    ],
)
def test_addresses_that_never_go_on_the_wire(url: str) -> None:
    async def test(wire: HttpWire, _url: str) -> None:
        assert await post(wire, url) == NotSent("url")

    run(answering(), test)


def test_the_hook_says_no_and_no_byte_leaves() -> None:
    async def test(wire: HttpWire, url: str) -> None:
        assert await post(wire, url, before_first_byte=lambda: False) == NotSent("stopped")
        assert isinstance(await post(wire, url), Response)

    assert run(answering(OK), test).connections == 1


def test_a_connection_is_used_again() -> None:
    async def test(wire: HttpWire, url: str) -> None:
        for _ in range(3):
            assert isinstance(await post(wire, url), Response)

    assert run(answering(OK, OK, OK), test).connections == 1


@pytest.mark.parametrize(
    ("first", "options"),
    [
        (OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), {}),
        (OK + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmore", {}),
        (OK, {"idle_seconds": 0.0}),
    ],
    ids=["close", "second-answer", "idle-over"],
)
def test_a_connection_is_not_used_again(first: bytes, options: dict[str, Any]) -> None:
    async def test(wire: HttpWire, url: str) -> None:
        for _ in range(2):
            outcome = await post(wire, url)
            assert isinstance(outcome, Response)
            assert outcome.body == b"ok"

    assert run(answering(first, OK), test, **options).connections == 2


def test_an_idle_connection_that_the_server_closed_is_noticed() -> None:
    """Also while the event loop has not looked at the socket yet."""

    async def test(wire: HttpWire, url: str) -> None:
        for _ in range(5):
            assert isinstance(await post(wire, url), Response)

    assert run(answering(OK, then_close=True), test).connections == 5


def test_a_used_connection_that_dies_with_a_request_is_unknown_and_not_repeated() -> None:
    requests: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await read_request(reader))
        writer.write(OK)
        requests.append(await read_request(reader))

    async def test(wire: HttpWire, url: str) -> None:
        assert isinstance(await post(wire, url), Response)
        assert await post(wire, url) == Lost("reset")

    assert run(handle, test).connections == 1
    assert len(requests) == 2


def test_a_time_out_resets_the_connection() -> None:
    ended: asyncio.Future[str] | None = None

    async def handle(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        assert ended is not None
        await read_request(reader)
        try:
            ended.set_result("closed" if await reader.read() == b"" else "data")
        except ConnectionResetError:
            ended.set_result("reset")

    async def test(wire: HttpWire, url: str) -> None:
        nonlocal ended
        ended = asyncio.get_running_loop().create_future()
        assert await post(wire, url, SOON) == Lost("timeout")
        assert await ended == "reset"

    run(handle, test)


def test_a_cancelled_request_resets_the_connection() -> None:
    async def test(wire: HttpWire, _url: str) -> None:
        got, ended = asyncio.Event(), asyncio.Event()

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await read_request(reader)
            got.set()
            with pytest.raises(ConnectionResetError):
                await reader.read()
            ended.set()
            writer.close()

        listener = await asyncio.start_server(handle, "127.0.0.1", 0)
        task = asyncio.create_task(post(wire, f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/"))
        await got.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await ended.wait()
        listener.close()

    run(answering(), test)


def test_a_time_out_before_the_connection_stands_is_not_sent() -> None:
    """A server that never says a word of TLS."""

    async def test(wire: HttpWire, url: str) -> None:
        assert await post(wire, url.replace("http://", "https://"), SOON) == NotSent("timeout")

    run(answering(), test)


def test_tls_that_fails_is_not_sent() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async def test(wire: HttpWire, url: str) -> None:
        assert await post(wire, url.replace("http://", "https://")) == NotSent("tls")

    run(handle, test, tls=ssl.create_default_context())


def test_a_time_that_is_over_is_not_sent() -> None:
    async def test(wire: HttpWire, url: str) -> None:
        assert isinstance(await post(wire, url), Response)
        assert await post(wire, url, 0.0) == NotSent("timeout")

    run(answering(OK), test)


def test_a_sink_takes_the_body_of_a_200_only() -> None:
    taken: list[bytes] = []

    async def test(wire: HttpWire, url: str) -> None:
        outcome = await post(wire, url, sink=taken.append)
        assert outcome == Response(200, {"content-length": "2"}, b"")
        refused = await post(wire, url, sink=taken.append)
        assert isinstance(refused, Response)
        assert (refused.status, refused.body) == (404, b"no")

    run(answering(OK, b"HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno"), test)
    assert taken == [b"ok"]


def test_what_a_sink_raises_comes_out() -> None:
    def full(_piece: bytes) -> None:
        raise OSError(28, "No space left on device")

    async def test(wire: HttpWire, url: str) -> None:
        with pytest.raises(OSError, match="No space left"):
            await post(wire, url, sink=full)

    run(answering(OK), test)


def test_closing_ends_what_is_under_way() -> None:
    async def test(wire: HttpWire, _url: str) -> None:
        got = asyncio.Event()

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await read_request(reader)
            got.set()
            with pytest.raises(ConnectionResetError):
                await reader.read()
            writer.close()

        listener = await asyncio.start_server(handle, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/"
        task = asyncio.create_task(post(wire, url))
        await got.wait()
        await wire.close()
        assert await task == Lost("reset")
        assert await post(wire, url) == NotSent("closed")
        listener.close()

    run(answering(), test)


def test_more_connections_than_allowed() -> None:
    async def test(wire: HttpWire, url: str) -> None:
        outcomes = await asyncio.gather(post(wire, url), post(wire, url))
        assert outcomes == [Response(200, {"content-length": "2"}, b"ok"), NotSent("busy")]

    run(answering(OK), test, connections_max=1)


def test_many_at_once() -> None:
    async def test(wire: HttpWire, url: str) -> None:
        async def twenty() -> None:
            for _ in range(20):
                assert isinstance(await post(wire, url), Response)

        await asyncio.gather(*(twenty() for _ in range(10)))

    assert run(answering(*[OK] * 20), test).connections == 10


def certificate(folder: Path) -> ssl.SSLContext:
    """A server's context with a fresh certificate of its own for localhost, in `folder/cert.pem`."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*made, "-keyout", key, "-out", cert], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


@pytest.mark.ci
def test_tls_with_a_right_and_a_wrong_certificate(tmp_path: Path) -> None:
    served = certificate(tmp_path)

    async def test(_wire: HttpWire, _url: str) -> None:
        server = Server(answering(OK, OK))
        listener = await asyncio.start_server(server.accept, "127.0.0.1", 0, ssl=served)
        url = f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}/"
        trusting = HttpWire(ssl.create_default_context(cafile=str(tmp_path / "cert.pem")))
        for _ in range(2):
            assert await post(trusting, url) == Response(200, {"content-length": "2"}, b"ok")
        assert server.connections == 1
        doubting = HttpWire()
        assert await post(doubting, url) == NotSent("tls")
        await trusting.close()
        await doubting.close()
        listener.close()

    run(answering(), test)
