"""The demo hotel, and asks about it as the flow of the desk makes them."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import Any

from nightporter.config.hotel import Hotel, load
from nightporter.desk.understanding import Ask, Match, Wish
from nightporter.model.guest import Stay
from nightporter.testing.demo import HOTEL_FILE

MORNING = datetime(2026, 11, 23, 9, 30)  # noqa: DTZ001  # a Monday, in the hotel's own time
IN_HOUSE = Stay(
    stay_id="s1", source="pms", code="GIN42", arrival="2026-11-20", departure="2026-11-26", room="204"
)
BOOKED = Stay(stay_id="s2", source="pms", code="GIN43", arrival="2026-12-04", departure="2026-12-08")
STAYS = {Match.NONE: None, Match.BOOKED: BOOKED, Match.IN_HOUSE: IN_HOUSE}


@cache
def demo_hotel() -> Hotel:
    return load(HOTEL_FILE)


def ask(
    says: str,
    language: str = "en",
    *,
    hotel: Hotel | None = None,
    now: datetime = MORNING,
    on: date | None = None,
    match: str = "none",
    slots: dict[str, str] | None = None,
) -> Ask:
    zone = (hotel or demo_hotel()).zone
    moment = now.replace(tzinfo=zone)
    return Ask(
        wish=Wish("", 1.0, says),
        language=language,
        now=moment,
        on=on or moment.date(),
        on_named=on is not None,
        match=Match(match),
        stay=STAYS[Match(match)],
        slots=slots or {},
    )


def of_transcript(transcript: dict[str, Any]) -> Ask:
    names = ("now", "on", "match", "slots")
    given = {name: transcript[name] for name in names if name in transcript}
    return ask(transcript["says"], transcript["language"], **given)
