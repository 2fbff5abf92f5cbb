"""Who plays in the demo: guests with their phones, and the stays that the hotel knows of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from nightporter.clock import Ids
from nightporter.journal import stays
from nightporter.journal.stays import NewStay
from nightporter.store import Tx
from nightporter.testing.providers.guests import Guest, bsuid_of

SOURCE = "demo"
META, SPOKI = "whatsapp", "spoki"


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """A guest one can be. `role`: a key of the phone's catalogue."""

    key: str
    name: str
    role: str
    channel: str
    phone: str  # digits, "" = hidden from the hotel
    language: str
    flight: str = ""

    @property
    def guest(self) -> Guest:
        """The guest as the provider fakes know one."""
        if self.phone:
            return Guest(self.phone, bsuid_of(self.phone), self.name)
        return Guest(None, f"US.{'4711' * 4}", self.name, f"{self.key}.travels")


PLAYERS: tuple[Player, ...] = (
    Player(key="anna", name="Anna Rossi", role="booker", channel=META, phone="393330000201", language="it"),
    Player(key="jonas", name="Jonas Weber", role="companion", channel=META, phone="4915100000202", language="de"),
    Player(
        key="claire", name="Claire Dubois", role="arriving", channel=META, phone="33600000203", language="fr",
        flight="AF1234",
    ),
    Player(key="taylor", name="Taylor", role="unknown", channel=META, phone="", language="en"),
    Player(key="lucia", name="Lucía García", role="spoki", channel=SPOKI, phone="34600000204", language="es"),
)  # fmt: skip


def player(key: str) -> Player:
    """The player of that key, else the first."""
    return next((one for one in PLAYERS if one.key == key), PLAYERS[0])


def bookings(today: date) -> tuple[NewStay, ...]:
    """What is booked: two in the house together, one who comes tomorrow, one in the house alone."""
    by_key = {one.key: one for one in PLAYERS}

    def day(days: int) -> str:
        return (today + timedelta(days=days)).isoformat()

    return (
        NewStay(
            source=SOURCE, code="GIN-204", arrival=day(-1), departure=day(3), room="204",
            name=by_key["anna"].name, phones=(by_key["anna"].phone, by_key["jonas"].phone),
        ),
        NewStay(
            source=SOURCE, code="GIN-118", arrival=day(1), departure=day(4), room="118",
            name=by_key["claire"].name, phones=(by_key["claire"].phone,), flight=by_key["claire"].flight,
        ),
        NewStay(
            source=SOURCE, code="GIN-310", arrival=day(-2), departure=day(2), room="310",
            name=by_key["lucia"].name, phones=(by_key["lucia"].phone,),
        ),
    )  # fmt: skip


def seed(tx: Tx, ids: Ids, today: date, now_ms: int) -> int:
    """A unit: bookings that are missing, or over, begin (again); how many."""
    put = 0
    for booking in bookings(today):
        row = tx.one("stay_find", (booking.source, booking.code))
        if row is None or row[4] <= today.isoformat() or row[3] > booking.arrival:
            stays.put(tx, ids, booking, now_ms)
            put += 1
    return put
