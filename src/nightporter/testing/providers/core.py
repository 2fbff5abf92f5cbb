"""What the fakes have in common: scripted failures, delays, and the queue of webhooks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from nightporter.clock import Chance
from nightporter.testing.providers.behaviour import Behaviour, Failure, Fault, Faults
from nightporter.testing.providers.chance import spread
from nightporter.testing.providers.dispatch import WebhookQueue
from nightporter.testing.providers.guests import Guest
from nightporter.testing.providers.ledger import JsonObject, Ledger
from nightporter.testing.providers.wire import Action, Answer, Webhook

HTML_ERROR = (500, {"Content-Type": "text/html"}, b"<html><title>Error</title>Something went wrong.</html>")


def called(actions: Mapping[str, Callable[..., object]], action: str) -> Callable[..., object]:
    """The action of that name; an unknown one is a ValueError that lists them."""
    if action not in actions:
        msg = f"no action is called {action!r}; there are: {', '.join(sorted(actions))}"
        raise ValueError(msg)
    return actions[action]


class ProviderCore(ABC):
    """What a server, a simulator or a demo drives. Every call says what time it is."""

    def __init__(self, chance: Chance, behaviour: Behaviour, ledger: Ledger, queue: WebhookQueue) -> None:
        self.behaviour = behaviour
        self.ledger = ledger
        self._chance = chance
        self._faults = Faults(chance, behaviour)
        self._queue = queue

    @abstractmethod
    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes, now_ms: int) -> Answer:
        """Answer one request; `path` may carry a query."""

    @abstractmethod
    def guest_sends(
        self,
        guest: Mapping[str, Any] | Guest | str,
        kind: str,
        now_ms: int,
        args: Mapping[str, Any] | None = None,
    ) -> str:
        """A guest sends a message of a kind; returns its id."""

    @abstractmethod
    def set_token(self, token: str) -> None:
        """Change the key that is valid."""

    @abstractmethod
    def act(self, action: str, now_ms: int, args: Mapping[str, Any]) -> object:
        """Do one of the provider's other actions by name."""

    @property
    def webhook_url(self) -> str | None:
        """Where webhooks go."""
        return self._queue.url

    @webhook_url.setter
    def webhook_url(self, url: str | None) -> None:
        self._queue.url = url

    def arrival_delay_ms(self) -> int:
        """How long a request lies before `handle` gets it."""
        return spread(self._chance, self.behaviour.arrival_ms, self.behaviour.arrival_spread_ms)

    def due(self, now_ms: int) -> list[Webhook]:
        """Webhooks to send now; each must be followed by one `webhook_result`."""
        return self._queue.due(now_ms)

    def webhook_result(self, webhook_id: int, http_status: int | None, now_ms: int) -> None:
        """How the node answered a webhook (None: not at all)."""
        self._queue.result(webhook_id, http_status, now_ms)

    def next_due_ms(self) -> int | None:
        """When a webhook leaves next; None while paused or idle."""
        return self._queue.next_due_ms()

    def waiting(self) -> int:
        """Webhooks and events not yet taken by the node, those in flight included."""
        return self._queue.waiting() + len(self._queue.in_flight())

    def in_flight(self) -> list[int]:
        """Ids of webhooks given out by `due` and still without a result."""
        return self._queue.in_flight()

    def fail_next(
        self, faults: Iterable[str | Mapping[str, Any] | Failure | Fault], route: str = "messages"
    ) -> None:
        """Script a route: `messages`; Cloud API also `read`, `media` (id), `attachment`, `upload`, `templates`."""
        self._faults.script(faults, route)

    def _answer_ms(self) -> int:
        return spread(self._chance, self.behaviour.answer_ms, self.behaviour.answer_spread_ms)

    def _broken_before(self, fault: Fault, path: str, request: JsonObject, now_ms: int) -> Answer:
        """A request that fails without a word from the provider and without being accepted."""
        data = {"path": path, "failure": fault.kind.value, "body": request}
        self.ledger.append("failed", now_ms, data)
        if fault.kind is Failure.RESET_BEFORE:
            return Answer(delay_ms=fault.delay_ms or 0, action=Action.RESET_BEFORE)
        if fault.kind is Failure.NEVER_BEFORE:
            return Answer(action=Action.NEVER)
        status, headers, body = HTML_ERROR
        return Answer(status, headers, body, fault.delay_ms or 0)

    def _after(self, fault: Fault, accepted_id: str, success: JsonObject, without_id: JsonObject) -> Answer:
        """The answer to an accepted message, as the fault lets the client see it."""
        delay_ms = self._answer_ms() if fault.delay_ms is None else fault.delay_ms
        if fault.kind is Failure.SLOW_AFTER and fault.delay_ms is None:
            delay_ms += self.behaviour.slow_ms
        if fault.kind is Failure.RESET_AFTER:
            return Answer(delay_ms=delay_ms, action=Action.RESET_AFTER, accepted_id=accepted_id)
        if fault.kind is Failure.NEVER_AFTER:
            return Answer(action=Action.NEVER, accepted_id=accepted_id)
        if fault.kind is Failure.ERROR_AFTER:
            status, headers, body = HTML_ERROR
            return Answer(status, headers, body, delay_ms, accepted_id=accepted_id)
        shown = without_id if fault.kind is Failure.NO_ID_AFTER else success
        return Answer.of_json(200, shown, delay_ms=delay_ms, accepted_id=accepted_id)
