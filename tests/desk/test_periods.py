"""From when to when, and who comes: as guests of five languages write it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightporter.desk.periods import NIGHTS_MAX, PEOPLE_MAX, Party, Period, party_asked, period_asked

TODAY = date(2026, 11, 23)  # a Monday


@pytest.mark.parametrize(
    ("says", "arrival", "departure"),
    [
        ("from 3 to 5 may", "2027-05-03", "2027-05-05"),
        ("dal 3 al 5 maggio", "2027-05-03", "2027-05-05"),
        ("vom 30. Juni bis 2. Juli", "2027-06-30", "2027-07-02"),
        ("vom 30. bis zum 2. Juli", "2027-06-30", "2027-07-02"),
        ("du 28 décembre au 2 janvier", "2026-12-28", "2027-01-02"),
        ("del 3 al 5 de mayo", "2027-05-03", "2027-05-05"),
        ("between 3 and 5 may", "2027-05-03", "2027-05-05"),
        ("3-5 May", "2027-05-03", "2027-05-05"),
        ("3.5.–5.5.", "2027-05-03", "2027-05-05"),
        ("12/07 - 15/07", "2027-07-12", "2027-07-15"),
        ("2027-05-03 to 2027-05-05", "2027-05-03", "2027-05-05"),
        ("tomorrow for two nights", "2026-11-24", "2026-11-26"),
        ("eine Woche ab dem 3. Juli", "2027-07-03", "2027-07-10"),
        ("da giovedì a lunedì", "2026-11-26", "2026-11-30"),
        ("ein Zimmer für heute", "2026-11-23", None),
        ("from 3 may to 9 december", None, None),
        ("en août", None, None),
        ("next weekend", None, None),
        ("from 31 to 2 february 2027", "2027-01-31", "2027-02-02"),
        ("", None, None),
    ],
)
def test_the_days_of_a_stay(says: str, arrival: str | None, departure: str | None) -> None:
    expected = [date.fromisoformat(day) if day else None for day in (arrival, departure)]
    assert period_asked(says, TODAY) == Period(*expected)


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ("due adulti e un bimbo di 4 anni", Party(2, 1, (4,))),
        ("2 Erwachsene und 2 Kinder (4 und 7)", Party(2, 2, (4, 7))),
        ("2 adults, 3 children aged 2, 5 and 9", Party(2, 3, (2, 5, 9))),
        ("two adults and our son, 6 years old", Party(2, 1, (6,))),
        ("4 persone, di cui 2 bambini", Party(2, 2)),
        ("dos personas con perro", Party(2, pets=True)),
        ("2 adults, no kids, no pets", Party(2)),
        ("nous sommes deux", Party(2)),
        ("wir sind zu viert", Party(4)),
        ("io e mia moglie", Party(2)),
        ("we need two double rooms for two nights", Party()),
        ("4000 people", Party()),
        ("", Party()),
    ],
)
def test_who_comes(says: str, expected: Party) -> None:
    assert party_asked(says) == expected


@given(st.one_of(st.text(max_size=200), st.text(alphabet="0123456789 .-/tomayundalbis", max_size=80)))
def test_any_text_gives_a_sound_stay_or_none(says: str) -> None:
    period, party = period_asked(says, TODAY), party_asked(says)
    if period.departure:
        assert period.arrival
        assert 0 < (period.departure - period.arrival).days <= NIGHTS_MAX
    assert 0 <= party.adults <= PEOPLE_MAX
    assert 0 <= party.children <= PEOPLE_MAX
