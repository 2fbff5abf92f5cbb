"""What the provider says of our account, number and templates: bad news becomes a task, good news ends it.

Fields and words: Meta, "Webhooks reference" (template status and quality, phone number quality, account update and
alerts). A word that is none of these changes nothing: the entry is kept as everything is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from nightporter.journal import templates
from nightporter.model.decision import NewTask, Urgency
from nightporter.model.message import Entry
from nightporter.outbox import tasks
from nightporter.rounds.node import ALERT_DEPARTMENT
from nightporter.store import Tx

NAME_CHARS_MAX = 100

TEMPLATE, QUALITY, ACCOUNT = "template_paused", "quality_low", "account_trouble"
BAD = {  # field -> words -> reason
    "message_template_status_update": (
        frozenset({"PAUSED", "DISABLED", "REJECTED", "FLAGGED", "PENDING_DELETION", "LOCKED"}),
        TEMPLATE,
    ),
    "message_template_quality_update": (frozenset({"RED"}), QUALITY),
    "phone_number_quality_update": (frozenset({"FLAGGED", "DOWNGRADE"}), QUALITY),
    "account_update": (
        frozenset({"ACCOUNT_RESTRICTION", "ACCOUNT_VIOLATION", "ACCOUNT_DELETED", "DISABLED_UPDATE"}),
        ACCOUNT,
    ),
    "account_alerts": (frozenset({"CRITICAL"}), ACCOUNT),
}
GOOD = {
    "message_template_status_update": frozenset({"APPROVED", "REINSTATED", "UNPAUSED"}),
    "message_template_quality_update": frozenset({"GREEN", "YELLOW"}),
    "phone_number_quality_update": frozenset({"UNFLAGGED", "UPGRADE"}),
    "account_update": frozenset({"VERIFIED_ACCOUNT", "ACCOUNT_RECONNECTED"}),
}
WORDS = ("event", "new_quality_score", "alert_severity")  # where a field says how it is
SUBJECTS = ("message_template_name", "display_phone_number")  # and of what


@dataclass(frozen=True, slots=True)
class News:
    """One such word."""

    field: str
    word: str
    subject: str


def news_of(entry: Entry) -> News | None:
    """What the entry says, None when it is nothing that we know."""
    name, value = str(entry.data.get("event", "")), entry.data.get("value")
    if name not in BAD or not isinstance(value, dict):
        return None
    given = cast("dict[str, Any]", value)
    word = next((str(given[key]) for key in WORDS if given.get(key)), "")
    subject = next((str(given[key]) for key in SUBJECTS if given.get(key)), "")
    return News(name, word.upper(), subject[:NAME_CHARS_MAX])


def tell(tx: Tx, entry: Entry, task_id: str, now_ms: int) -> None:
    """A part of the unit that takes the entry."""
    value = entry.data.get("value")
    if isinstance(value, dict):
        given = cast("dict[str, Any]", value)
        templates.heard(tx, entry.channel, str(entry.data.get("event", "")), given, entry.at_ms)
    news = news_of(entry)
    if news is None:
        return
    words, reason = BAD[news.field]
    about = f"{reason.replace('_', '-')}:{entry.channel}:{news.subject}:"
    if news.word in GOOD.get(news.field, frozenset()):
        tasks.end(tx, about, now_ms)
    elif news.word in words:
        task = NewTask(
            key=f"{about}{news.word}:{entry.at_ms}",
            department=ALERT_DEPARTMENT,
            reason=reason,
            summary="",
            urgency=Urgency.NOW,
            details={"channel": entry.channel, "code": news.word, "about": news.subject},
        )
        tasks.add(tx, task_id, task, None, now_ms)
