"""Who is told what, and what stands in the first line of a lock screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.desk.flow.kit import (
    GUEST,
    HOTEL,
    IN_HOUSE,
    NIGHT_CODE,
    NOON,
    PASSWORD,
    decide,
    outcome,
    said,
    turn,
)

from nightporter.desk.privacy import match_of, secrets_of, telling_first_line, without_cards
from nightporter.desk.understanding import Match
from nightporter.model.guest import StayState

TODAY = date(2026, 7, 10)


@pytest.mark.parametrize(
    ("arrival", "departure", "match"),
    [
        (0, 2, Match.IN_HOUSE),
        (-3, 0, Match.IN_HOUSE),
        (1, 3, Match.BOOKED),
        (-9, -1, Match.BOOKED),
        (-20, -14, Match.BOOKED),
        (-20, -15, Match.NONE),
    ],
)
def test_a_match_ends_two_weeks_after_departure(arrival: int, departure: int, match: Match) -> None:
    stay = replace(
        IN_HOUSE,
        arrival=(TODAY + timedelta(days=arrival)).isoformat(),
        departure=(TODAY + timedelta(days=departure)).isoformat(),
    )
    assert match_of((stay,), TODAY) is match
    assert match_of((replace(stay, state=StayState.CANCELLED),), TODAY) is Match.NONE


def test_the_password_is_for_guests_in_the_house() -> None:
    assert PASSWORD in said(decide(turn("wifi password?", stays=[IN_HOUSE])))
    stranger = decide(turn("wifi password?"))
    assert PASSWORD not in said(stranger)
    assert all(PASSWORD not in task.draft for task in stranger.tasks)


def test_the_secrets_of_the_file_are_known() -> None:
    assert {secret for secret, _ in secrets_of(HOTEL)} == {PASSWORD, NIGHT_CODE}


def test_no_secret_stands_in_the_first_line() -> None:
    text = said(decide(turn("wifi password?", stays=[IN_HOUSE])))
    assert PASSWORD not in text.partition("\n")[0]


@pytest.mark.parametrize(
    "line",
    [
        "Parking is € 12",
        "It costs 12 EUR",
        "On 12.05. we open",
        "2027-01-05",
        "Dear Rosa",
        "For room 204",
        PASSWORD,
    ],
)
def test_a_first_line_that_tells_too_much(line: str) -> None:
    assert telling_first_line(line, GUEST, (IN_HOUSE,), frozenset({PASSWORD}))


def test_a_harmless_first_line() -> None:
    assert not telling_first_line(
        "Breakfast is from 07:30 to 10:30.", GUEST, (IN_HOUSE,), frozenset({PASSWORD})
    )


def test_several_stays_ask_which_room() -> None:
    other = replace(IN_HOUSE, stay_id="s2", code="FARO2", room="31")
    asked = decide(turn("towels please", stays=[IN_HOUSE, other]))
    assert asked.memory is not None
    assert asked.memory.question is not None
    named = decide(turn("towels please for room 31", stays=[IN_HOUSE, other]))
    assert outcome(named) == ["answered"]
    assert [task.department for task in named.tasks] == ["housekeeping"]


def test_card_numbers_do_not_reach_a_task() -> None:
    assert without_cards("card 4111 1111 1111 1111, room 204") == "card ••••••••••••1111, room 204"
    assert without_cards("call 447700900123 or 1234567890123456") == "call 447700900123 or 1234567890123456"
    decision = decide(turn("refund to 4111111111111111"), NOON)
    assert "4111111111111111" not in decision.tasks[0].summary
