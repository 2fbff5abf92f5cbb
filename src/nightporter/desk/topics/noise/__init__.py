"""Noise: reception is told at once which room is disturbed; when it should be quiet is a fact."""

from __future__ import annotations

from nightporter.config.hotel import Hotel, No
from nightporter.desk.collecting import RECEPTION, Request, room_of
from nightporter.desk.rendering import Catalogue, hours_text
from nightporter.desk.understanding import Ask, TopicReply
from nightporter.model.decision import Urgency

SAY = Catalogue(__name__)
TOPIC = "noise"


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """The quiet hours, a question for the guest's own room, or a task for reception."""
    about = SAY.aspects(ask.wish.text)
    if "quiet" in about and not ask.slots:
        return _quiet_hours(ask, hotel)
    request = Request(ask, TOPIC, SAY, needs=("room",))
    if not ask.slots and "own" not in about:
        request.known["room"] = room_of(ask)  # a room that is named may be the loud one
    lead = SAY.say("lead", ask.language)
    if request.lacks():
        return request.ask_back(lead, SAY.say("own", ask.language), asking=False)
    return request.report(hotel, RECEPTION, "noise", lead, urgency=Urgency.NOW)


def _quiet_hours(ask: Ask, hotel: Hotel) -> TopicReply:
    if hotel.quiet is None or isinstance(hotel.quiet, No):
        return TopicReply()
    hours = hours_text(hotel.quiet, ask.language)
    lines = [SAY.say("quiet_lead", ask.language), SAY.say("quiet", ask.language, hours=hours)]
    return TopicReply(text="\n".join(lines), sources=("quiet",))
