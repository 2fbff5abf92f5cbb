"""Guests and stays over HTTP, for the hotel's own systems: listed, shown, made known, changed."""

from __future__ import annotations

import re
from collections.abc import Callable

from nightporter.clock import Ids
from nightporter.errors import CannotKeep, StoreBroken
from nightporter.gateway.door import RETRY_AFTER_SECONDS
from nightporter.gateway.fields import date, flag, listing, record, text
from nightporter.gateway.problem import Code, Problem, not_now
from nightporter.gateway.routes import Ask, Operation, Reply, Told
from nightporter.gateway.shapes import (
    LIMIT,
    MAYBE_MOMENT,
    MAYBE_TEXT,
    MOMENT,
    PAGE_DEFAULT,
    TEXT,
    array,
    at,
    maybe_at,
    page,
    shape,
    words,
)
from nightporter.journal import people, stays
from nightporter.journal.keys import Scope
from nightporter.journal.stays import NewStay
from nightporter.model.guest import Identity, IdentityKind, LanguageSource, Stay, StayRole, StayState
from nightporter.model.message import JSONObject
from nightporter.store import Row, Tx, View

CODE_CHARS_MAX = 64
NAME_CHARS_MAX = 200
ROOM_CHARS_MAX = 20
PHONE_CHARS_MAX = 40
COMPANIONS_MAX = 19

ID = text(CODE_CHARS_MAX)
PHONE = text(
    PHONE_CHARS_MAX,
    pattern=r"^(?:[+]|00)?[1-9](?:[ .()/-]{0,2}[0-9]){6,14}$",
    why="a phone number with its country code",
)
LANGUAGE = text(2, least=2, pattern="^[a-z]{2}$", why="a language of two letters like it")
FLIGHT = text(12, pattern="^[A-Za-z0-9]{2,3} ?[0-9]{1,4}[A-Za-z]?$", why="a flight number like AZ1234")
NEW_GUEST = record({"phone": PHONE}, {"name": text(NAME_CHARS_MAX), "language": LANGUAGE})
NEW_STAY = record(
    {"source": ID, "code": ID, "guest": PHONE, "arrival": date(), "departure": date()},
    {
        "name": text(NAME_CHARS_MAX),
        "companions": listing(PHONE, COMPANIONS_MAX),
        "room": text(ROOM_CHARS_MAX),
        "flight": FLIGHT,
        "cancelled": flag(),
    },
)

_DATE: JSONObject = {"type": "string", "format": "date"}
_GUEST = shape(
    id=TEXT, name=TEXT, phone=MAYBE_TEXT, language=MAYBE_TEXT, opted_out_at=MAYBE_MOMENT, created_at=MOMENT
)
_STAY = shape(
    id=TEXT, source=TEXT, code=TEXT, arrival=_DATE, departure=_DATE, room=TEXT, flight=TEXT, name=TEXT,
    state=words(*StayState),
)  # fmt: skip
_ROLE = words(*StayRole)
_WHOLE_GUEST = shape(
    **_GUEST["properties"],
    stays=array(shape(**_STAY["properties"], role=_ROLE)),
    conversations=array(shape(id=TEXT, channel=TEXT)),
)
_WHOLE_STAY = shape(**_STAY["properties"], guests=array(shape(id=TEXT, name=TEXT, role=_ROLE)))
_NO_GUEST = Problem(Code.NOT_FOUND, "there is no guest with this id")
_NO_STAY = Problem(Code.NOT_FOUND, "there is no stay with this id")


def digits(phone: str) -> str:
    """A phone number as guests are known by it: country code first, digits only."""
    return re.sub(r"\D", "", phone).removeprefix("00")


# --- guests


async def list_guests(ask: Ask) -> Reply | Problem:
    """A page of guests, in order of first sight."""
    view, limit = ask.gate.node.store.view, ask.query.get("limit", PAGE_DEFAULT)
    rows = view.all("guests_list", (ask.query.get("after", ""), limit + 1))
    shown = [_guest(view, row) for row in rows[:limit]]
    return Reply({"guests": shown, "next": shown[-1]["id"] if len(rows) > limit else None})


async def show_guest(ask: Ask) -> Reply | Problem:
    """One guest with stays and conversations."""
    whole = _whole_guest(ask.gate.node.store.view, ask.path["id"])
    return Reply(whole) if whole else _NO_GUEST


async def put_guest(ask: Ask) -> Reply | Problem:
    """Make a guest known by phone, or change what is known."""
    node, body = ask.gate.node, ask.body
    unit = learn_guest(
        node.ids,
        digits(body["phone"]),
        body.get("name", ""),
        body.get("language", ""),
        node.clock.now_ms(),
    )
    try:
        guest_id, new = await node.write(unit)
    except (CannotKeep, StoreBroken):
        return not_now(RETRY_AFTER_SECONDS)
    whole = _whole_guest(node.store.view, guest_id)
    return Reply(whole, 201 if new else 200) if whole else _NO_GUEST


def learn_guest(
    ids: Ids, phone: str, name: str, language: str, now_ms: int
) -> Callable[[Tx], tuple[str, bool]]:
    """A unit: the guest with that phone is known; its id, and whether it is new.

    A language from outside is a hint: what the guest was heard to speak, or chose, stands.
    """
    identity = Identity(IdentityKind.PHONE, phone)

    def unit(tx: Tx) -> tuple[str, bool]:
        new = tx.one("identity_find", (identity.key(),)) is None
        guest_id = people.guest_of(tx, ids, (identity,), name, now_ms)
        known = people.guest(tx, guest_id)
        if language and known.language_source in (LanguageSource.NONE, LanguageSource.HINT):
            told = (
                known.name,
                language,
                LanguageSource.HINT,
                known.language_rival,
                known.opted_out_ms,
                guest_id,
            )
            tx.run("guest_learn", told)
        return guest_id, new

    return unit


def _guest(view: View, row: Row) -> JSONObject:
    guest_id, name, language, opted_out_ms, created_ms = row
    phone, _ = people.addresses(view, guest_id)
    return {
        "id": guest_id,
        "name": name,
        "phone": phone or None,
        "language": language or None,
        "opted_out_at": maybe_at(opted_out_ms),
        "created_at": at(created_ms),
    }


def _whole_guest(view: View, guest_id: str) -> JSONObject | None:
    row = view.one("guest_line", (guest_id,))
    if row is None:
        return None
    conversations = view.all("conversations_of", (guest_id,))
    return {
        **_guest(view, row),
        "stays": [{**_stay(stay), "role": stay.role} for stay in people.stays(view, guest_id)],
        "conversations": [{"id": each[0], "channel": each[1]} for each in conversations],
    }


# --- stays


async def list_stays(ask: Ask) -> Reply | Problem:
    """A page of stays, by day of arrival."""
    view, query = ask.gate.node.store.view, ask.query
    limit, since = query.get("limit", PAGE_DEFAULT), (query.get("from", ""), "")
    if "after" in query:
        row = view.one("stay_get", (query["after"],))
        if row is None:
            return _NO_STAY
        since = max(since, (row[3], row[0]))
    rows = view.all("stays_page", (*since, limit + 1))
    shown = [_stay(people.stay(row)) for row in rows[:limit]]
    return Reply({"stays": shown, "next": shown[-1]["id"] if len(rows) > limit else None})


async def show_stay(ask: Ask) -> Reply | Problem:
    """One stay with its guests."""
    whole = _whole_stay(ask.gate.node.store.view, ask.path["id"])
    return Reply(whole) if whole else _NO_STAY


async def put_stay(ask: Ask) -> Reply | Problem:
    """Create the stay of `(source, code)`, or change it."""
    node, body = ask.gate.node, ask.body
    if body["departure"] < body["arrival"]:
        return Problem(Code.INVALID, "departure: must not be before arrival")
    new = NewStay(
        source=body["source"],
        code=body["code"],
        arrival=body["arrival"],
        departure=body["departure"],
        phones=tuple(dict.fromkeys(digits(phone) for phone in (body["guest"], *body.get("companions", ())))),
        name=body.get("name", ""),
        room=body.get("room", ""),
        flight=body.get("flight", ""),
        cancelled=body.get("cancelled", False),
    )
    now_ms = node.clock.now_ms()

    def unit(tx: Tx) -> tuple[str, bool]:
        known = tx.one("stay_find", (new.source, new.code))
        return stays.put(tx, node.ids, new, now_ms), known is None

    try:
        stay_id, made = await node.write(unit)
    except (CannotKeep, StoreBroken):
        return not_now(RETRY_AFTER_SECONDS)
    whole = _whole_stay(node.store.view, stay_id)
    return Reply(whole, 201 if made else 200) if whole else _NO_STAY


def _stay(stay: Stay) -> JSONObject:
    return {
        "id": stay.stay_id,
        "source": stay.source,
        "code": stay.code,
        "arrival": stay.arrival,
        "departure": stay.departure,
        "room": stay.room,
        "flight": stay.flight,
        "name": stay.name,
        "state": stay.state,
    }


def _whole_stay(view: View, stay_id: str) -> JSONObject | None:
    row = view.one("stay_get", (stay_id,))
    if row is None:
        return None
    guests = view.all("stay_guests_of", (stay_id,))
    return {
        **_stay(people.stay(row)),
        "guests": [{"id": each[0], "role": each[1], "name": each[2]} for each in guests],
    }


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/guests",
        summary="Guests in order of first sight. `after`: the id of the last one seen.",
        handle=list_guests,
        scope=Scope.HOTEL_READ,
        query={"after": ID, "limit": LIMIT},
        answers={200: Told("a page", page("guests", _GUEST))},
    ),
    Operation(
        method="POST",
        path="/api/guests",
        summary="Make a guest known by phone number, or change name and language.",
        handle=put_guest,
        scope=Scope.HOTEL_WRITE,
        body=NEW_GUEST,
        answers={201: Told("new", _WHOLE_GUEST), 200: Told("changed", _WHOLE_GUEST)},
        problems=(Code.NOT_NOW,),
    ),
    Operation(
        method="GET",
        path="/api/guests/{id}",
        summary="One guest with stays and conversations.",
        handle=show_guest,
        scope=Scope.HOTEL_READ,
        answers={200: Told("the guest", _WHOLE_GUEST)},
        problems=(Code.NOT_FOUND,),
    ),
    Operation(
        method="GET",
        path="/api/stays",
        summary="Stays by day of arrival. `after`: the id of the last one seen; `from`: the first day of arrival.",
        handle=list_stays,
        scope=Scope.HOTEL_READ,
        query={"from": date(), "after": ID, "limit": LIMIT},
        answers={200: Told("a page", page("stays", _STAY))},
        problems=(Code.NOT_FOUND,),
    ),
    Operation(
        method="POST",
        path="/api/stays",
        summary="Create the stay with this source and code, or change it. `guest`: the phone of who booked.",
        handle=put_stay,
        scope=Scope.HOTEL_WRITE,
        body=NEW_STAY,
        answers={201: Told("new", _WHOLE_STAY), 200: Told("changed", _WHOLE_STAY)},
        problems=(Code.NOT_NOW,),
    ),
    Operation(
        method="GET",
        path="/api/stays/{id}",
        summary="One stay with its guests.",
        handle=show_stay,
        scope=Scope.HOTEL_READ,
        answers={200: Told("the stay", _WHOLE_STAY)},
        problems=(Code.NOT_FOUND,),
    ),
)
