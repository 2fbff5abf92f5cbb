"""When a turn is complete: "Ciao" / "camera 204" / "wifi?" is one, and a full question waits for nobody."""

from __future__ import annotations

from nightporter.desk.look import Look
from nightporter.desk.own import own_answer
from nightporter.desk.recogniser import level
from nightporter.desk.understanding import Wish
from nightporter.model.message import MessageKind

QUIET_MS = 4_000  # nothing more came for so long: complete
WAIT_MS_MAX = 12_000  # after the turn's first entry, whatever still comes
OTHER_SURE = 0.8  # so sure that it is none of our topics that staff get it without waiting


def wait_until_ms(look: Look) -> int:
    """Until when to wait for more words; 0 when the turn is complete or was given its time."""
    if is_complete(look):
        return 0
    entries = look.turn.entries
    last_ms = max(entry.received_ms for entry in entries)
    until_ms = min(last_ms + QUIET_MS, min(entry.received_ms for entry in entries) + WAIT_MS_MAX)
    return until_ms if until_ms > look.now_ms else 0


def is_complete(look: Look) -> bool:
    """True when more words would change nothing."""
    heard = look.heard
    if heard is None:  # no words at all: a picture may get some
        return not any(thing.message.kind is MessageKind.IMAGE for thing in look.things)
    if heard.angry or heard.wants_human:
        return True
    if own_answer(look.hotel, look.words()):
        return True
    if heard.greeting or heard.fragment or heard.thanks or not heard.wishes:
        return False
    return all(_is_sure(wish) for wish in heard.wishes)


def _is_sure(wish: Wish) -> bool:
    """One of our topics with high confidence, or surely a matter for staff."""
    if wish.topic.startswith("other"):
        return wish.confidence >= OTHER_SURE
    return level(wish.topic, wish.confidence) == "high"
