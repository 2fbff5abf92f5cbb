"""News that belong to no conversation: the provider's words about our account, and things nobody knows yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from nightporter.desk.privacy import without_cards
from nightporter.store import View

PAGE_NEWS = 40
NEWEST = "~"  # behind every id
DETAIL_CHARS_MAX = 6_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One entry of no conversation."""

    key: str
    kind: str
    channel: str
    number: str
    at_ms: int
    event: str
    detail: str  # JSON, card numbers masked


def read(view: View, before: str = "") -> list[Item]:
    """The newest page, or the one before an entry's id."""
    return [
        _item(row[0], row[1], row[2], row[3], row[4], orjson.loads(row[5]))
        for row in view.all("entries_apart", (before or NEWEST, PAGE_NEWS))
    ]


def _item(key: str, kind: str, channel: str, number: str, at_ms: int, value: dict[str, Any]) -> Item:
    text = without_cards(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
    return Item(
        key=key,
        kind=kind,
        channel=channel,
        number=number,
        at_ms=at_ms,
        event=str(value.get("data", {}).get("event", "")),
        detail=text[:DETAIL_CHARS_MAX],
    )
