"""Splits a Cloud API webhook body into entries: every entry, change, message, status and error, none dropped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from nightporter.channels.clean import (
    ENTRIES_MAX,
    JSON,
    digest,
    identifier,
    identities_of,
    kept,
    kept_object,
    mapping,
    name_of,
    parse,
    seconds_ms,
    sequence,
    start_of,
    text,
)
from nightporter.channels.whatsapp_messages import first_error, read_call, read_message
from nightporter.model.guest import Identity
from nightporter.model.message import Entry, EntryKind, JSONObject, Status, StatusKind

CHANNEL = "whatsapp"

ACCOUNT_FIELDS = frozenset(
    [
        "account_alerts",
        "account_offboarded",
        "account_reconnected",
        "account_review_update",
        "account_update",
        "automatic_events",
        "business_capability_update",
        "business_status_update",
        "business_username_update",
        "flows",
        "group_lifecycle_update",
        "group_participants_update",
        "group_settings_update",
        "group_status_update",
        "history",
        "message_template_components_update",
        "message_template_quality_update",
        "message_template_status_update",
        "partner_solutions",
        "payment_configuration_update",
        "phone_number_name_update",
        "phone_number_quality_update",
        "security",
        "smb_app_state_sync",
        "template_category_update",
        "template_correct_category_detection",
        "tracking_events",
    ]
)

_STATUS_KINDS = {
    "sent": StatusKind.SENT,
    "delivered": StatusKind.DELIVERED,
    "read": StatusKind.READ,
    "played": StatusKind.READ,
    "failed": StatusKind.FAILED,
}


@dataclass(slots=True)
class _Place:
    """Where in the body a slice stands: the change's value and what is the same for everything in it."""

    field: str
    value: dict[str, JSON]
    number: str
    time: JSON  # of the entry: sent with account fields
    received_ms: int
    contacts: list[JSON]

    def contact(self, number: JSON, user: JSON) -> dict[str, JSON]:
        """The contact that belongs to a sender, {} when none does."""
        held = [mapping(item) for item in self.contacts]
        for contact in held:
            if (number is not None and contact.get("wa_id") == number) or (
                user is not None and contact.get("user_id") == user
            ):
                return contact
        return held[0] if len(held) == 1 and number is None and user is None else {}


_Slice = tuple[str, _Place, JSON]  # (what it is, where it stands, the slice)


def split(body: bytes, received_ms: int) -> tuple[Entry, ...]:
    """All entries of a body, in its order. Never raises, never empty; over 5,000 the rest is counted in the last."""
    is_json, root = parse(body)
    if not is_json:
        return (
            _foreign({"event": "not_json", "size_bytes": len(body), "start": start_of(body)}, received_ms),
        )
    slices = _slices(root, received_ms)
    entries = [_READERS[kind](place, item) for kind, place, item in islice(slices, ENTRIES_MAX - 1)]
    rest = list(islice(slices, 1))
    if rest:
        kind, place, item = rest[0]
        left_out = sum(1 for _ in slices)
        entries.append(
            _READERS[kind](place, item) if not left_out else _too_many(root, left_out + 1, received_ms)
        )
    if not entries:
        entries.append(_foreign({"event": "empty", "body": kept(root)}, received_ms, digest(root)))
    return tuple(entries)


def _foreign(data: JSONObject, received_ms: int, name: str = "") -> Entry:
    dedupe = f"u:{name or digest(data)}"
    return Entry(kind=EntryKind.UNKNOWN, channel=CHANNEL, dedupe=dedupe, at_ms=received_ms, data=data)


def _too_many(root: JSON, left_out: int, received_ms: int) -> Entry:
    return _foreign({"event": "too_many", "left_out": left_out}, received_ms, digest(root, "too_many"))


def _slices(root: JSON, received_ms: int) -> Iterator[_Slice]:
    for entry in sequence(mapping(root).get("entry")):
        held = mapping(entry)
        changes = held.get("changes")
        if type(changes) is not list or not changes:
            yield "unknown", _Place("", {}, "", held.get("time"), received_ms, []), entry
            continue
        for change in sequence(changes):
            yield from _change(mapping(change), change, held.get("time"), received_ms)


_LISTS = (  # (key in the value, what its items are)
    ("messages", "message"),
    ("statuses", "status"),
    ("message_echoes", "echo"),
    ("calls", "call"),
    ("user_preferences", "preference"),
    ("user_id_update", "user_id"),
    ("errors", "error"),
)


def _change(change: dict[str, JSON], raw: JSON, time: JSON, received_ms: int) -> Iterator[_Slice]:
    value = mapping(change.get("value"))
    number = identifier(mapping(value.get("metadata")).get("phone_number_id"))
    field = name_of(change.get("field"))
    place = _Place(field, value, number, time, received_ms, sequence(value.get("contacts")))
    if field in ACCOUNT_FIELDS:
        yield "account", place, raw
        return
    found = False
    for key, kind in _LISTS:
        items = value.get(key)
        if items is None:
            continue
        for item in sequence(items) if type(items) is list else [items]:
            found = True
            yield (kind if type(item) is dict else "unknown"), place, item
    if not found:
        yield "unknown", place, raw


def _message(place: _Place, item: dict[str, JSON]) -> Entry:
    if item.get("type") == "system":
        return _system(place, item)
    provider_id = identifier(item.get("id"))
    number, user, parent = item.get("from"), item.get("from_user_id"), item.get("from_parent_user_id")
    name = ""
    if place.contacts:
        contact = place.contact(number, user)
        if contact:
            name = name_of(mapping(contact.get("profile")).get("name"))
            number = contact.get("wa_id") if number is None else number
            user = contact.get("user_id") if user is None else user
            parent = contact.get("parent_user_id") if parent is None else parent
    return Entry(
        kind=EntryKind.MESSAGE,
        channel=CHANNEL,
        dedupe=f"m:{provider_id}" if provider_id else f"h:{digest(item)}",
        at_ms=seconds_ms(item.get("timestamp"), place.received_ms),
        number=place.number,
        provider_id=provider_id,
        identities=identities_of(number, user, parent),
        name=name,
        message=read_message(item),
    )


def _named(identities: tuple[Identity, ...]) -> list[JSONObject]:
    return [{"kind": identity.kind.value, "value": identity.value} for identity in identities]


def _system(place: _Place, item: dict[str, JSON]) -> Entry:
    """A changed number or id. Names in `body` are the guest's own words: nothing is read out of them."""
    system = mapping(item.get("system"))
    provider_id = identifier(item.get("id"))
    old = identities_of(
        item.get("from") if item.get("from") is not None else system.get("customer"),
        item.get("from_user_id") or system.get("previous_user_id"),
        item.get("from_parent_user_id"),
    )
    new = identities_of(
        system.get("wa_id") or system.get("new_wa_id"), system.get("user_id"), system.get("parent_user_id")
    )
    data: JSONObject = {
        "event": name_of(system.get("type")) or "system",
        "old": _named(old),
        "new": _named(new),
        "body": text(system.get("body"), 1024),
    }
    return Entry(
        kind=EntryKind.IDENTITY,
        channel=CHANNEL,
        dedupe=f"m:{provider_id}" if provider_id else f"h:{digest(item)}",
        at_ms=seconds_ms(item.get("timestamp"), place.received_ms),
        number=place.number,
        provider_id=provider_id,
        identities=old,
        data=data,
    )


def _user_id(place: _Place, item: dict[str, JSON]) -> Entry:
    own, parent = mapping(item.get("user_id")), mapping(item.get("parent_user_id"))
    old = identities_of(None, own.get("previous"), parent.get("previous"))
    new = identities_of(item.get("wa_id"), own.get("current"), parent.get("current"))
    data: JSONObject = {
        "event": "user_id_update",
        "old": _named(old),
        "new": _named(new),
        "body": text(item.get("detail"), 1024),
    }
    return _hashed(place, EntryKind.IDENTITY, item, data, old)


def _status(place: _Place, item: dict[str, JSON]) -> Entry:
    word = item.get("status")
    kind = _STATUS_KINDS.get(word) if type(word) is str else None
    provider_id = identifier(item.get("id"))
    if kind is None or not provider_id:
        return _unknown(place, item)
    error_code, error = first_error(item.get("errors")) if "errors" in item else ("", "")
    pricing = mapping(item.get("pricing"))
    return Entry(
        kind=EntryKind.STATUS,
        channel=CHANNEL,
        dedupe=f"s:{provider_id}:{word}",
        at_ms=seconds_ms(item.get("timestamp"), place.received_ms),
        number=place.number,
        provider_id=provider_id,
        identities=identities_of(
            item.get("recipient_id"), item.get("recipient_user_id"), item.get("recipient_parent_user_id")
        ),
        status=Status(
            kind=kind,
            outbox_id=identifier(item.get("biz_opaque_callback_data")),
            error_code=error_code,
            error=error,
            billable=pricing.get("billable") is True,
            category=name_of(pricing.get("category")),
        ),
    )


def _echo(place: _Place, item: dict[str, JSON]) -> Entry:
    """Staff wrote from the phone app: the identities are the guest's."""
    provider_id = identifier(item.get("id"))
    return Entry(
        kind=EntryKind.ECHO,
        channel=CHANNEL,
        dedupe=f"e:{provider_id}" if provider_id else f"h:{digest(item)}",
        at_ms=seconds_ms(item.get("timestamp"), place.received_ms),
        number=place.number,
        provider_id=provider_id,
        identities=identities_of(item.get("to"), item.get("to_user_id"), item.get("to_parent_user_id")),
        message=read_message(item),
    )


def _call(place: _Place, item: dict[str, JSON]) -> Entry:
    if item.get("direction") == "BUSINESS_INITIATED":  # no guest rang
        return _unknown(place, item)
    provider_id = identifier(item.get("id"))
    number, user, parent = item.get("from"), item.get("from_user_id"), item.get("from_parent_user_id")
    contact = place.contact(number, user)
    event = name_of(item.get("event"))
    return Entry(
        kind=EntryKind.MESSAGE,
        channel=CHANNEL,
        dedupe=f"c:{provider_id}:{event}" if provider_id else f"h:{digest(item)}",
        at_ms=seconds_ms(item.get("timestamp"), place.received_ms),
        number=place.number,
        provider_id=provider_id,
        identities=identities_of(
            number, user or contact.get("user_id"), parent or contact.get("parent_user_id")
        ),
        name=name_of(mapping(contact.get("profile")).get("name")),
        message=read_call(item),
    )


def _preference(place: _Place, item: dict[str, JSON]) -> Entry:
    data: JSONObject = {
        "event": "user_preferences",
        "category": name_of(item.get("category")),
        "value": name_of(item.get("value")),
        "detail": text(item.get("detail"), 1024),
    }
    who = identities_of(item.get("wa_id"), item.get("user_id"), item.get("parent_user_id"))
    return _hashed(place, EntryKind.PREFERENCE, item, data, who)


def _error(place: _Place, item: dict[str, JSON]) -> Entry:
    code, words = first_error([item])
    data: JSONObject = {"event": "error", "code": code, "error": words, "value": kept(item)}
    return _hashed(place, EntryKind.ACCOUNT, item, data)


def _account(place: _Place, raw: JSON) -> Entry:
    data: JSONObject = {"event": place.field, "value": kept(mapping(raw).get("value"))}
    return _hashed(place, EntryKind.ACCOUNT, raw, data)


def _unknown(place: _Place, raw: JSON) -> Entry:
    return _hashed(
        place, EntryKind.UNKNOWN, raw, {"event": place.field or "unknown", "value": kept_object(raw)}
    )


def _hashed(
    place: _Place, kind: EntryKind, raw: JSON, data: JSONObject, identities: tuple[Identity, ...] = ()
) -> Entry:
    """An entry that the provider gives no id: named by its content, its number and the provider's time."""
    held = mapping(raw)
    time = held.get("timestamp", place.time)
    return Entry(
        kind=kind,
        channel=CHANNEL,
        dedupe=f"h:{place.field}:{digest(raw, place.number, time)}",
        at_ms=seconds_ms(time, place.received_ms),
        number=place.number,
        provider_id=identifier(held.get("id")),
        identities=identities,
        data=data,
    )


_READERS = {
    "message": _message,
    "status": _status,
    "echo": _echo,
    "call": _call,
    "preference": _preference,
    "user_id": _user_id,
    "error": _error,
    "account": _account,
    "unknown": _unknown,
}
