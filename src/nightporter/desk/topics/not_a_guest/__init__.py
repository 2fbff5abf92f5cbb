"""Who writes and is no guest: suppliers, applicants, the press, the police. Kindly sent where they belong.

To the police, lawyers and the press the machine says nothing but when a person reads it.
"""

from __future__ import annotations

from nightporter.config.hotel import Hotel
from nightporter.desk.reception import who_reads
from nightporter.desk.rendering import Catalogue
from nightporter.desk.understanding import Ask, TopicReply
from nightporter.model.decision import NewTask, Urgency

SAY = Catalogue(__name__)
DEPARTMENT = "reception"

_BY_STAFF = ("official", "press", "delivery")  # a person answers; the surest first


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """Where to write to, or when a person reads it; always a task."""
    aspects = SAY.aspects(ask.wish.text)
    kind = next((aspect for aspect in _BY_STAFF if aspect in aspects), "job" if "job" in aspects else "offer")
    email = hotel.house.email
    if kind in _BY_STAFF or not email:
        lines = [SAY.say("noted", ask.language), who_reads(hotel, ask.now, ask.language)]
        return TopicReply(text="\n".join(lines), task=_task(ask, kind))
    lines = [SAY.say("thanks", ask.language), SAY.say(f"write.{kind}", ask.language, email=email)]
    return TopicReply(text="\n".join(lines), sources=("hotel.email",), task=_task(ask, kind))


def _task(ask: Ask, kind: str) -> NewTask:
    urgency = {"official": Urgency.NOW, "press": Urgency.NORMAL, "delivery": Urgency.NORMAL}
    return NewTask(
        key=f"not_a_guest:{kind}",
        department=DEPARTMENT,
        reason="not_a_guest",
        summary=ask.wish.text,
        urgency=urgency.get(kind, Urgency.INFO),
        topic="not_a_guest",
        details={"about": kind, "language": ask.language},
    )
