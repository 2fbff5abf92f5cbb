"""Our open question and what the guest makes of it: answers it, calls it off, nods, or wants something else."""

from __future__ import annotations

from dataclasses import replace

from nightporter.desk.handover import Leftover, hand_over
from nightporter.desk.look import Look
from nightporter.desk.recogniser import level
from nightporter.desk.rules.optout import cancels_question
from nightporter.desk.slots import ANSWERS, BARE_ANSWER_WORDS_MAX, READABLE, read, tells_past
from nightporter.desk.understanding import Wish
from nightporter.desk.wording import say
from nightporter.model.conversation import Question
from nightporter.model.message import MessageKind

ASKED_TIMES_MAX = 2  # after that a person asks
FREE_ANSWER_WORDS_MAX = 30
FREE_ANSWER_CHARS_MAX = 300
SAID = "said"  # among the slots: the words of the answer as they came
ANSWERED_WITH = {"guests": frozenset({"pets", "children"})}  # "two adults and a dog" is no wish about dogs
TAPS = frozenset({MessageKind.BUTTON, MessageKind.CHOICE})


def forget_stale(look: Look) -> None:
    """A question that was open for a day is none any more."""
    if look.memory.question and not look.question:
        look.memory.question = None


def called_off(look: Look) -> bool:
    """True when the guest's words end our open question; it is dropped and they are told."""
    if not look.question or not look.spoken or not all(cancels_question(one.text) for one in look.spoken):
        return False
    look.memory.question = None
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
        look.memory.question = again
        key = "question.room" if question.slot == "room" else "question.other"
        look.paragraphs.append(say(key, look.language))
        for entry in nods:
            look.answered(entry)
        return
    look.things += look.nods
    look.nods = []
    text = "\n".join([*question.slots.values(), look.words()])
    hand_over(look, [Leftover(text, question.topic, "question_open")])
    look.memory.question = None


def answers_plainly(look: Look) -> bool:
    """True when a nod in words is all that our open question needs: "may we enter?" "ok, thanks"."""
    question = look.question
    if question is None or not look.spoken:
        return False
    words = look.words()
    return any(read(slot, words, look.today) in ANSWERS[slot] for slot in question.asked if slot in ANSWERS)


def answer_of(look: Look) -> dict[str, str]:
    """What the guest's words say to our open question, by slot; {} when they say something else."""
    question = look.question
    if question is None or not look.spoken:
        return {}
    for spoken in reversed(look.spoken):
        message = spoken.entry.message
        if message.kind in TAPS and message.choice in question.choices:
            return {question.slot: message.choice}
    return _values(look, question)


def is_bare(look: Look) -> bool:
    """True when the words are too few to want something besides what they answer."""
    words = look.words()
    return "?" not in words and len(words.split()) <= BARE_ANSWER_WORDS_MAX


def filled(question: Question, values: dict[str, str], said: str) -> tuple[Wish, dict[str, str]]:
    """The wish our question was about, and everything known of it now; what was asked and not answered is ""."""
    text = " ".join([*question.slots.values(), *values.values()])
    slots = question.slots | dict.fromkeys(question.asked, "") | values
    return Wish(question.topic, 1.0, text), slots | {SAID: said[:FREE_ANSWER_CHARS_MAX]}


def _values(look: Look, question: Question) -> dict[str, str]:
    words = look.words()
    heard = look.heard
    assert heard is not None, "an answer without words"
    own = {question.topic, "smalltalk", *ANSWERED_WITH.get(question.slot, ())}
    other = any(
        wish.topic not in own and level(wish.topic, wish.confidence) == "high" for wish in heard.wishes
    )
    plainly = answers_plainly(look) or any(tells_past(slot, words) for slot in question.asked)
    free = not (other or heard.wants_human or heard.thanks or heard.greeting) or plainly
    found: dict[str, str] = {}
    for slot in question.asked:
        if slot in READABLE and (value := read(slot, words, look.today, bare=free)):
            found[slot] = value
    told = bool(found) and heard.words <= BARE_ANSWER_WORDS_MAX // 2  # "yes" says no more than that
    if free and not told and 0 < heard.words <= FREE_ANSWER_WORDS_MAX:
        found |= {slot: words[:FREE_ANSWER_CHARS_MAX] for slot in question.asked if slot not in READABLE}
    return found
