"""What both sides of the Cloud API fake share: account, guests, rates, media, and the way to the node."""

from __future__ import annotations

import base64
from collections import deque
from dataclasses import dataclass, field

from nightporter.clock import Chance
from nightporter.testing.providers.behaviour import Behaviour
from nightporter.testing.providers.chance import octets
from nightporter.testing.providers.dispatch import Composer, Event, WebhookQueue
from nightporter.testing.providers.guests import Directory, Guest
from nightporter.testing.providers.ledger import JsonObject, Ledger
from nightporter.testing.providers.media import MediaStore
from nightporter.testing.providers.meta_bodies import MetaAccount, compose, metadata, sign
from nightporter.testing.providers.meta_errors import Refusal
from nightporter.testing.providers.wire import Content

SECOND_MS = 1_000
_WAMID_BYTES = 21


@dataclass(slots=True)
class _Pair:
    free_ms: int = 0
    burst_ms: int = 0
    burst: int = 0


@dataclass(slots=True)
class Rates:
    """Meta's two rates: messages per second of a number, and per pair of number and guest."""

    behaviour: Behaviour
    _recent: dict[str, deque[int]] = field(default_factory=dict[str, deque[int]])
    _pairs: dict[tuple[str, str], _Pair] = field(default_factory=dict[tuple[str, str], _Pair])

    def count(self, number: str, now_ms: int) -> None:
        """A message of this number, in or out."""
        self._window(number, now_ms).append(now_ms)

    def refusal(self, number: str, guest_key: str, now_ms: int) -> Refusal | None:
        """Count a send, or say why it is too much (a pair's burst is borrowed, and paid back first)."""
        limit = self.behaviour.per_second
        if limit > 0 and len(self._window(number, now_ms)) >= limit:
            return Refusal(
                130429,
                "Message failed to send because there were too many messages sent from this phone number",
            )
        if self.behaviour.pair_burst > 0 and not self._pair_allows(number, guest_key, now_ms):
            return Refusal(
                131056, "Too many messages sent from this phone number to the same recipient in a short time"
            )
        self.count(number, now_ms)
        return None

    def _window(self, number: str, now_ms: int) -> deque[int]:
        recent = self._recent.setdefault(number, deque())
        while recent and recent[0] <= now_ms - SECOND_MS:
            recent.popleft()
        return recent

    def _pair_allows(self, number: str, guest_key: str, now_ms: int) -> bool:
        every_ms = self.behaviour.pair_every_ms
        pair = self._pairs.setdefault((number, guest_key), _Pair())
        if now_ms >= pair.free_ms:
            pair.burst_ms, pair.burst, pair.free_ms = now_ms, 1, now_ms + every_ms
            return True
        if now_ms < pair.burst_ms + every_ms and pair.burst < self.behaviour.pair_burst:
            pair.burst += 1
            pair.free_ms += every_ms
            return True
        return False


class MetaWorld:
    """State behind `MetaProvider` and `MetaPhones`."""

    def __init__(self, chance: Chance, account: MetaAccount, behaviour: Behaviour, ledger: Ledger) -> None:
        self.chance = chance
        self.account = account
        self.behaviour = behaviour
        self.ledger = ledger
        self.guests = Directory()
        self.media = MediaStore(chance)
        self.rates = Rates(behaviour)
        self.sent_to: dict[str, str] = {}
        """Guest's BSUID -> wamid of the last message they got."""
        self.from_guests: dict[str, Guest] = {}
        """Wamid -> who wrote it."""
        composer = Composer(
            body=lambda changes, rewrite: compose(
                account, chance, behaviour.batch_shape, changes, rewrite=rewrite
            ),
            headers=lambda _changes, body, _now_ms: sign(account.app_secret, body),
        )
        self.queue = WebhookQueue(chance, behaviour, ledger, composer)

    def wamid(self) -> str:
        """A message id of Meta's form."""
        return "wamid." + base64.b64encode(octets(self.chance, _WAMID_BYTES)).decode()

    def tell(self, name: str, value: JsonObject, content: Content, now_ms: int, delay_ms: int = 0) -> None:
        """Plan a change of the field `name`."""
        self.queue.tell(Event({"field": name, "value": value}, content), now_ms, delay_ms)

    def value(self, number: str, parts: JsonObject) -> JsonObject:
        """A value about one of our numbers."""
        return {"messaging_product": "whatsapp", "metadata": metadata(self.account, number), **parts}
