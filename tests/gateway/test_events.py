"""The mesh over HTTP: an event once by id, with its timeline, sent again, told to the guest whom it concerns."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.node import RunningNode, on_node

from nightporter.clock import utc
from nightporter.gateway.events import TYPE
from nightporter.gateway.fields import Invalid
from nightporter.journal.events import NewEvent, fingerprint
from nightporter.store import Trouble

EVENTS = "/api/mesh/events"
GUEST = "393331234567"


def event(**more: Any) -> dict[str, Any]:
    return {"type": "test", "source": "tests", "payload": {"a": 1}, **more}


def test_accepted_once_by_its_id(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        assert await node.ask("POST", EVENTS, event(id="e/1 ü")) == (202, {"id": "e/1 ü", "state": "waiting"})
        again = await node.ask("POST", EVENTS, event(id="e/1 ü"))
        assert again == (200, {"id": "e/1 ü", "state": "waiting", "duplicate": True})
        assert (await node.ask("GET", f"{EVENTS}/e%2F1%20%C3%BC"))[1]["payload"] == {"a": 1}
        for other in (
            {"type": "x"},
            {"source": "x"},
            {"payload": {"a": 2}},
            {"payload": {"a": True}},
            {"key": "k"},
        ):
            status, told = await node.ask("POST", EVENTS, event(id="e/1 ü", **other))
            assert (status, told["code"]) == (409, "conflict")
        status, made = await node.ask("POST", EVENTS, event())
        assert status == 202
        assert made["id"]
        assert (await node.ask("POST", EVENTS, event()))[1]["id"] != made["id"]

    on_node(tmp_path, story, rounds=False)


def test_equal_as_json_values_is_a_repeat(tmp_path: Path) -> None:
    spellings = (
        '{"type":"test","source":"s","id":"1","payload":{"a":1,"b":[1.0,"\\u00e9"],"c":-0.0}}',
        '{"payload": {"c": 0, "b": [1, "é"], "a": 1e0}, "id": "1", "key": null, "source": "s", "type": "test"}',
    )

    async def story(node: RunningNode) -> None:
        headers = {"X-API-Key": node.gate.mesh_api_key}
        for body, expected in zip(spellings, (202, 200), strict=True):
            async with node.http.post(EVENTS, data=body.encode(), headers=headers) as answer:
                assert answer.status == expected

    on_node(tmp_path, story, rounds=False)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "not_json"),
        (b"{", 400, "not_json"),
        (b'{"type":"t","source":"s","payload":1e999}', 400, "not_json"),
        (b'{"type":"t","source":"s","payload":NaN}', 400, "not_json"),
        (b'"\xff"', 400, "not_json"),
        (b"[]", 422, "invalid"),
        (b'{"type":"t","source":"s"}', 422, "invalid"),
        (b'{"type":"T","source":"s","payload":{}}', 422, "invalid"),
        (b'{"type":"a..b","source":"s","payload":{}}', 422, "invalid"),
        (b'{"type":"t","source":"","payload":{}}', 422, "invalid"),
        (b'{"type":"t","source":"s\\u0000","payload":{}}', 422, "invalid"),
        (b'{"type":"t","source":"s","payload":{},"other":1}', 422, "invalid"),
        (b'{"type":"t","source":"s","payload":{},"id":5}', 422, "invalid"),
        (b'{"type":"t","source":"s","payload":{},"occurred_at":"2026-02-30T10:00:00Z"}', 422, "invalid"),
        (b'{"type":"t","source":"s","payload":' + b"[" * 200 + b"]" * 200 + b"}", 422, "invalid"),
        (b'{"type":"t","source":"s","payload":' + b"[" * 5000 + b"]" * 5000 + b"}", 400, "not_json"),
        (b'{"type":"t","source":"s","payload":"' + b"x" * 256 * 1024 + b'"}', 413, "body_too_large"),
    ],
    ids=lambda each: each[:50] if isinstance(each, bytes) else str(each),
)
def test_what_is_no_event_is_told_why(tmp_path: Path, body: bytes, status: int, code: str) -> None:
    async def story(node: RunningNode) -> None:
        headers = {"X-API-Key": node.gate.mesh_api_key}
        async with node.http.post(EVENTS, data=body, headers=headers) as answer:
            told = await answer.json(content_type="application/problem+json")
            assert (answer.status, told["code"], told["status"]) == (status, code, status)
        assert (await node.ask("GET", EVENTS))[1] == {"events": [], "next": None}

    on_node(tmp_path, story, rounds=False, channels=())


def test_limits_of_the_contract_are_taken_as_they_stand(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        most = event(type="a" * 128, source="s" * 64, id="i" * 200, key="k" * 200)
        assert (await node.ask("POST", EVENTS, most))[0] == 202
        for name in ("type", "source", "id", "key"):
            assert (await node.ask("POST", EVENTS, {**most, name: most[name] + "x"}))[0] == 422
        room = 256 * 1024 - len(json.dumps(event(payload="")))
        assert (await node.ask("POST", EVENTS, event(payload="x" * room)))[0] == 202

    on_node(tmp_path, story, rounds=False)


def test_listed_by_page_and_filter(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        for number in range(5):
            body = event(id=f"e{number}", type="test" if number % 2 else "flight.landed", key="k")
            await node.ask("POST", EVENTS, body)
        seen: list[str] = []
        after = ""
        while True:
            _, page = await node.ask("GET", f"{EVENTS}?limit=2&after={after}")
            seen += [each["id"] for each in page["events"]]
            after = page["next"]
            if after is None:
                break
        assert seen == [f"e{number}" for number in range(5)]
        _, page = await node.ask("GET", f"{EVENTS}?state=&type=test&after=&limit=")
        assert [each["id"] for each in page["events"]] == ["e1", "e3"]
        assert (await node.ask("GET", f"{EVENTS}?state=dead"))[1]["events"] == []
        assert (await node.ask("GET", f"{EVENTS}?after=nobody"))[0] == 404
        for query in (
            "state=asleep",
            "limit=0",
            "limit=1000",
            "limit=1_0",
            "limit=1&limit=1",
            "other=1",
            "type=%ff",
        ):
            status, told = await node.ask("GET", f"{EVENTS}?{query}")
            assert (status, told["code"]) == (422, "invalid")

    on_node(tmp_path, story, rounds=False)


def test_an_event_nobody_takes_is_kept_shown_and_sent_again(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        await node.ask("POST", EVENTS, event(id="e1", occurred_at="2026-08-31T14:00:00+02:00", key="room 5"))
        await node.idle()
        status, told = await node.ask("GET", f"{EVENTS}/e1")
        assert status == 200
        assert (told["state"], told["key"], told["occurred_at"]) == (
            "unrouted",
            "room 5",
            "2026-08-31T12:00:00.000Z",
        )
        assert [step["what"] for step in told["timeline"]] == ["accepted", "unrouted"]
        assert await node.ask("POST", f"{EVENTS}/e1/replay") == (200, {"id": "e1", "state": "waiting"})
        await node.idle()
        _, told = await node.ask("GET", f"{EVENTS}/e1")
        assert [step["what"] for step in told["timeline"]] == ["accepted", "unrouted", "replayed", "unrouted"]
        assert told["timeline"][2]["detail"] == "key mesh"
        assert (await node.ask("GET", f"{EVENTS}/e2"))[0] == 404
        assert (await node.ask("POST", f"{EVENTS}/e2/replay"))[0] == 404

    on_node(tmp_path, story)


def test_many_are_sent_again_each_once(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        for number in range(7):
            await node.ask("POST", EVENTS, event(id=f"e{number}", type="a" if number < 3 else "b"))
        await node.idle()
        path = f"{EVENTS}/replay"
        assert await node.ask("POST", path, {}) == (200, {"replayed": 0, "more": False})  # none is dead
        which = {"state": "unrouted", "type": "b", "from": "2020-01-01T00:00Z", "to": "2090-01-01T00:00Z"}
        assert await node.ask("POST", path, which) == (200, {"replayed": 4, "more": False})
        await node.idle()
        early = {"state": "unrouted", "to": "2020-01-01T00:00Z"}
        assert (await node.ask("POST", path, early))[1]["replayed"] == 0
        assert (await node.ask("POST", path, {"state": "waiting"}))[0] == 422
        status, told = await node.ask(
            "POST", "/api/mesh/commands", {"action": "REPLAY_EVENTS", "state": "unrouted", "type": "a"}
        )
        assert (status, told) == (
            200,
            {"action": "REPLAY_EVENTS", "state": "done", "replayed": 3, "more": False},
        )

    on_node(tmp_path, story)


def test_an_event_called_replay_is_an_event(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        assert (await node.ask("POST", EVENTS, event(id="replay")))[0] == 202
        assert (await node.ask("GET", f"{EVENTS}/replay"))[1]["id"] == "replay"
        assert (await node.ask("POST", f"{EVENTS}/replay/replay"))[0] == 200

    on_node(tmp_path, story, rounds=False)


def test_a_delayed_flight_is_told_to_the_guest_who_sits_in_it(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        now_ms = node.node.clock.now_ms()
        node.meta.guest_sends(GUEST, "text", now_ms, {"body": "Help, there is a fire in my room!"})
        node.providers["whatsapp"].poke()
        await node.until(lambda: len(node.meta.ledger.accepted()) == 1)
        stay = {"source": "pms", "code": "A1", "guest": f"+{GUEST}", "flight": "az 1234"}
        today, later = utc(now_ms).date().isoformat(), utc(now_ms + 3 * 86_400_000).date().isoformat()
        assert (await node.ask("POST", "/api/stays", {**stay, "arrival": today, "departure": later}))[
            0
        ] == 201
        delay = {"flightNumber": "AZ1234", "delayMinutes": 95, "newArrivalTime": f"{today}T22:40:00"}
        told = event(type="flight.delay.detected", payload=delay, id="late-1")
        assert (await node.ask("POST", EVENTS, told))[0] == 202
        await node.until(lambda: len(node.meta.ledger.accepted()) == 2)
        assert (await node.ask("POST", EVENTS, told))[1]["duplicate"] is True
        await node.idle()
        said = node.meta.ledger.accepted()[1]
        assert said.to == GUEST
        assert "22:40" in str(said.body)
        assert len(node.meta.ledger.accepted()) == 2
        assert (await node.ask("GET", f"{EVENTS}/late-1"))[1]["state"] == "delivered"

    on_node(tmp_path, story, channels=("whatsapp",))


def test_what_cannot_be_kept_is_not_said_to_be(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        node.node.store._writer.close_door(Trouble.FULL)
        async with node.http.post(
            EVENTS, json=event(), headers={"X-API-Key": node.gate.mesh_api_key}
        ) as answer:
            assert (answer.status, (await answer.json(content_type=None))["code"]) == (503, "not_now")
            assert answer.headers["retry-after"]
        for path, body in ((f"{EVENTS}/replay", {}), ("/api/mesh/commands", {"action": "PAUSE_WORKERS"})):
            assert (await node.ask("POST", path, body))[0] == 503

    on_node(tmp_path, story, rounds=False)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def as_json_knows_it(value: Any) -> Any:
    """An oracle of its own: numbers by value and apart from booleans, members without order."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return (type(value).__name__, value)
    if isinstance(value, int | float):
        return ("number", value)
    if isinstance(value, list):
        return ("array", [as_json_knows_it(each) for each in value])
    return ("object", {name: as_json_knows_it(each) for name, each in value.items()})


@given(JSON, JSON)
def test_equal_fingerprints_mean_equal_values(one: Any, other: Any) -> None:
    def print_of(value: Any) -> bytes:
        return fingerprint(NewEvent(event_id="e", type="t", source="s", payload=value))

    def sendable(value: Any) -> Any:
        return json.loads(json.dumps(value).encode("utf-8", "replace"))

    one, other = sendable(one), sendable(other)
    assert (print_of(one) == print_of(other)) == (as_json_knows_it(one) == as_json_knows_it(other))
    assert print_of(one) == print_of(json.loads(json.dumps(one, sort_keys=True)))


@given(st.from_regex(r"[a-z0-9_]{1,20}(\.[a-z0-9_]{1,20}){0,3}", fullmatch=True))
def test_types_are_words_joined_by_dots(text: str) -> None:
    assert TYPE.read(text, "type") == text
    for wrong in (text + ".", "." + text, text + "\n", text.upper() + "X", text + "..a"):
        with pytest.raises(Invalid):
            TYPE.read(wrong, "type")
