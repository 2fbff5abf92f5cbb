"""The day a guest asks about."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightporter.desk.dates import date_asked

TODAY = date(2026, 11, 22)  # a Sunday


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("is it open tomorrow?", "2026-11-23"),
        ("e domani?", "2026-11-23"),
        ("Frühstück morgen früh?", "2026-11-23"),
        ("demain matin", "2026-11-23"),
        ("mañana por la mañana", "2026-11-23"),
        ("dopodomani", "2026-11-24"),
        ("übermorgen", "2026-11-24"),
        ("après-demain", "2026-11-24"),
        ("pasado mañana", "2026-11-24"),
        ("stasera", "2026-11-22"),
        ("am Freitag", "2026-11-27"),
        ("sabato", "2026-11-28"),
        ("el miércoles", "2026-11-25"),
        ("lundi", "2026-11-23"),
        ("Tuesday", "2026-11-24"),
        ("on May 12", "2027-05-12"),
        ("12 May 2028", "2028-05-12"),
        ("am 12. Mai", "2027-05-12"),
        ("le 1er mars", "2027-03-01"),
        ("el 3 de enero", "2027-01-03"),
        ("il 24 dicembre", "2026-12-24"),
        ("12/5", "2027-05-12"),
        ("5/30", "2027-05-30"),
        ("12.05.", "2027-05-12"),
        ("12.05.28", "2028-05-12"),
        ("2027-05-12", "2027-05-12"),
        ("29 February", "2028-02-29"),
    ],
)
def test_a_day(text: str, day: str) -> None:
    asked = date_asked(text, TODAY)
    assert asked.named
    assert (asked.first.isoformat(), asked.last.isoformat()) == (day, day)


@pytest.mark.parametrize(
    "text",
    [
        "Guten Morgen, wann gibt es Frühstück?",
        "por la mañana",
        "breakfast at 7.30",
        "non ho mai visto una cosa così",
        "may I have towels?",
        "room 204",
        "call +39 0541 50020",
        "30.2.",
        "12:30",
        "",
    ],
)
def test_no_day(text: str) -> None:
    asked = date_asked(text, TODAY)
    assert not asked.named
    assert asked.first == asked.last == TODAY


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("is the pool open in May?", "2027-05-01", "2027-05-31"),
        ("ad agosto", "2027-08-01", "2027-08-31"),
        ("im Dezember", "2026-12-01", "2026-12-31"),
        ("en novembre", "2026-11-22", "2026-11-30"),
        ("en febrero", "2027-02-01", "2027-02-28"),
    ],
)
def test_a_month(text: str, first: str, last: str) -> None:
    asked = date_asked(text, TODAY)
    assert (asked.first.isoformat(), asked.last.isoformat(), asked.named) == (first, last, True)


@given(st.text(max_size=120), st.dates(date(2000, 1, 1), date(2090, 1, 1)))
def test_any_text_has_a_day(text: str, today: date) -> None:
    asked = date_asked(text, today)
    assert asked.first <= asked.last
    assert asked.named or asked.first == today


@given(st.dates(TODAY, date(2029, 12, 31)))
def test_every_written_day_is_read(day: date) -> None:
    for text in (day.isoformat(), f"{day.day}/{day.month}/{day.year}", f"{day.day}.{day.month}.{day.year}"):
        assert date_asked(text, TODAY).first == day
