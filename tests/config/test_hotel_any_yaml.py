"""Whatever stands in the file: a hotel, or the one error that names file and reason."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from nightporter.config.hotel import Hotel, loads
from nightporter.config.hotel.blocks import Facts
from nightporter.errors import HotelFileError
from nightporter.testing.demo import HOTEL_FILE

KEYS = sorted({"hotel", *(item.name for item in dataclasses.fields(Facts))} - {"house"})
WORDS = [
    "yes", "no", "free", "ask", "24h", "closed", '"07:30-10:30"', "18:00-01:00", "{mon-fri: 24h}", "[a, b]", "{}", "[]",
    "~", "1", "-1", "1e400", ".nan", "0x1F", "2027-01-01", "{eur: 5, per: night}", "{season: x}", "{it: a, en: b}",
    "[{from: 02-29, to: 02-29, hours: closed}]", "&a [*a]", "*a", "!!binary aGk=", "!x y", '"\\u0000"', "'", "? ",
    "<<: {}", "+39 1", "0541",
]  # fmt: skip
DEMO = HOTEL_FILE.read_text(encoding="utf-8")


def hotel_or_refusal(source: str) -> Hotel | None:
    try:
        return loads(source)
    except HotelFileError as error:
        refusal = error
    assert refusal.what.startswith("hotel.yaml")
    assert "\n" not in str(refusal)
    return None


@given(st.text(max_size=200))
def test_any_text(source: str) -> None:
    hotel_or_refusal(source)


@given(st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(WORDS)), max_size=6))
def test_any_value_for_any_block(pairs: list[tuple[str, str]]) -> None:
    hotel_or_refusal("\n".join(f"{key}: {word}" for key, word in pairs))


@settings(max_examples=60)
@given(st.data())
def test_one_word_of_the_demo_hotel_is_replaced(data: st.DataObject) -> None:
    lines = DEMO.splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    key, colon, _ = lines[at].partition(":")
    lines[at] = f"{key}{colon} {data.draw(st.sampled_from(WORDS))}"
    hotel_or_refusal("\n".join(lines))


@settings(max_examples=60)
@given(st.integers(0, len(DEMO) - 1), st.characters())
def test_one_character_of_the_demo_hotel_is_replaced(at: int, character: str) -> None:
    hotel_or_refusal(DEMO[:at] + character + DEMO[at + 1 :])


def leaves(value: Any, path: str = "") -> list[str]:
    if isinstance(value, dict):
        return [
            leaf
            for key, item in value.items()
            for leaf in leaves(item, f"{path}.{key}" if path else str(key))
        ]
    if isinstance(value, list):
        return [leaf for at, item in enumerate(value) for leaf in leaves(item, f"{path}[{at}]")]
    return [path]


def test_every_value_of_the_demo_hotel_is_in_the_model() -> None:
    """A key that is read and then forgotten would be a silent loss: counts what `at` can find."""
    hotel = loads(DEMO)
    document = YAML(typ="safe", pure=True).load(DEMO)
    day = hotel.checked_on
    assert day is not None
    skipped = ("seasons", "closed", "own_answers", "policy", "nearby")
    tops = [name for name in document if name not in skipped]
    for top in tops:
        for leaf in leaves(document[top], top):
            if any(part in leaf for part in ("when[", ".hours.", ".text.", "tourist_tax.")):
                continue
            path = leaf.split(".eur")[0].split(".per")[0]
            try:
                value = hotel.at(path, day)
            except KeyError:
                assert path.rpartition(".")[2] in ("it", "en", "de", "fr", "es"), path
                continue
            assert value is not None or path.rpartition(".")[2] in ("it", "en", "de", "fr", "es"), path


@pytest.mark.parametrize("key", KEYS)
def test_every_block_may_be_left_empty(key: str) -> None:
    assert loads(f"{key}:\n").known
