"""The Cloud API as a pure state machine: sends, mark-as-read, media, statuses; no network, no clock.

Order of the checks: token, id in the path, scripted or drawn failure, body, rates, 24 h window.
"""

from __future__ import annotations

import email.parser
import email.policy
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from nightporter.clock import Chance
from nightporter.testing.providers.behaviour import DAY_MS, Behaviour, Failure, Fault
from nightporter.testing.providers.chance import digits_of, happens, spread
from nightporter.testing.providers.core import ProviderCore, called
from nightporter.testing.providers.guests import Guest
from nightporter.testing.providers.ledger import Accepted, JsonObject, Ledger
from nightporter.testing.providers.meta_bodies import MetaAccount, contact, seconds
from nightporter.testing.providers.meta_errors import Refusal, missing, no_object, token_refused
from nightporter.testing.providers.meta_phones import MetaPhones
from nightporter.testing.providers.meta_templates import list_templates
from nightporter.testing.providers.meta_validate import check_send
from nightporter.testing.providers.meta_world import MetaWorld
from nightporter.testing.providers.shapes import as_object, parse_object
from nightporter.testing.providers.wire import Answer, Content

UPLOAD_KEPT_MS = 30 * DAY_MS
ATTACHMENTS = "whatsapp_business/attachments"
_PATH = re.compile(r"/(?:v\d+\.\d+/)?(?P<rest>.+?)/?")
_CODES = {
    Failure.UNAVAILABLE_BEFORE: Refusal(131016, "Service temporarily unavailable"),
    Failure.THROUGHPUT_BEFORE: Refusal(130429, "Cloud API message throughput has been reached"),
    Failure.TOKEN_BEFORE: token_refused("Session has expired."),
}


class MetaProvider(ProviderCore):
    """The Cloud API for one account; `core.ProviderCore` says what drives it, `phones` is the guests' side."""

    def __init__(
        self,
        chance: Chance,
        account: MetaAccount | None = None,
        behaviour: Behaviour | None = None,
        ledger: Ledger | None = None,
        webhook_url: str | None = None,
    ) -> None:
        self.account = account or MetaAccount()
        self.world = MetaWorld(chance, self.account, behaviour or Behaviour(), ledger or Ledger())
        super().__init__(chance, self.world.behaviour, self.world.ledger, self.world.queue)
        self.phones = MetaPhones(self.world)
        self.webhook_url = webhook_url
        self._failing: list[int] = []
        self._recipients: dict[str, Guest] = {}

    def fail_status_next(self, codes: Iterable[int]) -> None:
        """Let the next accepted messages end in a failed status with these codes (0: let one through)."""
        self._failing.extend(codes)

    def guest_sends(
        self,
        guest: Mapping[str, Any] | Guest | str,
        kind: str,
        now_ms: int,
        args: Mapping[str, Any] | None = None,
    ) -> str:
        """The same as `phones.sends`."""
        return self.phones.sends(guest, kind, now_ms, args or {})

    def set_token(self, token: str) -> None:
        """Change the valid bearer: whoever sends the old one is refused with 190."""
        self.account.token = token

    def act(self, action: str, now_ms: int, args: Mapping[str, Any]) -> object:
        """Call a method of `phones`, or `tell_status`, by name."""
        phones = self.phones
        actions: dict[str, Callable[..., object]] = {
            "open_window": phones.open_window,
            "staff_sends": phones.staff_sends,
            "changes_number": phones.changes_number,
            "changes_user_id": phones.changes_user_id,
            "calls": phones.calls,
            "prefers": phones.prefers,
            "account_news": phones.account_news,
            "error_news": phones.error_news,
            "tell_status": self.tell_status,
        }
        return called(actions, action)(now_ms=now_ms, **args)

    def handshake(self, verify_token: str) -> tuple[str, str]:
        """The query of Meta's GET on registration, and the text the node must answer."""
        challenge = digits_of(self._chance, 10)
        query = {"hub.mode": "subscribe", "hub.verify_token": verify_token, "hub.challenge": challenge}
        return urlencode(query), challenge

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes, now_ms: int) -> Answer:
        """Answer one request."""
        sent = {name.lower(): value for name, value in headers.items()}
        url = urlsplit(path)
        match = _PATH.fullmatch(url.path)
        rest = match["rest"] if match else ""
        if sent.get("authorization") != f"Bearer {self.account.token}":
            return self._refuse(token_refused(), rest, {}, now_ms)
        number, _, route = rest.partition("/")
        if method == "GET":
            if rest in self.account.numbers:
                return Answer.of_json(200, {"id": rest, "display_phone_number": self.account.numbers[rest]})
            if number == self.account.waba_id and route == "message_templates":
                return self._templates(rest, parse_qs(url.query), sent.get("host", "localhost"), now_ms)
            secret = parse_qs(url.query).get("hash", [""])[0] if rest == ATTACHMENTS else None
            return self._media(rest, secret, sent.get("host", "localhost"), now_ms)
        if method != "POST" or route not in {"messages", "media"} or number not in self.account.numbers:
            return self._refuse(no_object(number), rest, {}, now_ms)
        if route == "media":
            return self._upload(sent, body, now_ms)
        request = parse_object(body) or {}
        if "status" in request:
            return self._mark_read(number, request, now_ms)
        return self._send(number, request, now_ms)

    # -- sends

    def _send(self, number: str, request: JsonObject, now_ms: int) -> Answer:
        fault = self._faults.draw("messages", by_chance=True)
        if not fault.kind.accepts:
            return self._fail_before(fault, f"{number}/messages", request, now_ms)
        refusal = check_send(request, self.account.templates, lambda media: self._media_known(media, now_ms))
        if refusal is not None:
            return self._refuse(refusal, f"{number}/messages", request, now_ms)
        to = str(request.get("to") or request.get("recipient"))
        if request.get("recipient_type") == "group":
            guest = Guest(None, to, "Group")
            refusal = None if to in self.account.groups else Refusal(131041, "Group unknown")
        else:
            guest = self.world.guests.at(to)
        refusal = refusal or self.world.rates.refusal(number, guest.bsuid, now_ms)
        closed = self._window_closed(number, guest, request, now_ms)
        if closed and not self.behaviour.window_refused_in_status:
            refusal = refusal or Refusal(
                131047, "More than 24 hours have passed since the customer last replied"
            )
        if refusal is not None:
            return self._refuse(refusal, f"{number}/messages", request, now_ms)
        message = self._accept(number, guest, to, request, fault, now_ms)
        self._plan_statuses(message, guest, 131047 if closed else self._status_code(guest), now_ms)
        return self._answer_accepted(message, guest, fault)

    def _media_known(self, media_id: str, now_ms: int) -> bool:
        return self.world.media.find(media_id, now_ms) is not None

    def _window_closed(self, number: str, guest: Guest, request: JsonObject, now_ms: int) -> bool:
        if not self.behaviour.window_checked or request.get("type") == "template":
            return False
        if request.get("recipient_type") == "group":
            return False
        return not self.world.guests.window_open(number, guest, now_ms)

    def _accept(
        self, number: str, guest: Guest, to: str, request: JsonObject, fault: Fault, now_ms: int
    ) -> Accepted:
        callback = request.get("biz_opaque_callback_data")
        message = Accepted(
            t_ms=now_ms,
            id=self.world.wamid(),
            phone_number_id=number,
            to=to,
            guest=guest.key,
            type=str(request.get("type", "text")),
            body=request,
            callback_data=callback,
            fault=fault.kind.value,
        )
        self.ledger.accept(message)
        self._recipients[message.id] = guest
        self.world.sent_to[guest.bsuid] = message.id
        return message

    def _answer_accepted(self, message: Accepted, guest: Guest, fault: Fault) -> Answer:
        who = {"input": message.to, "wa_id": guest.phone} if guest.phone else {"input": message.to}
        shown = {"id": message.id} | ({"message_status": "accepted"} if message.type == "template" else {})
        answer: JsonObject = {"messaging_product": "whatsapp", "contacts": [who | {"user_id": guest.bsuid}]}
        return self._after(fault, message.id, answer | {"messages": [shown]}, answer | {"messages": []})

    # -- statuses

    def _status_code(self, guest: Guest) -> int:
        if self._failing:
            return self._failing.pop(0)
        if self.account.unreachable & {guest.bsuid, guest.phone}:
            return 131026
        return self.behaviour.failed_code if happens(self._chance, self.behaviour.p_failed) else 0

    def _plan_statuses(self, message: Accepted, guest: Guest, failed_code: int, now_ms: int) -> None:
        behaviour = self.behaviour
        if not behaviour.statuses or happens(self._chance, behaviour.p_no_status):
            return
        if failed_code:
            self._tell_status(message, guest, "failed", now_ms, behaviour.sent_ms, Refusal(failed_code))
            return
        self._tell_status(message, guest, "sent", now_ms, behaviour.sent_ms)
        if message.type == "reaction":
            return  # Meta tells no more of a reaction
        if not happens(self._chance, behaviour.p_skip_delivered):
            self._tell_status(message, guest, "delivered", now_ms, behaviour.delivered_ms)
        if not happens(self._chance, behaviour.p_unread):
            self._tell_status(message, guest, "read", now_ms, behaviour.read_ms)

    def _tell_status(
        self,
        message: Accepted,
        guest: Guest,
        status: str,
        now_ms: int,
        fixed_ms: int,
        why: Refusal | None = None,
    ) -> None:
        delay_ms = spread(self._chance, fixed_ms, self.behaviour.status_spread_ms)
        body: JsonObject = {"id": message.id, "status": status, "timestamp": seconds(now_ms + delay_ms)}
        if guest.phone is not None:
            body["recipient_id"] = guest.phone
        body["recipient_user_id"] = guest.bsuid
        if message.callback_data is not None:
            body["biz_opaque_callback_data"] = message.callback_data
        if status in {"sent", "delivered"}:
            body["pricing"] = {
                "billable": True,
                "pricing_model": "PMP",
                "category": self._category(message),
                "type": "regular",
            }
        if why is not None:
            body["errors"] = [why.in_status()]
        value = self.world.value(message.phone_number_id, {"contacts": [contact(guest)], "statuses": [body]})
        self.world.tell("messages", value, Content("status", message.id, status), now_ms, delay_ms)

    def _category(self, message: Accepted) -> str:
        name = as_object(message.body.get("template")).get("name")
        template = self.account.templates.get(str(name)) if message.type == "template" else None
        return "service" if template is None else template.category

    def tell_status(self, message_id: str, status: str, now_ms: int, code: int = 0) -> None:
        """Tell a status of an accepted message by hand (again, late, `played`, or `failed` with its code)."""
        message = self.ledger.find(message_id)
        if message is None:
            msg = f"no accepted message has the id {message_id}"
            raise ValueError(msg)
        self._tell_status(
            message, self._recipients[message_id], status, now_ms, 0, Refusal(code) if code else None
        )

    # -- the rest

    def _templates(self, rest: str, query: Mapping[str, list[str]], host: str, now_ms: int) -> Answer:
        fault = self._faults.draw("templates", by_chance=False)
        if not fault.kind.accepts:
            return self._fail_before(fault, rest, {}, now_ms)
        asked = {name: values[0] for name, values in query.items()}
        found = list_templates(self.account.templates, asked, f"http://{host}/{rest}")
        if isinstance(found, Refusal):
            return self._refuse(found, rest, {}, now_ms)
        return Answer.of_json(200, found)

    def _mark_read(self, number: str, request: JsonObject, now_ms: int) -> Answer:
        fault = self._faults.draw("read", by_chance=False)
        if not fault.kind.accepts:
            return self._fail_before(fault, f"{number}/read", request, now_ms)
        message_id = str(request.get("message_id"))
        typing = as_object(request.get("typing_indicator")).get("type")
        refusal = None
        if request.get("messaging_product") != "whatsapp":
            refusal = missing("messaging_product")
        elif request["status"] != "read" or ("typing_indicator" in request and typing != "text"):
            refusal = Refusal(131009, "status must be read, typing_indicator type must be text")
        elif self.behaviour.known_reads_only and message_id not in self.world.from_guests:
            refusal = Refusal(100, f"Message {message_id} does not exist")
        if refusal is not None:
            return self._refuse(refusal, f"{number}/read", request, now_ms)
        guest = self.world.from_guests.get(message_id)
        data = {"message_id": message_id, "guest": guest.key if guest else None, "typing": typing == "text"}
        self.ledger.append("read", now_ms, data)
        return Answer.of_json(200, {"success": True}, delay_ms=self._answer_ms())

    def _media(self, rest: str, secret: str | None, host: str, now_ms: int) -> Answer:
        route = "attachment" if secret is not None else "media"
        fault = self._faults.draw(route, by_chance=False)
        if not fault.kind.accepts:
            return self._fail_before(fault, rest, {}, now_ms)
        store = self.world.media
        media = store.open(secret, now_ms) if secret is not None else store.find(rest, now_ms)
        if media is None:
            return self._refuse(no_object(rest), rest, {}, now_ms)
        if secret is not None:
            return Answer(200, {"Content-Type": media.mime_type}, media.content)
        query = urlencode({"mid": media.id, "ext": now_ms // 1000, "hash": store.address(media, now_ms)})
        answer = {
            "url": f"http://{host}/{ATTACHMENTS}/?{query}",
            "mime_type": media.mime_type,
            "sha256": media.sha256_hex,
            "file_size": len(media.content),
            "id": media.id,
            "messaging_product": "whatsapp",
        }
        return Answer.of_json(200, answer)

    def _upload(self, headers: Mapping[str, str], body: bytes, now_ms: int) -> Answer:
        fault = self._faults.draw("upload", by_chance=False)
        if not fault.kind.accepts:
            return self._fail_before(fault, "media", {}, now_ms)
        head = f"Content-Type: {headers.get('content-type', '')}\r\n\r\n".encode()
        form = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
        for part in form.iter_parts() if form.is_multipart() else ():
            if part.get_param("name", header="content-disposition") == "file":
                content = part.get_payload(decode=True)
                assert isinstance(content, bytes), "a decoded part is bytes"
                media = self.world.media.add(content, part.get_content_type(), now_ms, UPLOAD_KEPT_MS)
                return Answer.of_json(200, {"id": media.id})
        return self._refuse(missing("file"), "media", {}, now_ms)

    def _fail_before(self, fault: Fault, path: str, request: JsonObject, now_ms: int) -> Answer:
        delay_ms = fault.delay_ms or 0
        if fault.kind is Failure.CODE_BEFORE:
            return self._refuse(
                Refusal(int(fault.code or 1), "Told to refuse"), path, request, now_ms, delay_ms
            )
        if fault.kind in _CODES:
            return self._refuse(_CODES[fault.kind], path, request, now_ms, delay_ms)
        return self._broken_before(fault, path, request, now_ms)

    def _refuse(
        self, refusal: Refusal, path: str, request: JsonObject, now_ms: int, delay_ms: int = 0
    ) -> Answer:
        data = {
            "path": path,
            "code": refusal.code,
            "http_status": refusal.http_status,
            "details": refusal.details,
            "to": request.get("to") or request.get("recipient"),
            "type": request.get("type"),
            "callback_data": request.get("biz_opaque_callback_data"),
        }
        self.ledger.append("refused", now_ms, data)
        return refusal.answer(self._chance, delay_ms)
