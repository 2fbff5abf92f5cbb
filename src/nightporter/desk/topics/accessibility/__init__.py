"""Access without steps: the facts of the file and no more; whether they suit a guest, a person decides."""

from __future__ import annotations

from nightporter.config.hotel import Hotel, No
from nightporter.config.hotel.blocks import Accessible
from nightporter.desk.rendering import Answer, Catalogue, may_tell
from nightporter.desk.understanding import Ask, TopicReply

SAY = Catalogue(__name__)


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """What may be said about access."""
    if hotel.rooms is None:
        return TopicReply()
    rooms = hotel.during(hotel.rooms, ask.on)
    if not may_tell(rooms.share, ask.match):
        return TopicReply()
    answer = Answer(ask, SAY)
    if isinstance(rooms.accessible, No):
        answer.add("rooms", "no", "rooms.accessible")
    elif rooms.accessible is not None:
        _rooms(answer, rooms.accessible)
    if rooms.lift is not None:
        answer.add("lift", "lift" if rooms.lift else "no_lift", "rooms.lift")
    if not (answer.knows("rooms") or answer.knows("lift")):
        return TopicReply()
    answer.add("ask_us", "ask_us", (), always=True)
    return answer.reply()


def _rooms(answer: Answer, accessible: Accessible) -> None:
    """Door and steps are those of the accessible rooms, so they are never said without them."""
    told = accessible.rooms is not None
    if accessible.rooms is not None:
        always = not answer.asked_only("lift")
        answer.add("rooms", "rooms", "rooms.accessible.rooms", always=always, rooms=accessible.rooms)
    if told and accessible.door_cm is not None:
        answer.add("door", "door", "rooms.accessible.door_cm", cm=accessible.door_cm)
    if told and accessible.step_free is not None:
        key = "steps" if accessible.step_free else "no_steps"
        answer.add("steps", key, "rooms.accessible.step_free")
    answer.remark("rooms", accessible.text, "rooms.accessible.text")
