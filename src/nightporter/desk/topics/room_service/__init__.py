"""Room service: hours, charge and menu; an order is collected with its room and confirmed by a person."""

from __future__ import annotations

from nightporter.config.hotel import Hotel, No
from nightporter.config.hotel.blocks import RoomService
from nightporter.desk.collecting import Request, department_of, hours_path, who_answers
from nightporter.desk.reception import when
from nightporter.desk.rendering import Answer, Catalogue, asked_hours_text, may_tell, money_text, sorry
from nightporter.desk.understanding import Ask, TopicReply

SAY = Catalogue(__name__)
TOPIC = "room_service"
DEPARTMENT = "restaurant"
FACTS = frozenset({"menu", "hours", "fee", "general"})


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """A fact, a question about the order, or a task."""
    if hotel.room_service is None:
        return TopicReply()
    if isinstance(hotel.room_service, No):
        return sorry(SAY, ask, TOPIC)
    service = hotel.during(hotel.room_service, ask.on)
    if not may_tell(service.share, ask.match):
        return TopicReply()
    about = set(SAY.aspects(ask.slots.get("wish") or ask.wish.text))
    if "allergy" in about and not ask.slots:
        return _allergy(ask, hotel)
    if about & FACTS and not ask.slots and ("thing" not in about or about & {"menu", "fee", "general"}):
        return _facts(ask, service)
    return _order(ask, hotel, service, named="thing" in about)


def _facts(ask: Ask, service: RoomService) -> TopicReply:
    answer = Answer(ask, SAY)
    if service.hours is not None:
        hours = asked_hours_text(service.hours, ask)
        answer.add("hours", "hours", "room_service.hours", hours=hours)
    if isinstance(service.fee, No):
        answer.add("fee", "fee_no", "room_service.fee")
    else:
        answer.price("fee", service.fee, "room_service.fee", "fee")
    if service.menu_url:
        answer.add("menu", "menu", "room_service.menu_url", url=service.menu_url)
    answer.note(service.text, "room_service.text")
    return answer.reply()


def _order(ask: Ask, hotel: Hotel, service: RoomService, *, named: bool) -> TopicReply:
    request = Request(ask, TOPIC, SAY, needs=("room", "items"))
    if named:
        request.know("items", request.words)
    lines, sources = [SAY.say("order", ask.language)], list[str]()
    if service.menu_url and not request.known["items"]:
        lines.append(SAY.say("menu", ask.language, url=service.menu_url))
        sources.append("room_service.menu_url")
    if request.lacks():
        return request.ask_back(*lines, sources=tuple(sources))
    again = hotel.next_open(TOPIC, ask.now)
    if again and again > ask.now:
        lines.append(SAY.say("closed_now", ask.language, when=when(again, ask.now, ask.language)))
        sources.append("room_service.hours")
    if service.fee:
        lines.append(SAY.say("fee", ask.language, price=money_text(service.fee, ask.language)))
        sources.append("room_service.fee")
    return request.to_confirm(
        hotel, department_of(hotel, DEPARTMENT), "order", *lines, sources=tuple(sources)
    )


def _allergy(ask: Ask, hotel: Hotel) -> TopicReply:
    """What is safe to eat is never said by the machine."""
    department = department_of(hotel, DEPARTMENT)
    request = Request(ask, TOPIC, SAY, needs=("room",))
    lines = [SAY.say("allergy", ask.language), who_answers(hotel, department, ask)]
    task = request.task(department, "allergy")
    return TopicReply(text="\n".join(lines), sources=hours_path(hotel, department), task=task)
