"""Finds the wishes in a message: part by part, with guards that keep a likely topic from being a wrong one.

An answer by itself to a wish that was not meant is worse than none. So a part that is not understood stays a wish of
its own (`other:...`, or a topic with little confidence), and words like "broken", "forgot" or "cancel" beside a topic
make it something for staff.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from math import exp

from nightporter.desk.recogniser.examples import OTHER
from nightporter.desk.recogniser.model import Model
from nightporter.desk.recogniser.parts import Part, clauses, sentences
from nightporter.desk.recogniser.thresholds import temperature
from nightporter.desk.rules.phrases import Phrases
from nightporter.desk.rules.speech import Speech, speech_rules
from nightporter.desk.rules.text import Folded, fold
from nightporter.desk.understanding import Wish

WISHES_MAX = 4
CLAUSE_CONFIDENCE_MIN = 0.45  # a clause is a wish of its own from here on
NOUN_CONFIDENCE_MIN = 0.75  # a clause of one or two words
NOUN_WORDS_MAX = 2
FOLLOW_UP_WORDS_MAX = 7
SENTENCE_WEIGHT = 0.65  # what one sentence sounds like counts less than what the whole message does
GUARD_CONFIDENCE = 0.9
DOUBT_CONFIDENCE = 0.6  # what may well be meant otherwise

DANGER = f"{OTHER}:danger"
OPT_OUT = f"{OTHER}:optout"
HUMAN = "human"

_EDGES = " ,.;:¿?¡!\n"  # dropped from the ends of a wish's text

# Topics of parts that tell something and ask for nothing: dropped when there is a wish besides.
_ASIDES = frozenset({f"{OTHER}:aside", f"{OTHER}:context", f"{OTHER}:feedback", "smalltalk"})

_ANYWHERE = ("allergy", "access", "sells")  # guards that look at the whole message


@dataclass(frozen=True, slots=True)
class Guard:
    """Words that turn some topics into another."""

    words: Phrases
    topics: frozenset[str]
    becomes: str
    confidence: float
    anywhere: bool  # also when they stand in another part of the message


@dataclass(slots=True)
class _Found:
    part: Part
    topic: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Sounds:
    """How likely a message, or one sentence of it, is what rules look for as well."""

    danger: float = 0.0
    opt_out: float = 0.0
    human: float = 0.0


SILENCE = Sounds()

_UNGUARDED: tuple[list[Guard], int] = [], 0


class Wishes:
    """Finds wishes with one model."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._speech = speech_rules()
        guards = _guards(self._speech, frozenset(model.topics))
        self._guards_of: dict[str, tuple[list[Guard], int]] = {}
        for topic in model.topics:
            own = [guard for guard in guards if topic in guard.topics]
            self._guards_of[topic] = own, sum(guard.words.bit for guard in own)
        others = [at for at, topic in enumerate(model.topics) if topic.startswith(OTHER)]
        self._others = slice(others[0], others[-1] + 1)  # topics stand in order of their names
        self._sounding = tuple(map(model.topics.index, (DANGER, OPT_OUT, HUMAN)))

    def of(self, message: Part) -> tuple[Wish, ...]:
        """The wishes of a message, surest first, at most `WISHES_MAX`; what asks for nothing is no wish."""
        found: list[_Found] = []
        for sentence in sentences(message):
            for part in self._clauses(sentence, alone=sentence is message):
                self._add(found, part)
        if not found:
            self._add(found, message)
        found = [
            _Found(one.part, *self._guarded(message, one.topic, one.confidence, of_all=True)) for one in found
        ]
        ordered = found if len(found) == 1 else _surest(found)
        return tuple(
            [Wish(one.topic, round(one.confidence, 4), one.part.text.strip(_EDGES)) for one in ordered]
        )

    def sounds(self, message: Part) -> Sounds:
        """What the message sounds like, as a whole or in any sentence of it."""
        heard = [self._sound(message.words, 1.0)]
        told = sentences(message)
        if len(told) > 1:
            heard += [
                self._sound(one.words, SENTENCE_WEIGHT) for one in told if len(one.words) > NOUN_WORDS_MAX
            ]
        return Sounds(*map(max, zip(*heard, strict=True)))

    def _sound(self, words: tuple[str, ...], weight: float) -> list[float]:
        scores, _ = self._model.scores(words)
        best = max(scores)
        warmth = temperature()
        total = sum([exp((score - best) / warmth) for score in scores])
        return [weight * exp((scores[at] - best) / warmth) / total for at in self._sounding]

    def top(self, words: tuple[str, ...]) -> tuple[str, float]:
        """The likeliest topic of a run of words and its probability; `other:` when all others together are likelier."""
        scores, _ = self._model.scores(words)
        best = max(scores)
        warmth = temperature()
        shares = [exp((score - best) / warmth) for score in scores]
        total = sum(shares)
        others = sum(shares[self._others])
        at = scores.index(best)
        if not self._others.start <= at < self._others.stop:
            if shares[at] >= others:
                return self._model.topics[at], shares[at] / total
            at = max(range(self._others.start, self._others.stop), key=shares.__getitem__)
        return self._model.topics[at], others / total

    def _add(self, found: list[_Found], part: Part) -> None:
        topic, confidence = self.top(part.words)
        if found and _asks_on(part):
            joined = found[-1].part + part
            if self.top(joined.words)[0] == found[-1].topic:
                found[-1] = _Found(joined, found[-1].topic, found[-1].confidence)
                return
        found.append(_Found(part, *self._guarded(part, topic, confidence)))

    def _clauses(self, sentence: Part, *, alone: bool) -> Iterable[Part]:
        """The sentence, or what of it stands alone as a wish; `alone`: it is the whole message."""
        pieces = clauses(sentence)
        if len(pieces) == 1:
            if alone or not self._says_nothing(sentence):
                yield sentence
            return
        whole: Part | None = None
        for clause in pieces:
            if self._says_nothing(clause):
                continue
            if (
                whole is None
                or _asks_on(clause)
                or not (self._stands_alone(whole) and self._stands_alone(clause))
            ):
                whole = clause if whole is None else whole + clause
                continue
            yield whole
            whole = clause
        if whole is not None:
            yield whole

    def _says_nothing(self, part: Part) -> bool:
        words = Folded(part.text, part.words, squeezed := f" {' '.join(part.words)} ", squeezed)
        return (
            self._speech.is_greeting(words) or self._speech.is_thanks(words) or self._speech.only_opens(words)
        )

    def _stands_alone(self, part: Part) -> bool:
        topic, confidence = self.top(part.words)
        least = NOUN_CONFIDENCE_MIN if len(part.words) <= NOUN_WORDS_MAX else CLAUSE_CONFIDENCE_MIN
        return confidence >= least and topic not in _ASIDES

    def _guarded(
        self, part: Part, topic: str, confidence: float, *, of_all: bool = False
    ) -> tuple[str, float]:
        """The topic that the words around it make of it; `of_all`: words anywhere in the message."""
        guards, bits = self._guards_of.get(topic, _UNGUARDED)
        if not bits & Phrases.mask(part.words):
            return topic, confidence
        text = f" {' '.join(part.words)} "
        for guard in guards:
            if of_all <= guard.anywhere and guard.words.is_in(part.words, text):
                return guard.becomes, guard.confidence
        return topic, confidence


def _guards(speech: Speech, own: frozenset[str]) -> tuple[Guard, ...]:
    """The guards in the order they are asked; `own`: the model's topics, the rest are others."""
    places = frozenset({"breakfast", "parking", "pool"})
    times = frozenset({"checkin_time", "checkout_time"})
    orders = frozenset({"restaurant", "room_service", "spa", "transfer", "late_checkout"})
    rules = (
        ("allergy", places | {"pets", "housekeeping"}, f"{OTHER}:allergy", GUARD_CONFIDENCE),
        ("access", places | {"housekeeping"}, f"{OTHER}:accessibility", GUARD_CONFIDENCE),
        (
            "blame",
            places | {"wifi", "pets", "checkin_time", "housekeeping"},
            f"{OTHER}:complaint",
            GUARD_CONFIDENCE,
        ),
        ("not_working", places | {"wifi"}, f"{OTHER}:maintenance", GUARD_CONFIDENCE),
        ("lost", places | times | {"pets"}, f"{OTHER}:lost_property", GUARD_CONFIDENCE),
        ("calls_off", places | {"pets"} | orders, f"{OTHER}:booking_change", GUARD_CONFIDENCE),
        ("praise", places | {"wifi", "housekeeping"}, f"{OTHER}:feedback", GUARD_CONFIDENCE),
        ("sells", places | {"wifi", "housekeeping"}, f"{OTHER}:not_a_guest", GUARD_CONFIDENCE),
        ("bike", frozenset({"parking"}), f"{OTHER}:bikes", GUARD_CONFIDENCE),
        ("bark", frozenset({"pets"}), f"{OTHER}:noise", GUARD_CONFIDENCE),
        ("dog", frozenset({"breakfast", "pool"}), "pets", DOUBT_CONFIDENCE),
        ("in_room", frozenset({"breakfast"}), f"{OTHER}:room_service", GUARD_CONFIDENCE),
        ("per_head", frozenset({"human"}), f"{OTHER}:price", GUARD_CONFIDENCE),
        ("of_staff", frozenset({"human"}), f"{OTHER}:feedback", GUARD_CONFIDENCE),
        ("early", frozenset({"checkin_time"}), f"{OTHER}:early_checkin", DOUBT_CONFIDENCE),
        ("late", frozenset({"checkout_time"}), f"{OTHER}:late_checkout", DOUBT_CONFIDENCE),
    )
    return tuple(
        Guard(speech.guards[words], topics, _own(becomes, own), sure, anywhere=words in _ANYWHERE)
        for words, topics, becomes, sure in rules
    )


def _surest(found: list[_Found]) -> list[_Found]:
    """Of each topic the surest, without asides where there is a wish; surest first."""
    asked = [one for one in found if one.topic not in _ASIDES] or found[:1]
    best: dict[str, _Found] = {}
    for one in asked:
        if one.topic not in best or one.confidence > best[one.topic].confidence:
            best[one.topic] = one
    return sorted(best.values(), key=lambda one: -one.confidence)[:WISHES_MAX]


def _own(topic: str, own: frozenset[str]) -> str:
    """The topic without `other:` where the model knows it as one of ours."""
    name = topic.removeprefix(f"{OTHER}:")
    return name if name in own else topic


def _asks_on(part: Part) -> bool:
    """True when a part only asks more about the wish before it."""
    return len(part.words) <= FOLLOW_UP_WORDS_MAX and _follow_up_words().issuperset(part.words)


@cache
def _follow_up_words() -> frozenset[str]:
    return frozenset(map(fold, _word_lists()["follow_up"]))


@cache
def surnames() -> frozenset[str]:
    """Words that stand in examples and tell no language."""
    return frozenset(map(fold, _word_lists()["names"]))


def _word_lists() -> dict[str, list[str]]:
    text = resources.files("nightporter.desk.recogniser").joinpath("words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
