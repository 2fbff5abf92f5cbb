"""What a provider answers decides what happens to the message (core rules SD2)."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightporter.channels.answers import meta_outcome, spoki_outcome
from nightporter.channels.codes import RETRIED, action_for, known_action
from nightporter.channels.outcome import (
    Accepted,
    Action,
    Outcome,
    Refused,
    Released,
    Retry,
    Scope,
    Unknown,
)
from nightporter.channels.wire import Lost, NotSent, Response

FACTS: list[tuple[str, Action]] = [
    ("0 190", Action.STOP_CHANNEL),
    ("3 10 200 250 299", Action.PERMISSION),
    ("131048", Action.STOP_PROACTIVE),
    ("131049 131050", Action.NO_RETRY_MARKETING),
    ("131064", Action.RETRY_WINDOW),
    ("368 131031 130497 131042", Action.STOP_ALERT),
    ("131047 470", Action.WINDOW_CLOSED),
    ("131026", Action.UNDELIVERABLE),
    ("131021 131030 130472", Action.NO_RETRY),
    ("131008 131009 100 131041 999999", Action.PERMANENT_BUG),
    ("131051 131052 131053", Action.RESEND_MEDIA),
    ("131037 131045 133000 133010 133016", Action.ALERT),
    ("131062", Action.NEED_PHONE),
    ("132000 132001 132005 132007 132008 132012", Action.TEMPLATE_PROBLEM),
    ("132015 132016", Action.SWITCH_TEMPLATE),
    ("132068 132069", Action.FALLBACK_PLAIN),
    ("137000", Action.REVERIFY),
]
REFUSALS = [(code, action) for codes, action in FACTS for code in codes.split()]


def meta(status: int, body: Any, **headers: str) -> Outcome:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return meta_outcome(
        Response(status, {name.replace("_", "-"): said for name, said in headers.items()}, raw)
    )


def error(code: int, details: str = "why") -> dict[str, Any]:
    return {"error": {"code": code, "message": "title", "error_data": {"details": details}}}


def spoki(status: int, body: Any, **headers: str) -> Outcome:
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    return spoki_outcome(
        Response(status, {name.replace("_", "-"): said for name, said in headers.items()}, raw)
    )


@pytest.mark.parametrize(("code", "action"), REFUSALS)
def test_the_facts_table(code: str, action: Action) -> None:
    assert action_for(code) is action
    assert meta(400, error(int(code))) == Refused(code, "why", action)


@pytest.mark.parametrize("status", [400, 401, 403, 500, 503])
@pytest.mark.parametrize(("code", "scope"), RETRIED.items())
def test_only_six_codes_are_retried(code: str, scope: Scope, status: int) -> None:
    outcome = meta(status, error(int(code)))
    assert isinstance(outcome, Retry)
    assert (outcome.code, outcome.scope, outcome.after_seconds) == (code, scope, None)


def test_429_is_retried_whatever_it_carries() -> None:
    assert meta(429, b"slow down", retry_after="7") == Retry(7.0, "http_429", Scope.NUMBER)
    assert meta(429, error(131048)) == Retry(None, "131048", Scope.NUMBER, Action.STOP_PROACTIVE)
    assert meta(429, error(131056)) == Retry(None, "131056", Scope.CONVERSATION, Action.SLOW_CONVERSATION)


@pytest.mark.parametrize("code", [131000, 135000, 1, 2])
@pytest.mark.parametrize("status", [400, 500])
def test_codes_with_which_meta_itself_does_not_know(code: int, status: int) -> None:
    assert meta(status, error(code)) == Unknown(f"code_{code}")


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"error": {"code": 999999}}', b"[1]"])
@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
def test_every_other_5xx_is_unknown(status: int, body: bytes) -> None:
    assert meta(status, body) == Unknown(f"http_{status}")


def test_a_5xx_with_a_code_of_the_table_follows_the_table() -> None:
    assert meta(500, error(131045)) == Refused("131045", "why", Action.ALERT)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b'{"messages": []}',
        b'{"messages": [{}]}',
        b'{"messages": {"id": 1}}',
        b'{"messages": [{"id": ""}]}',
    ],
)
def test_a_200_without_an_id_is_unknown(body: bytes) -> None:
    assert meta(200, body) == Unknown("http_200_without_id")


def test_accepted() -> None:
    assert meta(200, {"messages": [{"id": "wamid.1"}]}) == Accepted("wamid.1")
    assert spoki(201, {"id": 7, "uuid": "u-1", "status": "Pending"}) == Accepted("u-1")
    assert spoki(200, {"id": 7}) == Accepted("7")


@pytest.mark.parametrize("outcome", [meta_outcome, spoki_outcome])
def test_without_an_answer(outcome: Any) -> None:
    assert outcome(NotSent("connect")) == Released("connect")
    assert outcome(Lost("timeout")) == Unknown("timeout")


@pytest.mark.parametrize(
    ("status", "action"), [(401, Action.STOP_CHANNEL), (403, Action.PERMISSION), (404, Action.PERMANENT_BUG)]
)
def test_a_refusal_without_a_code(status: int, action: Action) -> None:
    assert meta(status, b"no") == Refused(f"http_{status}", "", action)
    assert spoki(status, b"no") == Refused(f"http_{status}", "no", action)


def test_spokis_codes() -> None:
    def coded(code: str) -> dict[str, Any]:
        return {"phone": [{"code": code, "message": "no"}]}

    outcomes = {
        code: spoki(400, coded(code)) for code in ("spoki::1029", "whatsapp::131026", "whatsapp::130429")
    }
    assert isinstance(outcomes["spoki::1029"], Refused)
    assert (outcomes["spoki::1029"].code, outcomes["spoki::1029"].action) == (
        "spoki::1029",
        Action.STOP_ALERT,
    )
    assert isinstance(outcomes["whatsapp::131026"], Refused)
    assert outcomes["whatsapp::131026"].action is Action.UNDELIVERABLE
    assert isinstance(outcomes["whatsapp::130429"], Retry)
    refused = spoki(401, {"code": "authentication_failed", "detail": "Invalid token."})
    assert isinstance(refused, Refused)
    assert refused.action is Action.STOP_CHANNEL


def test_spoki_queued_without_an_id_is_unknown() -> None:
    assert spoki(200, {"detail": "Message queued"}) == Unknown("http_200_without_id")


@given(
    st.integers(100, 599),
    st.binary(max_size=40)
    | st.builds(
        orjson.dumps,
        st.dictionaries(
            st.sampled_from(["error", "messages", "uuid", "code"]),
            st.none() | st.integers(0, 9) | st.text(max_size=3),
        ),
    ),
    st.text(max_size=5),
)
def test_any_answer_has_an_outcome(status: int, body: bytes, after: str) -> None:
    for outcome in (meta_outcome, spoki_outcome):
        result = outcome(Response(status, {"retry-after": after}, body))
        if isinstance(result, Retry):
            assert status == 429 or result.code in RETRIED
        if isinstance(result, Refused):
            assert status < 500 or known_action(result.code)
