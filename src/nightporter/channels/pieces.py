"""Cuts what we say into pieces that a provider takes: at paragraphs, sentences, words, never inside a character."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

from nightporter.model.outbox import Choice, Content

ELLIPSIS = "…"
LIST_GLYPH = "☰"  # opens a list whose button has no words
ZERO_WIDTH_JOINER = "\u200d"
UNIT_BYTES = 2
VIRAMA_CLASS = 9  # canonical combining class of the sign that joins Indic consonants
FILLED_AT_LEAST = 0.5  # a paragraph or sentence border before half of a piece is not worth taking

_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")
_LINE = re.compile(r"\n\s*")
_SENTENCE = re.compile(r"(?<=[.!?…。！？])[)\]\"'»”’]*\s+")
_WORD = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much a provider takes, in UTF-16 units: how Meta counts is not known, and this is the larger count."""

    text: int = 4096
    text_with_choices: int = 1024
    buttons: int = 3
    button_title: int = 20
    rows: int = 10
    row_title: int = 24
    row_description: int = 72
    list_label: int = 20
    choice_id: int = 200


LIMITS = Limits()


def units(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // UNIT_BYTES


def _reach(text: str, start: int, limit: int) -> int:
    """The index up to which `limit` units go from `start`."""
    end = min(len(text), start + limit)
    over = units(text[start:end]) - limit
    while over > 0:
        end -= 1
        over -= 2 if text[end] > "\uffff" else 1
    return end


def _joined(before: str, after: str) -> bool:
    """True when no border may stand between two characters (a close approximation of UAX #29)."""
    if before == "\r" and after == "\n":
        return True
    if ZERO_WIDTH_JOINER in (before, after):
        return True
    if unicodedata.category(after) in ("Mn", "Mc", "Me") or "\U0001f3fb" <= after <= "\U0001f3ff":
        return True
    if "\U000e0020" <= after <= "\U000e007f":  # tags of subdivision flags
        return True
    if unicodedata.combining(before) == VIRAMA_CLASS and after.isalpha():
        return True
    return "\u1160" <= after <= "\u11ff" and "\u1100" <= before <= "\u11ff"  # Hangul written in parts


def _regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _inside(text: str, index: int) -> bool:
    """True when `index` lies inside a character as a reader sees it."""
    if not 0 < index < len(text):
        return False
    if _regional(text[index]) and _regional(text[index - 1]):
        first = index
        while first > 0 and _regional(text[first - 1]):
            first -= 1
        return (index - first) % 2 == 1  # flags are pairs
    return _joined(text[index - 1], text[index])


def _whole(text: str, start: int, end: int) -> int:
    """The last index <= `end` that is not inside a character; `end` itself when one character fills everything."""
    index = end
    while index > start and _inside(text, index):
        index -= 1
    return index if index > start else end


def cut(text: str, limit: int) -> str:
    """The text in at most `limit` units, with an ellipsis where something is missing."""
    if units(text) <= limit:
        return text
    end = _whole(text, 0, _reach(text, 0, limit - units(ELLIPSIS)))
    return text[:end].rstrip() + ELLIPSIS


def _border(text: str, start: int, end: int) -> tuple[int, int]:
    """Where a piece that may go from `start` to `end` should end, and where the next begins."""
    least = start + int((end - start) * FILLED_AT_LEAST)
    for pattern, earliest in ((_PARAGRAPH, least), (_LINE, least), (_SENTENCE, least), (_WORD, start)):
        last = None
        for match in pattern.finditer(text, earliest, min(len(text), end + 1)):
            border = match.start() + len(match.group().rstrip())  # closing quotes stay with their sentence
            if earliest < border <= end and not _inside(text, border):
                following = _next_word(text, match.end())
                last = last if _inside(text, following) else (border, following)
        if last is not None:
            return last
    whole = _whole(text, start, end)
    return whole, whole


def _next_word(text: str, index: int) -> int:
    """The index of the first character from `index` on that is no white space."""
    match = _WORD.match(text, index)
    return match.end() if match else index


def split_text(text: str, limit: int = LIMITS.text) -> tuple[str, ...]:
    """The text in pieces of at most `limit` units; nothing but white space between them is left out."""
    text = text.strip()
    if units(text) <= limit:
        return (text,)
    pieces: list[str] = []
    start = 0
    while units(text[start:]) > limit:
        end = _reach(text, start, limit)
        border, following = _border(text, start, end)
        pieces.append(text[start:border].rstrip())
        start = following
    if text[start:] or not pieces:
        pieces.append(text[start:])
    return tuple(pieces)


def parts_of(content: Content, limits: Limits = LIMITS) -> tuple[Content, ...]:
    """The content in sendable pieces: over-long text first, the last piece carries the choices.

    More than 3 buttons become a list, more than 10 rows (or buttons) become lines of the text.
    """
    if content.template is not None:
        return (content,)
    if content.buttons or content.rows:
        content = _fitting(content, limits)
    if not content.buttons and not content.rows:
        return tuple([Content(text=piece) for piece in split_text(content.text, limits.text)])
    head, tail = _with_tail(content.text, limits)
    return (*(Content(text=piece) for piece in head), replace(content, text=tail))


def _with_tail(text: str, limits: Limits) -> tuple[tuple[str, ...], str]:
    """Pieces of plain text, and the last one short enough to stand above choices."""
    pieces = split_text(text, limits.text_with_choices)
    if len(pieces) == 1:
        return (), pieces[0]
    tail = pieces[-1]
    return split_text(text.strip().removesuffix(tail), limits.text), tail


def _fitting(content: Content, limits: Limits) -> Content:
    """Buttons, rows or neither, as many and as long as the provider takes."""
    buttons, rows = content.buttons, content.rows
    if rows and buttons:  # one message carries one kind: all of them become rows
        buttons, rows = (), (*rows, *buttons)
    if len(buttons) > limits.buttons:
        buttons, rows = (), buttons
    if len(rows) > limits.rows:
        return Content(text="\n".join((content.text.rstrip(), "", *_lines(rows))).strip())
    return replace(
        content,
        buttons=_shown(buttons, limits.button_title, 0, limits),
        rows=_shown(rows, limits.row_title, limits.row_description, limits),
        rows_title=cut(content.rows_title.strip() or LIST_GLYPH, limits.list_label) if rows else "",
    )


def _shown(
    choices: Iterable[Choice], title_limit: int, description_limit: int, limits: Limits
) -> tuple[Choice, ...]:
    """The choices as they fit; titles that were cut to the same words are numbered: Meta refuses equal ones."""
    shown: list[Choice] = []
    titles: set[str] = set()
    for choice in choices:
        whole = " ".join(choice.title.split()) or choice.id or ELLIPSIS
        title, number = cut(whole, title_limit), 2
        while title in titles:
            title, number = f"{cut(whole, title_limit - len(f' {number}'))} {number}", number + 1
        titles.add(title)
        description = (
            cut(" ".join(choice.description.split()), description_limit) if description_limit else ""
        )
        shown.append(Choice(id=choice.id[: limits.choice_id], title=title, description=description))
    return tuple(shown)


def _lines(choices: Iterable[Choice]) -> list[str]:
    return [f"• {c.title}" + (f" ({c.description})" if c.description else "") for c in choices]
