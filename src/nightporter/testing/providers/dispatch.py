"""The webhooks of a fake: delays, batches, repeats, reordering, and retries with exponential backoff."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nightporter.clock import Chance
from nightporter.testing.providers.behaviour import BULKY_BYTES, Behaviour
from nightporter.testing.providers.chance import below, happens, spread
from nightporter.testing.providers.ledger import JsonObject, Ledger
from nightporter.testing.providers.wire import Content, Webhook

RETRY_DOUBLINGS_MAX = 30
HTTP_OK = 200


@dataclass(frozen=True, slots=True)
class Event:
    """One thing to tell the node."""

    payload: JsonObject
    content: Content


@dataclass(frozen=True, slots=True)
class Composer:
    """How a provider turns payloads into bytes (`rewrite`: other bytes, same meaning) and signs them."""

    body: Callable[[tuple[JsonObject, ...], bool], bytes]
    headers: Callable[[tuple[JsonObject, ...], bytes, int], Mapping[str, str]]


class WebhookQueue:
    """Everything the provider still has to tell the node, by due time."""

    def __init__(
        self, chance: Chance, behaviour: Behaviour, ledger: Ledger, composer: Composer, *, batch: bool = True
    ) -> None:
        self._chance = chance
        self._behaviour = behaviour
        self._ledger = ledger
        self._composer = composer
        self._batches = batch
        self._heap: list[tuple[int, int, Event | Webhook]] = []
        self._batch: list[Event] = []
        self._batch_until_ms = 0
        self._in_flight: dict[int, Webhook] = {}
        self._seq = 0
        self.url: str | None = None

    def tell(self, event: Event, now_ms: int, delay_ms: int = 0) -> None:
        """Plan an event; it leaves after its delay, the webhook delay and perhaps a reordering."""
        behaviour = self._behaviour
        due_ms = now_ms + delay_ms + spread(self._chance, behaviour.webhook_ms, behaviour.webhook_spread_ms)
        if happens(self._chance, behaviour.p_reorder):
            due_ms += 1 + below(self._chance, max(1, behaviour.reorder_ms))
        self._push(due_ms, event)

    def next_due_ms(self) -> int | None:
        """When something leaves next; None while paused or idle."""
        if self._behaviour.webhooks_paused:
            return None
        times = [self._heap[0][0]] if self._heap else []
        if self._batch:
            times.append(self._batch_until_ms)
        return min(times, default=None)

    def due(self, now_ms: int) -> list[Webhook]:
        """Take out what leaves now, in order of due time."""
        leaving: list[Webhook] = []
        while (at_ms := self.next_due_ms()) is not None and at_ms <= now_ms:
            if self._batch and self._batch_until_ms <= at_ms:
                self._close_batch(at_ms)
                continue
            _, _, item = heapq.heappop(self._heap)
            if isinstance(item, Event):
                self._to_batch(item, at_ms)
            else:
                leaving.append(self._depart(item, now_ms))
        return leaving

    def result(self, webhook_id: int, http_status: int | None, now_ms: int) -> None:
        """Record the node's answer; plan the next attempt unless it was 200 or the time is over."""
        webhook = self._in_flight.pop(webhook_id)
        contents = [[content.kind, content.id, content.status] for content in webhook.contents]
        data = {
            "webhook": webhook.id,
            "attempt": webhook.attempt,
            "http_status": http_status,
            "contents": contents,
        }
        self._ledger.append("webhook", now_ms, data)
        if http_status == HTTP_OK:
            for content in webhook.contents:
                if content.kind == "status" and content.status is not None:
                    self._ledger.status_told(content.id, content.status, now_ms)
            return
        if now_ms - webhook.first_ms >= self._behaviour.retry_for_ms:
            self._ledger.append("given_up", now_ms, {"webhook": webhook.id, "contents": contents})
            return
        doublings = min(webhook.attempt - 1, RETRY_DOUBLINGS_MAX)
        wait_ms = min(self._behaviour.retry_base_ms * 2**doublings, self._behaviour.retry_max_ms)
        webhook.attempt += 1
        self._push(now_ms + max(1, wait_ms), webhook)

    def in_flight(self) -> list[int]:
        """Webhooks whose result is still to be told."""
        return list(self._in_flight)

    def waiting(self) -> int:
        """How many events and bodies are planned, not counting those in flight."""
        return len(self._heap) + len(self._batch)

    def _push(self, due_ms: int, item: Event | Webhook) -> None:
        self._seq += 1
        heapq.heappush(self._heap, (due_ms, self._seq, item))

    def _to_batch(self, event: Event, at_ms: int) -> None:
        if not self._batch:
            self._batch_until_ms = at_ms + self._behaviour.batch_wait_ms
        self._batch.append(event)
        if not self._batches or len(self._batch) >= self._behaviour.batch_max:
            self._close_batch(at_ms)

    def _close_batch(self, at_ms: int) -> None:
        events, self._batch = tuple(self._batch), []
        behaviour = self._behaviour
        original = self._webhook(events, at_ms, rewrite=False)
        self._push(at_ms, original)
        if happens(self._chance, behaviour.p_concurrent):
            self._push(at_ms, self._copy(original, at_ms))
        if happens(self._chance, behaviour.p_repeat):
            self._push(at_ms + behaviour.repeat_ms, self._copy(original, at_ms + behaviour.repeat_ms))
        if happens(self._chance, behaviour.p_repeat_rewritten):
            again_ms = at_ms + behaviour.repeat_ms
            self._push(again_ms, self._webhook(events, again_ms, rewrite=True))

    def _webhook(self, events: tuple[Event, ...], at_ms: int, *, rewrite: bool) -> Webhook:
        payloads = tuple(event.payload for event in events)
        contents = tuple(event.content for event in events)
        body = self._composer.body(payloads, rewrite)
        if happens(self._chance, self._behaviour.p_bulky):
            body = bulky(body)
        self._seq += 1
        return Webhook(self._seq, self.url, body, {}, contents, payloads, at_ms)

    def _copy(self, webhook: Webhook, at_ms: int) -> Webhook:
        self._seq += 1
        return Webhook(self._seq, self.url, webhook.body, {}, webhook.contents, webhook.payloads, at_ms)

    def _depart(self, webhook: Webhook, now_ms: int) -> Webhook:
        webhook.url = self.url
        webhook.headers = self._composer.headers(webhook.payloads, webhook.body, now_ms)
        self._in_flight[webhook.id] = webhook
        for content in webhook.contents:
            if content.kind == "status" and content.status is not None:
                self._ledger.status_left(content.id, content.status, now_ms)
        return webhook


def bulky(body: bytes) -> bytes:
    """The same JSON with white space behind it, `BULKY_BYTES` long at least."""
    return body.ljust(BULKY_BYTES)
