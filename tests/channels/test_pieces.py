"""What we say is cut where a reader would cut it, and never inside a character."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightporter.channels.pieces import ELLIPSIS, LIMITS, cut, parts_of, split_text, units
from nightporter.model.outbox import Choice, Content, Template

CLUSTERS = [
    "a",
    "é",
    "e\u0301",
    "👍🏽",
    "👩‍👩‍👧‍👦",
    "🇮🇹",
    "한",
    "\u1112\u1161\u11ab",
    "क्षि",
    " ",
    "\n",
    "\n\n",
    ". ",
    "!",
    "🏴\U000e0067\U000e0062\U000e007f",
    "ff",
]


def choices(count: int, title: str = "Choice") -> tuple[Choice, ...]:
    return tuple(Choice(id=f"c{n}", title=f"{title} {n}") for n in range(count))


def test_a_short_text_stays_whole() -> None:
    assert parts_of(Content(text="  Wi-Fi: guest  ")) == (Content(text="Wi-Fi: guest"),)


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("One two three.\n\nFour five six", 20, ("One two three.", "Four five six")),
        ("One two three.\nFour five", 20, ("One two three.", "Four five")),
        ("One two three. Four five", 20, ("One two three.", "Four five")),
        ("«One two three.» Four five", 20, ("«One two three.»", "Four five")),
        ("One two three four five", 12, ("One two", "three four", "five")),
        ("abcdefghij", 4, ("abcd", "efgh", "ij")),
        ("ab🇮🇹🇩🇪", 8, ("ab🇮🇹", "🇩🇪")),
        ("abc👩‍👩‍👧‍👦", 12, ("abc", "👩‍👩‍👧‍👦")),
        ("", 10, ("",)),
    ],
)
def test_borders(text: str, limit: int, expected: tuple[str, ...]) -> None:
    assert split_text(text, limit) == expected


@given(st.lists(st.sampled_from(CLUSTERS), max_size=60), st.integers(12, 40))
def test_pieces_fit_and_lose_nothing_but_blanks(clusters: list[str], limit: int) -> None:
    text = "".join(clusters)
    pieces = split_text(text, limit)
    assert all(units(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    whole = [c for c in clusters if len(c) > 1 and not c.isspace() and c not in (". ", "ff")]
    for cluster in set(whole):
        assert sum(piece.count(cluster) for piece in pieces) >= min(1, text.count(cluster))


@given(st.text(max_size=300), st.integers(4, 60))
def test_any_text_fits(text: str, limit: int) -> None:
    pieces = split_text(text, limit)
    assert all(units(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())
    assert units(cut(text, limit)) <= limit


def test_one_endless_character_is_cut_all_the_same() -> None:
    assert all(units(piece) <= 50 for piece in split_text("z" + "\u0301" * 500, 50))


def test_an_over_long_text_with_buttons() -> None:
    text = " ".join(f"word{n}." for n in range(700))
    parts = parts_of(Content(text=text, buttons=choices(2)))
    assert all(not part.buttons for part in parts[:-1])
    assert parts[-1].buttons == choices(2)
    assert units(parts[-1].text) <= LIMITS.text_with_choices
    assert all(units(part.text) <= LIMITS.text for part in parts)
    assert " ".join(part.text for part in parts) == text


def test_more_than_three_buttons_become_a_list() -> None:
    (part,) = parts_of(Content(text="Which?", buttons=choices(4)))
    assert (part.buttons, len(part.rows), bool(part.rows_title)) == ((), 4, True)


def test_more_than_ten_rows_become_text() -> None:
    (part,) = parts_of(Content(text="Which?", rows=choices(11), rows_title="Open"))
    assert (part.rows, part.buttons, part.rows_title) == ((), (), "")
    assert part.text.count("• Choice") == 11


def test_titles_are_cut() -> None:
    (part,) = parts_of(
        Content(text="?", buttons=(Choice(id="a", title="A very long title that nobody reads"),))
    )
    assert part.buttons[0].title == "A very long title t" + ELLIPSIS
    row = Choice(id="a", title="Averylongtitlethatnobodyreads", description="d" * 80)
    (part,) = parts_of(Content(text="?", rows=(row,), rows_title="Open the list of rooms"))
    assert units(part.rows[0].title) == LIMITS.row_title
    assert units(part.rows[0].description) == LIMITS.row_description
    assert units(part.rows_title) == LIMITS.list_label


def test_a_template_is_never_cut() -> None:
    content = Content(template=Template(name="t", language="it", parameters=("x" * 5000,)))
    assert parts_of(content) == (content,)


def test_parts_of_parts_are_themselves() -> None:
    for content in (
        Content(text="x " * 5000),
        Content(text="x " * 5000, buttons=choices(4)),
        Content(text="a", rows=choices(30)),
    ):
        for part in parts_of(content):
            assert parts_of(part) == (part,)


def test_titles_that_were_cut_to_the_same_words_are_numbered() -> None:
    long = tuple(Choice(id=f"c{n}", title=f"Double room with view of the lake {n}") for n in range(3))
    (part,) = parts_of(Content(text="Which?", buttons=long))
    assert [b.title for b in part.buttons] == [
        "Double room with vi…",
        "Double room with… 2",
        "Double room with… 3",
    ]
    assert all(units(b.title) <= LIMITS.button_title for b in part.buttons)
