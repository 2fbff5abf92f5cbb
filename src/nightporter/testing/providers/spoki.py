"""Spoki as a pure state machine: sends, statuses told again by the same uuid, inbound; no network, no clock.

What no source tells about Spoki (retry of webhooks, the shape of refusals, rare kinds) is this fake's choice;
retries can be switched off with `Behaviour.retry_for_ms = 0`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from nightporter.clock import Chance
from nightporter.testing.providers.behaviour import MEDIA_KEPT_MS, Behaviour, Failure, Fault
from nightporter.testing.providers.chance import happens, spread
from nightporter.testing.providers.core import ProviderCore, called
from nightporter.testing.providers.dispatch import Composer, Event, WebhookQueue
from nightporter.testing.providers.guests import Directory, Guest, digits
from nightporter.testing.providers.ledger import Accepted, JsonObject, Ledger
from nightporter.testing.providers.media import SAMPLES, MediaStore
from nightporter.testing.providers.meta_world import Rates
from nightporter.testing.providers.shapes import as_object, parse_object
from nightporter.testing.providers.spoki_bodies import (
    CONTENT_TYPES,
    INBOUND,
    OUTBOUND,
    UNREAD,
    SpokiAccount,
    chat_of,
    envelope,
    iso,
    new_uuid,
    sign,
    spoki_bytes,
)
from nightporter.testing.providers.spoki_validate import (
    CREDIT_EXHAUSTED,
    WINDOW_CLOSED,
    SpokiRefusal,
    check_send,
)
from nightporter.testing.providers.wire import Answer, Content

TEMPLATES = re.compile(r"(?:/api/1)?/templates/")
SEND = re.compile(r"(?:/api/1)?/messages/send/")
MEDIA = re.compile(r"/media/(?P<secret>[0-9a-f]+)")
RETRY_AFTER_SECONDS = 1
_UNAUTHORISED = SpokiRefusal(401, "authentication_failed", "detail", "Invalid token.")
_RATE = SpokiRefusal(429, "throttled", "detail", "Request was throttled.", RETRY_AFTER_SECONDS)
_CODES = {
    Failure.UNAVAILABLE_BEFORE: SpokiRefusal(503, "unavailable", "detail", "Service unavailable."),
    Failure.THROUGHPUT_BEFORE: _RATE,
    Failure.TOKEN_BEFORE: _UNAUTHORISED,
}


@dataclass(frozen=True, slots=True)
class _Sent:
    message: Accepted
    guest: Guest
    number: int


class SpokiProvider(ProviderCore):
    """Spoki for one account; `core.ProviderCore` says what drives it."""

    def __init__(
        self,
        chance: Chance,
        account: SpokiAccount | None = None,
        behaviour: Behaviour | None = None,
        ledger: Ledger | None = None,
        webhook_url: str | None = None,
    ) -> None:
        self.account = account or SpokiAccount()
        self.guests = Directory()
        self.media = MediaStore(chance)
        self.base_url = "http://localhost"
        """Where the addresses of media point to; a server sets it."""
        behaviour, ledger = behaviour or Behaviour(), ledger or Ledger()
        composer = Composer(
            body=lambda payloads, rewrite: spoki_bytes(payloads, rewrite=rewrite),
            headers=lambda payloads, body, now_ms: sign(self.account, payloads[0], body, now_ms),
        )
        queue = WebhookQueue(chance, behaviour, ledger, composer, batch=False)
        super().__init__(chance, behaviour, ledger, queue)
        self.webhook_url = webhook_url
        self._rates = Rates(behaviour)
        self._sent: dict[str, _Sent] = {}

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes, now_ms: int) -> Answer:
        """Answer one request."""
        sent = {name.lower(): value for name, value in headers.items()}
        route = urlsplit(path).path
        media = MEDIA.fullmatch(route)
        if method == "GET" and media:
            found = self.media.open(media["secret"], now_ms)
            if found is not None:
                return Answer(200, {"Content-Type": found.mime_type}, found.content)
        templates = method == "GET" and TEMPLATES.fullmatch(route) is not None
        if not templates and (method != "POST" or not SEND.fullmatch(route)):
            return self._refuse(SpokiRefusal(404, "not_found", "detail", "Not found."), route, {}, now_ms)
        if sent.get("x-spoki-api-key") != self.account.api_key:
            return self._refuse(_UNAUTHORISED, route, {}, now_ms)
        if templates:
            return Answer.of_json(200, {"count": 0, "next": None, "results": []})
        return self._send(route, parse_object(body) or {}, now_ms)

    def guest_sends(
        self,
        guest: Mapping[str, Any] | Guest | str,
        kind: str,
        now_ms: int,
        args: Mapping[str, Any] | None = None,
    ) -> str:
        """A guest sends a kind of `CONTENT_TYPES`; returns the message's uuid.

        `args`: `body` (text, caption, title of a tap), `key` (payload of a tap), `at_ms`, `delay_ms`,
        `reply_to`, `id`, `content`, `mime_type`, and `data` (fields laid over the event's data).
        """
        if kind not in CONTENT_TYPES:
            msg = f"no message kind is called {kind!r}; there are: {', '.join(sorted(CONTENT_TYPES))}"
            raise ValueError(msg)
        options = args or {}
        person = self.guests.who(guest)
        if person.phone is None:
            msg = "Spoki knows guests by their phone only"
            raise ValueError(msg)
        at_ms = int(options.get("at_ms", now_ms))
        message_id = str(options.get("id") or new_uuid(self._chance))
        data = self._inbound(person, kind, message_id, at_ms, now_ms, options) | dict(options.get("data", {}))
        self.guests.wrote(self.account.phone, person, at_ms)
        record = {"id": message_id, "guest": person.key, "kind_sent": kind, "number": self.account.phone}
        self.ledger.append("guest", now_ms, record | {"message": data})
        delay_ms = int(options.get("delay_ms", 0))
        self._tell(INBOUND, data, Content("message", message_id), now_ms, delay_ms)
        if happens(self._chance, self.behaviour.p_inbound_updated):
            self._tell(
                INBOUND, data, Content("message", message_id), now_ms, delay_ms + self.behaviour.repeat_ms
            )
        if self.behaviour.unread_events:
            unread = chat_of(person) | {"unread_messages_count": 1}
            self._tell(UNREAD, unread, Content("field", UNREAD), now_ms, delay_ms)
        return message_id

    def set_token(self, token: str) -> None:
        """Change the valid API key."""
        self.account.api_key = token

    def act(self, action: str, now_ms: int, args: Mapping[str, Any]) -> object:
        """Call `open_window`, `staff_sends` or `tell_status` by name."""
        actions: dict[str, Callable[..., object]] = {
            "open_window": self.open_window,
            "staff_sends": self.staff_sends,
            "tell_status": self.tell_status,
        }
        return called(actions, action)(now_ms=now_ms, **args)

    def open_window(self, guest: Mapping[str, Any] | Guest | str, now_ms: int) -> None:
        """As if the guest had just written."""
        self.guests.wrote(self.account.phone, self.guests.who(guest), now_ms)

    def staff_sends(
        self, guest: Mapping[str, Any] | Guest | str, now_ms: int, body: str = "Reception here"
    ) -> str:
        """Staff answer from Spoki's own inbox: an outbound message nobody asked this fake to send."""
        person = self.guests.who(guest)
        message_id, request = new_uuid(self._chance), {"text": body}
        to = f"+{person.phone}"
        message = Accepted(
            now_ms, message_id, self.account.phone, to, person.key, "Text", request, None, "none"
        )
        self._tell_status(_Sent(message, person, 0), "Sent", now_ms, 0, "")
        return message_id

    def tell_status(self, message_id: str, status: str, now_ms: int, code: str = "") -> None:
        """Tell a status of an accepted message by hand (again, late, or `Error` with its code)."""
        self._tell_status(self._sent[message_id], status, now_ms, 0, code)

    def _inbound(
        self, guest: Guest, kind: str, message_id: str, at_ms: int, now_ms: int, options: Mapping[str, Any]
    ) -> JsonObject:
        data: JsonObject = {
            "uuid": message_id,
            "direction": "Inbound",
            "content_type": CONTENT_TYPES[kind],
            "text": options.get("body", ""),
            "from_phone": f"+{guest.phone}",
            "to_phone": self.account.phone,
            **chat_of(guest),
            "timestamp_ms": at_ms,
            "created_at": iso(at_ms),
            "send_status": "---",
            "mediamessage_set": [],
        }
        if kind in {"button_reply", "list_reply"}:
            data["payload"] = options.get("key", "yes")
        if "reply_to" in options:
            data["replyToMessageUid"] = options["reply_to"]
        if kind in SAMPLES:
            mime_type, sample = SAMPLES[kind]
            mime_type = str(options.get("mime_type", mime_type))
            media = self.media.add(options.get("content", sample), mime_type, now_ms)
            address = f"{self.base_url}/media/{self.media.address(media, now_ms, MEDIA_KEPT_MS)}"
            data["mediamessage_set"] = [{"media": address, "content_type": mime_type}]
        return data

    def _send(self, route: str, request: JsonObject, now_ms: int) -> Answer:
        fault = self._faults.draw("messages", by_chance=True)
        if not fault.kind.accepts:
            return self._fail_before(fault, route, request, now_ms)
        guest = self.guests.at(digits(str(request.get("phone", ""))) or "0")
        refusal, closed = self._judge(request, guest, now_ms)
        if refusal is not None:
            return self._refuse(refusal, route, request, now_ms)
        message = Accepted(
            t_ms=now_ms,
            id=new_uuid(self._chance),
            phone_number_id=self.account.phone,
            to=str(request["phone"]),
            guest=guest.key,
            type=str(request.get("content_type") or request["type"]),
            body=request,
            callback_data=_callback(request),
            fault=fault.kind.value,
        )
        self.ledger.accept(message)
        sent = _Sent(message, guest, len(self._sent) + 1)
        self._sent[message.id] = sent
        self._plan_statuses(sent, WINDOW_CLOSED if closed else "", now_ms)
        success = {"id": sent.number, "uuid": message.id, "status": "Pending"}
        return self._after(fault, message.id, success, {"detail": "Message queued"})

    def _judge(self, request: JsonObject, guest: Guest, now_ms: int) -> tuple[SpokiRefusal | None, bool]:
        """The refusal, and whether the window is closed (told in a status if so set)."""
        refusal = check_send(request, self.account.templates)
        if refusal is None and not self.account.credit:
            refusal = SpokiRefusal(400, CREDIT_EXHAUSTED, "detail", "The credit is exhausted")
        limited = refusal is None and self._rates.refusal(self.account.phone, guest.bsuid, now_ms) is not None
        free_form = request.get("type") != "Template" and self.behaviour.window_checked
        closed = free_form and not self.guests.window_open(self.account.phone, guest, now_ms)
        if closed and not self.behaviour.window_refused_in_status:
            window = SpokiRefusal(400, WINDOW_CLOSED, "detail", "The 24 hour window is closed")
            refusal = refusal or window
        return refusal or (_RATE if limited else None), closed

    def _plan_statuses(self, sent: _Sent, error: str, now_ms: int) -> None:
        behaviour = self.behaviour
        if not behaviour.statuses or happens(self._chance, behaviour.p_no_status):
            return
        if self.account.unreachable & {sent.guest.phone, sent.guest.bsuid}:
            error = error or "whatsapp::131026"
        if error or happens(self._chance, behaviour.p_failed):
            code = error or f"whatsapp::{behaviour.failed_code}"
            self._tell_status(sent, "Error", now_ms, behaviour.sent_ms, code)
            return
        self._tell_status(sent, "Sent", now_ms, behaviour.sent_ms, "")
        if not happens(self._chance, behaviour.p_skip_delivered):
            self._tell_status(sent, "Delivered", now_ms, behaviour.delivered_ms, "")
        if not happens(self._chance, behaviour.p_unread):
            self._tell_status(sent, "Read", now_ms, behaviour.read_ms, "")

    def _tell_status(self, sent: _Sent, status: str, now_ms: int, fixed_ms: int, code: str) -> None:
        message = sent.message
        delay_ms = spread(self._chance, fixed_ms, self.behaviour.status_spread_ms)
        data: JsonObject = {
            "id": sent.number,
            "uuid": message.id,
            "direction": "Outbound",
            "content_type": message.type,
            "text": message.body.get("text", ""),
            "from_phone": self.account.phone,
            "to_phone": message.to,
            **chat_of(sent.guest),
            "timestamp": message.t_ms,
            "created_at": iso(message.t_ms),
            "sent_datetime": iso(now_ms + delay_ms),
            "send_status": status,
            "error_code": code or None,
            "template": message.body.get("template"),
        }
        if self.behaviour.metadata_echo and "metadata" in message.body:
            data["metadata"] = message.body["metadata"]
        self._tell(OUTBOUND, data, Content("status", message.id, status), now_ms, delay_ms)

    def _tell(self, event: str, data: JsonObject, content: Content, now_ms: int, delay_ms: int) -> None:
        payload = envelope(event, new_uuid(self._chance), now_ms + delay_ms, data)
        self._queue.tell(Event(payload, content), now_ms, delay_ms)

    def _fail_before(self, fault: Fault, path: str, request: JsonObject, now_ms: int) -> Answer:
        if fault.kind is Failure.CODE_BEFORE:
            refusal = SpokiRefusal(400, str(fault.code), "detail", "Told to refuse")
            return self._refuse(refusal, path, request, now_ms, fault.delay_ms or 0)
        if fault.kind in _CODES:
            return self._refuse(_CODES[fault.kind], path, request, now_ms, fault.delay_ms or 0)
        return self._broken_before(fault, path, request, now_ms)

    def _refuse(
        self, refusal: SpokiRefusal, path: str, request: JsonObject, now_ms: int, delay_ms: int = 0
    ) -> Answer:
        data = {
            "path": path,
            "code": refusal.code,
            "http_status": refusal.http_status,
            "details": refusal.detail,
            "to": request.get("phone"),
            "type": request.get("content_type") or request.get("type"),
            "callback_data": _callback(request),
        }
        self.ledger.append("refused", now_ms, data)
        return refusal.answer(delay_ms)


def _callback(request: JsonObject) -> str | None:
    value = as_object(request.get("metadata")).get("nightporter")
    return value if isinstance(value, str) else None
