"""Asking the desk without a guest: what it would answer to a text; nothing is kept, nothing is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from nightporter.config.hotel import Hotel
from nightporter.desk.context import Context
from nightporter.desk.flow import Desk
from nightporter.desk.recogniser.recogniser import Recogniser
from nightporter.model.conversation import Conversation, Turn, TurnEntry
from nightporter.model.decision import Decision, DispositionKind
from nightporter.model.guest import Guest, Stay
from nightporter.model.message import Message, MessageKind
from nightporter.rounds.turns import Answers

NIGHTS = 4  # of the stay that is made up
LOOKS_MAX = 4  # a turn may be held open for more words; nothing more comes here
STAYS = ("in_house", "booked", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A guest who is known, writes one message, and has a stay or none."""

    now_ms: int
    stay: str = "none"
    day: date | None = None  # the day it is asked on, at this time of day; None = today

    def moment_ms(self, hotel: Hotel) -> int:
        """When it is asked."""
        now = datetime.fromtimestamp(self.now_ms / 1000, hotel.zone)
        asked = now if self.day is None else datetime.combine(self.day, now.timetz())
        return int(asked.timestamp() * 1000)

    def stays(self, today: date) -> tuple[Stay, ...]:
        """The stay that is made up."""
        if self.stay == "none":
            return ()
        arrival = today - timedelta(days=1) if self.stay == "in_house" else today + timedelta(days=NIGHTS)
        departure = arrival + timedelta(days=NIGHTS)
        stay = Stay(
            stay_id="ask",
            source="ask",
            code="ASK1",
            arrival=arrival.isoformat(),
            departure=departure.isoformat(),
        )
        return (stay,)


class Questions:
    """The desk, asked one text after the other, each by a new guest. `desk`: that of the node; None makes one."""

    def __init__(self, hotel: Callable[[], Hotel], desk: Answers | None = None) -> None:
        self._hotel = hotel
        self._desk = desk or Desk(hotel, Recogniser.load())

    async def answer(self, text: str, asking: Asking) -> dict[str, Any]:
        """What the desk makes of the text: the contract's fields of `ask --json`, and what staff would get."""
        return _told(text, await self.decide(text, asking))

    async def decide(self, text: str, asking: Asking) -> Decision:
        """What the desk would decide."""
        hotel = self._hotel()
        asked_ms = asking.moment_ms(hotel)
        turn = self._turn(
            text, asked_ms, asking.stays(datetime.fromtimestamp(asked_ms / 1000, hotel.zone).date())
        )
        now_ms, decision = asked_ms, Decision()
        for _ in range(LOOKS_MAX):
            decision = await self._desk.answer(turn, Context(now_ms=now_ms))
            if not decision.wait_until_ms:
                break
            now_ms = decision.wait_until_ms
        return decision

    @staticmethod
    def _turn(text: str, at_ms: int, stays: tuple[Stay, ...]) -> Turn:
        conversation = Conversation(
            conversation_id="ask", guest_id="ask", channel="whatsapp", number="", last_guest_ms=at_ms
        )
        entry = TurnEntry(
            entry_id="ask",
            at_ms=at_ms,
            received_ms=at_ms,
            provider_id="ask",
            message=Message(kind=MessageKind.TEXT, text=text),
        )
        guest = Guest(guest_id="ask", told_machine_ms=1)  # knows already that a machine writes
        return Turn(conversation=conversation, guest=guest, entries=(entry,), stays=stays)


def _told(text: str, decision: Decision) -> dict[str, Any]:
    trace = decision.trace
    disposition = decision.dispositions[0] if decision.dispositions else None
    question = decision.memory.question if decision.memory else None
    answered = disposition is not None and disposition.kind is DispositionKind.ANSWERED
    return {
        "text": text,
        "language": trace.language,
        "topics": [{"name": name, "confidence": round(confidence, 4)} for name, confidence in trace.topics],
        "disposition": str(disposition.kind) if disposition else "",
        "emergency": trace.emergency,
        "optout": trace.opt_out,
        "answered": list(decision.memory.last_topics) if answered and decision.memory else [],
        "asks": question.topic if question else "",
        "tasks": [
            {
                "department": task.department,
                "reason": task.reason,
                "topic": task.topic,
                "urgency": str(task.urgency),
            }
            for task in decision.tasks
        ],
        "answer": "\n\n".join(saying.content.text for saying in decision.sayings),
        "sources": list(trace.sources),
    }
