"""Our open question and what the guest makes of it: answers it, calls it off, nods, or wants something else."""

from __future__ import annotations

from dataclasses import replace

from nightporter.desk.dates import date_asked
from nightporter.desk.handover import Leftover, hand_over
from nightporter.desk.heard import room_named
from nightporter.desk.look import Look
from nightporter.desk.recogniser import level
from nightporter.desk.rules.optout import cancels_question
from nightporter.desk.rules.text import fold, words_of
from nightporter.desk.understanding import Wish
from nightporter.desk.wording import say
from nightporter.model.conversation import Question
from nightporter.model.message import MessageKind

ASKED_TIMES_MAX = 2  # after that a person asks
BARE_ANSWER_WORDS_MAX = 4  # "204", "la 204 grazie": a number in a longer text may be anything
FREE_ANSWER_WORDS_MAX = 30
DAY_SLOTS = frozenset({"day", "date", "arrival", "departure"})
NUMBER_SLOTS = frozenset({"people", "pieces", "bags", "height", "ages"})
ANSWERED_WITH = {"guests": frozenset({"pets", "children"})}  # "two adults and a dog" is no wish about dogs
TAPS = frozenset({MessageKind.BUTTON, MessageKind.CHOICE})


def forget_stale(look: Look) -> None:
    """A question that was open for a day is none any more."""
    if look.memory.question and not look.question:
        look.memory = replace(look.memory, question=None)


def called_off(look: Look) -> bool:
    """True when the guest's words end our open question; it is dropped and they are told."""
    if not look.question or not look.spoken or not all(cancels_question(one.text) for one in look.spoken):
        return False
    look.memory = replace(look.memory, question=None)
    look.paragraphs.append(say("question.dropped", look.language))
    for spoken in list(look.spoken):
        look.answered(spoken.entry)
    return True


def ask_again(look: Look) -> None:
    """A nod or a thank-you is no answer to what we asked: once more, then a person takes over."""
    question = look.question
    assert question is not None, "nothing was asked"
    nods = [*look.nods, *look.pending]
    if question.asked_times < ASKED_TIMES_MAX:
        again = replace(question, asked_times=question.asked_times + 1)
        look.memory = replace(look.memory, question=again)
        key = "question.room" if question.slot == "room" else "question.other"
        look.paragraphs.append(say(key, look.language))
        for entry in nods:
            look.answered(entry)
        return
    look.things += look.nods
    look.nods = []
    text = "\n".join([*question.slots.values(), look.words()])
    hand_over(look, [Leftover(text, question.topic, "question_open")])
    look.memory = replace(look.memory, question=None)


def answer_of(look: Look) -> str:
    """What the guest's words say to our open question: the value of its slot, "" when they say something else."""
    question = look.question
    if question is None or not look.spoken:
        return ""
    for spoken in reversed(look.spoken):
        message = spoken.entry.message
        if message.kind in TAPS and message.choice in question.choices:
            return message.choice
    return _value(look, question)


def filled(question: Question, value: str) -> tuple[Wish, dict[str, str]]:
    """The wish our question was about, and everything known of it now."""
    wished = " ".join(question.slots.values())
    return Wish(question.topic, 1.0, f"{wished} {value}".strip()), question.slots | {question.slot: value}


def _value(look: Look, question: Question) -> str:
    words = look.words()
    heard = look.heard
    assert heard is not None, "an answer without words"
    own = {question.topic, "smalltalk", *ANSWERED_WITH.get(question.slot, ())}
    other = any(
        wish.topic not in own and level(wish.topic, wish.confidence) == "high" for wish in heard.wishes
    )
    if question.slot == "room":
        return room_named(words) or ("" if other else _bare_room(words))
    if question.slot in DAY_SLOTS:
        asked = date_asked(words, look.today)
        return asked.first.isoformat() if asked.named and asked.first == asked.last else ""
    if other or heard.wants_human or heard.thanks or heard.greeting:
        return ""
    if question.slot in NUMBER_SLOTS and not any(word.isdigit() for word in words_of(fold(words))):
        return ""
    return words if 0 < heard.words <= FREE_ANSWER_WORDS_MAX else ""


def _bare_room(text: str) -> str:
    words = words_of(fold(text))
    numbers = [word for word in words if word.isdigit() and len(word) <= 4]
    return numbers[0] if len(numbers) == 1 and len(words) <= BARE_ANSWER_WORDS_MAX else ""
