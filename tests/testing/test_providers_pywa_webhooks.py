"""What the fake tells the node is what an independent reader of Meta's webhooks understands."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pywa import WhatsApp, handlers, utils
from pywa.errors import PywaUnknownEnumMemberWarning
from pywa.types import MessageType

from nightporter.testing.providers.chance import Dice
from nightporter.testing.providers.meta import MetaProvider
from nightporter.testing.providers.meta_phones import ACCOUNT_NEWS
from nightporter.testing.providers.wire import Webhook

NOW_MS = 1_790_000_000_000
GUEST = {"phone": "+39 333 1234567", "name": "Zoë Müller"}
Act = Callable[[MetaProvider], object]

HANDLERS: list[type[Any]] = [
    handlers.MessageHandler,
    handlers.EditedMessageHandler,
    handlers.DeletedMessageHandler,
    handlers.CallbackButtonHandler,
    handlers.CallbackSelectionHandler,
    handlers.FlowCompletionHandler,
    handlers.CallPermissionUpdateHandler,
    handlers.PhoneNumberChangeHandler,
    handlers.MessageStatusHandler,
    handlers.OutgoingMessageHandler,
    handlers.UserMarketingPreferencesHandler,
    handlers.CallConnectHandler,
    handlers.CallTerminateHandler,
    handlers.AccountUpdateHandler,
    handlers.TemplateStatusUpdateHandler,
    handlers.TemplateQualityUpdateHandler,
    handlers.TemplateCategoryUpdateHandler,
    handlers.TemplateComponentsUpdateHandler,
]


def told(act: Act) -> list[Webhook]:
    core = MetaProvider(Dice(3))
    act(core)
    return core.due(NOW_MS)


def read(body: bytes) -> Any:
    """What pywa makes of a body; None if it understands nothing."""
    seen: list[Any] = []
    wa = WhatsApp(
        phone_id="1", token="x", server=None, verify_token="v", filter_updates=False, validate_updates=False
    )
    for handler in HANDLERS:
        wa.add_handlers(handler(lambda _wa, update: seen.append(update)))
    assert wa.webhook_update_handler(body) == ("ok", 200)
    assert len(seen) <= 1
    return seen[0] if seen else None


def sends(kind: str, **args: Any) -> Act:
    return lambda core: core.guest_sends(GUEST, kind, NOW_MS, args)


MESSAGES: dict[str, tuple[Act, Callable[[Any], object]]] = {
    "text": (sends("text", body="Wi-Fi? é/ü 🌙"), lambda u: u.text == "Wi-Fi? é/ü 🌙"),
    "reply": (
        sends("text", body="yes", reply_to="wamid.x"),
        lambda u: u.reply_to_message.id == "wamid.x",
    ),
    "forwarded": (sends("text", forwarded=True), lambda u: u.forwarded),
    "image": (sends("image", caption="broken"), lambda u: u.image and u.caption == "broken"),
    "video": (sends("video"), lambda u: u.video),
    "voice": (sends("audio"), lambda u: u.voice),
    "sound": (sends("audio", voice=False), lambda u: u.audio and not u.voice),
    "document": (sends("document", filename="id.pdf"), lambda u: u.document.filename == "id.pdf"),
    "sticker": (sends("sticker", animated=True), lambda u: u.sticker.animated),
    "location": (sends("location", name="Airport"), lambda u: u.location.name == "Airport"),
    "contacts": (sends("contacts"), lambda u: u.contacts[0].phones),
    "reaction": (sends("reaction", message_id="wamid.x"), lambda u: u.reaction.emoji == "👍"),
    "reaction removed": (
        sends("reaction", message_id="wamid.x", emoji=None),
        lambda u: u.reaction.emoji is None,
    ),
    "order": (sends("order"), lambda u: u.order.products[0].sku == "spa-60"),
    "button_reply": (sends("button_reply", key="late"), lambda u: u.data == "late" and u.reply_to_message),
    "list_reply": (sends("list_reply", key="m60"), lambda u: u.data == "m60" and u.reply_to_message),
    "nfm_reply": (sends("nfm_reply"), lambda u: u.response["arrival"] == "2026-12-01"),
    "call_permission_reply": (sends("call_permission_reply"), lambda u: u.response == "accept"),
    "button": (sends("button", payload="yes"), lambda u: u.data == "yes" and u.is_quick_reply),
    "edit": (
        sends("edit", original_message_id="wamid.x", body="two nights"),
        lambda u: u.original_message_id == "wamid.x" and u.message.text == "two nights",
    ),
    "revoke": (sends("revoke", original_message_id="wamid.x"), lambda u: u.original_message_id == "wamid.x"),
    "unsupported": (
        sends("unsupported"),
        lambda u: u.type == MessageType.UNSUPPORTED and u.error.code == 131051,
    ),
    "request_welcome": (sends("request_welcome"), lambda u: u.type == MessageType.REQUEST_WELCOME),
    "group": (sends("text", group_id="group-1"), lambda u: u.chat.id == "group-1"),
    "referral": (
        sends("text", referral={"source_url": "https://fb.me/x", "source_type": "ad", "source_id": "1"}),
        lambda u: u.referral.source_id == "1",
    ),
    "echo": (lambda c: c.phones.staff_sends(GUEST, NOW_MS, "On my way"), lambda u: u.text == "On my way"),
    "new number": (
        lambda c: c.phones.changes_number(GUEST, "+39 340 7654321", NOW_MS),
        lambda u: (u.old_wa_id, u.new_wa_id) == ("393331234567", "393407654321") and u.new_user_id,
    ),
    "opt out": (lambda c: c.phones.prefers(GUEST, "stop", NOW_MS), lambda u: not u),
    "call": (lambda c: c.phones.calls(GUEST, NOW_MS), lambda u: u.session.sdp == "v=0"),
    "call ended": (lambda c: c.phones.calls(GUEST, NOW_MS, "terminate"), lambda u: u.status == "COMPLETED"),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_every_kind_is_understood(name: str) -> None:
    act, check = MESSAGES[name]
    (webhook,) = told(act)
    update = read(webhook.body)
    assert update is not None
    assert check(update)
    if hasattr(update, "type"):
        assert update.type != MessageType.UNKNOWN


def test_an_unknown_kind_is_unknown_and_nothing_else() -> None:
    (webhook,) = told(sends("unknown"))
    with pytest.warns(PywaUnknownEnumMemberWarning):
        assert read(webhook.body).type == MessageType.UNKNOWN


def test_a_guest_without_a_phone_has_no_phone_anywhere() -> None:
    guest = {"bsuid": "IT.13491208655302741918", "name": "Ada", "username": "ada"}
    (webhook,) = told(lambda core: core.guest_sends(guest, "text", NOW_MS, {"body": "hi"}))
    user = read(webhook.body).from_user
    assert (user.bsuid, user.wa_id, user.username) == ("IT.13491208655302741918", None, "ada")
    assert b'"from":' not in webhook.body


def test_a_new_user_id_is_told_twice_in_its_two_ways() -> None:
    webhooks = told(lambda core: core.phones.changes_user_id(GUEST, "IT.999", NOW_MS))
    assert read(webhooks[0].body).new_user_id == "IT.999"
    assert json.loads(webhooks[1].body)["entry"][0]["changes"][0]["field"] == "user_id_update"


READ_BY_PYWA = {
    "message_template_status_update",
    "message_template_quality_update",
    "message_template_components_update",
    "template_category_update",
    "account_update",
}


@pytest.mark.parametrize("name", ACCOUNT_NEWS)
def test_account_fields(name: str) -> None:
    (webhook,) = told(lambda core: core.phones.account_news(name, NOW_MS))
    (change,) = json.loads(webhook.body)["entry"][0]["changes"]
    assert change["field"] == name
    assert change["value"]
    if name in READ_BY_PYWA:
        assert read(webhook.body) is not None


def test_statuses_are_understood() -> None:
    core = MetaProvider(Dice(3))
    core.phones.open_window("393331234567", NOW_MS)
    request = {"messaging_product": "whatsapp", "to": "393331234567", "type": "text", "text": {"body": "x"}}
    headers = {"Authorization": f"Bearer {core.account.token}"}
    path = f"/v26.0/{core.account.number}/messages"
    core.fail_status_next([0, 131026])
    for _ in range(2):
        assert core.handle("POST", path, headers, json.dumps(request).encode(), NOW_MS).status == 200
    updates = [read(webhook.body) for webhook in core.due(NOW_MS)]
    assert [update.status for update in updates] == ["sent", "delivered", "read", "failed"]
    assert updates[0].pricing.category == "service"
    assert updates[-1].error.code == 131026


def test_signatures_are_accepted_and_any_changed_byte_is_not() -> None:
    (webhook,) = told(sends("text", body="è tardi / zu spät"))
    signature = webhook.headers["X-Hub-Signature-256"]
    assert utils.webhook_updates_validator("fake-app-secret", webhook.body, signature)
    for at in range(0, len(webhook.body), 7):
        other = webhook.body[:at] + bytes([webhook.body[at] ^ 1]) + webhook.body[at + 1 :]
        assert not utils.webhook_updates_validator("fake-app-secret", other, signature)
    again = json.dumps(json.loads(webhook.body), ensure_ascii=False).encode()
    assert not utils.webhook_updates_validator("fake-app-secret", again, signature)


def test_bytes_are_escaped_as_meta_escapes_them() -> None:
    (webhook,) = told(sends("text", body="è/ü"))
    assert b'"body":"\\u00e8\\/\\u00fc"' in webhook.body
    assert webhook.body.isascii()
