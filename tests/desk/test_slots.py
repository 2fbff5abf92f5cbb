"""What is read of a guest's words: rooms, days, hours, how many, flights, yes and no."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightporter.desk.slots import READABLE, read

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("slot", "words", "expected"),
    [
        ("room", "camera 204 grazie", "204"),
        ("day", "tomorrow at 8", "2026-11-24"),
        ("day", "in May", ""),
        ("time", "table for 4 at 8 pm please", "20:00"),
        ("time", "domani alle 20.30", "20:30"),
        ("time", "um halb acht abends", "19:30"),
        ("time", "vers 20h30", "20:30"),
        ("time", "a las 9 de la noche", "21:00"),
        ("time", "12.05. um 8", "08:00"),
        ("time", "until noon", "12:00"),
        ("time", "table for 4 people", ""),
        ("people", "tavolo per due domani alle 20.30", "2"),
        ("people", "zu viert", "4"),
        ("people", "siamo in 5", "5"),
        ("people", "for 8 pm", ""),
        ("pieces", "3 big suitcases", "3"),
        ("bags", "zwei Koffer", "2"),
        ("flight", "flight FR 4512 at 14:20", "FR4512"),
        ("flight", "at 1420", ""),
        ("enter", "ok grazie", "yes"),
        ("enter", "kein Problem", "yes"),
        ("enter", "no problem", "yes"),
        ("enter", "no, please don't", "no"),
        ("enter", "since yesterday", ""),
        ("allergies", "nessuna", "no"),
        ("allergies", "table for two, no tomatoes please", ""),
        ("what", "the lamp", ""),
    ],
)
def test_in_passing(slot: str, words: str, expected: str) -> None:
    assert read(slot, words, MONDAY) == expected


@pytest.mark.parametrize(
    ("slot", "words", "expected"),
    [
        ("room", "204", "204"),
        ("time", "8", "08:00"),
        ("time", "in the morning", "in the morning"),
        ("people", "four", "4"),
        ("people", "at 8", ""),
        ("people", "100", ""),
        ("allergies", "one of us is coeliac", "one of us is coeliac"),
        ("ages", "4 and 7", "4 and 7"),
        ("ages", "small", ""),
    ],
)
def test_as_an_answer(slot: str, words: str, expected: str) -> None:
    assert read(slot, words, MONDAY, bare=True) == expected


@given(st.sampled_from(sorted(READABLE)), st.text(max_size=200), st.booleans())
def test_any_words_are_read_or_not(slot: str, words: str, bare: bool) -> None:
    value = read(slot, words, MONDAY, bare=bare)
    assert value == value.strip()
