"""The hotel's own answers: said when the guest's words ask them, and never past what is guarded."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.desk.flow.kit import FILE, IN_HOUSE, decide, outcome, said, turn

from nightporter.config.hotel import Hotel, loads
from nightporter.desk.own import own_answer

OWN = """
own_answers:
  - name: ferries
    ask: ["battello per Limone", "ferry to Malcesine", "Schiff nach Riva", "bateau sur le lac"]
    say: {it: "I battelli partono da Gardone.", en: "Boats leave from the Gardone pier.", de: "Ab Anleger Gardone."}
    when: [{from: 11-02, to: 03-14, say: no}]
  - name: sauna_key
    ask: ["where is the sauna key"]
    say: {en: "The key is behind the counter."}
    share: in_house
  - name: kiosk
    ask: ["kiosk newspaper", "edicola giornali"]
    say: "L'edicola è in piazza."
  - name: dog_beach
    ask: ["may my dog swim at the beach"]
    say: {en: "At the small beach behind the pier."}
"""


def hotel(**policy: str) -> Hotel:
    found = loads(FILE + OWN)
    return replace(found, policy={**found.policy, **policy})


def test_it_is_answered_at_once_with_its_source() -> None:
    decision = decide(turn("When does the ferry leave to Malcesine?"), hotel=hotel())
    assert outcome(decision) == ["answered"]
    assert "Boats leave from the Gardone pier." in said(decision)
    assert decision.trace.sources == ("own_answers[0].say",)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Is there a FERRY to malcesine??", "ferries"),
        ("Wann fährt das Schiff nach Riva?", "ferries"),
        ("when does the ferry go to Riva", "ferries"),
        ("i battelli per limone?", "ferries"),
        ("Wir kommen mit dem Schiff nach Riva und brauchen ein Taxi", ""),
        ("I lost my ferry ticket to Malcesine", ""),
        ("no ferry to Malcesine please", ""),
        ("is there a lake?", ""),
        ("", ""),
        ("🚢 ??", ""),
        ("where is the", ""),
    ],
)
def test_matched_by_what_the_words_tell(text: str, name: str) -> None:
    found = own_answer(hotel(), text)
    assert (found.answer.name if found else "") == name


def test_it_wins_over_the_topic_and_stands_beside_another() -> None:
    alone = decide(turn("May my dog swim at the beach?"), hotel=hotel())
    assert "small beach" in said(alone)
    assert "€" not in said(alone), "not the topic's price for dogs"
    both = said(decide(turn("May my dog swim at the beach? And breakfast?"), hotel=hotel()))
    assert "small beach" in both
    assert "07:30" in both


def test_the_days_exception_and_the_guests_language_count() -> None:
    winter = decide(turn("ferry to Malcesine on 3 January?"), hotel=hotel())
    assert outcome(winter) == ["staff:not_in_file"]
    italian_only = decide(turn("kiosk newspaper?"), hotel=hotel())
    assert outcome(italian_only) == ["staff:not_in_file"]
    assert "edicola" in italian_only.tasks[0].draft, "staff see what the file says"
    assert "edicola" not in said(italian_only)


def test_what_is_kept_for_some_is_told_to_them_alone() -> None:
    asked = "where is the sauna key?"
    assert "behind the counter" not in said(decide(turn(asked), hotel=hotel()))
    assert "behind the counter" in said(decide(turn(asked, stays=[IN_HOUSE]), hotel=hotel()))


def test_policy_danger_and_people_come_first() -> None:
    asked = "May my dog swim at the beach?"
    assert outcome(decide(turn(asked), hotel=hotel(pets="staff"))) == ["staff:policy"]
    draft = decide(turn(asked), hotel=hotel(pets="draft"))
    assert outcome(draft) == ["staff:look_first"]
    assert "small beach" in draft.tasks[0].draft
    fire = decide(turn("fire on the ferry to Malcesine"), hotel=hotel())
    assert fire.trace.emergency
    assert "Gardone" not in said(fire)
    human = decide(turn("a human please: ferry to Malcesine"), hotel=hotel())
    assert "Gardone" not in said(human)
    lost = decide(turn("lost: ferry Malcesine"), hotel=hotel())
    assert "Gardone" not in said(lost)
    angry = decide(turn("this ferry to Malcesine is a scandal"), hotel=hotel())
    assert "Gardone" not in said(angry)


def test_two_that_fit_alike_fit_none() -> None:
    twice = loads(FILE + OWN.replace("kiosk newspaper", "ferry to Malcesine"))
    assert own_answer(twice, "ferry to Malcesine?") is None
