"""Splits a Spoki webhook body (V2 envelope, one event each) into entries."""

from __future__ import annotations

from nightporter.channels.clean import (
    ENTRIES_MAX,
    JSON,
    TEXT_CHARS_MAX,
    URL_CHARS_MAX,
    digest,
    identifier,
    identities_of,
    kept,
    mapping,
    milliseconds,
    name_of,
    parse,
    phone,
    seconds_ms,
    sequence,
    start_of,
    text,
)
from nightporter.channels.codes import plain
from nightporter.model.guest import Identity, IdentityKind
from nightporter.model.message import (
    Entry,
    EntryKind,
    JSONObject,
    Media,
    Message,
    MessageKind,
    Status,
    StatusKind,
)

CHANNEL = "spoki"
METADATA_KEY = "nightporter"  # our outbox id in `metadata`

ACCOUNT_EVENTS = (
    "chat.",
    "contact.",
    "contact_tag.",
    "contact_list.",
    "contactfield",
    "contact_field",
    "message.note",
)

_KINDS = {  # `content_type`, lower case; the shapes of the rarer ones are not documented
    "text": MessageKind.TEXT,
    "image": MessageKind.IMAGE,
    "video": MessageKind.VIDEO,
    "audio": MessageKind.AUDIO,
    "voice": MessageKind.VOICE,
    "document": MessageKind.DOCUMENT,
    "sticker": MessageKind.STICKER,
    "location": MessageKind.LOCATION,
    "contact": MessageKind.CONTACTS,
    "contacts": MessageKind.CONTACTS,
    "reaction": MessageKind.REACTION,
    "order": MessageKind.ORDER,
    "button": MessageKind.BUTTON,
    "interactive": MessageKind.CHOICE,
    "list": MessageKind.CHOICE,
    "unsupported": MessageKind.UNSUPPORTED,
}
_STATUS_KINDS = {
    "pending": StatusKind.SENT,  # Spoki has taken it
    "sent": StatusKind.SENT,
    "delivered": StatusKind.DELIVERED,
    "read": StatusKind.READ,
    "error": StatusKind.FAILED,
}
_DATA_KINDS = frozenset(
    (
        MessageKind.LOCATION,
        MessageKind.CONTACTS,
        MessageKind.ORDER,
        MessageKind.UNSUPPORTED,
        MessageKind.UNKNOWN,
    )
)


def split(body: bytes, received_ms: int, number: str) -> tuple[Entry, ...]:
    """All entries of a body. Never raises, never empty. `number` names our account."""
    is_json, root = parse(body)
    if not is_json:
        data: JSONObject = {"event": "not_json", "size_bytes": len(body), "start": start_of(body)}
        return (_foreign(digest(data), data, received_ms, number),)
    envelopes = sequence(root) or [root]
    entries = [_entry(item, received_ms, number) for item in envelopes[:ENTRIES_MAX]]
    if len(envelopes) > ENTRIES_MAX:
        data = {"event": "too_many", "left_out": len(envelopes) - ENTRIES_MAX + 1}
        entries[-1] = _foreign(digest(root, "too_many"), data, received_ms, number)
    return tuple(entries)


def _foreign(name: str, data: JSONObject, received_ms: int, number: str) -> Entry:
    return Entry(
        kind=EntryKind.UNKNOWN,
        channel=CHANNEL,
        dedupe=f"u:{name}",
        at_ms=received_ms,
        number=number,
        data=data,
    )


def _entry(item: JSON, received_ms: int, number: str) -> Entry:
    envelope = mapping(item)
    event = name_of(envelope.get("event"))
    data = mapping(envelope.get("data"))
    emitted_ms = seconds_ms(envelope.get("timestamp"), received_ms)
    if event == "message.inbound" and data:
        return _inbound(data, emitted_ms, number)
    if event == "message.outbound" and data:
        return _outbound(item, data, emitted_ms, number)
    kind = EntryKind.ACCOUNT if event.startswith(ACCOUNT_EVENTS) else EntryKind.UNKNOWN
    event_id = identifier(envelope.get("event_uuid"))
    return Entry(
        kind=kind,
        channel=CHANNEL,
        dedupe=f"v:{event_id}" if event_id else f"h:{digest(item)}",
        at_ms=emitted_ms,
        number=number,
        provider_id=_message_id(data),
        identities=_guest(data, "from_phone"),
        data={"event": event or "unknown", "value": kept(data or item)},
    )


def _message_id(data: dict[str, JSON]) -> str:
    return identifier(data.get("uuid")) or identifier(data.get("id"))


def _guest(data: dict[str, JSON], phone_key: str) -> tuple[Identity, ...]:
    contact = mapping(data.get("contact"))
    found = identities_of(phone(data.get(phone_key)) or phone(contact.get("phone")), None)
    contact_id = identifier(contact.get("id"))
    return (*found, Identity(IdentityKind.SPOKI, contact_id)) if contact_id else found


def _name(data: dict[str, JSON]) -> str:
    contact = mapping(data.get("contact"))
    whole = name_of(contact.get("fullname") or contact.get("full_name") or contact.get("name"))
    return whole or f"{name_of(contact.get('first_name'))} {name_of(contact.get('last_name'))}".strip()


def _inbound(data: dict[str, JSON], emitted_ms: int, number: str) -> Entry:
    """A guest's message. Spoki tells it again at each update: all of them have the same `dedupe`."""
    provider_id = _message_id(data)
    return Entry(
        kind=EntryKind.MESSAGE,
        channel=CHANNEL,
        dedupe=f"m:{provider_id}" if provider_id else f"h:{digest(data)}",
        at_ms=milliseconds(data.get("timestamp_ms"), milliseconds(data.get("timestamp"), emitted_ms)),
        number=number,
        provider_id=provider_id,
        identities=_guest(data, "from_phone"),
        name=_name(data),
        message=_message(data),
    )


def _message(data: dict[str, JSON]) -> Message:
    word = data.get("content_type")
    kind = _KINDS.get(word.lower(), MessageKind.UNKNOWN) if type(word) is str else MessageKind.UNKNOWN
    media = _media(data)
    choice, title = _choice(data)
    words = text(data.get("text") or data.get("body") or data.get("caption")) or title
    if word is None and (words or choice):
        kind = MessageKind.TEXT
    if choice and kind in (MessageKind.TEXT, MessageKind.UNKNOWN, MessageKind.BUTTON):
        kind = MessageKind.BUTTON if _of_template(data) else MessageKind.CHOICE
    elif kind is MessageKind.CHOICE and not choice:
        kind = MessageKind.TEXT if words else MessageKind.UNKNOWN
    return Message(
        kind=kind,
        text=words,
        choice=choice,
        quoted=identifier(data.get("replyToMessageUid") or data.get("reply_to_message_uid")),
        target=identifier(data.get("reaction_to") or data.get("replyToMessageUid"))
        if kind is MessageKind.REACTION
        else "",
        media=media,
        data=_data(kind, data),
    )


def _data(kind: MessageKind, data: dict[str, JSON]) -> JSONObject:
    """What no field holds: the whole of a shape we do not know, further files of one message."""
    if kind in _DATA_KINDS:
        return {"value": kept(data)}
    more = sequence(data.get("mediamessage_set"))[1:]
    return {"more_media": kept(more)} if more else {}


def _of_template(data: dict[str, JSON]) -> bool:
    return bool(data.get("template"))


def _choice(data: dict[str, JSON]) -> tuple[str, str]:
    """(payload, title) of a tapped button; where Spoki puts it is not documented, so the likely places are read."""
    for key in ("button", "quick_reply", "button_reply", "list_reply", "reply"):
        held = mapping(data.get(key))
        payload = identifier(held.get("payload")) or identifier(held.get("id"))
        if payload:
            return payload, text(held.get("text") or held.get("title"), TEXT_CHARS_MAX)
    return identifier(data.get("payload")) or identifier(data.get("button_payload")), ""


def _media(data: dict[str, JSON]) -> Media | None:
    items = sequence(data.get("mediamessage_set"))
    held = mapping(items[0]) if items else {}
    url = text(held.get("media") or held.get("url") or data.get("media_url"), URL_CHARS_MAX)
    if not url:
        return None
    mime = held.get("mime_type") or held.get("mimetype") or held.get("mime") or held.get("content_type")
    return Media(
        id=identifier(held.get("id")),
        url=url,
        mime_type=name_of(mime),
        filename=name_of(held.get("filename") or held.get("name")),
    )


def _outbound(item: JSON, data: dict[str, JSON], emitted_ms: int, number: str) -> Entry:
    """What became of a message from our account. Without our id in it, staff or a campaign may have written it:

    then its words are given too, for a message whose `provider_id` nobody has.
    """
    provider_id = _message_id(data)
    word = data.get("send_status")
    kind = _STATUS_KINDS.get(word.lower()) if type(word) is str else None
    if not provider_id or kind is None:
        event_id = identifier(mapping(item).get("event_uuid"))
        return Entry(
            kind=EntryKind.UNKNOWN,
            channel=CHANNEL,
            dedupe=f"v:{event_id}" if event_id else f"h:{digest(item)}",
            at_ms=emitted_ms,
            number=number,
            provider_id=provider_id,
            identities=_guest(data, "to_phone"),
            data={"event": "message.outbound", "value": kept(data)},
        )
    outbox_id = identifier(mapping(data.get("metadata")).get(METADATA_KEY))
    error = data.get("error_code")
    return Entry(
        kind=EntryKind.STATUS,
        channel=CHANNEL,
        dedupe=f"s:{provider_id}:{identifier(word)}",
        at_ms=emitted_ms,
        number=number,
        provider_id=provider_id,
        identities=_guest(data, "to_phone"),
        message=None if outbox_id else _message(data),
        status=Status(
            kind=kind,
            outbox_id=outbox_id,
            error_code=plain(identifier(error)),
            error=text(data.get("error_message") or data.get("error") or error, 1024),
            category=name_of(data.get("category")),
        ),
    )
