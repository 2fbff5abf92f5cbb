"""The account's templates as last read from the provider, and what its webhooks said of them since."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from nightporter.model.template import AccountTemplate
from nightporter.store import Row, Tx, View

ERROR_CHARS_MAX = 300
WORD_CHARS_MAX = 60
SECOND_MS = 1_000  # providers count in seconds
# Field of the webhook -> (where it says how it is now, which column that is).
TOLD = {
    "message_template_status_update": ("event", "state"),
    "message_template_quality_update": ("new_quality_score", "quality"),
    "template_category_update": ("new_category", "category"),
    "message_template_components_update": ("", ""),
}
AGAIN = {"reinstated": "approved", "unpaused": "approved"}


@dataclass(frozen=True, slots=True)
class Reading:
    """How the last readings went. 0 = never; `error` of the last try, "" when it went well."""

    read_ms: int
    tried_ms: int
    error: str


def listed(view: View, channel: str) -> list[AccountTemplate]:
    """All of an account, by name and language."""
    return [_template(row) for row in view.all("templates_all", (channel,))]


def find(view: View, channel: str, name: str, language: str) -> AccountTemplate | None:
    """One of them."""
    row = view.one("template_get", (channel, name, language))
    return _template(row) if row else None


def _template(row: Row) -> AccountTemplate:
    return AccountTemplate(
        name=row[0],
        language=row[1],
        provider_id=row[2],
        category=row[3],
        state=row[4],
        reason=row[5],
        quality=row[6],
        body=row[7],
        parameters=tuple(orjson.loads(row[8])),
        named=bool(row[9]),
        plain=bool(row[10]),
        since_ms=row[11],
    )


def reading(view: View, channel: str) -> Reading:
    """When they were read."""
    row = view.one("template_read_get", (channel,))
    return Reading(*row) if row else Reading(0, 0, "")


def taken(channel: str, found: Sequence[AccountTemplate], now_ms: int) -> Callable[[Tx], None]:
    """The provider told all of them: what is new or changed is kept, what is gone goes."""

    def unit(tx: Tx) -> None:
        known = {(one.name, one.language): one for one in listed(tx, channel)}
        for one in found:
            was = known.pop((one.name, one.language), None)
            same = was is not None and (was.state, was.reason) == (one.state, one.reason)
            now = replace(one, since_ms=was.since_ms if was and same else now_ms)
            if now != was:
                _put(tx, channel, now)
        for name, language in known:
            tx.run("template_drop", (channel, name, language))
        tx.run("template_read_put", (channel, now_ms, now_ms, ""))

    return unit


def failed(channel: str, error: str, now_ms: int) -> Callable[[Tx], None]:
    """They could not be read; what was known stays."""

    def unit(tx: Tx) -> None:
        read_ms = reading(tx, channel).read_ms
        tx.run("template_read_put", (channel, read_ms, now_ms, error[:ERROR_CHARS_MAX]))

    return unit


def heard(tx: Tx, channel: str, field: str, value: Mapping[str, Any], at_ms: int) -> None:
    """A webhook spoke of one of them (a part of the unit that takes the entry); an old word changes nothing."""
    last = reading(tx, channel)
    if field not in TOLD or not last.tried_ms or at_ms + SECOND_MS < last.read_ms:
        return
    where, column = TOLD[field]
    name, language = (str(value.get(f"message_template_{part}", "")) for part in ("name", "language"))
    known, word = find(tx, channel, name, language), str(value.get(where, "")).lower()[:WORD_CHARS_MAX]
    if known is None or not word:
        tx.run("template_read_due", (channel,))
        return
    word = AGAIN.get(word, word)
    reason = str(value.get("reason") or "").lower()[:WORD_CHARS_MAX]
    changed = replace(known, **{column: word})
    if column == "state":
        changed = replace(changed, reason="" if reason == "none" else reason, since_ms=at_ms)
    if changed != known:
        _put(tx, channel, changed)


def _put(tx: Tx, channel: str, one: AccountTemplate) -> None:
    parameters = orjson.dumps(one.parameters).decode()
    tx.run(
        "template_put",
        (
            channel, one.name, one.language, one.provider_id, one.category, one.state, one.reason, one.quality,
            one.body, parameters, int(one.named), int(one.plain), one.since_ms,
        ),
    )  # fmt: skip
