"""Stays: bookings and who belongs to them; the desk reads them through `Stays`, entries of the hotel change them."""

from __future__ import annotations

from dataclasses import dataclass

from nightporter.clock import Ids
from nightporter.journal.people import guest_of, stay
from nightporter.model.guest import Identity, IdentityKind, Stay, StayRole, StayState, flight_number
from nightporter.store import Tx, View


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStay:
    """A booking as somebody enters it; the same `(source, code)` again changes it."""

    source: str
    code: str
    arrival: str  # YYYY-MM-DD
    departure: str  # YYYY-MM-DD
    phones: tuple[str, ...] = ()  # digits; the first one books
    name: str = ""
    room: str = ""
    flight: str = ""
    cancelled: bool = False


def put(tx: Tx, ids: Ids, new: NewStay, now_ms: int) -> str:
    """Create or change the stay and make its guests known; the stay's id."""
    state = StayState.CANCELLED if new.cancelled else StayState.BOOKED
    flight = flight_number(new.flight)
    tx.run(
        "stay_put",
        (ids.new(), new.source, new.code, new.arrival, new.departure, new.room, flight, new.name, state),
    )
    row = tx.one("stay_find", (new.source, new.code))
    assert row is not None, "a stay that was just put is there"
    stay_id = str(row[0])
    known: set[str] = set()
    for phone in new.phones:
        name = "" if known else new.name
        guest_id = guest_of(tx, ids, (Identity(IdentityKind.PHONE, phone),), name, now_ms)
        if guest_id not in known:  # two numbers may be one guest's
            tx.run("stay_guest_put", (guest_id, stay_id, StayRole.COMPANION if known else StayRole.BOOKER))
        known.add(guest_id)
    return stay_id


class Stays:
    """Looks stays up by what a guest knows of them."""

    def __init__(self, view: View) -> None:
        self._view = view

    def by_code(self, code: str) -> tuple[Stay, ...]:
        """Stays with that booking code."""
        return tuple(stay(row) for row in self._view.all("stays_code", (code,)))

    def by_name(self, surname: str, arrival: str) -> tuple[Stay, ...]:
        """Stays under that surname that arrive that day (YYYY-MM-DD)."""
        wanted = surname.casefold()
        found = (stay(row) for row in self._view.all("stays_arriving", (arrival,)))
        return tuple(one for one in found if wanted and wanted in one.name.casefold().split())
