"""Spoki's V2 events become entries; what is told again has the same name."""

from __future__ import annotations

from typing import Any

import pytest
from tests.channels.bodies import (
    AT_MS,
    GUEST,
    RECEIVED_MS,
    assert_storable,
    spoki,
    spoki_inbound,
    spoki_outbound,
)

from nightporter.channels.spoki_split import split
from nightporter.model.guest import Identity, IdentityKind
from nightporter.model.message import Entry, EntryKind, Media, Message, MessageKind, Status, StatusKind


def one(body: bytes) -> Entry:
    (entry,) = split(body, RECEIVED_MS, "spoki")
    assert_storable(entry)
    return entry


def test_a_text_whole() -> None:
    assert one(spoki_inbound()) == Entry(
        kind=EntryKind.MESSAGE,
        channel="spoki",
        dedupe="m:u-1",
        at_ms=AT_MS,
        number="spoki",
        provider_id="u-1",
        identities=(Identity(IdentityKind.PHONE, GUEST), Identity(IdentityKind.SPOKI, "77")),
        name="Anna B",
        message=Message(kind=MessageKind.TEXT, text="Ciao"),
    )


def test_an_update_of_a_message_has_its_name() -> None:
    again = spoki_inbound(send_status="Read", updated=True).replace(b"e-1", b"e-2")
    assert one(again).dedupe == one(spoki_inbound()).dedupe


MEDIA = {"media": "https://media.spoki.example/x.jpg", "content_type": "image/jpeg"}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (
            {"content_type": "Image", "text": "The lamp", "mediamessage_set": [MEDIA]},
            Message(
                kind=MessageKind.IMAGE,
                text="The lamp",
                media=Media(url="https://media.spoki.example/x.jpg", mime_type="image/jpeg"),
            ),
        ),
        (
            {"content_type": "Image", "text": "", "mediamessage_set": [{"media": "https://a/1"}, MEDIA]},
            Message(kind=MessageKind.IMAGE, media=Media(url="https://a/1"), data={"more_media": [MEDIA]}),
        ),
        ({"payload": "yes", "text": "Yes"}, Message(kind=MessageKind.CHOICE, text="Yes", choice="yes")),
        (
            {"text": "", "button": {"payload": "p", "text": "Sì"}, "template": 12},
            Message(kind=MessageKind.BUTTON, text="Sì", choice="p"),
        ),
        ({"replyToMessageUid": "u-0"}, Message(kind=MessageKind.TEXT, text="Ciao", quoted="u-0")),
        ({"content_type": "Interactive"}, Message(kind=MessageKind.TEXT, text="Ciao")),
        (
            {"content_type": "Reaction", "text": "👍", "replyToMessageUid": "u-0"},
            Message(kind=MessageKind.REACTION, text="👍", quoted="u-0", target="u-0"),
        ),
    ],
    ids=["image", "two-images", "quick-reply", "template-button", "quote", "interactive-text", "reaction"],
)
def test_kinds(data: dict[str, Any], expected: Message) -> None:
    assert one(spoki_inbound(**data)).message == expected


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Location", MessageKind.LOCATION),
        ("Contact", MessageKind.CONTACTS),
        ("Hologram", MessageKind.UNKNOWN),
    ],
)
def test_shapes_that_nobody_documents_are_kept_whole(word: str, kind: MessageKind) -> None:
    entry = one(spoki_inbound(content_type=word, odd={"x": 1}))
    assert entry.message is not None
    assert (entry.kind, entry.message.kind) == (EntryKind.MESSAGE, kind)
    assert entry.message.data["value"]["odd"] == {"x": 1}


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Pending", StatusKind.SENT),
        ("Sent", StatusKind.SENT),
        ("Delivered", StatusKind.DELIVERED),
        ("Read", StatusKind.READ),
        ("Error", StatusKind.FAILED),
    ],
)
def test_statuses_with_our_id(word: str, kind: StatusKind) -> None:
    entry = one(spoki_outbound(word, metadata={"nightporter": "019a8b-0"}))
    assert (entry.kind, entry.dedupe, entry.provider_id) == (EntryKind.STATUS, f"s:u-2:{word}", "u-2")
    assert entry.status == Status(kind=kind, outbox_id="019a8b-0")
    assert entry.message is None


def test_an_error_has_metas_code_in_the_tables_spelling() -> None:
    entry = one(spoki_outbound("Error", error_code="whatsapp::131026"))
    assert entry.status is not None
    assert entry.status.error_code == "131026"


def test_what_staff_wrote_in_spoki_brings_its_words() -> None:
    entry = one(spoki_outbound("Sent"))
    assert entry.status == Status(kind=StatusKind.SENT)
    assert entry.message == Message(kind=MessageKind.TEXT, text="Benvenuta")
    assert entry.identities == (Identity(IdentityKind.PHONE, GUEST),)


def test_a_status_that_nobody_knows_is_kept() -> None:
    assert one(spoki_outbound("---")).kind is EntryKind.UNKNOWN


@pytest.mark.parametrize(
    "event",
    [
        "message.note",
        "chat.has_unread_messages",
        "contact.updated",
        "contact_tag.created",
        "contact_list.deleted",
    ],
)
def test_news_of_the_account(event: str) -> None:
    entry = one(spoki(event, {"text": "note"}))
    assert (entry.kind, entry.dedupe) == (EntryKind.ACCOUNT, "v:e-1")
    assert entry.data == {"event": event, "value": {"text": "note"}}


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{}", b"5", b"\xff", b'{"event": 5}', b'{"event": "message.inbound"}']
)
def test_what_nobody_understands_is_one_unknown_entry(body: bytes) -> None:
    assert one(body).kind is EntryKind.UNKNOWN


def test_seconds_where_milliseconds_belong_are_not_believed() -> None:
    assert one(spoki_inbound(timestamp_ms=AT_MS // 1000)).at_ms == AT_MS + 1500
