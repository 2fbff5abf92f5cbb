"""The Spoki fake: signatures, statuses by the same uuid, refusals, and the same core behaviour as the other fake."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from typing import Any

import aiohttp
import pytest

from nightporter.testing.providers.behaviour import Behaviour
from nightporter.testing.providers.chance import Dice
from nightporter.testing.providers.server import ProviderServer
from nightporter.testing.providers.spoki import SpokiProvider
from nightporter.testing.providers.spoki_bodies import CONTENT_TYPES, INBOUND, OUTBOUND
from nightporter.testing.providers.wire import Answer, Webhook

NOW = 1_790_000_000_000
PHONE = "+393331234567"
TEXT = {"type": "Message", "content_type": "Text", "phone": PHONE, "text": "Buonasera"}
BUTTONS: dict[str, Any] = {
    "type": "Message",
    "content_type": "Interactive",
    "phone": PHONE,
    "text": "Late?",
    "buttons": [{"button_type": "quick_reply", "text": "Yes", "order": 0, "payload": "y"}],
}
ROW = {"title": "60 min", "description": "Full body", "payload": "m60"}
LIST = {
    "type": "Message",
    "content_type": "List",
    "phone": PHONE,
    "text": "Which?",
    "list": {"title": "Open", "sections": [{"title": "Massage", "rows": [ROW]}]},
}
TEMPLATE = {
    "type": "Template",
    "phone": PHONE,
    "template": 1001,
    "language": "IT",
    "custom_fields": {"A": "1"},
}
IMAGE = {"type": "Message", "content_type": "Image", "phone": PHONE, "media": "https://example.org/a.jpg"}


def provider(*, window: bool = True, **behaviour: Any) -> SpokiProvider:
    core = SpokiProvider(Dice(2), behaviour=Behaviour(**behaviour))
    if window:
        core.open_window(PHONE, NOW)
    return core


def send(core: SpokiProvider, request: object, now_ms: int = NOW, key: str = "fake-spoki-key") -> Answer:
    headers = {"X-Spoki-Api-Key": key}
    return core.handle("POST", "/api/1/messages/send/", headers, json.dumps(request).encode(), now_ms)


def verified(core: SpokiProvider, webhook: Webhook) -> dict[str, Any]:
    """Check the signature as a receiver does, then read."""
    event = json.loads(webhook.body)
    at, v2 = (part.split("=")[1] for part in webhook.headers["X-Spoki-Signature"].split(","))
    secret = core.account.secrets[event["event"]].encode()
    assert hmac.new(secret, f"{at}.".encode() + webhook.body, hashlib.sha256).hexdigest() == v2
    assert webhook.headers["X-SPOKI-ACCOUNT"] == core.account.account_id
    assert event["version"] == 2
    return event


@pytest.mark.parametrize("request_body", [TEXT, BUTTONS, LIST, TEMPLATE, IMAGE])
def test_what_is_right_is_accepted(request_body: dict[str, Any]) -> None:
    core = provider()
    answer = send(core, request_body)
    body = json.loads(answer.body)
    assert (answer.status, body["status"], body["uuid"]) == (200, "Pending", answer.accepted_id)
    assert isinstance(body["id"], int)
    assert len(core.ledger.accepted(to=PHONE)) == 1


@pytest.mark.parametrize(
    ("request_body", "code"),
    [
        ({**TEXT, "text": ""}, "spoki::1044"),
        ({**TEXT, "text": "x" * 4097}, "spoki::1044"),
        ({**TEXT, "phone": "me"}, "spoki::1044"),
        ({**TEXT, "type": "message"}, "spoki::1044"),
        ({**TEXT, "content_type": "text"}, "spoki::1044"),
        ({**BUTTONS, "buttons": BUTTONS["buttons"] * 4}, "spoki::1044"),
        ({**BUTTONS, "buttons": [{**BUTTONS["buttons"][0], "text": "x" * 21}]}, "spoki::1044"),
        (
            {**LIST, "list": {"title": "Open", "sections": [{"title": "S", "rows": [ROW] * 11}]}},
            "spoki::1044",
        ),
        (
            {**LIST, "list": {"title": "O", "sections": [{"rows": [{**ROW, "title": "x" * 25}]}]}},
            "spoki::1044",
        ),
        ({**IMAGE, "media": None}, "spoki::1044"),
        ({**TEMPLATE, "template": 7}, "spoki::3004"),
        ("nonsense", "spoki::1044"),
    ],
)
def test_what_is_wrong_is_refused(request_body: object, code: str) -> None:
    core = provider()
    answer = send(core, request_body)
    assert (answer.status, json.loads(answer.body)["code"]) == (400, code)
    assert len(core.ledger.refused(code)) == 1
    assert not core.ledger.accepted()


def test_key_window_credit_and_rate() -> None:
    core = provider(window=False)
    assert send(core, TEXT, key="other").status == 401
    assert json.loads(send(core, TEXT).body)["code"] == "whatsapp::131047"
    assert send(core, TEMPLATE).status == 200
    core.guest_sends(PHONE, "text", NOW)
    assert send(core, TEXT).status == 200
    core.behaviour.per_second = 1
    limited = send(core, TEXT)
    assert (limited.status, limited.headers["Retry-After"]) == (429, "1")
    core.account.credit = False
    assert json.loads(send(core, TEXT).body)["code"] == "spoki::1029"


@pytest.mark.parametrize("echo", [False, True])
def test_one_uuid_is_told_again_with_each_status(echo: bool) -> None:
    core = provider(metadata_echo=echo, sent_ms=10, delivered_ms=20, read_ms=30)
    answer = send(core, {**TEXT, "metadata": {"nightporter": "o1"}})
    (accepted,) = core.ledger.accepted(callback_data="o1")
    events = [verified(core, webhook) for webhook in core.due(NOW + 30)]
    assert [event["event"] for event in events] == [OUTBOUND] * 3
    assert [event["data"]["send_status"] for event in events] == ["Sent", "Delivered", "Read"]
    assert {event["data"]["uuid"] for event in events} == {accepted.id} == {answer.accepted_id}
    assert len({event["event_uuid"] for event in events}) == 3
    echoed = [event["data"].get("metadata") for event in events]
    assert echoed == [{"nightporter": "o1"} if echo else None] * 3
    assert list(accepted.statuses) == ["Sent", "Delivered", "Read"]


def test_a_failed_message_ends_in_error() -> None:
    core = provider()
    core.account.unreachable.add(PHONE.removeprefix("+"))
    send(core, TEXT)
    (webhook,) = core.due(NOW)
    data = verified(core, webhook)["data"]
    assert (data["send_status"], data["error_code"]) == ("Error", "whatsapp::131026")


@pytest.mark.parametrize("kind", CONTENT_TYPES)
def test_every_kind_comes_in_signed(kind: str) -> None:
    core = provider()
    message_id = core.guest_sends(PHONE, kind, NOW, {"body": "è tardi", "key": "y", "at_ms": NOW - 5_000})
    (webhook,) = core.due(NOW)
    event = verified(core, webhook)
    data = event["data"]
    assert event["event"] == INBOUND
    assert (data["uuid"], data["direction"], data["from_phone"]) == (message_id, "Inbound", PHONE)
    assert (data["content_type"], data["timestamp_ms"]) == (CONTENT_TYPES[kind], NOW - 5_000)
    if kind in {"image", "audio"}:
        path = data["mediamessage_set"][0]["media"].removeprefix("http://localhost")
        assert core.handle("GET", path, {}, b"", NOW).body


def test_inbound_is_told_again_when_updated() -> None:
    core = provider(p_inbound_updated=1.0, repeat_ms=100, unread_events=True)
    core.guest_sends(PHONE, "text", NOW)
    events = [verified(core, webhook) for webhook in core.due(NOW + 100)]
    inbound = [event for event in events if event["event"] == INBOUND]
    assert len(events) == 3
    assert inbound[0]["data"] == inbound[1]["data"]
    assert inbound[0]["event_uuid"] != inbound[1]["event_uuid"]


def test_a_retry_is_signed_anew_and_keeps_its_event_uuid() -> None:
    core = provider(retry_base_ms=400_000)
    core.guest_sends(PHONE, "text", NOW)
    (first,) = core.due(NOW)
    before, signature = verified(core, first), first.headers["X-Spoki-Signature"]
    core.webhook_result(first.id, 503, NOW)
    (again,) = core.due(NOW + 400_000)
    assert verified(core, again) == before
    assert again.headers["X-Spoki-Signature"] != signature


def test_retries_can_be_switched_off() -> None:
    core = provider(retry_for_ms=0)
    core.guest_sends(PHONE, "text", NOW)
    (webhook,) = core.due(NOW)
    core.webhook_result(webhook.id, 503, NOW)
    assert core.next_due_ms() is None
    assert len(core.ledger.of_kind("given_up")) == 1


@pytest.mark.parametrize("fault", ["reset_after", "never_after", "error_after", "no_id_after"])
def test_failures_after_accepting(fault: str) -> None:
    core = provider()
    core.fail_next([fault])
    answer = send(core, TEXT)
    assert core.ledger.accepted()[0].id == answer.accepted_id
    if fault == "no_id_after":
        assert json.loads(answer.body) == {"detail": "Message queued"}


@pytest.mark.parametrize(
    ("fault", "status"), [("unavailable_before", 503), ("throughput_before", 429), ("token_before", 401)]
)
def test_failures_before_accepting(fault: str, status: int) -> None:
    core = provider()
    core.fail_next([fault])
    assert send(core, TEXT).status == status
    assert not core.ledger.accepted()


def test_staff_write_in_spokis_own_inbox() -> None:
    core = provider()
    message_id = core.staff_sends(PHONE, NOW, "Arrivo")
    (webhook,) = core.due(NOW)
    data = verified(core, webhook)["data"]
    assert (data["uuid"], data["direction"], data["text"]) == (message_id, "Outbound", "Arrivo")
    assert not core.ledger.accepted()


def test_it_speaks_http() -> None:
    async def main() -> None:
        core = SpokiProvider(Dice(2))
        async with ProviderServer(core) as server, aiohttp.ClientSession() as session:
            async with session.post(
                f"{server.base_url}/_fake/guest", json={"guest": PHONE, "kind": "image"}
            ) as r:
                assert r.status == 200
            media = core.ledger.of_kind("guest")[0].data["message"]["mediamessage_set"][0]["media"]
            async with session.get(media) as r:
                assert (await r.read()).startswith(b"\x89PNG")
            headers = {"X-Spoki-Api-Key": "fake-spoki-key"}
            url = f"{server.base_url}/api/1/messages/send/"
            async with session.post(url, json=TEXT, headers=headers) as r:
                assert (await r.json())["status"] == "Pending"
            async with session.post(f"{server.base_url}/api/1/contacts/", headers=headers) as r:
                assert r.status == 404

    asyncio.run(main())
