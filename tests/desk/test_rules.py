"""Rules over a guest's words: emergencies, opting out, and the small words of speech, in five languages."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nightporter.desk.rules.emergency import emergency_rules
from nightporter.desk.rules.optout import cancels_question, opt_out_rules
from nightporter.desk.rules.speech import speech_rules
from nightporter.desk.rules.text import Folded, fold

DATA = Path(__file__).with_name("data")


def table(name: str) -> dict[str, dict[str, Any]]:
    return tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))


def cases(name: str) -> Iterator[tuple[str, bool]]:
    tables = table(name)
    for verdict in ("yes", "no"):
        for texts in tables[verdict].values():
            for text in texts:
                yield text, verdict == "yes"


def speech_cases(rule: str) -> list[tuple[str, bool]]:
    both = table("speech")[rule]
    return [(text, verdict == "yes") for verdict in ("yes", "no") for text in both[verdict]]


VERDICTS = pytest.mark.parametrize("expected", [True, False], ids=["said", "only_alike"])

CHANGES: dict[str, Callable[[str], str]] = {
    "capitals": str.upper,
    "small": str.lower,
    "no_accents": fold,
    "polite": lambda text: f"hello, {text} please!!",
    "no_punctuation": lambda text: "".join(sign for sign in text if sign.isalnum() or sign in " '"),
}


def wrong(cases: list[tuple[str, bool]], rule: Callable[[str], bool], expected: bool) -> list[str]:
    return [text for text, right in cases if right is expected and rule(text) is not expected]


def is_emergency(text: str, *, night: bool = False) -> bool:
    return emergency_rules().is_in(Folded.of(text), night=night)


@VERDICTS
def test_emergency_is_seen_and_what_sounds_like_it_is_not(expected: bool) -> None:
    assert wrong(list(cases("emergency")), is_emergency, expected) == []


def test_tables_are_long_enough() -> None:
    for name in ("emergency", "optout"):
        told = [expected for _, expected in cases(name)]
        assert told.count(True) >= 40
        assert told.count(False) >= 40


def test_being_locked_out_is_an_emergency_at_night_only() -> None:
    for text in table("emergency")["night"]["yes"]:
        assert is_emergency(text, night=True), text
        assert not is_emergency(text), text


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_spelling_and_politeness_do_not_hide_an_emergency(change: Callable[[str], str]) -> None:
    told = [text for text, expected in cases("emergency") if expected]
    missed = [text for text in told if not is_emergency(change(text))]
    assert len(missed) <= 0.02 * len(told), missed


@VERDICTS
def test_opt_out_is_a_stop_word_or_stop_with_an_object(expected: bool) -> None:
    assert wrong(list(cases("optout")), lambda text: opt_out_rules().is_in(Folded.of(text)), expected) == []


@VERDICTS
def test_cancel_ends_a_question_and_nothing_else(expected: bool) -> None:
    both = table("optout")["cancels"]
    assert (
        wrong([(text, expected) for text in both["yes" if expected else "no"]], cancels_question, expected)
        == []
    )


RULES: dict[str, Callable[[str], bool]] = {
    "thanks": lambda text: speech_rules().is_thanks(Folded.of(text)),
    "greeting": lambda text: speech_rules().is_greeting(Folded.of(text)),
    "human": lambda text: speech_rules().wants_human(Folded.of(text)),
    "angry": lambda text: speech_rules().is_angry(Folded.of(text), text),
    "fragment": lambda text: speech_rules().is_fragment(Folded.of(text)),
}


@VERDICTS
@pytest.mark.parametrize("rule", RULES)
def test_small_words_of_speech(rule: str, expected: bool) -> None:
    assert wrong(speech_cases(rule), RULES[rule], expected) == []


def test_folding_brings_spellings_together() -> None:
    assert fold("Wi-Fi CHECK IN") == "wifi checkin"
    assert fold("Frühstück") == fold("Fruehstueck") == fold("FRÜHSTÜCK")
    assert fold("heeeelp") == "help"
    assert fold("don’t I'm") == "dont im"
    assert Folded.of("Hi! Where? Tor 7.5").marked == " hi / where / tor 7 5 "
