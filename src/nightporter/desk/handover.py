"""Hands to staff what the machine does not answer, and tells the guest when a person reads it.

"When" comes from the opening hours, never "shortly". The text is said once in half an hour; what follows joins it
unsaid.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from nightporter.desk.entries import UNREADABLE, VOICE
from nightporter.desk.limits import over_limit, told_of_limit
from nightporter.desk.look import Look, short
from nightporter.desk.reception import if_urgent, who_reads
from nightporter.desk.wording import say
from nightporter.model.conversation import TurnEntry
from nightporter.model.decision import NewTask, Urgency
from nightporter.model.message import MessageKind

AGAIN_AFTER_MS = 30 * 60_000  # a hand-over text is not said again within this time
VOICE_LINE_EVERY_MS = 24 * 3_600_000
ANGRY = "angry"  # in `Memory.last_topics`: the apology was said

_OWN_INTRO = frozenset({"voice", "call", "unreadable"})
_AT_ONCE = frozenset({"asked_for_person", "angry", "call", "held_long", "repeated", "danger"})


@dataclass(frozen=True, slots=True)
class Leftover:
    """A wish that is for staff. `draft`: what the machine would have said.

    `task` and `said`: the topic's own task and hand-over text, where it has them.
    """

    text: str
    topic: str
    reason: str
    draft: str = ""
    task: NewTask | None = None
    said: str = ""


def hand_over(look: Look, leftovers: list[Leftover], *, say_it: bool = True) -> None:
    """Everything that is still pending goes to staff as one task, with the text that tells the guest when."""
    intro = _intro(look)
    voice_only = intro == "handover.voice"
    own = leftovers[0] if len(leftovers) == 1 and not look.things else None
    task = look.add_topic_task(own.task) if own and own.task else _task(look, leftovers)
    for entry in look.pending:
        look.staff(entry, task)
    due = _due(look)
    if not say_it or not (voice_line_due(look) if voice_only else due):
        return
    if own and own.said:
        look.paragraphs.append(own.said)
        look.memory.handed_over_ms = look.now_ms
        return
    look.paragraphs.append(say(intro, look.language))
    if voice_only:
        look.memory.voice_told_ms = look.now_ms
    if due:
        look.paragraphs.append(_when(look))
        look.memory.handed_over_ms = look.now_ms


def pass_on_rest(look: Look, leftovers: list[Leftover]) -> None:
    """The words are answered but for `leftovers`: those, and the things of the turn, go to staff, and it says so."""
    if leftovers or look.things:
        due = _due(look)
        voice = bool(look.things) and all(thing.message.kind in VOICE for thing in look.things)
        task = _task(look, leftovers)
        for thing in list(look.things):
            look.staff(thing, task)
        if voice and voice_line_due(look):
            look.memory.voice_told_ms = look.now_ms
            look.tail.append(say("handover.voice", look.language))
        if leftovers or not voice:
            rest = say("handover.rest", look.language)
            look.paragraphs.append(f"{rest} {_when(look)}" if due else rest)
            if due:
                look.memory.handed_over_ms = look.now_ms
    elif look.pictures:
        task = look.task("picture", "picture", look.pictures[0].entry_id, look.words(), urgency=Urgency.INFO)
        look.add_task(replace(task, details=_details(look, look.pictures)))


def apologise(look: Look) -> None:
    """To somebody who is upset: sorry, who will call and when. No facts, no offers."""
    again = not _due(look) and look.memory.last_topics[-1:] == (ANGRY,)
    words = look.words()
    task = _task(look, [Leftover(words, "complaint", "angry")])
    for entry in look.pending:
        look.staff(entry, task)
    if again:
        return
    when = who_reads(look.hotel, look.now, look.language, section="angry")
    urgent = if_urgent(look.hotel, look.now, look.language)
    look.paragraphs = [say("angry.sorry", look.language), f"{when} {urgent}".strip()]
    look.memory.last_topics = (ANGRY,)
    look.memory.question = None
    look.memory.handed_over_ms = look.now_ms


def voice_line_due(look: Look) -> bool:
    """True when the line about voice notes was not said for a day."""
    return look.now_ms - look.memory.voice_told_ms >= VOICE_LINE_EVERY_MS


def _due(look: Look) -> bool:
    if over_limit(look) and told_of_limit(look):
        return False
    return look.now_ms - look.memory.handed_over_ms >= AGAIN_AFTER_MS


def _when(look: Look) -> str:
    reads = who_reads(look.hotel, look.now, look.language)
    return f"{reads} {if_urgent(look.hotel, look.now, look.language)}".strip()


def _intro(look: Look) -> str:
    if look.spoken:
        return "handover.intro"
    reasons = {thing_reason(thing) for thing in look.things}
    only = reasons.pop() if len(reasons) == 1 else ""
    return f"handover.{only}" if only in _OWN_INTRO else "handover.sent"


def _task(look: Look, leftovers: list[Leftover]) -> int:
    things = look.things
    reasons = [leftover.reason for leftover in leftovers] + [thing_reason(thing) for thing in things]
    texts = [leftover.text for leftover in leftovers] + [thing.message.text for thing in things]
    drafts = dict.fromkeys(leftover.draft for leftover in leftovers if leftover.draft)
    task = look.task(
        "handover",
        reasons[0],
        look.pending[0].entry_id,
        "\n".join(text for text in dict.fromkeys(texts) if text),
        urgency=Urgency.NOW if _AT_ONCE.intersection(reasons) else Urgency.NORMAL,
        topic=leftovers[0].topic if leftovers else "",
    )
    details = _details(look, [*look.pictures, *things])
    return look.add_task(replace(task, draft="\n\n".join(drafts), details=details))


def thing_reason(thing: TurnEntry) -> str:
    """Why a message without words of its own is with staff."""
    kind = thing.message.kind
    if kind in VOICE:
        return "voice"
    if kind in UNREADABLE or kind in (MessageKind.TEXT, MessageKind.EDIT):  # a text without a word
        return "unreadable"
    return {MessageKind.IMAGE: "picture", MessageKind.CALL: "call"}.get(kind, "sent")


def _details(look: Look, entries: list[TurnEntry]) -> dict[str, str]:
    media = [entry.message.media for entry in entries if entry.message.media]
    found = {
        "entries": ", ".join(entry.entry_id for entry in entries),
        "kinds": ", ".join(dict.fromkeys(entry.message.kind.value for entry in entries)),
        "media": ", ".join(one.id or one.url for one in media),
        "refers_to": short("\n".join(spoken.entry.refers_to for spoken in look.spoken)),
        "language": look.language,
    }
    if look.memory.question and look.memory.question.slots:
        found |= {f"asked_{name}": value for name, value in look.memory.question.slots.items()}
    return {name: value for name, value in found.items() if value}
