"""Children: cot, high chair and the like, up to which age they stay free; a wish for one of these goes to reception."""

from __future__ import annotations

from nightporter.config.hotel import Hotel, Money, No
from nightporter.config.hotel.blocks import Children
from nightporter.desk.heard import room_named
from nightporter.desk.reception import who_reads
from nightporter.desk.rendering import Answer, Catalogue, listed, may_tell, sorry
from nightporter.desk.understanding import Ask, Match, TopicReply
from nightporter.model.conversation import Question
from nightporter.model.decision import NewTask

SAY = Catalogue(__name__)
DEPARTMENT = "reception"
WISH_CHARS_MAX = 300

_REQUEST = "request"


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """What may be said about children, and a task when something of it is wanted."""
    if hotel.children is None:
        return TopicReply()
    if isinstance(hotel.children, No):
        return sorry(SAY, ask, "children")
    children = hotel.during(hotel.children, ask.on)
    if not may_tell(children.share, ask.match):
        return TopicReply()
    answer = Answer(ask, SAY)
    _beds(answer, children)
    _things(answer, children)
    if children.free_under is not None:
        answer.add("free", "free_under", "children.free_under", age=children.free_under)
    answer.note(children.text, "children.text")
    facts = answer.reply()
    wanted = _wanted(answer, children)
    return _request(ask, hotel, facts, wanted) if facts.text and wanted else facts


def _beds(answer: Answer, children: Children) -> None:
    for name, bed in (("cot", children.cot), ("extra_bed", children.extra_bed)):
        if isinstance(bed, No):
            answer.add(name, f"no_{name}", f"children.{name}")
        else:
            answer.price(name, bed, f"children.{name}", name)


def _things(answer: Answer, children: Children) -> None:
    for name, has in (
        ("high_chair", children.high_chair),
        ("bottle_warmer", children.bottle_warmer),
        ("playground", children.playground),
    ):
        if has is not None:
            answer.add(name, name if has else f"no_{name}", f"children.{name}")


def _wanted(answer: Answer, children: Children) -> list[str]:
    """The things that are asked for, not only about, and that there are."""
    there: dict[str, Money | No | bool | None] = {
        "cot": children.cot,
        "extra_bed": children.extra_bed,
        "high_chair": children.high_chair,
        "bottle_warmer": children.bottle_warmer,
    }
    return [name for name, has in there.items() if has and answer.asked(_REQUEST) and answer.asked(name)]


def _request(ask: Ask, hotel: Hotel, facts: TopicReply, wanted: list[str]) -> TopicReply:
    living = ask.stay.room if ask.stay and ask.match is Match.IN_HOUSE else ""
    room = room_named(ask.wish.text) or living
    if not (room or ask.stay or "booking" in ask.slots):
        return _ask_booking(ask, facts)
    items = listed([SAY.say(f"item.{item}", ask.language) for item in wanted], ask.language)
    told = [SAY.say("lead", ask.language)] if "booking" in ask.slots else [facts.text]
    reads = who_reads(hotel, ask.now, ask.language)
    path = hotel.desk_path(DEPARTMENT)
    return TopicReply(
        text="\n".join([*told, SAY.say("passed_on", ask.language, items=items), reads]),
        sources=(*facts.sources, *([f"{path}.hours"] if hotel.has_hours(path) else [])),
        task=_task(ask, hotel, wanted, room),
    )


def _ask_booking(ask: Ask, facts: TopicReply) -> TopicReply:
    question = Question(
        topic="children",
        slot="booking",
        asked_ms=int(ask.now.timestamp() * 1000),
        slots={"wish": ask.wish.text[:WISH_CHARS_MAX]},
    )
    text = f"{facts.text}\n{SAY.say('which_booking', ask.language)}"
    return TopicReply(text=text, sources=facts.sources, question=question)


def _task(ask: Ask, hotel: Hotel, wanted: list[str], room: str) -> NewTask:
    booking = ask.stay.code if ask.stay else ask.slots.get("booking", "")
    details = {
        "items": ", ".join(SAY.say(f"item.{item}", hotel.language) for item in wanted),
        "room": room,
        "day": ask.on.isoformat() if ask.on_named else "",
        "arrival": ask.stay.arrival if ask.stay and not room else "",
        "booking": booking,
        "match": ask.match.value,
        "language": ask.language,
    }
    return NewTask(
        key=f"children:{room or booking}:{'+'.join(wanted)}",
        department=DEPARTMENT,
        reason="children",
        summary=ask.slots.get("wish", ask.wish.text),
        topic="children",
        details={name: value for name, value in details.items() if value},
    )
