"""Limits, addresses and body reading, each by itself."""

from __future__ import annotations

import asyncio
from datetime import datetime
from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightporter.gateway.address import UNKNOWN, Callers
from nightporter.gateway.body import WAITING_BYTES_MAX, BodyReader, Gone
from nightporter.gateway.fields import Invalid, moment, text
from nightporter.gateway.limits import KNOWN_MAX, WINDOW_SECONDS, Limiter
from nightporter.gateway.problem import Problem
from nightporter.gateway.shapes import at

MEGABYTE = 1024 * 1024
PROXY = (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))


class HandClock:
    """Stands until it is moved."""

    seconds = 1000.0

    def now_ms(self) -> int:
        return int(self.seconds * 1000)

    def elapsed_seconds(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def test_a_window_begins_with_the_first_request_and_ends() -> None:
    clock = HandClock()
    limiter = Limiter(clock, "keyed", 2)
    assert [limiter.take("a").allowed for _ in range(3)] == [True, True, False]
    assert limiter.take("b").remaining == 1
    clock.seconds += WINDOW_SECONDS - 1
    verdict = limiter.take("a")
    assert (verdict.allowed, verdict.reset_seconds) == (False, 1.0)
    assert limiter.headers(verdict) == {
        "ratelimit": '"keyed";r=0;t=1',
        "ratelimit-policy": '"keyed";q=2;w=60',
    }
    clock.seconds += 1
    assert limiter.take("a").remaining == 1


def test_who_is_remembered_is_bounded() -> None:
    clock = HandClock()
    limiter = Limiter(clock, "refused", 1)
    for number in range(KNOWN_MAX + 10):
        limiter.take(str(number))
    assert len(limiter._windows) == KNOWN_MAX
    assert limiter.take("0").allowed  # the first one was forgotten
    assert not limiter.take(str(KNOWN_MAX + 9)).allowed
    clock.seconds += WINDOW_SECONDS
    limiter.take("new")
    assert len(limiter._windows) == 1


@pytest.mark.parametrize(
    ("client", "told", "name"),
    [
        ("1.2.3.4", None, "1.2.3.4"),
        ("1.2.3.4", "5.6.7.8", "1.2.3.4"),
        ("10.0.0.1", "5.6.7.8", "5.6.7.8"),
        ("::ffff:10.0.0.1", "5.6.7.8", "5.6.7.8"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "nonsense", UNKNOWN),
        ("2001:db8::1", "::5", "::/64"),
        ("2a01:4f8:1:2:3:4:5:6", None, "2a01:4f8:1:2::/64"),
        ("/run/socket", None, UNKNOWN),
    ],
)
def test_callers_are_named_by_address(client: str, told: str | None, name: str) -> None:
    headers = [(b"host", b"x"), *([(b"cf-connecting-ip", told.encode())] if told else [])]
    assert Callers(PROXY).name((client, 1), headers) == name
    assert Callers(PROXY).name(None, headers) == UNKNOWN


def read(
    pieces: list[Any], most: int, headers: list[tuple[bytes, bytes]], reader: BodyReader
) -> bytes | Problem:
    """Read a body that comes in these messages."""

    async def receive() -> Any:
        piece = pieces.pop(0)
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    return asyncio.run(reader.read(headers, receive, most))


def status_of(answer: bytes | Problem) -> int:
    return answer.status if isinstance(answer, Problem) else 200


def test_bodies_come_in_any_pieces_up_to_their_limit() -> None:
    reader = BodyReader()
    assert read([b"ab", b"", b"c"], 3, [], reader) == b"abc"
    assert status_of(read([b"ab", b"cd", b"e"], 3, [], reader)) == 413
    assert status_of(read([b"abcd"], 3, [], reader)) == 413
    for length in (b"4", b"-1", b"9" * 30, b"3 ", b""):
        assert status_of(read([b"abc"], 3, [(b"content-length", length)], reader)) == 413
    for pieces in ([None], [b"a", None, b"b"]):
        with pytest.raises(Gone):
            read(pieces, 3, [], reader)
    assert reader._waiting_bytes == 0


def test_unfinished_bodies_together_are_bounded() -> None:
    reader, piece = BodyReader(), bytes(MEGABYTE)
    most = WAITING_BYTES_MAX * 2
    assert status_of(read([piece] * (WAITING_BYTES_MAX // MEGABYTE + 2), most, [], reader)) == 503
    assert reader._waiting_bytes == 0
    assert status_of(read([piece] * 3, most, [], reader)) == 200


@given(st.datetimes(datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2099-12-31")))
def test_moments_come_back_as_they_were_told(told: Any) -> None:
    written = told.isoformat(timespec="milliseconds") + "Z"
    assert at(moment().read(written, "at")) == written


@given(st.text())
def test_texts_are_what_their_schema_says(said: str) -> None:
    field = text(5)
    fits = 1 <= len(said) <= 5 and not any(ord(each) < 32 or ord(each) == 127 for each in said)
    try:
        assert (field.read(said, "x") == said) == fits
    except Invalid:
        assert not fits
