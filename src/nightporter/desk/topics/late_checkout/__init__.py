"""Late check-out: what the file says of it, then day and hour for reception, who confirm it."""

from __future__ import annotations

from nightporter.config.hotel import Hotel, No
from nightporter.config.hotel.blocks import Departure
from nightporter.config.hotel.values import Possible
from nightporter.desk.collecting import RECEPTION, Request, room_of
from nightporter.desk.rendering import Catalogue, may_tell, minutes_text, money_text
from nightporter.desk.understanding import Ask, TopicReply

SAY = Catalogue(__name__)
TOPIC = "late_checkout"


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """That it cannot be, a question for day and hour, or a task for reception."""
    request = Request(ask, TOPIC, SAY, needs=("day", "time"))
    if ask.stay and ask.stay.departure >= ask.now.date().isoformat():
        request.know("day", ask.stay.departure)
    departure = hotel.during(hotel.departure, ask.on) if hotel.departure else Departure()
    if not may_tell(departure.share, ask.match):
        departure = Departure()
    lines, sources = [SAY.say("lead", ask.language)], list[str]()
    late = departure.late
    if isinstance(late, No) or (late and late.possible is Possible.NO):
        return _cannot(ask, departure)
    if late and late.possible:
        if late.until is None:
            lines.append(SAY.say("on_request", ask.language))
        else:
            lines.append(SAY.say("until", ask.language, until=minutes_text(late.until)))
            sources.append("departure.late.until")
        sources.append("departure.late.possible")
    if late and late.price:
        lines.append(SAY.say("price", ask.language, price=money_text(late.price, ask.language)))
        sources.append("departure.late.price")
    if late and late.text and (said := late.text.get(ask.language)):
        lines.append(said)
        sources.append("departure.late.text")
    if request.lacks():
        return request.ask_back(*lines, sources=tuple(sources))
    return request.to_confirm(
        hotel, RECEPTION, "to_confirm", *lines, sources=tuple(sources), details={"room": room_of(ask)}
    )


def _cannot(ask: Ask, departure: Departure) -> TopicReply:
    lines, sources = [SAY.say("no", ask.language)], ["departure.late"]
    if departure.checkout and departure.checkout.until is not None:
        lines.append(SAY.say("checkout", ask.language, until=minutes_text(departure.checkout.until)))
        sources.append("departure.checkout.until")
    return TopicReply(text="\n".join(lines), sources=tuple(sources))
