"""When a turn is complete, and what one answer covers."""

from __future__ import annotations

import pytest
from tests.desk.flow.kit import IN_HOUSE, NOON, PASSWORD, decide, entry, outcome, said, turn

from nightporter.model.message import MessageKind


def test_a_complete_question_is_answered_at_once() -> None:
    decision = decide(turn("What time is breakfast?"))
    assert outcome(decision) == ["answered"]
    assert "07:30" in said(decision)
    assert decision.wait_until_ms == 0


@pytest.mark.parametrize("words", ["Ciao", "camera 204", "hmm", "perhaps parking"])
def test_a_greeting_a_fragment_or_a_doubt_waits_for_more(words: str) -> None:
    decision = decide(turn(words))
    assert decision.wait_until_ms == NOON + 4_000
    assert not decision.dispositions
    assert not decision.sayings


def test_a_picture_without_words_waits_and_then_goes_to_staff() -> None:
    picture = entry(kind=MessageKind.IMAGE)
    assert decide(turn(picture)).wait_until_ms == NOON + 4_000
    decision = decide(turn(picture), NOON + 4_000)
    assert outcome(decision) == ["staff:picture"]
    assert decision.tasks[0].details["media"] == "m1"
    assert "passed what you sent" in said(decision)


def test_three_short_messages_are_one_turn_with_one_answer() -> None:
    pieces = [
        entry("Ciao", number=1, ago=5_000),
        entry("camera 204", number=2, ago=3_000),
        entry("wifi?", number=3),
    ]
    decision = decide(turn(*pieces, stays=[IN_HOUSE]))
    assert outcome(decision) == ["answered"] * 3
    assert len(decision.sayings) == 1
    assert PASSWORD in said(decision)


def test_waiting_starts_anew_with_each_message_but_ends_after_twelve_seconds() -> None:
    pieces = [entry("Ciao", number=1, ago=10_000), entry("camera 204", number=2, ago=1_000)]
    assert decide(turn(*pieces)).wait_until_ms == NOON + 2_000
    assert outcome(decide(turn(*pieces), NOON + 2_000)) == ["staff:not_understood"] * 2


def test_a_bare_greeting_is_greeted_after_four_seconds() -> None:
    decision = decide(turn(entry("Ciao", ago=4_000)))
    assert outcome(decision) == ["answered"]
    assert said(decision)


def test_several_wishes_are_one_answer_that_quotes() -> None:
    decision = decide(turn("breakfast and parking?"))
    assert outcome(decision) == ["answered"]
    assert "07:30" in said(decision)
    assert "12" in said(decision)
    assert decision.sayings[0].quote == "wamid.1"
    assert not decision.tasks


def test_what_is_left_of_several_wishes_goes_to_staff_and_the_answer_says_so() -> None:
    decision = decide(turn("breakfast and a refund?"))
    assert outcome(decision) == ["answered"]
    assert "07:30" in said(decision)
    assert "the rest of your message" in said(decision)
    assert "until 23:00" in said(decision)
    assert [task.reason for task in decision.tasks] == ["other_topic"]
    assert "refund" in decision.tasks[0].summary


def test_a_doubtful_wish_makes_a_draft_for_staff() -> None:
    decision = decide(turn(entry("perhaps breakfast", ago=4_000)))
    assert outcome(decision) == ["staff:unsure"]
    assert "07:30" in decision.tasks[0].draft
    assert "07:30" not in said(decision)


def test_a_caption_is_read_and_its_picture_goes_to_staff() -> None:
    decision = decide(turn(entry("is there parking?", kind=MessageKind.IMAGE)))
    assert outcome(decision) == ["answered"]
    assert [task.reason for task in decision.tasks] == ["picture"]
    assert decision.tasks[0].details["media"] == "m1"


def test_the_day_asked_about_counts() -> None:
    assert "09:00" in said(decide(turn("is the pool open tomorrow?")))
    assert "09:00" not in said(decide(turn("is the pool open on 12 January?")))


def test_a_month_that_is_not_the_same_throughout_is_for_staff() -> None:
    assert outcome(decide(turn("is the pool open in August?"))) == ["answered"]
    assert outcome(decide(turn("is the pool open in March?"))) == ["staff:not_in_file"]


def test_an_answer_is_in_the_language_of_the_wish() -> None:
    assert "Uhr" in said(decide(turn("Hallo, wann gibt es morgen frühstück bitte")))
