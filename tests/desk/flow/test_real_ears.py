"""The whole desk with the trained recogniser and the real topics: one conversation in each language."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import pytest
from tests.desk.flow.kit import GUEST, HOTEL, IN_HOUSE, NOON, PASSWORD, at_once, entry, outcome, said, turn

from nightporter.desk.context import Context
from nightporter.desk.flow import Desk
from nightporter.desk.recogniser import Recogniser
from nightporter.desk.rules.emergency import emergency_rules
from nightporter.desk.rules.text import Folded
from nightporter.desk.wording import say
from nightporter.model.decision import Decision, Urgency
from nightporter.model.guest import LanguageSource

STRANGER = replace(GUEST, language="", language_source=LanguageSource.NONE, phone="")


@cache
def whole_desk() -> Desk:
    return Desk(lambda: HOTEL, Recogniser.load())


def decide(*words: str, in_house: bool = True) -> Decision:
    """What is decided on these messages, a second apart, once nothing more comes."""
    made = [
        entry(text, number=number, ago=4_000 + (len(words) - number) * 1_000)
        for number, text in enumerate(words)
    ]
    looked = turn(*made, guest=STRANGER, stays=[IN_HOUSE] if in_house else [])
    return at_once(whole_desk().answer(looked, Context(now_ms=NOON)))


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("Hello, what time is breakfast served tomorrow?", "en"),
        ("Buongiorno, a che ora è la colazione domani?", "it"),
        ("Guten Tag, um wie viel Uhr gibt es morgen Frühstück?", "de"),
        ("Bonjour, à quelle heure est servi le petit-déjeuner demain ?", "fr"),
        ("Hola, ¿a qué hora es el desayuno mañana?", "es"),
    ],
)
def test_a_question_is_answered_in_its_language(words: str, language: str) -> None:
    decision = decide(words)
    assert outcome(decision) == ["answered"]
    assert "07:30" in said(decision)
    assert decision.trace.language == language
    assert "breakfast.hours" in decision.trace.sources


def test_three_messages_are_one_wish() -> None:
    decision = decide("Ciao", "camera 204", "wifi?")
    assert outcome(decision) == ["answered"] * 3
    assert PASSWORD in said(decision)
    assert PASSWORD not in said(decide("Ciao", "camera 204", "wifi?", in_house=False))


@pytest.mark.parametrize(
    "words", ["There is a fire!", "C'è un incendio!", "Es brennt!", "Au feu !", "¡Hay un incendio!"]
)
def test_an_emergency_pages(words: str) -> None:
    decision = decide(words)
    assert outcome(decision) == ["staff:emergency"]
    assert decision.tasks[0].urgency is Urgency.EMERGENCY
    assert "112" in said(decision)


@pytest.mark.parametrize("language", ["en", "it", "de", "fr", "es"])
def test_the_word_that_the_disclosure_names_brings_a_person(language: str) -> None:
    found = re.search(r"[“«„]\s*(\w+)\s*[”»“]", say("disclosure.word", language))
    assert found is not None
    decision = decide(found[1])
    assert outcome(decision) == ["staff:asked_for_person"]


@pytest.mark.parametrize(
    "words", ["STOP", "Basta messaggi", "Keine Werbung mehr bitte", "Désabonnement", "Baja"]
)
def test_a_stop_is_confirmed(words: str) -> None:
    decision = decide(words)
    assert outcome(decision) == ["silent:opt_out_confirmed"]
    assert decision.guest is not None
    assert decision.guest.opted_out_ms


@pytest.mark.parametrize(
    "words",
    [
        "My wife is screaming in pain in the corridor",
        "Mia moglie urla di dolore nel corridoio, a che ora è la colazione?",
    ],
)
def test_danger_that_no_rule_knows_is_told_at_once_and_gets_no_facts(words: str) -> None:
    assert not emergency_rules().is_in(Folded.of(words), night=False)
    decision = decide(words)
    assert decision.trace.emergency
    assert {task.urgency for task in decision.tasks} == {Urgency.EMERGENCY}
    assert "07:30" not in said(decision)
    assert "112" in said(decision)


def test_danger_while_staff_hold_the_conversation_is_told_at_once() -> None:
    looked = turn(
        entry("a man is sleeping on the stairs", ago=1_000),
        guest=STRANGER,
        held_by="Marta",
        held_until_ms=NOON + 3_600_000,
    )
    decision = at_once(whole_desk().answer(looked, Context(now_ms=NOON)))
    assert decision.wait_until_ms
    assert [(task.reason, task.urgency) for task in decision.tasks] == [("danger", Urgency.NOW)]
