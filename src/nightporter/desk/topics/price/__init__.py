"""What a stay costs: never told by itself. The booking page shows it, and reception answers."""

from __future__ import annotations

from nightporter.config.hotel import Hotel
from nightporter.desk.bookings import question, wish_of
from nightporter.desk.leads import Lead, ask_lead, closed_then, lead_of, lead_task, link_line, passed_on
from nightporter.desk.rendering import Catalogue
from nightporter.desk.understanding import Ask, TopicReply

SAY = Catalogue(__name__)
TOPIC = "price"
WHAT = "what"

# discounts, the guest's own bill, things that are no stay: a person's matter, no question of ours helps
_FOR_STAFF = frozenset({"offer", "own", "thing"})


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """A question, or the booking page and a task for reception. No amount, whatever is asked."""
    aspects = SAY.aspects(f"{wish_of(ask)}\n{ask.slots.get(WHAT, '')}")
    lead = lead_of(ask)
    if _FOR_STAFF.intersection(aspects):
        return _to_reception(ask, hotel, lead, "")
    stays = "room" in aspects or lead.period.arrival is not None or lead.party.known
    if not stays:
        if WHAT in ask.slots:
            return _to_reception(ask, hotel, lead, "")
        text = f"{SAY.say('lead', ask.language)}\n{SAY.say('what', ask.language)}"
        return question(ask, TOPIC, WHAT, text)
    if closed := closed_then(ask, hotel, lead):
        return TopicReply(text=f"{SAY.say('about', ask.language)}\n{closed}", sources=("closed",))
    if asked := ask_lead(ask, TOPIC, SAY.say("depends", ask.language), lead):
        return asked
    return _to_reception(ask, hotel, lead, link_line(ask, hotel, lead))


def _to_reception(ask: Ask, hotel: Hotel, lead: Lead, link: str) -> TopicReply:
    lines = [SAY.say("thanks", ask.language), *([link] if link else []), *passed_on(ask, hotel, lead)]
    sources = ("hotel.booking_url",) if link else ()
    return TopicReply(text="\n".join(lines), sources=sources, task=lead_task(ask, TOPIC, "price", lead))
