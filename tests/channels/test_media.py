"""Downloads over a wire in memory: redirects, keys, hashes, refusals; and what a token probe asks."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson
import pytest
from tests.channels.bodies import NUMBER, spoki_channel, whatsapp_channel

from nightporter.channels.outcome import Fetched, FetchFailed, FetchFailure
from nightporter.channels.wire import (
    ANSWER_BYTES_MAX,
    FirstByte,
    Lost,
    NotSent,
    Response,
    Sink,
    always,
)
from nightporter.model.message import Media, MessageKind

API = "https://graph.facebook.com/v26.0"
SPOKI_API = "https://api.spoki.com/api/1"
FILE = b"\x89PNG..."
Answer = Response | NotSent | Lost


@dataclass
class Memory:
    """A wire whose answers are known beforehand."""

    answers: list[Answer]
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list[tuple[str, Mapping[str, str]]])

    async def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        *,
        timeout_seconds: float,
        before_first_byte: FirstByte = always,
        sink: Sink | None = None,
        answer_bytes_max: int = ANSWER_BYTES_MAX,
    ) -> Answer:
        assert before_first_byte()
        self.asked.append((f"{method} {url}", headers))
        answer = self.answers.pop(0)
        if isinstance(answer, Response) and answer.status == 200 and sink is not None:
            if len(answer.body) > answer_bytes_max:
                return Lost("too_large")
            sink(answer.body)
        return answer

    async def close(self) -> None:
        self.answers.clear()


def found(url: str, sha256: str = "") -> Response:
    return Response(200, {}, orjson.dumps({"url": url, "sha256": sha256}))


def moved(url: str) -> Response:
    return Response(302, {"location": url})


def fetch(media: Media, *answers: Answer) -> tuple[Fetched | FetchFailed, Memory]:
    wire = Memory(list(answers))
    work = whatsapp_channel(wire, API).fetch_media(media, MessageKind.IMAGE, bytes, 5.0)
    return asyncio.run(work), wire


PHOTO = Response(200, {"content-type": "image/png"}, FILE)
LOOKASIDE = "https://lookaside.fbsbx.com/whatsapp?mid=1"


def test_the_address_is_asked_for_and_the_bearer_shown_to_both() -> None:
    fetched, wire = fetch(Media(id="1", url="https://lookaside.fbsbx.com/old"), found(LOOKASIDE), PHOTO)
    assert fetched == Fetched(len(FILE), "image/png", hashlib.sha256(FILE).hexdigest())
    assert [asked for asked, _ in wire.asked] == [f"GET {API}/1", f"GET {LOOKASIDE}"]
    assert all(headers["authorization"] == "Bearer token" for _, headers in wire.asked)


def test_without_an_id_the_address_of_the_webhook_does() -> None:
    fetched, wire = fetch(Media(url=LOOKASIDE), PHOTO)
    assert isinstance(fetched, Fetched)
    assert [asked for asked, _ in wire.asked] == [f"GET {LOOKASIDE}"]


def test_another_hash_than_stated_is_said() -> None:
    fetched, _ = fetch(Media(id="1"), found(LOOKASIDE, "ab" * 32), PHOTO)
    assert isinstance(fetched, Fetched)
    assert not fetched.as_stated


def test_redirects_are_judged_like_the_first_address() -> None:
    fetched, _ = fetch(Media(url=LOOKASIDE), moved("/other"), moved("https://scontent.facebook.com/x"), PHOTO)
    assert isinstance(fetched, Fetched)
    failed, wire = fetch(Media(url=LOOKASIDE), moved("https://evil.example/x"), PHOTO)
    assert failed == FetchFailed(FetchFailure.FORBIDDEN_HOST, "evil.example")
    assert len(wire.asked) == 1
    failed, _ = fetch(Media(url=LOOKASIDE), *[moved(LOOKASIDE)] * 9)
    assert failed == FetchFailed(FetchFailure.AGAIN, "redirects")


@pytest.mark.parametrize(
    ("answers", "failure"),
    [
        ([Response(400, {}, b'{"error": {"code": 100}}')], FetchFailure.GONE),
        ([Response(404, {}, b"")], FetchFailure.GONE),
        ([Response(401, {}, b'{"error": {"code": 190}}')], FetchFailure.REFUSED),
        ([Response(200, {}, b"nothing")], FetchFailure.AGAIN),
        ([NotSent("connect")], FetchFailure.AGAIN),
        ([found(LOOKASIDE), Response(404, {})], FetchFailure.GONE),
        ([found(LOOKASIDE), Response(403, {})], FetchFailure.REFUSED),
        ([found(LOOKASIDE), Response(429, {"retry-after": "9"})], FetchFailure.AGAIN),
        ([found(LOOKASIDE), Lost("reset")], FetchFailure.AGAIN),
        ([found("https://evil.example/x")], FetchFailure.FORBIDDEN_HOST),
        ([found("http://lookaside.fbsbx.com/x")], FetchFailure.FORBIDDEN_HOST),
        ([found(LOOKASIDE), Response(200, {}, bytes((5 << 20) + 1))], FetchFailure.TOO_LARGE),
    ],
)
def test_why_a_file_does_not_come(answers: list[Answer], failure: FetchFailure) -> None:
    failed, _ = fetch(Media(id="1"), *answers)
    assert isinstance(failed, FetchFailed)
    assert failed.failure is failure


def test_spokis_files_are_fetched_without_our_key() -> None:
    wire = Memory([PHOTO])
    work = spoki_channel(wire, SPOKI_API).fetch_media(
        Media(url="https://media.spoki.example/x"), MessageKind.IMAGE, bytes, 5.0
    )
    assert isinstance(asyncio.run(work), Fetched)
    assert wire.asked == [("GET https://media.spoki.example/x", {"accept": "*/*"})]


@pytest.mark.parametrize(
    ("answer", "right"), [(Response(200, {}, b"{}"), True), (Response(401, {}), False), (NotSent("x"), False)]
)
def test_probes(answer: Answer, right: bool) -> None:
    meta, spoki = Memory([answer]), Memory([answer])
    assert asyncio.run(whatsapp_channel(meta, API).probe(5.0)) is right
    assert asyncio.run(spoki_channel(spoki, SPOKI_API).probe(5.0)) is right
    assert meta.asked[0][0] == f"GET {API}/{NUMBER}?fields=id"
    assert spoki.asked[0][0] == f"GET {SPOKI_API}/templates/?page_size=1"
    assert spoki.asked[0][1]["x-spoki-api-key"] == "key"
