"""The two logs that judge a crash run: the generator's posts, and the provider fake's ledger; both JSON lines.

Generator: `{"t_ms", "event": "post" | "told", "post", "status"?, "messages": [[guest, wamid], ...]}`: one line before
each request, one after its end (status null: no answer). Ledger: see `testing.providers.ledger`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

HTTP_OK = 200

JsonObject = dict[str, Any]


class Tail:
    """Reads a growing file of JSON lines; a last line without its end waits for it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._rest = b""

    def new(self) -> list[JsonObject]:
        """The lines that came since the last call."""
        if self._file is None:
            if not self._path.exists():
                return []
            self._file = self._path.open("rb")
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        return [json.loads(line) for line in lines]

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


@dataclass(slots=True)
class Written:
    """A guest's only message, and when the node was asked to take it, and said 200 to it first."""

    guest: str
    wamid: str
    posted_ms: int
    told_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """An answer that the provider accepted."""

    provider_id: str
    at_ms: int


@dataclass(slots=True)
class Logs:
    """What happened, as the two outsiders saw it."""

    written: dict[str, Written] = field(default_factory=dict[str, Written])
    """By the message's own id."""
    answers: dict[str, list[Taken]] = field(default_factory=dict[str, list[Taken]])
    """By guest, in order."""
    told: dict[str, str] = field(default_factory=dict[str, str])
    """Provider id of an answer -> a status of it to which the node said 200."""
    given_up: int = 0
    """Webhooks that the provider stopped repeating."""

    def take_posts(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """Take lines of the generator's log, in order."""
        for line in lines:
            for guest, wamid in line["messages"]:
                message = self.written.setdefault(wamid, Written(guest, wamid, line["t_ms"]))
                if line["event"] == "told" and line["status"] == HTTP_OK and message.told_ms is None:
                    message.told_ms = line["t_ms"]

    def take_ledger(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """Take lines of the provider's ledger, in order."""
        for line in lines:
            if line["kind"] == "accepted":
                self.answers.setdefault(line["to"], []).append(Taken(line["id"], line["t_ms"]))
            elif line["kind"] == "webhook" and line["http_status"] == HTTP_OK:
                for kind, which, status in line["contents"]:
                    if kind == "status":
                        self.told.setdefault(which, status)
            elif line["kind"] == "given_up":
                self.given_up += 1

    def answered(self, message: Written) -> list[Taken]:
        """The answers this message's guest got."""
        return self.answers.get(message.guest, [])

    def owed(self) -> list[Written]:
        """Messages that were told 200 and have no accepted answer yet."""
        return [one for one in self.written.values() if one.told_ms is not None and not self.answered(one)]

    def open_at(self, at_ms: int, answer_ms: int) -> list[Written]:
        """Messages between their 200 and the provider's answer to our send, at that moment.

        The provider answers `answer_ms` after it has accepted, or later: so the list is rather too short.
        """
        return [
            one
            for one in self.written.values()
            if one.told_ms is not None
            and one.told_ms <= at_ms
            and all(taken.at_ms + answer_ms > at_ms for taken in self.answered(one))
        ]

    def in_doubt_at(self, at_ms: int, answer_ms: int, record_ms: int) -> set[str]:
        """Ids of messages whose send may have been on its way then: posted, and not answered for `record_ms`."""
        return {
            one.wamid
            for one in self.written.values()
            if one.posted_ms <= at_ms
            and all(taken.at_ms + answer_ms + record_ms > at_ms for taken in self.answered(one))
        }


def read_logs(posts: Path, ledger: Path) -> Logs:
    """Both logs from their files, whole."""
    logs, tails = Logs(), (Tail(posts), Tail(ledger))
    logs.take_posts(tails[0].new())
    logs.take_ledger(tails[1].new())
    for tail in tails:
        tail.close()
    return logs
