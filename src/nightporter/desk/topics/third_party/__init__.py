"""Questions about other people: nobody is told whether somebody stays here, in which room, or when. Staff decide.

What is said never hangs on who stays in the house.
"""

from __future__ import annotations

from nightporter.config.hotel import Hotel
from nightporter.desk.reception import who_reads
from nightporter.desk.rendering import Catalogue
from nightporter.desk.understanding import Ask, TopicReply
from nightporter.model.decision import NewTask, Urgency

SAY = Catalogue(__name__)
DEPARTMENT = "reception"

_NO_SECRET = frozenset({"visitors", "for_others"})  # asks about no guest of ours


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """The same words for everybody, and a task for reception."""
    aspects = SAY.aspects(ask.wish.text)
    urgent = "urgent" in aspects
    plain = not urgent and _NO_SECRET.intersection(aspects)
    lines = [
        SAY.say("thanks" if plain else "lead", ask.language),
        SAY.say("passed_on", ask.language),
        who_reads(hotel, ask.now, ask.language),
    ]
    task = NewTask(
        key="third_party:message",
        department=DEPARTMENT,
        reason="third_party",
        summary=ask.wish.text,
        urgency=Urgency.NOW if urgent else Urgency.NORMAL,
        topic="third_party",
        details={"about": ", ".join(aspects), "match": ask.match.value, "language": ask.language}
        if aspects
        else {"match": ask.match.value, "language": ask.language},
    )
    return TopicReply(text="\n".join(lines), task=task)
