"""The ways to people outside the console: Slack and PagerDuty over our own wire, everything else by apprise.

A way is `slack`, `pagerduty` or an apprise URL. Addresses hold secrets: logs, metrics and the database name a way
by its fingerprint.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from nightporter.channels.apprised import tell
from nightporter.channels.notice import Event, Notice, pagerduty_body, slack_body
from nightporter.channels.wire import Response, Wire

SEND_SECONDS = 10.0
JSON_HEADERS: Mapping[str, str] = {"content-type": "application/json"}
SLACK, PAGERDUTY = "slack", "pagerduty"
FINGERPRINT_CHARS = 12
DETAIL_CHARS_MAX = 120
CHILDREN_MAX = 3  # apprise needs 50 MB and a second of a processor each time
TOO_MANY = 429
SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class Took:
    """What became of one try. `again`: it may be tried again, after `after_seconds` at least."""

    good: bool
    detail: str = ""
    again: bool = True
    after_seconds: float = 0.0


GOOD = Took(good=True)


class Carries(Protocol):
    """Carries notices; never raises for what the other side does."""

    async def send(self, way: str, notice: Notice) -> Took:
        """One try."""
        ...


def fingerprint(way: str) -> str:
    """A name for the way that tells nothing of it but its kind."""
    if way in (SLACK, PAGERDUTY):
        return way
    return f"{kind(way)}:{hashlib.sha256(way.encode()).hexdigest()[:FINGERPRINT_CHARS]}"


def kind(way: str) -> str:
    """`slack`, `pagerduty`, `mailto`, ..., also of a fingerprint."""
    return way.partition(":")[0]


class Ways:
    """The real ones."""

    def __init__(
        self,
        wire: Wire,
        *,
        slack_url: str = "",
        pagerduty_key: str = "",
        pagerduty_url: str = "",
        source: str = "nightporter",
    ) -> None:
        self._wire = wire
        self._slack_url = slack_url
        self._pagerduty_key = pagerduty_key
        self._pagerduty_url = pagerduty_url
        self._source = source
        self._children = asyncio.Semaphore(CHILDREN_MAX)

    async def send(self, way: str, notice: Notice) -> Took:
        """One try over that way."""
        if way == PAGERDUTY:
            body = pagerduty_body(notice, self._pagerduty_key, self._source)
            return await self._post(self._pagerduty_url, body)
        if notice.event is Event.ACKNOWLEDGE:
            return GOOD  # only who pages needs to hear it
        if way == SLACK:
            return await self._post(self._slack_url, slack_body(notice))
        async with self._children:
            problem = await tell(way, notice.title, notice.text, urgent=notice.event is Event.TRIGGER)
        return Took(good=False, detail=problem) if problem else GOOD

    async def beat(self, url: str) -> Took:
        """One GET, for a monitor that rings when these stop."""
        return _took(await self._wire.request("GET", url, {}, timeout_seconds=SEND_SECONDS))

    async def close(self) -> None:
        """Close the wire."""
        await self._wire.close()

    async def _post(self, url: str, body: bytes) -> Took:
        return _took(await self._wire.request("POST", url, JSON_HEADERS, body, timeout_seconds=SEND_SECONDS))


def _took(answer: object) -> Took:
    if not isinstance(answer, Response):
        return Took(good=False, detail=str(getattr(answer, "reason", "lost")))
    if 200 <= answer.status < 300:
        return GOOD
    detail = f"{answer.status} {answer.body[:DETAIL_CHARS_MAX].decode('utf-8', 'replace')}".strip()
    again = answer.status == TOO_MANY or answer.status >= SERVER_ERROR
    return Took(good=False, detail=detail, again=again, after_seconds=_seconds(answer.headers))


def _seconds(headers: Mapping[str, str]) -> float:
    said = headers.get("retry-after", "")
    return float(said) if said.isascii() and said.isdecimal() and len(said) < 6 else 0.0
