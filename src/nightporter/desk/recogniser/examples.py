"""Gathers the sentences that the recogniser learns from.

- each topic's `examples.toml`: `<language> = ["a sentence", ...]`;
- our `other/<language>.toml`: `<topic> = [...]`, everything that is no topic of its own here;
- our `frames/<language>.toml`: sentences with a gap and nouns to fill it, so that nouns decide and not the frame;
- our `languages.toml`: words that tell a language and nothing else.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

LANGUAGES = ("de", "en", "es", "fr", "it")
OTHER = "other"
FRAMES_PER_NOUN = 2
FRAME_STRIDE = (
    7  # from one frame to the next: any number that shares no factor with their count spreads them well
)

# Topics whose nouns are turned into complaints, lost things and so on.
TURNED = ("breakfast", "parking", "pool", "wifi")


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence and what it is. `topic` is "" where it tells its language only."""

    text: str
    topic: str
    language: str


def read_examples() -> list[Example]:
    """Every sentence as somebody wrote it, without repeats, in one fixed order."""
    return _ordered([*_of_topics(), *_of_others(), *_of_languages()])


def made_examples() -> list[Example]:
    """Every sentence made of a frame and a noun, and what stands beside them, in one fixed order."""
    here = resources.files("nightporter.desk.recogniser").joinpath("frames")
    return _ordered(
        [
            example
            for language in LANGUAGES
            for example in _of_frames(_table(here.joinpath(f"{language}.toml")), language)
        ]
    )


def _ordered(examples: Iterable[Example]) -> list[Example]:
    first: dict[tuple[str, str], Example] = {}
    for example in examples:
        first.setdefault((example.text, example.language), example)
    return sorted(first.values(), key=lambda e: (e.topic, e.language, e.text))


def _of_topics() -> list[Example]:
    examples: list[Example] = []
    for folder in resources.files("nightporter.desk").joinpath("topics").iterdir():
        file = folder.joinpath("examples.toml")
        if file.is_file():
            table = _table(file)
            for language in LANGUAGES:
                examples += [Example(text, folder.name, language) for text in table.get(language, [])]
    return examples


def _of_others() -> list[Example]:
    here = resources.files("nightporter.desk.recogniser").joinpath("other")
    return [
        Example(text, f"{OTHER}:{topic}", language)
        for language in LANGUAGES
        for topic, texts in _table(here.joinpath(f"{language}.toml")).items()
        for text in texts
    ]


def _of_languages() -> list[Example]:
    table = _table(resources.files("nightporter.desk.recogniser").joinpath("languages.toml"))
    return [Example(text, "", language) for language in LANGUAGES for text in table.get(language, [])]


def _of_frames(table: dict[str, Any], language: str) -> list[Example]:
    examples = [Example(text, topic, language) for topic, texts in table["more"].items() for text in texts]
    for topic, nouns in table["noun"].items():
        for kind, words in nouns.items():
            for at, word in enumerate(words):
                examples += [
                    Example(text, topic, language) for text in _filled(table[kind], word, at, FRAMES_PER_NOUN)
                ]
    for turned, frames in table["turn"].items():
        topic = turned if _is_topic(turned) else f"{OTHER}:{turned}"
        for at, word in enumerate(word for topic in TURNED for word in table["noun"][topic]["the"]):
            examples += [Example(text, topic, language) for text in _filled(frames, word, at, 1)]
    return examples


def _is_topic(name: str) -> bool:
    """True when it has a folder of its own among the topics."""
    return resources.files("nightporter.desk").joinpath("topics", name, "examples.toml").is_file()


def _filled(frames: list[str], word: str, at: int, count: int) -> list[str]:
    chosen = {(at * count + turn) * FRAME_STRIDE % len(frames) for turn in range(count)}
    return [frames[frame].replace("{}", word) for frame in sorted(chosen)]


def _table(file: Traversable) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))
