"""Puts the answer together: sorry when late, the paragraphs, the line that a machine writes, a quote where it helps."""

from __future__ import annotations

from datetime import datetime

from nightporter.config.hotel import Hotel
from nightporter.desk.late import QUOTE_AFTER_MS, is_late
from nightporter.desk.limits import count_answer
from nightporter.desk.look import Look
from nightporter.desk.privacy import behind_first_line
from nightporter.desk.reception import phone_now
from nightporter.desk.wording import say
from nightporter.model.conversation import TurnEntry
from nightporter.model.decision import Decision, Saying
from nightporter.model.guest import Guest
from nightporter.model.message import MessageKind
from nightporter.model.outbox import Content

DISCLOSE_EVERY_MS = 365 * 24 * 3_600_000


def conclude(look: Look, covered: list[TurnEntry], *, wishes: int = 1) -> Decision:
    """The decision with its one answer, if anything is to be said. `covered`: the entries it speaks of."""
    parts = [*look.paragraphs, *look.tail]
    if not parts:
        return look.decision()
    if covered and not look.emergency and is_late(look, covered):
        parts.insert(0, say("late.sorry", look.language))
    discloses = not look.emergency and disclosure_due(look.guest, look.now_ms)
    if discloses:
        parts.append(disclosure(look.hotel, look.now, look.language))
    secrets = frozenset(secret for secret, _ in look.secrets)
    text = behind_first_line("\n\n".join(parts), look.language, look.guest, look.turn.stays, secrets)
    count_answer(look)
    return look.decision(
        Saying(content=Content(text=text), quote=_quote(look, covered, wishes), discloses=discloses)
    )


def disclosure_due(guest: Guest, now_ms: int) -> bool:
    """True until the guest was told that a machine writes, and again after a year."""
    return not guest.told_machine_ms or now_ms - guest.told_machine_ms > DISCLOSE_EVERY_MS


def disclosure(hotel: Hotel, at: datetime, language: str) -> str:
    """The one line that a machine writes, and how to reach a person."""
    phone = phone_now(hotel, at)
    return say("disclosure.phone", language, phone=phone) if phone else say("disclosure.word", language)


def _quote(look: Look, covered: list[TurnEntry], wishes: int) -> str:
    """The provider id of the message to quote: several wishes, staff spoke in between, or a late answer."""
    quotable = [
        entry for entry in covered if entry.message.kind not in (MessageKind.CALL, MessageKind.REACTION)
    ]
    if not quotable or look.emergency:
        return ""
    last = quotable[-1]
    between = look.turn.staff_wrote_ms > look.turn.entries[0].at_ms
    if wishes < 2 and not between and look.now_ms - last.at_ms <= QUOTE_AFTER_MS:
        return ""
    return last.message.target if last.message.kind is MessageKind.EDIT else last.provider_id
