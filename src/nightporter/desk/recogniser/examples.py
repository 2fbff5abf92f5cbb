"""Reads the sentences that the recogniser learns from: each topic's `examples.toml`, and our own `other/`.

A file of a topic holds `<language> = ["a sentence", ...]`. A file of `other/` is one language and holds
`<topic> = [...]`: everything that is no topic of its own here, so that it is known as something else.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

LANGUAGES = ("de", "en", "es", "fr", "it")
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence and what it is. `topic` is "" where it tells its language only."""

    text: str
    topic: str
    language: str


def read_examples() -> list[Example]:
    """Every example there is, without repeats, in one fixed order."""
    found = {(e.text, e.language): e for e in [*_of_topics(), *_of_others(), *_of_languages()]}
    return sorted(found.values(), key=lambda e: (e.topic, e.language, e.text))


def _of_topics() -> list[Example]:
    topics = resources.files("nightporter.desk").joinpath("topics")
    if not topics.is_dir():
        return []
    examples: list[Example] = []
    for folder in topics.iterdir():
        file = folder.joinpath("examples.toml")
        if file.is_file():
            table = _table(file)
            for language in LANGUAGES:
                examples += [Example(text, folder.name, language) for text in table.get(language, [])]
    return examples


def _of_others() -> list[Example]:
    examples: list[Example] = []
    for file in resources.files("nightporter.desk.recogniser").joinpath(OTHER).iterdir():
        if file.name.endswith(".toml"):
            language = file.name.removesuffix(".toml")
            for topic, texts in _table(file).items():
                examples += [Example(text, f"{OTHER}:{topic}", language) for text in texts]
    return examples


def _of_languages() -> list[Example]:
    table = _table(resources.files("nightporter.desk.recogniser").joinpath("languages.toml"))
    return [Example(text, "", language) for language in LANGUAGES for text in table.get(language, [])]


def _table(file: Traversable) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))
