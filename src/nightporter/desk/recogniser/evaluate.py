"""Measures the recogniser on sentences it has not learned: `python -m nightporter.desk.recogniser.evaluate [FOLDS]`.

The sentences that people wrote are dealt into five folds; a model that never saw a fold understands it, rules and
guards included. FOLDS of the five are measured (default 1: about half a minute).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zlib import crc32

from nightporter.desk.recogniser.examples import LANGUAGES, OTHER, Example, made_examples, read_examples
from nightporter.desk.recogniser.model import Model
from nightporter.desk.recogniser.recogniser import Recogniser
from nightporter.desk.recogniser.thresholds import level
from nightporter.desk.recogniser.train import trained
from nightporter.desk.understanding import Understanding

FOLDS = 5


@dataclass(frozen=True, slots=True)
class Heard:
    """A held-out sentence and what was made of it."""

    example: Example
    told: Understanding

    def is_at(self, topic: str, *levels: str) -> bool:
        """True when `topic` was understood at one of these levels."""
        if topic == "human" and self.told.wants_human:
            return "high" in levels
        if topic == "smalltalk" and (self.told.greeting or self.told.thanks):
            return "high" in levels
        return any(w.topic == topic and level(w.topic, w.confidence) in levels for w in self.told.wishes)


def fold_of(example: Example) -> int:
    """Which fold a sentence is dealt into; the same on every machine."""
    return crc32(example.text.encode()) % FOLDS


def heard(folds: int) -> Iterator[Heard]:
    """Every sentence of the first folds, understood by a model that did not learn it."""
    written, made = read_examples(), made_examples()
    for fold in range(folds):
        held = [example for example in written if example.topic and fold_of(example) == fold]
        hidden = {example.text for example in held}
        recogniser = Recogniser(Model(trained([e for e in [*written, *made] if e.text not in hidden])))
        for example in held:
            yield Heard(example, recogniser.understand(example.text, languages=LANGUAGES))


def table(rows: Sequence[Heard]) -> str:
    """Per topic: how many, answered, answered or drafted, answered though another was meant; then the languages."""
    lines = [f"{'topic':14}{'n':>6}{'answer':>9}{'+ draft':>9}{'wrong':>7}   " + "   ".join(LANGUAGES)]
    for topic in sorted({row.example.topic for row in rows if not row.example.topic.startswith(OTHER)}):
        own = [row for row in rows if row.example.topic == topic]
        wrong = sum(row.is_at(topic, "high") for row in rows if row.example.topic != topic)
        answer = _share([row.is_at(topic, "high") for row in own])
        draft = _share([row.is_at(topic, "high", "middle") for row in own])
        each = " ".join(
            f"{_share([row.is_at(topic, 'high') for row in own if row.example.language == language]):.2f}"
            for language in LANGUAGES
        )
        lines.append(f"{topic:14}{len(own):6}{answer:9.2f}{draft:9.2f}{wrong:7}  {each}")
    for language in LANGUAGES:
        told = [row.told.language for row in rows if row.example.language == language]
        right = _share([heard_as == language for heard_as in told])
        wrong_share = _share([heard_as not in ("", language) for heard_as in told])
        lines.append(f"language {language}: right {right:.3f}, wrong {wrong_share:.3f}, else not told")
    return "\n".join(lines)


def _share(verdicts: Sequence[bool]) -> float:
    return sum(verdicts) / len(verdicts) if verdicts else 0.0


def main() -> None:
    """Prints the table for as many folds as the first argument says."""
    folds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    sys.stdout.write(f"{table(list(heard(folds)))}\n")


if __name__ == "__main__":
    main()
