"""Somebody who may come: when and with whom, the booking page filled in with it, and what reception gets to read.

Rooms and prices are never promised here; the hotel's booking page and reception tell them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from nightporter.config.hotel import Hotel
from nightporter.desk.bookings import question
from nightporter.desk.periods import Party, Period, party_asked, period_asked
from nightporter.desk.reception import who_reads
from nightporter.desk.rendering import Catalogue, bare_day_text, closed_text
from nightporter.desk.understanding import Ask, TopicReply
from nightporter.model.decision import NewTask, Urgency

SAY = Catalogue("nightporter.desk", "leads.toml", "no-words")
DEPARTMENT = "reception"

WHEN = "when"  # the slots of our questions
UNTIL = "until"
GUESTS = "guests"


@dataclass(frozen=True, slots=True)
class Lead:
    """What is known of those who may come."""

    period: Period
    party: Party


def lead_of(ask: Ask) -> Lead:
    """From everything the guest wrote of it."""
    answers = [ask.slots[slot] for slot in (WHEN, UNTIL) if slot in ask.slots]
    wish = ask.slots.get("wish", ask.wish.text)
    guests = ask.slots.get(GUESTS, "")
    period = period_asked(" ".join([wish, *answers]), ask.now.date())
    party = party_asked(f"{wish}\n{guests}")
    if guests and not party.known:
        party = party_asked(f"for {guests}")  # "2", as an answer
    return Lead(period, party)


def ask_lead(ask: Ask, topic: str, lead_line: str, lead: Lead) -> TopicReply | None:
    """The next question, each asked once; None: everything is known, or was asked."""
    slot = _missing(ask, lead)
    if not slot:
        return None
    return question(ask, topic, slot, f"{lead_line}\n{SAY.say(slot, ask.language)}")


def closed_then(ask: Ask, hotel: Hotel, lead: Lead) -> str:
    """The sentence that the hotel is closed when they want to arrive; "" when it is open, or no day was named."""
    return closed_text(hotel, lead.period.arrival, ask.language) if lead.period.arrival else ""


def link_line(ask: Ask, hotel: Hotel, lead: Lead) -> str:
    """The booking page, filled in as far as it wants to be; "" when the file has none or too little is known."""
    page = hotel.house.booking_url
    if not page:
        return ""
    period, party = lead.period, lead.party
    values = {
        "arrival": period.arrival.isoformat() if period.arrival else "",
        "departure": period.departure.isoformat() if period.departure else "",
        "adults": str(party.adults or ""),
        "children": str(party.children) if party.known else "",
        "language": ask.language,
    }
    url: str = page
    for name, value in values.items():
        if value:
            url = url.replace(f"{{{name}}}", value)
    if "{" in url:
        return ""
    return SAY.say("link" if url == page else "link_days", ask.language, url=url)


def summary(lead: Lead, language: str) -> str:
    """`3 May to 5 May, adults: 2, with a pet`; "" when nothing is known."""
    first, last, party = lead.period.arrival, lead.period.departure, lead.party
    said: list[str] = []
    if first and last:
        said.append(
            SAY.say(
                "days", language, first=bare_day_text(first, language), last=bare_day_text(last, language)
            )
        )
    elif first:
        said.append(SAY.say("day", language, first=bare_day_text(first, language)))
    if party.adults:
        said.append(SAY.say("adults", language, count=party.adults))
    if party.children:
        said.append(SAY.say("children", language, count=party.children))
    if party.pets:
        said.append(SAY.say("pets", language))
    return ", ".join(said)


def passed_on(ask: Ask, hotel: Hotel, lead: Lead) -> list[str]:
    """The lines that reception has it now, and when somebody reads it there."""
    said = summary(lead, ask.language)
    line = SAY.say("passed_on", ask.language, said=said) if said else SAY.say("passed_on_bare", ask.language)
    return [line, who_reads(hotel, ask.now, ask.language)]


def lead_task(ask: Ask, topic: str, reason: str, lead: Lead, *, urgency: Urgency = Urgency.NORMAL) -> NewTask:
    """What reception reads of it."""
    period, party = lead.period, lead.party
    details = {
        "arrival": _iso(period.arrival),
        "departure": _iso(period.departure),
        "adults": str(party.adults or ""),
        "children": str(party.children or ""),
        "ages": ", ".join(map(str, party.ages)),
        "pets": "yes" if party.pets else "",
        **{f"told_{slot}": ask.slots.get(slot, "") for slot in (WHEN, UNTIL, GUESTS)},
        "booking": ask.stay.code if ask.stay else "",
        "match": ask.match.value,
        "language": ask.language,
    }
    return NewTask(
        key=f"{topic}:{_iso(period.arrival) or 'open'}",
        department=DEPARTMENT,
        reason=reason,
        summary=ask.slots.get("wish", ask.wish.text),
        urgency=urgency,
        topic=topic,
        details={name: value for name, value in details.items() if value},
    )


def _missing(ask: Ask, lead: Lead) -> str:
    if lead.period.arrival is None and WHEN not in ask.slots:
        return WHEN
    if lead.period.arrival and lead.period.departure is None and not {WHEN, UNTIL} & ask.slots.keys():
        return UNTIL
    return GUESTS if not lead.party.known and GUESTS not in ask.slots else ""


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
