"""Whatever bytes come, every channel splits them: nothing raises, everything can be stored, key order is nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.channels.bodies import (
    RECEIVED_MS,
    assert_storable,
    message,
    meta,
    spoki_inbound,
    spoki_outbound,
    status,
    value,
)

from nightporter.channels import spoki_split, whatsapp_split
from nightporter.model.message import Entry

Split = Callable[[bytes], tuple[Entry, ...]]


def whatsapp(body: bytes) -> tuple[Entry, ...]:
    return whatsapp_split.split(body, RECEIVED_MS)


def spoki(body: bytes) -> tuple[Entry, ...]:
    return spoki_split.split(body, RECEIVED_MS, "spoki")


BOTH = pytest.mark.parametrize("split", [whatsapp, spoki])

odd_text = st.text(st.characters(codec=None), max_size=8) | st.sampled_from(
    [
        "\0",
        "wamid.1",
        "text",
        "39" * 30,
        "IT.",
        "IT.123",
        "1763800000",
        "9" * 40,
        "sent",
        "1e999",
        "-1",
        "x" * 70_000,
    ]
)
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | odd_text
)
json_values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(odd_text, inner, max_size=3),
    max_leaves=8,
)
VALID: list[Any] = [
    orjson.loads(body)
    for body in (
        meta(
            (
                "messages",
                value(contacts=[{"profile": {"name": "A"}}], messages=[message("text", {"body": "x"})]),
            ),
            (
                "messages",
                value(statuses=[status("failed", errors=[{"code": 1, "error_data": {"details": "d"}}])]),
            ),
            ("calls", value(calls=[{"id": "c", "event": "connect"}])),
            ("user_id_update", value(user_id_update=[{"user_id": {"previous": "IT.1", "current": "IT.2"}}])),
            ("account_update", {"event": "X"}),
        ),
        meta(
            (
                "messages",
                value(
                    messages=[
                        message("image", {"id": "1", "caption": "c"}, context={"id": "q"}),
                        message(
                            "interactive", {"type": "list_reply", "list_reply": {"id": "r", "title": "t"}}
                        ),
                        message(
                            "edit",
                            {"original_message_id": "o", "message": {"type": "text", "text": {"body": "n"}}},
                        ),
                        message("system", {"body": "b", "type": "user_changed_number", "wa_id": "39"}),
                        message("contacts", [{"name": {}}], errors=[{}], referral={}),
                    ]
                ),
            )
        ),
        spoki_inbound(mediamessage_set=[{"media": "https://x.y/z"}], button={"payload": "p"}),
        spoki_outbound("Error", metadata={"nightporter": "o"}, error_code="whatsapp::1"),
    )
]


def places(part: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values inside."""
    found = [path] if path else []
    keys = part if isinstance(part, dict) else range(len(part)) if isinstance(part, list) else ()
    return found + [place for key in keys for place in places(part[key], (*path, key))]


@st.composite
def spoiled(draw: st.DrawFn) -> Any:
    """A valid body in which up to three values are replaced by anything."""
    body = orjson.loads(orjson.dumps(draw(st.sampled_from(VALID))))
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from(places(body)))
        part = body
        for key in way:
            part = part[key]
        part[last] = draw(json_values)
    return body


def dumped(whole: Any) -> bytes:
    """As bytes; lone surrogates as Meta would escape them."""
    try:
        return orjson.dumps(whole)
    except TypeError:
        return json.dumps(whole).encode()


def shuffled(part: Any, chance: Any) -> Any:
    if isinstance(part, dict):
        keys = list(part)
        chance.shuffle(keys)
        return {key: shuffled(part[key], chance) for key in keys}
    return [shuffled(item, chance) for item in part] if isinstance(part, list) else part


def check(split: Split, body: bytes) -> tuple[Entry, ...]:
    entries = split(body)
    assert entries
    for entry in entries:
        assert_storable(entry)
    assert split(body) == entries
    return entries


@BOTH
@given(body=st.binary(max_size=200))
def test_any_bytes(split: Split, body: bytes) -> None:
    check(split, body)


@BOTH
@given(whole=json_values)
def test_any_json(split: Split, whole: Any) -> None:
    check(split, dumped(whole))


@BOTH
@settings(max_examples=200)
@given(whole=spoiled(), chance=st.randoms(use_true_random=False))
def test_a_spoiled_body_in_any_order_of_keys(split: Split, whole: Any, chance: Any) -> None:
    entries = check(split, dumped(whole))
    assert check(split, dumped(shuffled(whole, chance))) == entries


@BOTH
@given(body=st.sampled_from(VALID).map(dumped), cut=st.integers(0, 2_000), flip=st.integers(0, 2_000))
def test_a_cut_or_flipped_body(split: Split, body: bytes, cut: int, flip: int) -> None:
    check(split, body[:cut])
    at = flip % len(body)
    check(split, body[:at] + bytes([body[at] ^ 0x20]) + body[at + 1 :])
