"""When the machine stops by itself: answers per hour and day, the same words again and again, another machine."""

from __future__ import annotations

from nightporter.desk.heard import from_machine
from nightporter.desk.look import Look, same_text_hash
from nightporter.model.decision import SilentReason, Urgency

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
ANSWERS_PER_HOUR_MAX = 8
ANSWERS_PER_DAY_MAX = 25
SAME_TEXT_MAX = 2  # answered; the third time staff see it
MACHINE_ANSWERS_WITHIN_MS = 60_000  # an automatic answer follows what it answers this fast
MACHINE_REPEATS_WITHIN_MS = 10_000  # and a repeated one this fast
MACHINE_WORDS_MIN = 5  # people repeat short questions, machines repeat sentences


def over_limit(look: Look) -> bool:
    """True when this conversation had its fill of machine answers."""
    answers = look.memory.answers_ms
    last_hour = sum(look.now_ms - at < HOUR_MS for at in answers)
    last_day = sum(look.now_ms - at < DAY_MS for at in answers)
    return last_hour >= ANSWERS_PER_HOUR_MAX or last_day >= ANSWERS_PER_DAY_MAX


def told_of_limit(look: Look) -> bool:
    """True when the last thing said was the hand-over text: once over the limit it is not said again."""
    answers = look.memory.answers_ms
    return bool(answers) and look.memory.handed_over_ms >= answers[-1]


def count_answer(look: Look) -> None:
    """Remembers that the machine speaks now."""
    kept = [at for at in look.memory.answers_ms if look.now_ms - at < DAY_MS]
    look.memory.answers_ms = (*kept, look.now_ms)[-ANSWERS_PER_DAY_MAX:]


def count_same(look: Look, words: str) -> None:
    """Remembers the guest's words and how often they came in a row, within a day of our last word."""
    if not words:
        return
    said = same_text_hash(words)
    spoke_ms = max((*look.memory.answers_ms, look.memory.handed_over_ms), default=0)
    in_a_row = said == look.memory.last_text and look.now_ms - spoke_ms < DAY_MS
    times = look.memory.last_text_times + 1 if in_a_row else 1
    look.memory.last_text = said
    look.memory.last_text_times = times


def same_again(look: Look) -> bool:
    """True when the words came for the third time in a row (after `count_same`)."""
    return look.memory.last_text_times > SAME_TEXT_MAX


def said_once_for_same(look: Look) -> bool:
    """True from the fourth time on: staff know, and the guest has been told so."""
    return look.memory.last_text_times > SAME_TEXT_MAX + 1


def silence_loop(look: Look) -> bool:
    """Settles the words as another machine's, when they are; staff get a line a day to look at. True when done."""
    if not look.spoken or not _is_machine(look):
        return False
    look.add_task(look.task("loop", "loop", look.today.isoformat(), look.words(), urgency=Urgency.INFO))
    for spoken in list(look.spoken):
        look.silent(spoken.entry, SilentReason.LOOP)
    return True


def _is_machine(look: Look) -> bool:
    after_ms = look.spoken[0].entry.received_ms - last_word_ms(look)
    if after_ms < 0 or after_ms > MACHINE_ANSWERS_WITHIN_MS:
        return False
    words = look.words()
    if from_machine(words):
        return True
    return (
        same_again(look) and after_ms <= MACHINE_REPEATS_WITHIN_MS and len(words.split()) >= MACHINE_WORDS_MIN
    )


def last_word_ms(look: Look) -> int:
    """When we last said anything, machine or staff."""
    return max(
        look.turn.conversation.last_answer_ms, look.turn.conversation.last_staff_ms, look.turn.staff_wrote_ms
    )
