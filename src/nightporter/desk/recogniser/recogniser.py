"""Puts together what rules, language and model tell of a message: one `Understanding`."""

from __future__ import annotations

import math
import tomllib
from functools import cache
from importlib import resources
from typing import Literal

from nightporter.desk.recogniser.examples import OTHER
from nightporter.desk.recogniser.model import Model
from nightporter.desk.recogniser.parts import Part, clauses, sentences
from nightporter.desk.rules.text import fold, words_of
from nightporter.desk.understanding import Understanding, Wish

WISHES_MAX = 4

Level = Literal["high", "middle", "low"]


class Recogniser:
    """Understands messages; holds the model, so one is enough for a process."""

    def __init__(self, model: Model) -> None:
        self._model = model

    @classmethod
    def load(cls) -> Recogniser:
        """A recogniser with the shipped model."""
        return cls(Model(resources.files(__package__ or "").joinpath("model.bin").read_bytes()))

    def understand(
        self, text: str, *, languages: tuple[str, ...], hint: str = "", night: bool = False
    ) -> Understanding:
        """What the words of `text` tell.

        `languages`: those the hotel answers in; `hint`: the guest's language as far as known, decides where the words
        do not; `night`: reception is closed, so that being locked out is an emergency.
        """
        folded = fold(text)
        words = words_of(folded)
        wishes = [self._wish(part) for sentence in sentences(folded) for part in clauses(sentence)]
        return Understanding(
            language=hint, language_sure=False, words=len(words), wishes=tuple(wishes[:WISHES_MAX])
        )

    def _wish(self, part: Part) -> Wish:
        topic, confidence = self.top(part.words)
        return Wish(topic, confidence, part.text)

    def top(self, words: tuple[str, ...]) -> tuple[str, float]:
        """The likeliest topic of a run of words, and its probability."""
        scores, _ = self._model.scores(words)
        best = max(scores)
        share = 1 / sum(math.exp((score - best) / temperature()) for score in scores)
        return self._model.topics[scores.index(best)], share


def level(topic: str, confidence: float) -> Level:
    """Whether a wish is answered by itself (high), drafted for staff (middle) or handed over (low)."""
    limits = _thresholds().get(topic)
    if topic.startswith(OTHER) or limits is None:
        return "low"
    return "high" if confidence >= limits["high"] else "middle" if confidence >= limits["middle"] else "low"


def temperature() -> float:
    """By how much the model's scores are to be trusted less, measured on held-out examples."""
    return _thresholds()["model"]["temperature"]


@cache
def _thresholds() -> dict[str, dict[str, float]]:
    return tomllib.loads(
        resources.files(__package__ or "").joinpath("thresholds.toml").read_text(encoding="utf-8")
    )
