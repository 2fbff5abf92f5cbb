"""Danger, opting out and a wish for a person, in words that neither rules nor examples were written for.

`data/unseen.toml` was written before anybody looked at what the recogniser makes of it. What is missed there is not to
be taught: write another list instead, and teach from the old one.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import pytest

from nightporter.desk.recogniser import Recogniser
from nightporter.desk.recogniser.examples import read_examples
from nightporter.desk.rules.text import fold
from nightporter.desk.understanding import Understanding

LANGUAGES = ("en", "it", "de", "fr", "es")
UNSEEN = Path(__file__).with_name("data") / "unseen.toml"
FOUND_MIN = {"emergency": 0.95, "opt_out": 0.85}
FALSE_MAX = {"emergency": 0.07, "opt_out": 0.05}


@cache
def recogniser() -> Recogniser:
    return Recogniser.load()


def understand(text: str, *, night: bool = False) -> Understanding:
    return recogniser().understand(text, languages=LANGUAGES, night=night)


def unseen(name: str) -> list[str]:
    table = tomllib.loads(UNSEEN.read_text(encoding="utf-8"))[name]
    return [text for language in LANGUAGES for text in table[language]]


@pytest.mark.parametrize("verdict", FOUND_MIN)
def test_what_must_not_be_missed_is_found_in_new_words(verdict: str) -> None:
    texts = unseen(verdict)
    missed = [text for text in texts if not getattr(understand(text), verdict)]
    assert len(missed) <= (1 - FOUND_MIN[verdict]) * len(texts), missed


@pytest.mark.parametrize("verdict", FALSE_MAX)
def test_what_only_sounds_alike_is_left_alone(verdict: str) -> None:
    texts = unseen(f"not_{verdict}")
    taken = [text for text in texts if getattr(understand(text), verdict)]
    assert len(taken) <= FALSE_MAX[verdict] * len(texts), taken


def test_none_of_it_was_learned() -> None:
    learned = {fold(example.text) for example in read_examples()}
    texts = [text for verdict in FOUND_MIN for name in (verdict, f"not_{verdict}") for text in unseen(name)]
    assert [text for text in texts if fold(text) in learned] == []


@pytest.mark.parametrize(
    "text",
    [
        "my husband is dying, not joking",
        "no es broma, mi marido se ahoga en la piscina",
        "je plaisante pas, elle se noie",
        "non scherzo, affoga",
        "there is a man with a knife in here, I'm not kidding",
    ],
)
def test_a_joke_denied_is_no_joke(text: str) -> None:
    assert understand(text).emergency


@pytest.mark.parametrize(
    "text",
    [
        "What time is breakfast? And please come quick, my wife has collapsed.",
        "can we get two more pillows, and by the way there is smoke coming out of the socket",
        "Danke für alles! Mein Mann atmet nicht mehr!!",
        "vorrei prenotare un tavolo per stasera, anzi aiuto mio figlio sta soffocando",
    ],
)
def test_danger_is_heard_beside_another_wish(text: str) -> None:
    assert understand(text).emergency


@pytest.mark.parametrize(
    "text",
    [
        "what do we do in case of fire?",
        "your sign says 'in case of fire use the stairs', where are the stairs?",
        "cosa si fa in caso di terremoto?",
        "was macht man hier bei Feuer?",
        "que faire si l'alarme incendie sonne ?",
        "¿qué hacemos si hay un incendio?",
    ],
)
def test_a_question_about_rules_of_the_house_is_no_emergency(text: str) -> None:
    assert not understand(text).emergency


def test_a_request_for_a_person_beside_another_wish_is_kept() -> None:
    assert understand("do you have parking? and I would like to speak to a real person").wants_human
