"""Reads the labelled messages of guests: the open two thirds, or the sealed third.

What the labels mean, and who may open the sealed third, is in the README.md beside this file.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LANGUAGES = ("de", "en", "es", "fr", "it")
PARTS = ("open", "sealed")
KEYS = frozenset({"text", "language", "topics", "automatic", "emergency", "optout", "human", "tags"})

_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Message:
    """What a guest wrote and what a perfect receptionist would do with it."""

    text: str
    language: str
    topics: tuple[str, ...]
    automatic: bool
    emergency: bool
    optout: bool
    human: bool
    tags: frozenset[str]


def read_messages(part: str) -> list[Message]:
    """Every message of a part (of PARTS), language by language, in the order of its files."""
    assert part in PARTS, f"no part {part!r}"
    return [
        _message(row, language)
        for language in LANGUAGES
        for row in tomllib.loads((_HERE / f"{part}.{language}.toml").read_text(encoding="utf-8"))["message"]
    ]


def _message(row: dict[str, Any], language: str) -> Message:
    """A row as a message; a key that we do not know, or a row in another language's file, is a mistake."""
    assert row.keys() <= KEYS, f"unknown keys {sorted(row.keys() - KEYS)}"
    assert row["language"] == language, f"a message in {row['language']} among those in {language}"
    return Message(
        text=row["text"],
        language=language,
        topics=tuple(row["topics"]),
        automatic=row["automatic"],
        emergency=row.get("emergency", False),
        optout=row.get("optout", False),
        human=row.get("human", False),
        tags=frozenset(row["tags"]),
    )
