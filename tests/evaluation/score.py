"""How well the desk answers guests it has never heard: `python -m tests.evaluation.score open` (or `sealed`).

Each message is one turn of an unknown guest with a stay, asked of the whole desk with the example hotel's file. What
counts as right is in the README.md beside this file.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.progress import track
from tests.evaluation.messages import LANGUAGES, PARTS, Message, read_messages

from nightporter.config.hotel import load
from nightporter.ops.asking import Asking, Questions

HOTEL_FILE = Path(__file__).resolve().parents[2] / "hotel.example.yaml"
ASKED = datetime(
    2027, 6, 15, 10, 30, tzinfo=ZoneInfo("Europe/Rome")
)  # a Tuesday in the season, staff are there
SURE = 1.96  # standard deviations: an interval of 95 %
GREETING = "smalltalk"
WRONG_SHOWN_MAX = 400


@dataclass(frozen=True, slots=True)
class Scored:
    """A message and what the desk made of it."""

    message: Message
    told: dict[str, Any]

    @property
    def answered(self) -> frozenset[str]:
        """The topics that the machine answered by itself, a greeting left out."""
        return frozenset(self.told["answered"]) - {GREETING}

    @property
    def by_machine(self) -> bool:
        """The machine settled it: it answered, or rightly said nothing (a thank-you)."""
        return not self.told["emergency"] and (
            self.told["disposition"] == "answered"
            or (self.told["disposition"] == "silent" and not self.told["optout"])
        )

    @property
    def passed_on(self) -> bool:
        """Something of it went to staff."""
        return bool(self.told["tasks"])

    @property
    def right(self) -> bool:
        """What the machine settled is what was asked, and the rest went to staff."""
        wished = frozenset(self.message.topics) - {GREETING}
        if self.message.optout and self.told["optout"]:
            return True
        if self.answered - wished:
            return False
        if wished - self.answered and not self.passed_on and self.told["asks"] not in wished:
            return False
        return (
            self.message.automatic
            or self.passed_on
            or bool(self.told["asks"])
            or not (self.answered or wished)
        )

    @property
    def human(self) -> bool:
        """A person was asked for, as the desk understood it."""
        return any(task["topic"] == "human" or task["reason"] == "human" for task in self.told["tasks"])


async def scored(part: str) -> list[Scored]:
    """Every message of the part, asked of the desk."""
    questions = Questions(lambda: hotel)
    hotel = load(HOTEL_FILE)
    asking = Asking(now_ms=int(ASKED.timestamp() * 1000), stay="in_house")
    messages = track(read_messages(part), description=part, transient=True)
    return [Scored(message, await questions.answer(message.text, asking)) for message in messages]


def share(hits: int, total: int) -> str:
    """A share with its interval (Wilson)."""
    if not total:
        return "-"
    rate, spread = hits / total, SURE * SURE / total
    middle = (rate + spread / 2) / (1 + spread)
    half = SURE * sqrt(rate * (1 - rate) / total + spread / (4 * total)) / (1 + spread)
    return (
        f"{100 * rate:.1f} % ({100 * (middle - half):.1f} to {100 * (middle + half):.1f}; {hits} of {total})"
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows))


def figures(of: Sequence[Scored]) -> tuple[str, str, str]:
    """Right answers of the automatic ones; how many that could be were automatic; languages that were told right."""
    automatic = [one for one in of if one.by_machine]
    could = [one for one in of if one.message.automatic]
    return (
        share(sum(one.right for one in automatic), len(automatic)),
        share(sum(one.by_machine and one.right for one in could), len(could)),
        share(sum(one.told["language"] == one.message.language for one in of), len(of)),
    )


def flags(of: Sequence[Scored]) -> list[tuple[str, str, str]]:
    """Recall and false alarms of what must not be missed."""
    found = {
        "emergency": lambda one: one.told["emergency"],
        "optout": lambda one: one.told["optout"],
        "human": lambda one: one.human,
    }
    rows: list[tuple[str, str, str]] = []
    for name, is_told in found.items():
        meant = [one for one in of if getattr(one.message, name)]
        other = [one for one in of if not getattr(one.message, name)]
        rows.append(
            (name, share(sum(map(is_told, meant)), len(meant)), share(sum(map(is_told, other)), len(other)))
        )
    return rows


def report(of: Sequence[Scored]) -> str:
    """All tables."""
    head = (
        "",
        "automatic answers that were right",
        "answered rightly by the machine, of what may be",
        "language told",
    )
    by_language = [
        (name, *figures([one for one in of if one.message.language == name])) for name in LANGUAGES
    ]
    topics = sorted({topic for one in of for topic in one.message.topics})
    by_topic = [(name, *figures([one for one in of if name in one.message.topics])) for name in topics]
    none = [("no topic", *figures([one for one in of if not one.message.topics]))]
    return "\n\n".join(
        (
            table(head, [("all", *figures(of)), *by_language]),
            table(("", "found", "false alarms"), flags(of)),
            table(head, by_topic + none),
        )
    )


def main() -> None:
    """Prints the tables; with --wrong also each message that the machine answered wrongly."""
    parser = argparse.ArgumentParser(prog="python -m tests.evaluation.score", description=__doc__)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--wrong", action="store_true", help="list what was wrong (of the open part only)")
    given = parser.parse_args()
    of = asyncio.run(scored(given.part))
    sys.stdout.write(report(of) + "\n")
    if given.wrong and given.part == "open":
        for one in [one for one in of if (one.by_machine and not one.right) or _missed(one)][
            :WRONG_SHOWN_MAX
        ]:
            labels = json.dumps([one.message.topics, one.message.automatic])
            told = (one.told["disposition"], one.told["answered"], one.told["topics"])
            sys.stdout.write(f"{labels} {told} {one.message.text!r}\n")


def _missed(one: Scored) -> bool:
    message = one.message
    return (message.emergency, message.optout, message.human) != (
        one.told["emergency"],
        one.told["optout"],
        one.human,
    )


if __name__ == "__main__":
    main()
