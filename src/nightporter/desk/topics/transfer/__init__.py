"""Taxi, shuttle, being picked up: what the file says, and a request that a person confirms."""

from __future__ import annotations

from nightporter.config.hotel import Hotel, No
from nightporter.config.hotel.blocks import Airport, Transfer
from nightporter.desk.collecting import RECEPTION, Request
from nightporter.desk.rendering import CORE, Answer, Catalogue, may_tell, money_text, sorry
from nightporter.desk.slots import read
from nightporter.desk.understanding import Ask, TopicReply

SAY = Catalogue(__name__)
TOPIC = "transfer"
FACTS = frozenset({"taxi", "shuttle", "price", "airport"})


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """A fact, a question about the ride, or a task for reception."""
    if isinstance(hotel.transfer, No):
        return sorry(SAY, ask, TOPIC)
    transfer = hotel.during(hotel.transfer, ask.on) if hotel.transfer else Transfer()
    if not may_tell(transfer.share, ask.match):
        transfer = Transfer()
    about = set(SAY.aspects(ask.slots.get("wish") or ask.wish.text))
    if about & FACTS and not ask.slots:
        return _facts(ask, transfer)
    return _ride(ask, hotel, about)


def _ride(ask: Ask, hotel: Hotel, about: set[str]) -> TopicReply:
    needs = ("day", "time", "route", "people")
    request = Request(ask, TOPIC, SAY, needs=needs, asks=("bags", "child_seats"))
    flight = read("flight", request.words, ask.now.date())
    request.know("time", flight)
    if "place" in about:
        request.know("route", request.words)
    if "child" in about:
        request.know("child_seats", request.words)
    lead = SAY.say("order", ask.language)
    if request.missing():
        return request.ask_back(lead)
    return request.to_confirm(hotel, RECEPTION, "to_confirm", lead, details={"flight": flight})


def _facts(ask: Ask, transfer: Transfer) -> TopicReply:
    answer = Answer(ask, SAY)
    if transfer.own_shuttle is not None:
        key = "shuttle" if transfer.own_shuttle else "shuttle_no"
        answer.add("shuttle", key, "transfer.own_shuttle")
    if transfer.taxi_phone:
        answer.add("taxi", "taxi", "transfer.taxi_phone", phone=transfer.taxi_phone)
    for code, airport in (transfer.airports or {}).items():
        if facts := _airport(airport, ask.language):
            answer.add("airport", "airport", "transfer.airports", code=code, facts=", ".join(facts))
    if transfer.price is not None and not isinstance(transfer.price, No):
        answer.price("price", transfer.price, "transfer.price")
    answer.note(transfer.text, "transfer.text")
    if transfer.book is not None and not answer.asked_only("taxi", "place"):
        answer.add(CORE, "book", "transfer.book", always=True)
    return answer.reply()


def _airport(airport: Airport, language: str) -> list[str]:
    facts: list[str] = []
    if airport.km is not None:
        facts.append(SAY.say("km", language, km=airport.km))
    if airport.minutes is not None:
        facts.append(SAY.say("minutes", language, minutes=airport.minutes))
    if airport.price is not None:
        facts.append(money_text(airport.price, language))
    return facts
