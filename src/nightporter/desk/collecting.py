"""Collects what a request needs, at most two questions in a message, and makes the task out of it.

A topic names its slots in the order it asks them. What is known (from the words, the stay, earlier answers) is not
asked; what must be known is asked until it is, what is only good to know once.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache

from nightporter.config.hotel import Hotel
from nightporter.desk.reception import clock, if_urgent, when, who_reads
from nightporter.desk.rendering import Catalogue, bare_day_text
from nightporter.desk.slots import ANSWERS, YES, read
from nightporter.desk.understanding import Ask, Match, TopicReply
from nightporter.model.conversation import Question
from nightporter.model.decision import NewTask, Urgency

WISH_CHARS_MAX = 500
RECEPTION = "reception"
WISH, SAID = "wish", "said"  # slots that hold the guest's words: all of them, and the answer that came last
TOLD = "told"  # among the slots: staff have the task already, what comes now is added
ADDITION = "addition"  # why there is a task: more about one that staff have

_OWN = (WISH, SAID)


class Request:
    """One request of a guest: what is known of it, what to ask, and the task."""

    def __init__(
        self,
        ask: Ask,
        topic: str,
        catalogue: Catalogue,
        *,
        needs: tuple[str, ...],
        asks: tuple[str, ...] = (),
    ) -> None:
        """`needs`: slots without which nobody can do it; `asks`: slots that are asked once."""
        self.ask, self.language = ask, ask.language
        self._topic, self._say = topic, catalogue
        self._needs, self._asks = needs, asks
        fresh = ask.slots.get(SAID, "")
        first = ask.slots.get(WISH, "") or ("" if fresh else ask.wish.text)
        self.words = "\n".join(filter(None, [first, fresh]))[:WISH_CHARS_MAX]
        self.answers = bool(ask.slots)  # True when our question is answered with it
        self.known = {slot: self._known(slot, fresh or first) for slot in (*needs, *asks)}

    def _known(self, slot: str, fresh: str) -> str:
        """What is known of a slot: answered, said in passing, or told by the stay."""
        ask = self.ask
        value = ask.slots.get(slot, "")
        if not value and slot == "day" and ask.on_named:
            return ask.on.isoformat()
        if not value and slot not in ANSWERS:  # "no" in passing says nothing of what was not asked
            value = read(slot, fresh, ask.now.date())
        return value or (room_of(ask) if slot == "room" else "")

    def know(self, slot: str, value: str) -> None:
        """Notes what the topic found out by itself."""
        if value and not self.known.get(slot):
            self.known[slot] = value

    def lacks(self) -> bool:
        """True while something is missing without which nobody can do it."""
        return not all(self.known[slot] for slot in self._needs)

    def missing(self) -> tuple[str, ...]:
        """What to ask now: what must be known first, then what was never asked; at most two."""
        needed = [slot for slot in self._needs if not self.known[slot]]
        once = [slot for slot in self._asks if not self.known[slot] and slot not in self.ask.slots]
        return tuple([*needed, *once][:2])

    def question(self) -> Question | None:
        """The question about what is missing; None when nothing is."""
        missing = self.missing()
        if not missing:
            return None
        told = {slot: value for slot, value in self.ask.slots.items() if slot not in _OWN}
        found = {slot: value for slot, value in self.known.items() if value}
        return Question(
            topic=self._topic,
            slot=missing[0],
            also=missing[1] if len(missing) > 1 else "",
            asked_ms=int(self.ask.now.timestamp() * 1000),
            slots={WISH: self.words, **told, **found},
        )

    def asking(self) -> str:
        """The sentences that ask for what is missing."""
        own = self._say.sentences
        return " ".join(
            self._say.say(slot, self.language) if slot in own else _say(f"ask.{slot}", self.language)
            for slot in self.missing()
        )

    def ask_back(self, *lines: str, sources: tuple[str, ...] = (), asking: bool = True) -> TopicReply:
        """The lines, and the question; thanks for an answer instead of the lines.

        `asking` False: the lines ask it already.
        """
        if self.answers:
            lines, sources = (_say("thanks", self.language),), ()
        text = "\n".join(filter(None, [*lines, self.asking() if asking else ""]))
        return TopicReply(text=text, sources=sources, question=self.question())

    def report(
        self,
        hotel: Hotel,
        department: str,
        reason: str,
        *lines: str,
        urgency: Urgency = Urgency.NORMAL,
        answers: bool = False,
    ) -> TopicReply:
        """What cannot wait for answers: the task at once, with a question about the rest; the answer is added to it.

        `answers`: somebody of the department writes to the guest, rather than comes.
        """
        language = self.language
        if self.ask.slots.get(TOLD):
            task = self.task(department, ADDITION, urgency=Urgency.INFO)
            return TopicReply(text=_say("added", language), task=task)
        there = (who_answers if answers else who_comes)(hotel, department, self.ask)
        said = [*lines, passed_on(department, language), there]
        question = None if self.ask.slots else self.question()
        if question:
            question.slots[TOLD] = YES
            said.append(self.asking())
        return TopicReply(
            text="\n".join(filter(None, said)),
            sources=hours_path(hotel, department) if there else (),
            task=self.task(department, reason, urgency=urgency),
            question=question,
        )

    def to_confirm(
        self,
        hotel: Hotel,
        department: str,
        reason: str,
        *lines: str,
        sources: tuple[str, ...] = (),
        details: dict[str, str] | None = None,
    ) -> TopicReply:
        """All is known: the task, what was noted, and when a person confirms it; nothing is promised."""
        language = self.language
        if self.answers:
            lines = (_say("thanks", language), *lines[1:])
        answers = who_answers(hotel, department, self.ask)
        passed = f"{passed_on(department, language)} {_say('confirms', language)}"
        said = [*lines, self.noted(*self.known), passed, answers]
        return TopicReply(
            text="\n".join(filter(None, said)),
            sources=(*sources, *hours_path(hotel, department)),
            task=self.task(department, reason, details=details),
        )

    def noted(self, *slots: str) -> str:
        """`Noted: 24 November, 20:00, 4 people`: what the guest can check."""
        own = _shared().sentences
        facts = [
            self._fact(slot)
            for slot in slots
            if self.known.get(slot) and (slot == "day" or f"fact.{slot}" in own)
        ]
        return _say("noted", self.language, facts=", ".join(facts)) if facts else ""

    def _fact(self, slot: str) -> str:
        value = self.known[slot]
        if slot == "day":
            return bare_day_text(date.fromisoformat(value), self.language)
        return _say(f"fact.{slot}", self.language, value=value)

    def task(
        self,
        department: str,
        reason: str,
        *,
        urgency: Urgency = Urgency.NORMAL,
        details: dict[str, str] | None = None,
    ) -> NewTask:
        """The task with everything that is known."""
        ask = self.ask
        told = {
            **self.known,
            **(details or {}),
            "booking": ask.stay.code if ask.stay else "",
            "match": ask.match.value,
            "language": ask.language,
        }
        return NewTask(
            key=f"{self._topic}:{reason}",
            department=department,
            reason=reason,
            summary=self.words,
            urgency=urgency,
            topic=self._topic,
            details={name: value for name, value in told.items() if value},
        )


def room_of(ask: Ask) -> str:
    """The room that the guest lives in now; "" when no stay tells."""
    return ask.stay.room if ask.stay and ask.match is Match.IN_HOUSE else ""


def department_of(hotel: Hotel, name: str) -> str:
    """The department where the hotel has it, else reception."""
    return name if name in hotel.staff else RECEPTION


def who_answers(hotel: Hotel, department: str, ask: Ask) -> str:
    """When somebody of the department reads it and answers here."""
    path = f"staff.{department}"
    if department == RECEPTION or not hotel.has_hours(path):
        return who_reads(hotel, ask.now, ask.language)
    return _hours_said("answers", hotel, department, ask)


def who_comes(hotel: Hotel, department: str, ask: Ask) -> str:
    """When somebody of the department is there, and the phone for what cannot wait until then."""
    path = hotel.desk_path(RECEPTION) if department == RECEPTION else f"staff.{department}"
    if not hotel.has_hours(path):
        return ""
    said = _hours_said("there", hotel, department, ask, path)
    if hotel.open_at(path, ask.now):
        return said
    return f"{said} {if_urgent(hotel, ask.now, ask.language)}".strip()


def hours_path(hotel: Hotel, department: str) -> tuple[str, ...]:
    """The path of the hours that were said, as a source."""
    path = hotel.desk_path(RECEPTION) if department == RECEPTION else f"staff.{department}"
    return (f"{path}.hours",) if hotel.has_hours(path) else ()


def passed_on(department: str, language: str) -> str:
    """`I have passed this on to maintenance.`"""
    return _say("passed_on", language, whom=_say(f"whom.{department}", language))


def _hours_said(section: str, hotel: Hotel, department: str, ask: Ask, path: str = "") -> str:
    path, language = path or f"staff.{department}", ask.language
    who = _say(f"who.{department}", language)
    if hotel.open_at(path, ask.now):
        until: datetime | None = hotel.closes(path, ask.now)
        if until is None:
            return _say(f"{section}.always", language, who=who)
        return _say(f"{section}.open", language, who=who, until=clock(until))
    again = hotel.next_open(path, ask.now)
    if again is None:
        return ""
    return _say(f"{section}.closed", language, who=who, when=when(again, ask.now, language))


def _say(key: str, language: str, **values: str | int) -> str:
    return _shared().say(key, language, **values)


@cache
def _shared() -> Catalogue:
    return Catalogue("nightporter.desk", "collecting.toml", "no-words")
