"""What people are told, as a value, and as the bodies that Slack and PagerDuty want.

Formats: Slack, incoming webhooks (`text` in mrkdwn, `&<>` escaped); PagerDuty, Events API v2 (`/v2/enqueue`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import orjson

SLACK_CHARS_MAX = 4_000  # Slack's own advice for `text`
PAGERDUTY_SUMMARY_CHARS_MAX = 1_024
PAGERDUTY_KEY_CHARS_MAX = 255
SOURCE = "nightporter"


class Severity(StrEnum):
    """How bad it is, in PagerDuty's words."""

    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Event(StrEnum):
    """What is said about it, in PagerDuty's words."""

    TRIGGER = "trigger"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message to people. No words, names or numbers of guests are in it."""

    key: str  # the same thing has the same key, however often it is told
    event: Event
    title: str
    lines: tuple[str, ...] = ()
    link: str = ""  # where to look, "" = the console cannot be reached from outside
    severity: Severity = Severity.WARNING

    @property
    def text(self) -> str:
        """All but the title."""
        return "\n".join([*self.lines, *([self.link] if self.link else [])])


def slack_body(notice: Notice) -> bytes:
    """The JSON of an incoming webhook."""
    shown = [f"*{_escaped(notice.title)}*", *map(_escaped, notice.lines)]
    text = "\n".join(shown)[: SLACK_CHARS_MAX - len(notice.link) - 3]
    return orjson.dumps({"text": f"{text}\n<{notice.link}>" if notice.link else text})


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def pagerduty_body(notice: Notice, routing_key: str, source: str) -> bytes:
    """The JSON of an event; only a trigger has a payload."""
    body: dict[str, object] = {
        "routing_key": routing_key,
        "event_action": str(notice.event),
        "dedup_key": notice.key[:PAGERDUTY_KEY_CHARS_MAX],
    }
    if notice.event is Event.TRIGGER:
        summary = " · ".join([notice.title, *notice.lines])[:PAGERDUTY_SUMMARY_CHARS_MAX]
        body |= {
            "payload": {"summary": summary, "source": source, "severity": str(notice.severity)},
            "client": SOURCE,
        }
        if notice.link:
            body |= {"client_url": notice.link, "links": [{"href": notice.link, "text": notice.title}]}
    return orjson.dumps(body)
