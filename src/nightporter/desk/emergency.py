"""Emergencies: before everything else, without waiting, past every pause. A fixed text, and a task that pages.

The rules that find them are in `desk/rules`; here is only what follows.
"""

from __future__ import annotations

from dataclasses import replace

from nightporter.desk.limits import count_same
from nightporter.desk.look import Look
from nightporter.desk.reception import emergency_number, meeting_point, phone_now
from nightporter.desk.wording import say
from nightporter.model.decision import Urgency

SAME_WORDS_ANSWERED_MAX = (
    3  # the very same words in a row: staff are paged, but a machine gets no endless answers
)


def page_staff(look: Look, *, window_open: bool) -> None:
    """All words and things of the turn are with staff at once; the guest reads what saves lives."""
    pending = look.pending
    assert pending, "an emergency without a message"
    words = look.words()
    look.emergency = True
    count_same(look, words)
    task = _page(look, "emergency", words or pending[0].message.text)
    for entry in pending:
        look.staff(entry, task)
    if window_open and look.memory.last_text_times <= SAME_WORDS_ANSWERED_MAX:
        look.paragraphs = [emergency_text(look)]


def page_unanswered(look: Look, text: str) -> None:
    """Emergency words where the machine does not answer: deleted, in a group, on another number. Staff are paged."""
    look.emergency = True
    _page(look, "emergency_unanswered", text)


def emergency_text(look: Look) -> str:
    """The number to ring, where to meet, whom to reach: one line each, never more."""
    hotel, language = look.hotel, look.language
    lines = [
        say("emergency.number", language, number=emergency_number(hotel)),
        say("emergency.alerted", language),
    ]
    if place := meeting_point(hotel, language):
        lines.append(say("emergency.meeting", language, place=place))
    if phone := phone_now(hotel, look.now):
        lines.append(say("emergency.phone", language, phone=phone))
    return "\n".join(lines)


def _page(look: Look, reason: str, text: str) -> int:
    once = look.turn.entries[0].entry_id
    task = look.task(reason, reason, once, text, urgency=Urgency.EMERGENCY, topic="emergency")
    return look.add_task(replace(task, department="on_call", details=_where(look)))


def _where(look: Look) -> dict[str, str]:
    """What staff need to find the guest: the rooms of the stays of today, and the phone."""
    today = look.today.isoformat()
    rooms = [stay.room for stay in look.turn.stays if stay.room and stay.arrival <= today <= stay.departure]
    found = {"rooms": ", ".join(rooms), "phone": look.guest.phone}
    return {name: value for name, value in found.items() if value}
