"""Housekeeping: answers what is asked about cleaning, towels and the like, and passes wishes on to the department."""

from __future__ import annotations

from nightporter.config.hotel import Hotel
from nightporter.config.hotel.blocks import Housekeeping
from nightporter.config.hotel.values import Iron
from nightporter.desk.heard import room_named
from nightporter.desk.reception import clock, staffing, when
from nightporter.desk.rendering import Answer, Catalogue, hours_text, listed, may_tell
from nightporter.desk.understanding import Ask, Match, TopicReply
from nightporter.model.conversation import Question
from nightporter.model.decision import NewTask

SAY = Catalogue(__name__)
DEPARTMENT = "housekeeping"
WISH_CHARS_MAX = 300

_FACT = "fact"
_NO_CLEANING = "no_cleaning"
_IRON_ELSEWHERE = frozenset({Iron.ROOM, Iron.RECEPTION, Iron.LAUNDRY, Iron.NO})  # nothing to bring


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """A fact, or a task for housekeeping."""
    meant = SAY.aspects(ask.wish.text)
    facts = hotel.during(hotel.housekeeping, ask.on) if hotel.housekeeping else Housekeeping()
    if not may_tell(facts.share, ask.match):
        facts = Housekeeping()
    if _FACT in meant and _NO_CLEANING not in meant:
        answer = Answer(ask, SAY)
        _facts(answer, facts)
        return answer.reply()
    items = [item for item in meant if item != _FACT] or ["other"]
    if _NO_CLEANING in items:
        items = [item for item in items if item != "cleaning"]
    return _request(ask, hotel, facts, items)


def _facts(answer: Answer, facts: Housekeeping) -> None:
    language = answer.language
    if facts.cleaning is not None:
        answer.add(
            "cleaning", "cleaning", "housekeeping.cleaning", hours=hours_text(facts.cleaning, language)
        )
    for name, text in (("towels", facts.towels), ("linen", facts.linen)):
        said = text.get(language) if text else ""
        if said:
            answer.add(name, name, f"housekeeping.{name}", text=said.rstrip("."))
    if facts.iron is not None:
        answer.add("iron", f"iron.{facts.iron}", "housekeeping.iron")
    for name, has in (("pillows", facts.extra_pillows), ("blankets", facts.extra_blankets)):
        if has is not None:
            answer.add(name, name if has else f"no_{name}", f"housekeeping.extra_{name}")
    answer.note(facts.text, "housekeeping.text")


def _request(ask: Ask, hotel: Hotel, facts: Housekeeping, items: list[str]) -> TopicReply:
    lines, paths, wanted = _cannot(ask, facts, items)
    if not wanted:
        text = "\n".join([SAY.say("lead", ask.language), *lines])
        return TopicReply(text=text, sources=tuple(paths))
    room = _room(ask)
    coming = not room and ask.match is Match.BOOKED and ask.stay is not None
    if not room and not coming:
        return _ask_room(ask)
    said = listed([SAY.say(f"item.{item}", ask.language) for item in wanted], ask.language)
    text = [SAY.say("done", ask.language)]
    if coming:
        text.append(SAY.say("for_arrival", ask.language, items=said))
    else:
        text += [SAY.say("passed_on", ask.language, items=said), *_when(ask, hotel, wanted)]
        paths += [f"staff.{DEPARTMENT}.hours"] if hotel.has_hours(f"staff.{DEPARTMENT}") else []
    task = _task(ask, hotel, wanted, room)
    return TopicReply(text="\n".join([*text, *lines]), sources=tuple(paths), task=task)


def _cannot(ask: Ask, facts: Housekeeping, items: list[str]) -> tuple[list[str], list[str], list[str]]:
    """What needs no task: lines that say so, their paths; and what is left to bring or do."""
    lines: list[str] = []
    paths: list[str] = []
    wanted = list(items)
    if "iron" in items and facts.iron in _IRON_ELSEWHERE:
        lines.append(SAY.say(f"iron.{facts.iron}", ask.language))
        paths.append("housekeeping.iron")
        wanted.remove("iron")
    for item, has in (("pillows", facts.extra_pillows), ("blankets", facts.extra_blankets)):
        if item in items and has is False:
            lines.append(SAY.say(f"no_{item}", ask.language))
            paths.append(f"housekeeping.extra_{item}")
            wanted.remove(item)
    return lines, paths, wanted


def _room(ask: Ask) -> str:
    """The room that was answered, named, or that the guest lives in; "" when nothing tells."""
    living = ask.stay.room if ask.stay and ask.match is Match.IN_HOUSE else ""
    return ask.slots.get("room", "") or room_named(ask.wish.text) or living


def _ask_room(ask: Ask) -> TopicReply:
    question = Question(
        topic=DEPARTMENT,
        slot="room",
        asked_ms=int(ask.now.timestamp() * 1000),
        slots={"wish": ask.wish.text[:WISH_CHARS_MAX]},
    )
    text = f"{SAY.say('done', ask.language)}\n{SAY.say('which_room', ask.language)}"
    return TopicReply(text=text, question=question)


def _when(ask: Ask, hotel: Hotel, wanted: list[str]) -> list[str]:
    """When somebody of the department is there, by its hours; nothing when the file does not tell."""
    there = staffing(hotel, ask.now, DEPARTMENT)
    if there.open:
        if there.until is None:
            return [SAY.say("there_always", ask.language)]
        return [SAY.say("there_until", ask.language, until=clock(there.until))]
    if there.again is None:
        return []
    said = [SAY.say("there_again", ask.language, when=when(there.again, ask.now, ask.language))]
    if wanted != [_NO_CLEANING] and staffing(hotel, ask.now).open:
        said.append(SAY.say("reception_meanwhile", ask.language))
    return said


def _task(ask: Ask, hotel: Hotel, items: list[str], room: str) -> NewTask:
    details = {
        "items": ", ".join(SAY.say(f"item.{item}", hotel.language) for item in items),
        "room": room,
        "day": ask.on.isoformat() if ask.on_named else "",
        "arrival": ask.stay.arrival if ask.stay and not room else "",
        "booking": ask.stay.code if ask.stay else "",
        "match": ask.match.value,
        "language": ask.language,
    }
    return NewTask(
        key=f"{DEPARTMENT}:{room or 'arrival'}:{'+'.join(items)}",
        department=DEPARTMENT,
        reason="request" if room else "request_arrival",
        summary=ask.slots.get("wish", ask.wish.text),
        topic=DEPARTMENT,
        details={name: value for name, value in details.items() if value},
    )
