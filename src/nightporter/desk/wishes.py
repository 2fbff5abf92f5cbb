"""Answers what was understood: each wish through its topic, all in one answer; what is left is for staff.

High confidence answers, middle makes a draft for staff, low hands over. The hotel's policy only makes it stricter.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from nightporter.config.hotel import Policy, Text
from nightporter.desk import topics
from nightporter.desk.dates import Asked, date_asked
from nightporter.desk.handover import Leftover
from nightporter.desk.heard import time_bound
from nightporter.desk.late import is_late
from nightporter.desk.look import Look
from nightporter.desk.own import Own, own_answer
from nightporter.desk.privacy import leaks, stay_of
from nightporter.desk.questions import answer_of, filled, is_bare
from nightporter.desk.recogniser import level
from nightporter.desk.rendering import day_text, may_tell
from nightporter.desk.understanding import Ask, TopicReply, Wish
from nightporter.model.conversation import Question

FOLLOW_UP_MS = 30 * 60_000  # "and tomorrow?" is about our last answer this long
FOLLOW_UP_WORDS_MAX = 5
OTHER_SURE = 0.5  # from here on a wish of no topic of ours was understood, else it was not
DRAFTED = frozenset(
    {"unsure", "look_first"}
)  # reasons for a person to look at what the machine would have said
DANGER = "other:danger"
GREETING = "smalltalk"
HUMAN = "human"


@dataclass(slots=True)
class Answers:
    """What the topics gave."""

    texts: list[str] = field(default_factory=list[str])
    topics: list[str] = field(default_factory=list[str])
    leftovers: list[Leftover] = field(default_factory=list[Leftover])
    question: Question | None = None


def answer_wishes(look: Look, quoted_topic: str = "") -> Answers:
    """Asks the topics. `quoted_topic`: what the message of ours is about that the guest quotes."""
    answers = Answers()
    late = is_late(look, [spoken.entry for spoken in look.spoken])
    plan = _plan(look, quoted_topic)
    for wish, slots in plan:
        own = None if slots else _own(look, wish, alone=len(plan) == 1)
        reason = _for_own(look, wish) if own else _for_staff(look, wish)
        asked = _asked(look, wish.text if len(plan) > 1 else look.words())
        if not reason and late and (asked.last < look.today or time_bound(look.words())):
            reason = "late"
        if own and (not reason or reason in DRAFTED):
            _take_own(look, answers, replace(wish, topic=own.topic), own, asked, drafted=reason)
        elif reason and reason not in DRAFTED:
            answers.leftovers.append(Leftover(wish.text, wish.topic, reason))
        else:
            _take(look, answers, wish, _reply(look, wish, slots, asked), drafted=reason)
    return answers


def in_danger(look: Look) -> bool:
    """True when the words sound of danger, though no rule knows them: a person must look now, facts are no answer."""
    wishes = look.heard.wishes if look.heard else ()
    return any(wish.topic == DANGER and wish.confidence >= OTHER_SURE for wish in wishes)


def remember(look: Look, answers: Answers) -> None:
    """What the next turn may need: the question that is open now, what was spoken of."""
    topics_now = tuple(dict.fromkeys(answers.topics)) or look.memory.last_topics
    look.memory.question = answers.question
    look.memory.last_topics = topics_now


def _plan(look: Look, quoted_topic: str) -> list[tuple[Wish, dict[str, str]]]:
    """The wishes to answer, with what is known of each; never empty."""
    heard = look.heard
    assert heard is not None, "no words to answer"
    plan: list[tuple[Wish, dict[str, str]]] = []
    wishes = [wish for wish in heard.wishes if wish.topic != GREETING] or list(heard.wishes)
    if heard.wants_human:  # first: what staff are told begins with it, whatever else is wished
        asked = next((wish for wish in wishes if wish.topic == HUMAN), Wish(HUMAN, 1.0, look.words()))
        wishes = [asked, *(wish for wish in wishes if wish is not asked)]
    values = answer_of(look)
    if values and look.question:
        plan.append(filled(look.question, values, look.words()))
        wishes = [
            wish
            for wish in wishes
            if wish.topic not in (look.question.topic, GREETING) and _is_high(wish) and not is_bare(look)
        ]
    elif followed := _followed(look, quoted_topic, wishes):
        return [(followed, {})]
    plan += [(wish, {}) for wish in _one_each(wishes)]
    if plan:
        return plan
    return [(Wish(GREETING if heard.greeting else "", 1.0 if heard.greeting else 0.0, look.words()), {})]


def _one_each(wishes: list[Wish]) -> list[Wish]:
    """Several parts of a message about one topic are one wish."""
    by_topic: dict[str, Wish] = {}
    for wish in wishes:
        known = by_topic.get(wish.topic)
        by_topic[wish.topic] = replace(known, text=f"{known.text} {wish.text}") if known else wish
    return list(by_topic.values())


def _followed(look: Look, quoted_topic: str, wishes: list[Wish]) -> Wish | None:
    """It asks again what was answered just now, or what is quoted, for another day: "and tomorrow?"."""
    heard = look.heard
    assert heard is not None, "no words to follow up"
    if heard.words > FOLLOW_UP_WORDS_MAX or any(map(_is_high, wishes)):
        return None
    recent = look.memory.answers_ms and look.now_ms - look.memory.answers_ms[-1] < FOLLOW_UP_MS
    last = look.memory.last_topics[0] if recent and len(look.memory.last_topics) == 1 else ""
    topic = quoted_topic or last
    if topic not in topics.TOPICS or not date_asked(look.words(), look.today).named:
        return None
    return Wish(topic, 1.0, look.words())


def _is_high(wish: Wish) -> bool:
    return level(wish.topic, wish.confidence) == "high"


def _for_staff(look: Look, wish: Wish) -> str:
    """Why a person must answer it: "" the machine may; one of `DRAFTED`: a person, with a draft."""
    if wish.topic not in topics.TOPICS:
        return "other_topic" if wish.topic and wish.confidence >= OTHER_SURE else "not_understood"
    policy = look.hotel.policy_of(wish.topic)
    if policy == Policy.STAFF and wish.topic not in topics.COLLECTING:
        return "policy"
    sure = "high" if wish.confidence >= 1.0 else level(wish.topic, wish.confidence)
    if sure == "low":
        return "not_understood"
    if sure == "middle":
        return "unsure"
    return "look_first" if policy == Policy.DRAFT else ""


def _own(look: Look, wish: Wish, *, alone: bool) -> Own | None:
    """The hotel's own answer to a wish; never where a person, danger, anger or "stop" was heard."""
    heard = look.heard
    assert heard is not None, "no words to answer"
    if look.emergency or look.opt_out or heard.angry or heard.wants_human:
        return None
    if wish.topic in topics.COLLECTING and level(wish.topic, wish.confidence) != "low":
        return None
    if look.hotel.policy_of(wish.topic) == Policy.STAFF and _is_high(wish):
        return None
    found = own_answer(look.hotel, wish.text)
    return found or (own_answer(look.hotel, look.words()) if alone else None)


def _for_own(look: Look, wish: Wish) -> str:
    """What is understood as a topic that the hotel wants to see first is a draft also here."""
    policy = look.hotel.policy_of(wish.topic)
    return "look_first" if policy == Policy.DRAFT and _is_high(wish) else ""


def _take_own(look: Look, answers: Answers, wish: Wish, own: Own, asked: Asked, *, drafted: str) -> None:
    """What the file says on that day, in the guest's language; where it has none, staff see what it says."""
    answer = look.hotel.during(own.answer, asked.first)
    said = answer.say if isinstance(answer.say, Text) and may_tell(answer.share, look.match) else None
    text = said.get(look.language) if said else ""
    if said and not text:
        answers.leftovers.append(Leftover(wish.text, wish.topic, "not_in_file", draft=said.any()))
        look.sources.append(own.source)
    else:
        reply = TopicReply(text=text, sources=(own.source,)) if text else None
        _take(look, answers, wish, reply, drafted=drafted)


def _asked(look: Look, text: str) -> Asked:
    """The day a wish is about, counted from the day the guest wrote."""
    wrote_ms = look.spoken[-1].entry.at_ms
    wrote = look.now.fromtimestamp(wrote_ms / 1000, look.now.tzinfo).date()
    asked = date_asked(text, wrote)
    if not asked.named and text != look.words():
        asked = date_asked(look.words(), wrote)
    return asked if asked.named else Asked(look.today, look.today, named=False)


def _reply(look: Look, wish: Wish, slots: dict[str, str], asked: Asked) -> TopicReply | None:
    """What the topic says; None when it says different things for different days of a month asked about."""
    days = (
        [asked.first]
        if asked.first == asked.last
        else sorted(
            {
                asked.first,
                date.fromordinal((asked.first.toordinal() + asked.last.toordinal()) // 2),
                asked.last,
            }
        )
    )
    room = f"room {slots['room']}" if "room" in slots else ""
    stay = stay_of(look.turn.stays, look.today, room or look.words())
    replies: list[TopicReply] = []
    for day in days:
        ask = Ask(
            wish=wish,
            language=look.language,
            now=look.now,
            on=day,
            on_named=asked.named and len(days) == 1,
            match=look.match,
            stay=stay,
            slots=slots,
            book=look.context.stays,
        )
        replies.append(topics.reply(wish.topic, ask, look.hotel))
    if len(days) == 1:
        return replies[0]
    named = [day_text(day, look.today, look.language) for day in days]
    said = {reply.text.replace(day, "") for reply, day in zip(replies, named, strict=True)}
    return replies[0] if len(said) == 1 else None


def _take(look: Look, answers: Answers, wish: Wish, reply: TopicReply | None, *, drafted: str) -> None:
    """Puts a reply into the answer, or with its reason among what is left for staff."""
    collected = wish.topic in topics.COLLECTING and (wish.topic == HUMAN or not drafted)
    if collected and reply and reply.task and not reply.question:
        answers.leftovers.append(
            Leftover(wish.text, wish.topic, reply.task.reason, task=reply.task, said=reply.text)
        )
        return
    reason, draft = _not_sayable(look, answers, reply, drafted)
    if reason or reply is None:
        answers.leftovers.append(Leftover(wish.text, wish.topic, reason, draft))
        look.sources += reply.sources if reply and draft else ()
        return
    if reply.task is not None:
        look.add_topic_task(reply.task)
    answers.texts.append(reply.text)
    answers.topics.append(wish.topic)
    answers.question = reply.question or answers.question
    look.sources += reply.sources


def _not_sayable(look: Look, answers: Answers, reply: TopicReply | None, drafted: str) -> tuple[str, str]:
    """(reason, draft) why a reply is for staff; ("", "") when it may be said."""
    if reply is None:
        return "not_in_file", ""
    if not reply.text:
        return (reply.task.reason if reply.task else "not_in_file"), ""
    if leaks(reply.text, look.secrets, look.match):
        return "secret", ""
    if drafted:
        return drafted, reply.text
    if look.careful and (reply.task or reply.question):
        return "held_long", reply.text
    if reply.question and answers.question:
        return "other_topic", reply.text
    return "", ""
