"""The ledger of a provider fake: an append-only record of what it accepted, refused and delivered.

An outside judge reads it, in memory or as JSON lines; it knows nothing of the node's own tables.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """One line. Kinds: accepted, refused, failed, read, guest, status, webhook, given_up."""

    seq: int
    t_ms: int
    kind: str
    data: JsonObject

    def as_json(self) -> JsonObject:
        """The line as one flat object."""
        return {"seq": self.seq, "t_ms": self.t_ms, "kind": self.kind, **self.data}


@dataclass(slots=True)
class Accepted:
    """A message the provider took, and how far its statuses have come."""

    t_ms: int
    id: str
    phone_number_id: str
    to: str
    guest: str
    type: str
    body: JsonObject
    callback_data: str | None
    fault: str
    statuses: dict[str, int] = field(default_factory=dict[str, int])
    """Status -> when it first left in a webhook."""
    told: dict[str, int] = field(default_factory=dict[str, int])
    """Status -> when the node first answered 200 to it."""


class Ledger:
    """Append and ask. `sink` gets each record as one JSON line (without newline)."""

    def __init__(self, sink: Callable[[str], None] | None = None) -> None:
        self.records: list[Record] = []
        self._sink = sink
        self._accepted: dict[str, Accepted] = {}
        self._watchers: list[Callable[[Record], None]] = []

    def watch(self, watcher: Callable[[Record], None]) -> None:
        """Call `watcher` with every new record."""
        self._watchers.append(watcher)

    def append(self, kind: str, t_ms: int, data: JsonObject) -> Record:
        """Write one record."""
        record = Record(len(self.records) + 1, t_ms, kind, data)
        self.records.append(record)
        if self._sink is not None:
            self._sink(json.dumps(record.as_json(), ensure_ascii=False, separators=(",", ":")))
        for watcher in self._watchers:
            watcher(record)
        return record

    def accept(self, message: Accepted) -> None:
        """Write an accepted message."""
        self._accepted[message.id] = message
        data = {
            "id": message.id,
            "phone_number_id": message.phone_number_id,
            "to": message.to,
            "guest": message.guest,
            "type": message.type,
            "callback_data": message.callback_data,
            "fault": message.fault,
            "body": message.body,
        }
        self.append("accepted", message.t_ms, data)

    def status_left(self, message_id: str, status: str, t_ms: int) -> None:
        """A status of an accepted message goes out in a webhook for the first time."""
        message = self._accepted.get(message_id)
        if message is not None and status not in message.statuses:
            message.statuses[status] = t_ms
            self.append("status", t_ms, {"id": message_id, "status": status})

    def status_told(self, message_id: str, status: str, t_ms: int) -> None:
        """The node has answered 200 to a webhook with this status."""
        message = self._accepted.get(message_id)
        if message is not None:
            message.told.setdefault(status, t_ms)

    def accepted(
        self, *, to: str | None = None, callback_data: str | None = None, phone_number_id: str | None = None
    ) -> list[Accepted]:
        """Accepted messages in order; `to` matches the address as sent or the guest's own id."""
        return [
            message
            for message in self._accepted.values()
            if (to is None or to in {message.to, message.guest})
            and (callback_data is None or message.callback_data == callback_data)
            and (phone_number_id is None or message.phone_number_id == phone_number_id)
        ]

    def find(self, message_id: str) -> Accepted | None:
        """The accepted message with that id."""
        return self._accepted.get(message_id)

    def refused(self, code: int | str | None = None) -> list[Record]:
        """Refused requests, all or those with one code."""
        return [r for r in self.of_kind("refused") if code is None or r.data["code"] == code]

    def webhooks(self, http_status: int | None = None) -> list[Record]:
        """Webhook attempts, all or those with one answer."""
        return [
            r for r in self.of_kind("webhook") if http_status is None or r.data["http_status"] == http_status
        ]

    def of_kind(self, kind: str) -> list[Record]:
        """All records of a kind."""
        return [record for record in self.records if record.kind == kind]

    def after(self, seq: int, limit: int = 1_000) -> list[Record]:
        """Up to `limit` records behind the one with that number."""
        return self.records[seq : seq + limit]
