"""Every kind of the Cloud API's webhook becomes the entry that the facts' table says."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from tests.channels.bodies import (
    AT_MS,
    BSUID,
    GUEST,
    NUMBER,
    RECEIVED_MS,
    WAMID,
    assert_storable,
    message,
    meta,
    status,
    value,
    with_messages,
    with_statuses,
)

from nightporter.channels.clean import ENTRIES_MAX, TEXT_CHARS_MAX
from nightporter.channels.whatsapp_split import split
from nightporter.model.guest import Identity, IdentityKind
from nightporter.model.message import Entry, EntryKind, Media, Message, MessageKind, Status, StatusKind

PHONE = Identity(IdentityKind.PHONE, GUEST)
OWN_ID = Identity(IdentityKind.BSUID, BSUID)
CONTEXT = {"from": "390471100200", "id": "wamid.ours"}
FILE = {"id": "1234", "mime_type": "image/jpeg", "sha256": "c2hh"}


def one(body: bytes) -> Entry:
    (entry,) = split(body, RECEIVED_MS)
    assert_storable(entry)
    return entry


def read(kind: str, payload: object = None, **more: object) -> Message:
    entry = one(with_messages(message(kind, payload, **more)))
    assert entry.kind is EntryKind.MESSAGE
    assert entry.dedupe == f"m:{WAMID}"
    assert entry.message is not None
    return entry.message


def test_a_text_whole() -> None:
    assert one(with_messages(message("text", {"body": "Ciao"}))) == Entry(
        kind=EntryKind.MESSAGE,
        channel="whatsapp",
        dedupe=f"m:{WAMID}",
        at_ms=AT_MS,
        number=NUMBER,
        provider_id=WAMID,
        identities=(PHONE, OWN_ID),
        name="Anna",
        message=Message(kind=MessageKind.TEXT, text="Ciao"),
    )


TABLE: list[tuple[str, object, dict[str, Any], Message]] = [
    (
        "text",
        {"body": "Yes"},
        {"context": CONTEXT},
        Message(kind=MessageKind.TEXT, text="Yes", quoted="wamid.ours"),
    ),
    (
        "text",
        {"body": "Hi all"},
        {"group_id": "G1"},
        Message(kind=MessageKind.TEXT, text="Hi all", group="G1"),
    ),
    (
        "text",
        {"body": "Look"},
        {"context": {"forwarded": True}, "referral": {"source_id": "ad-1"}},
        Message(
            kind=MessageKind.TEXT, text="Look", data={"referral": {"source_id": "ad-1"}, "forwarded": True}
        ),
    ),
    (
        "image",
        FILE | {"caption": "The lamp"},
        {},
        Message(
            kind=MessageKind.IMAGE,
            text="The lamp",
            media=Media(id="1234", mime_type="image/jpeg", sha256="c2hh"),
        ),
    ),
    (
        "video",
        FILE | {"url": "https://lookaside.fbsbx.com/x"},
        {},
        Message(
            kind=MessageKind.VIDEO,
            media=Media(
                id="1234", url="https://lookaside.fbsbx.com/x", mime_type="image/jpeg", sha256="c2hh"
            ),
        ),
    ),
    ("audio", {"id": "9", "voice": True}, {}, Message(kind=MessageKind.VOICE, media=Media(id="9"))),
    ("audio", {"id": "9", "voice": False}, {}, Message(kind=MessageKind.AUDIO, media=Media(id="9"))),
    (
        "document",
        {"id": "9", "filename": "id\ncard.pdf"},
        {},
        Message(kind=MessageKind.DOCUMENT, media=Media(id="9", filename="id card.pdf")),
    ),
    (
        "sticker",
        {"id": "9", "animated": True},
        {},
        Message(kind=MessageKind.STICKER, media=Media(id="9"), data={"animated": True}),
    ),
    (
        "interactive",
        {"type": "button_reply", "button_reply": {"id": "yes", "title": "Yes, please"}},
        {"context": CONTEXT},
        Message(kind=MessageKind.CHOICE, text="Yes, please", choice="yes", quoted="wamid.ours"),
    ),
    (
        "interactive",
        {"type": "list_reply", "list_reply": {"id": "r1", "title": "Spa", "description": "at 10"}},
        {},
        Message(kind=MessageKind.CHOICE, text="Spa", choice="r1", data={"description": "at 10"}),
    ),
    (
        "interactive",
        {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": "{}"}},
        {},
        Message(
            kind=MessageKind.FORM,
            text="Sent",
            data={"form": {"name": "flow", "body": "Sent", "response_json": "{}"}},
        ),
    ),
    (
        "button",
        {"text": "Yes", "payload": "p1"},
        {},
        Message(kind=MessageKind.BUTTON, text="Yes", choice="p1"),
    ),
    (
        "location",
        {"latitude": 46.5, "longitude": 11.3, "name": "Station"},
        {},
        Message(
            kind=MessageKind.LOCATION,
            text="Station",
            data={"location": {"latitude": 46.5, "longitude": 11.3, "name": "Station"}},
        ),
    ),
    (
        "contacts",
        [{"name": {"formatted_name": "Taxi"}}],
        {},
        Message(kind=MessageKind.CONTACTS, data={"contacts": [{"name": {"formatted_name": "Taxi"}}]}),
    ),
    (
        "reaction",
        {"message_id": "wamid.ours", "emoji": "👍"},
        {},
        Message(kind=MessageKind.REACTION, text="👍", target="wamid.ours"),
    ),
    ("reaction", {"message_id": "wamid.ours"}, {}, Message(kind=MessageKind.REACTION, target="wamid.ours")),
    (
        "order",
        {"catalog_id": "c", "text": "two", "product_items": [{"quantity": 2}]},
        {},
        Message(
            kind=MessageKind.ORDER,
            text="two",
            data={"order": {"catalog_id": "c", "text": "two", "product_items": [{"quantity": 2}]}},
        ),
    ),
    (
        "edit",
        {"original_message_id": "wamid.first", "message": {"type": "text", "text": {"body": "room 12"}}},
        {},
        Message(kind=MessageKind.EDIT, text="room 12", target="wamid.first", data={"edited": "text"}),
    ),
    (
        "edit",
        {
            "original_message_id": "wamid.first",
            "message": {"type": "image", "image": {"id": "9", "caption": "c"}},
        },
        {},
        Message(
            kind=MessageKind.EDIT,
            text="c",
            target="wamid.first",
            media=Media(id="9"),
            data={"edited": "image"},
        ),
    ),
    (
        "revoke",
        {"original_message_id": "wamid.first"},
        {},
        Message(kind=MessageKind.REVOKE, target="wamid.first"),
    ),
    (
        "unsupported",
        {"type": "poll_creation"},
        {"errors": [{"code": 131051}]},
        Message(
            kind=MessageKind.UNSUPPORTED,
            data={"errors": [{"code": 131051}], "unsupported": {"type": "poll_creation"}},
        ),
    ),
]


@pytest.mark.parametrize(
    ("kind", "payload", "more", "expected"), TABLE, ids=[f"{row[0]}-{at}" for at, row in enumerate(TABLE)]
)
def test_kinds(kind: str, payload: object, more: dict[str, Any], expected: Message) -> None:
    assert read(kind, payload, **more) == expected


@pytest.mark.parametrize("kind", ["hologram", "request_welcome", 7, None, ["text"], {"a": 1}])
def test_an_unknown_kind_is_still_a_guest_who_wrote(kind: object) -> None:
    whole = message("text") | {"type": kind, "hologram": {"depth": 3}}
    entry = one(with_messages(whole))
    assert entry.kind is EntryKind.MESSAGE
    assert entry.identities == (PHONE, OWN_ID)
    assert entry.message is not None
    assert entry.message.kind is MessageKind.UNKNOWN
    assert entry.message.data["hologram"] == {"depth": 3}


def test_an_unknown_interactive_is_kept() -> None:
    said = read(
        "interactive", {"type": "call_permission_reply", "call_permission_reply": {"response": "accept"}}
    )
    assert said.kind is MessageKind.UNKNOWN
    assert said.data["interactive"]["call_permission_reply"] == {"response": "accept"}


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("sent", StatusKind.SENT),
        ("delivered", StatusKind.DELIVERED),
        ("read", StatusKind.READ),
        ("played", StatusKind.READ),
    ],
)
def test_statuses(word: str, kind: StatusKind) -> None:
    pricing = {"billable": True, "pricing_model": "PMP", "category": "service"}
    entry = one(with_statuses(status(word, pricing=pricing)))
    assert entry == Entry(
        kind=EntryKind.STATUS,
        channel="whatsapp",
        dedupe=f"s:{WAMID}:{word}",
        at_ms=AT_MS,
        number=NUMBER,
        provider_id=WAMID,
        identities=(PHONE,),
        status=Status(kind=kind, outbox_id="019a8b-0", billable=True, category="service"),
    )


def test_a_failed_status_says_why() -> None:
    error = {"code": 131026, "title": "Undeliverable", "error_data": {"details": "Not on WhatsApp"}}
    entry = one(with_statuses(status("failed", errors=[error])))
    assert entry.status is not None
    assert (entry.status.kind, entry.status.error_code) == (StatusKind.FAILED, "131026")
    assert entry.status.error == "Not on WhatsApp"


def test_a_status_that_nobody_knows_is_kept() -> None:
    entry = one(with_statuses(status("teleported")))
    assert entry.kind is EntryKind.UNKNOWN
    assert entry.provider_id == WAMID
    assert entry.data["value"]["status"] == "teleported"


def test_everything_in_a_body_becomes_an_entry_in_its_order() -> None:
    def text(number: int) -> dict[str, Any]:
        return message("text", {"body": str(number)}, id=f"wamid.{number}")

    first, second = (
        orjson.loads(
            meta(("messages", value(messages=[text(1), text(2)])), ("messages", value(messages=[text(3)])))
        ),
        orjson.loads(
            meta(("messages", value(messages=[text(4)], statuses=[status("read")], errors=[{"code": 1}])))
        ),
    )
    body = orjson.dumps({"entry": first["entry"] + second["entry"]})
    entries = split(body, RECEIVED_MS)
    assert [entry.message.text for entry in entries if entry.message] == ["1", "2", "3", "4"]
    assert [entry.kind for entry in entries[4:]] == [EntryKind.STATUS, EntryKind.ACCOUNT]


def test_each_message_gets_its_own_contact() -> None:
    contacts = [
        {"profile": {"name": "Berta"}, "user_id": "DE.2"},
        {"profile": {"name": "Anna"}, "wa_id": GUEST, "user_id": BSUID},
    ]
    hidden = {
        "from_user_id": "DE.2",
        "id": "wamid.2",
        "timestamp": "1763800000",
        "type": "text",
        "text": {"body": "b"},
    }
    body = meta(("messages", value(contacts=contacts, messages=[message("text", {"body": "a"}), hidden])))
    first, second = split(body, RECEIVED_MS)
    assert (first.name, first.identities) == ("Anna", (PHONE, OWN_ID))
    assert (second.name, second.identities) == ("Berta", (Identity(IdentityKind.BSUID, "DE.2"),))


def test_a_guest_named_only_by_the_contact() -> None:
    bare = {"id": "wamid.1", "type": "text", "text": {"body": "?"}}
    contact = {"profile": {"name": "Anna"}, "user_id": BSUID, "parent_user_id": "IT.ENT.9"}
    (entry,) = split(meta(("messages", value(contacts=[contact], messages=[bare]))), RECEIVED_MS)
    assert entry.identities == (OWN_ID, Identity(IdentityKind.PARENT_BSUID, "IT.ENT.9"))
    assert entry.at_ms == RECEIVED_MS


def test_staff_write_from_the_phone_app() -> None:
    echo = {"from": "390471100200", "to": GUEST, "id": "wamid.e", "timestamp": "1763800000", "type": "text"}
    body = meta(("smb_message_echoes", value(message_echoes=[echo | {"text": {"body": "Coming"}}])))
    entry = one(body)
    assert (entry.kind, entry.dedupe, entry.identities) == (EntryKind.ECHO, "e:wamid.e", (PHONE,))
    assert entry.message == Message(kind=MessageKind.TEXT, text="Coming")


def test_a_guest_rings() -> None:
    call = {
        "id": "wacid.1",
        "from": GUEST,
        "event": "connect",
        "timestamp": "1763800000",
        "direction": "USER_INITIATED",
    }
    entry = one(meta(("calls", value(calls=[call]))))
    assert (entry.kind, entry.dedupe, entry.identities) == (EntryKind.MESSAGE, "c:wacid.1:connect", (PHONE,))
    assert entry.message is not None
    assert (entry.message.kind, entry.message.data["event"]) == (MessageKind.CALL, "connect")
    assert (
        one(meta(("calls", value(calls=[call | {"direction": "BUSINESS_INITIATED"}])))).kind
        is EntryKind.UNKNOWN
    )


def test_a_guest_has_a_new_number() -> None:
    system = {"body": "Anna changed", "type": "user_changed_number", "wa_id": "39334", "user_id": "IT.New"}
    entry = one(with_messages(message("system", system | {"wa_id": "393340000000"})))
    assert (entry.kind, entry.identities) == (EntryKind.IDENTITY, (PHONE, OWN_ID))
    assert entry.data["event"] == "user_changed_number"
    assert entry.data["old"] == [{"kind": "phone", "value": GUEST}, {"kind": "bsuid", "value": BSUID}]
    assert entry.data["new"] == [
        {"kind": "phone", "value": "393340000000"},
        {"kind": "bsuid", "value": "IT.New"},
    ]


def test_nothing_is_read_out_of_the_words_of_a_system_message() -> None:
    system = {
        "body": f"User {BSUID} changed from {BSUID} to IT.New",
        "type": "user_changed_user_id",
        "user_id": "IT.New",
    }
    bare = {"id": "wamid.s", "timestamp": "1763800000", "type": "system", "system": system}
    entry = one(meta(("messages", value(messages=[bare]))))
    assert (entry.identities, entry.data["old"]) == ((), [])
    assert entry.data["new"] == [{"kind": "bsuid", "value": "IT.New"}]


def test_a_guest_has_a_new_id() -> None:
    update = {"wa_id": GUEST, "user_id": {"previous": BSUID, "current": "IT.New"}, "timestamp": "1763800000"}
    entry = one(meta(("user_id_update", value(user_id_update=[update]))))
    assert (entry.kind, entry.identities, entry.at_ms) == (EntryKind.IDENTITY, (OWN_ID,), AT_MS)
    assert entry.data["new"] == [{"kind": "phone", "value": GUEST}, {"kind": "bsuid", "value": "IT.New"}]


def test_the_providers_own_opt_out() -> None:
    preference = {"wa_id": GUEST, "category": "marketing_messages", "value": "stop", "timestamp": 1763800000}
    entry = one(meta(("user_preferences", value(user_preferences=[preference]))))
    assert (entry.kind, entry.identities, entry.at_ms) == (EntryKind.PREFERENCE, (PHONE,), AT_MS)
    assert (entry.data["category"], entry.data["value"]) == ("marketing_messages", "stop")


@pytest.mark.parametrize(
    "field",
    [
        "account_update",
        "account_alerts",
        "business_capability_update",
        "message_template_status_update",
        "message_template_quality_update",
        "message_template_components_update",
        "template_category_update",
        "phone_number_quality_update",
        "phone_number_name_update",
        "security",
        "history",
        "smb_app_state_sync",
    ],
)
def test_news_about_the_account(field: str) -> None:
    entry = one(meta((field, {"event": "X", "messages": [1]}), time=1763800000))
    assert (entry.kind, entry.at_ms) == (EntryKind.ACCOUNT, AT_MS)
    assert entry.data == {"event": field, "value": {"event": "X", "messages": [1]}}


def test_the_same_news_at_another_time_is_another_entry() -> None:
    at = [
        one(meta(("account_update", {"event": "X"}), time=second)).dedupe
        for second in (1763800000, 1763800000, 1763800060)
    ]
    assert at[0] == at[1] != at[2]


def test_an_unknown_field_is_kept() -> None:
    entry = one(meta(("telepathy", {"thought": "?"})))
    assert entry.kind is EntryKind.UNKNOWN
    assert entry.data == {"event": "telepathy", "value": {"field": "telepathy", "value": {"thought": "?"}}}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"entry": 5}',
        b'{"entry": [5]}',
        b'{"entry": [{"changes": []}]}',
        b'{"entry": [{"changes": [null]}]}',
        b'{"entry": [{"changes": [{"field": "messages", "value": []}]}]}',
        b'{"entry": [{"changes": [{"field": "messages", "value": {"messages": []}}]}]}',
        b"[" * 100_000,
        b'{"a":' * 1_000 + b"1" + b"}" * 1_000,
        b"9" * 10_000,
        b"not json at all",
    ],
)
def test_what_nobody_understands_is_one_unknown_entry(body: bytes) -> None:
    entry = one(body)
    assert entry.kind is EntryKind.UNKNOWN
    assert one(body) == entry


def test_hostile_values_in_a_message() -> None:
    hostile = {
        "from": 5,
        "id": ["x"],
        "timestamp": 10**18,
        "type": "text",
        "text": {"body": "a\0b" + "x" * 100_000},
        "context": {"id": {"deep": 1}},
        "group_id": False,
    }
    entry = one(with_messages(hostile))
    assert (entry.at_ms, entry.provider_id) == (RECEIVED_MS, "")
    assert entry.message is not None
    assert entry.message.text.startswith("abx")
    assert len(entry.message.text) <= TEXT_CHARS_MAX


def test_half_an_emoji_does_not_lose_the_message() -> None:
    body = with_messages(message("text", {"body": "HALF and JOINED"}))
    body = body.replace(b"HALF", b"\\ud83d").replace(b"JOINED", b"\\ud83d\\ude00")
    entry = one(body)
    assert entry.message is not None
    assert entry.message.text == "\ufffd and 😀"


def test_numbers_for_strings() -> None:
    entry = one(
        with_messages(message("text", {"body": "x"}, **{"from": int(GUEST)}, id=12, timestamp=1763800000))
    )
    assert (entry.identities[0], entry.provider_id, entry.at_ms) == (PHONE, "12", AT_MS)


def test_over_long_ids_stay_apart() -> None:
    ids = ["w" * 300 + tail for tail in ("a", "b")]
    entries = [one(with_messages(message("text", {"body": "x"}, id=long))) for long in ids]
    assert entries[0].dedupe != entries[1].dedupe


def test_more_entries_than_anybody_sends() -> None:
    messages = [message("text", {"body": "x"}, id=f"wamid.{n}") for n in range(ENTRIES_MAX + 7)]
    entries = split(with_messages(*messages), RECEIVED_MS)
    assert len(entries) == ENTRIES_MAX
    assert entries[-1].kind is EntryKind.UNKNOWN
    assert entries[-1].data == {"event": "too_many", "left_out": 8}
    assert len(split(with_messages(*messages[:ENTRIES_MAX]), RECEIVED_MS)) == ENTRIES_MAX
