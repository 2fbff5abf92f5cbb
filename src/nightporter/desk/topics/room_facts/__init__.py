"""The rooms: what is in all of them, in some, on request or not; smoking, the lift."""

from __future__ import annotations

from nightporter.config.hotel import Hotel
from nightporter.config.hotel.blocks import Rooms
from nightporter.config.hotel.values import Extent
from nightporter.desk.rendering import Answer, Catalogue, listed, may_tell
from nightporter.desk.understanding import Ask, TopicReply

SAY = Catalogue(__name__)

_ALL = "all"
_OWN_ROOM = "own_room"


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """What may be said about the rooms; a thing that the file has no word for is for staff."""
    if hotel.rooms is None:
        return TopicReply()
    rooms = hotel.during(hotel.rooms, ask.on)
    if not may_tell(rooms.share, ask.match):
        return TopicReply()
    answer = Answer(ask, SAY)
    items = _items(rooms)
    wanted = {item: extent for item, extent in items.items() if answer.asked(item)}
    if answer.asked("smoking") and answer.asked("balcony"):
        return TopicReply()  # the file tells of the rooms only
    if answer.asked(_OWN_ROOM) and not set(wanted.values()) <= {Extent.YES, Extent.NO}:
        return TopicReply()  # a person knows which room it is
    everything = answer.asked(_ALL)
    _say_items(answer, items if everything else wanted)
    if rooms.smoking is not None and (everything or answer.asked("smoking")):
        answer.add("smoking", f"smoking.{rooms.smoking}", "rooms.smoking", always=True)
    if rooms.lift is not None and (everything or answer.asked("lift")):
        answer.add("lift", "lift" if rooms.lift else "no_lift", "rooms.lift", always=True)
    answer.note(rooms.text, "rooms.text")
    return answer.reply()


def _items(rooms: Rooms) -> dict[str, Extent]:
    """What the file tells of, in the order it is said."""
    told = {
        "air_conditioning": rooms.air_conditioning,
        "heating": rooms.heating,
        "safe": rooms.safe,
        "fridge": rooms.fridge,
        "kettle": rooms.kettle,
        "hairdryer": rooms.hairdryer,
        "television": rooms.television,
        "balcony": rooms.balcony,
        "bathtub": rooms.bathtub,
        "sea_view": rooms.sea_view,
    }
    return {item: extent for item, extent in told.items() if extent is not None}


def _say_items(answer: Answer, items: dict[str, Extent]) -> None:
    """One line for each extent."""
    for extent in (Extent.YES, Extent.SOME, Extent.ON_REQUEST, Extent.NO):
        names = [item for item, found in items.items() if found is extent]
        if names:
            said = listed([SAY.say(f"item.{name}", answer.language) for name in names], answer.language)
            paths = tuple(f"rooms.{name}" for name in names)
            aspect = _ALL if answer.asked(_ALL) else names[0]
            answer.add(aspect, f"extent.{extent}", paths, always=True, items=said)
