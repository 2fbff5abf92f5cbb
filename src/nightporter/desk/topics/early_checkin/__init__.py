"""Early check-in: what the file says of it, then day and hour for reception, who confirm it."""

from __future__ import annotations

from nightporter.config.hotel import Hotel, No
from nightporter.config.hotel.blocks import Arrival
from nightporter.config.hotel.values import Possible
from nightporter.desk.collecting import RECEPTION, Request
from nightporter.desk.rendering import Catalogue, may_tell, minutes_text, money_text
from nightporter.desk.understanding import Ask, TopicReply

SAY = Catalogue(__name__)
TOPIC = "early_checkin"


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """That it cannot be, a question for day and hour, or a task for reception."""
    request = Request(ask, TOPIC, SAY, needs=("day", "time"))
    if ask.stay and ask.stay.arrival >= ask.now.date().isoformat():
        request.know("day", ask.stay.arrival)
    arrival = hotel.during(hotel.arrival, ask.on) if hotel.arrival else Arrival()
    if not may_tell(arrival.share, ask.match):
        arrival = Arrival()
    lines, sources = [SAY.say("lead", ask.language)], list[str]()
    early = arrival.early
    if isinstance(early, No) or (early and early.possible is Possible.NO):
        return _cannot(ask, arrival)
    if early and early.possible:
        if early.from_ is None:
            lines.append(SAY.say("on_request", ask.language))
        else:
            lines.append(SAY.say("from", ask.language, start=minutes_text(early.from_)))
            sources.append("arrival.early.from")
        sources.append("arrival.early.possible")
    if early and early.price:
        lines.append(SAY.say("price", ask.language, price=money_text(early.price, ask.language)))
        sources.append("arrival.early.price")
    if early and early.text and (said := early.text.get(ask.language)):
        lines.append(said)
        sources.append("arrival.early.text")
    if request.lacks():
        return request.ask_back(*lines, sources=tuple(sources))
    return request.to_confirm(hotel, RECEPTION, "to_confirm", *lines, sources=tuple(sources))


def _cannot(ask: Ask, arrival: Arrival) -> TopicReply:
    lines, sources = [SAY.say("no", ask.language)], ["arrival.early"]
    if arrival.checkin and arrival.checkin.from_ is not None:
        lines.append(SAY.say("checkin", ask.language, start=minutes_text(arrival.checkin.from_)))
        sources.append("arrival.checkin.from")
    return TopicReply(text="\n".join(lines), sources=tuple(sources))
