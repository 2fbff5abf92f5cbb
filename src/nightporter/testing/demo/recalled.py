"""Provider fakes that go on where they stopped: windows, messages, and what they had not told the node yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from nightporter.testing.providers.guests import Guest
from nightporter.testing.providers.ledger import Accepted, JsonObject, Ledger
from nightporter.testing.providers.meta import MetaProvider
from nightporter.testing.providers.meta_bodies import contact
from nightporter.testing.providers.spoki import SpokiProvider
from nightporter.testing.providers.spoki_bodies import INBOUND, OUTBOUND, chat_of, iso, number_of
from nightporter.testing.providers.wire import Content

ECHO = "echo"  # our own record: staff wrote from the phone app
QUIET = "quiet"  # our own record: the provider was told to say no status of this message
MESSAGE, STATUS = "message", "status"
META_STATUSES = ("sent", "delivered", "read")
SPOKI_STATUSES = ("Sent", "Delivered", "Read")
FAILED = frozenset({"failed", "Error"})


@dataclass(slots=True)
class Untold:
    """What the node has not acknowledged: messages, echoes, and messages of ours with the statuses that are missing."""

    guests: list[JsonObject] = field(default_factory=list[JsonObject])
    echoes: list[JsonObject] = field(default_factory=list[JsonObject])
    statuses: list[tuple[Accepted, tuple[str, ...]]] = field(
        default_factory=list[tuple[Accepted, tuple[str, ...]]]
    )


def replay(ledger: Ledger, records: Iterable[JsonObject], statuses: tuple[str, ...]) -> Untold:
    """Fill an empty ledger with what it held; what the node still has to be told."""
    told: set[tuple[str, str, str]] = set()
    seen: dict[str, JsonObject] = {}
    quiet: set[str] = set()
    for record in records:
        data = {name: value for name, value in record.items() if name not in ("seq", "t_ms", "kind")}
        _put_back(ledger, record["kind"], record["t_ms"], data)
        if record["kind"] == "webhook" and data["http_status"] == 200:
            told |= {(kind, name, status or "") for kind, name, status in data["contents"]}
        elif record["kind"] in ("guest", ECHO):
            seen.setdefault(data["id"], {**data, "kind": record["kind"], "t_ms": record["t_ms"]})
        elif record["kind"] == QUIET:
            quiet.add(data["id"])
    untold = Untold()
    for message in seen.values():
        kind, pile = (ECHO, untold.echoes) if message["kind"] == ECHO else (MESSAGE, untold.guests)
        if (kind, message["id"], "") not in told:
            pile.append(message)
    for message in ledger.accepted():
        missing = tuple(status for status in statuses if (STATUS, message.id, status) not in told)
        failed = any((STATUS, message.id, status) in told for status in FAILED)
        if missing and not failed and message.id not in quiet:
            untold.statuses.append((message, missing))
    return untold


def _put_back(ledger: Ledger, kind: str, t_ms: int, data: JsonObject) -> None:
    if kind == "accepted":
        ledger.accept(Accepted(t_ms=t_ms, **data))
    elif kind == STATUS:
        ledger.status_left(data["id"], data["status"], t_ms)
    else:
        ledger.append(kind, t_ms, data)


class RecalledMeta(MetaProvider):
    """The Cloud API fake with a past."""

    def recall(self, records: list[JsonObject], people: Mapping[str, Guest], now_ms: int) -> None:
        """Take the records of the last run; tell the node again what it has not acknowledged."""
        untold = replay(self.ledger, records, META_STATUSES)
        for person in people.values():
            self.world.guests.meet(person)
        for record in self.ledger.of_kind("guest"):
            person = self.world.guests.at(record.data["guest"])
            message = record.data[MESSAGE]
            self.world.from_guests[record.data["id"]] = person
            self.phones.open_window(person, int(message["timestamp"]) * 1000, record.data["number"])
        for message in self.ledger.accepted():
            person = self.world.guests.at(message.guest)
            self._recipients[message.id] = person
            self.world.sent_to[person.bsuid] = message.id
        for data in untold.guests:
            parts = {"contacts": [contact(self.world.guests.at(data["guest"]))], "messages": [data[MESSAGE]]}
            self._tell_again("messages", parts, Content(MESSAGE, data["id"]), data["number"], now_ms)
        for data in untold.echoes:
            person = self.world.guests.at(data["guest"])
            parts = {"contacts": [contact(person)], "message_echoes": [data[MESSAGE]]}
            self._tell_again(
                "smb_message_echoes", parts, Content(ECHO, data["id"]), self.account.number, now_ms
            )
        for message, missing in untold.statuses:
            for status in missing:
                self.tell_status(message.id, status, now_ms)

    def _tell_again(self, name: str, parts: JsonObject, content: Content, number: str, now_ms: int) -> None:
        self.world.tell(name, self.world.value(number, parts), content, now_ms)


class RecalledSpoki(SpokiProvider):
    """The Spoki fake with a past."""

    def recall(self, records: list[JsonObject], people: Mapping[str, Guest], now_ms: int) -> None:
        """Take the records of the last run; tell the node again what it has not acknowledged."""
        untold = replay(self.ledger, records, SPOKI_STATUSES)
        for person in people.values():
            self.guests.meet(person)
        for record in self.ledger.of_kind("guest"):
            person = self.guests.at(record.data["guest"])
            self.guests.wrote(self.account.phone, person, int(record.data[MESSAGE]["timestamp_ms"]))
        for data in untold.guests:
            self._tell(INBOUND, data[MESSAGE], Content(MESSAGE, data["id"]), now_ms, 0)
        for message, missing in untold.statuses:
            for status in missing:
                data = self._status_again(message, status, now_ms)
                self._tell(OUTBOUND, data, Content(STATUS, message.id, status), now_ms, 0)

    def _status_again(self, message: Accepted, status: str, now_ms: int) -> JsonObject:
        return {
            "id": number_of(message.id),
            "uuid": message.id,
            "direction": "Outbound",
            "content_type": message.type,
            "text": message.body.get("text", ""),
            "from_phone": self.account.phone,
            "to_phone": message.to,
            **chat_of(self.guests.at(message.guest)),
            "timestamp": message.t_ms,
            "created_at": iso(message.t_ms),
            "sent_datetime": iso(now_ms),
            "send_status": status,
            "error_code": None,
            "template": message.body.get("template"),
        }
