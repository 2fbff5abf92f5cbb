"""The other side of the Cloud API fake: guests' phones, the hotel's phone app, news about the account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nightporter.testing.providers import builders
from nightporter.testing.providers.dispatch import Event
from nightporter.testing.providers.guests import Guest, bsuid_of, digits
from nightporter.testing.providers.ledger import JsonObject
from nightporter.testing.providers.media import SAMPLES
from nightporter.testing.providers.meta_bodies import contact, seconds, sender
from nightporter.testing.providers.meta_world import MetaWorld
from nightporter.testing.providers.wire import Content

_TAPS = frozenset({"button_reply", "list_reply", "button", "call_permission_reply", "nfm_reply"})
_OPTIONS = frozenset(
    {
        "at_ms",
        "delay_ms",
        "id",
        "reply_to",
        "number",
        "group_id",
        "referral",
        "forwarded",
        "content",
        "mime_type",
    }
)


class MetaPhones:
    """Everything that reaches the node without the node having asked."""

    def __init__(self, world: MetaWorld) -> None:
        self._world = world

    def sends(
        self,
        guest: Mapping[str, Any] | Guest | str,
        kind: str,
        now_ms: int,
        args: Mapping[str, Any] | None = None,
    ) -> str:
        """A guest sends a message of a kind in `builders.BUILDERS`; returns its wamid.

        `args` are the builder's own, and: `at_ms` (provider time, also opens the window; default now),
        `delay_ms` (later delivery), `id` (wamid), `reply_to` (wamid), `number` (phone_number_id), `group_id`,
        `referral`, `forwarded`, and for media `content` (bytes) with `mime_type`.
        """
        options = {name: value for name, value in (args or {}).items() if name in _OPTIONS}
        plain = {name: value for name, value in (args or {}).items() if name not in _OPTIONS}
        person = self._world.guests.who(guest)
        payload = self._payload(kind, plain, options, now_ms)
        at_ms = int(options.get("at_ms", now_ms))
        number = str(options.get("number", self._world.account.number))
        message_id = str(options.get("id") or self._world.wamid())
        context = self._context(kind, person, number, options)
        message: JsonObject = {"context": context} if context else {}
        message |= sender(person) | {"id": message_id, "timestamp": seconds(at_ms)}
        message |= {name: options[name] for name in ("group_id", "referral") if name in options}
        message |= payload
        if "group_id" not in options:
            self._world.guests.wrote(number, person, at_ms)
        self._world.rates.count(number, now_ms)
        self._world.from_guests[message_id] = person
        value = self._world.value(number, {"contacts": [contact(person)], "messages": [message]})
        data = {
            "id": message_id,
            "guest": person.key,
            "kind_sent": kind,
            "number": number,
            "message": message,
        }
        self._world.ledger.append("guest", now_ms, data)
        self._world.tell(
            "messages", value, Content("message", message_id), now_ms, int(options.get("delay_ms", 0))
        )
        return message_id

    def open_window(
        self, guest: Mapping[str, Any] | Guest | str, now_ms: int, number: str | None = None
    ) -> None:
        """As if the guest had just written (for guests whose messages another generator posts)."""
        person = self._world.guests.who(guest)
        self._world.guests.wrote(number or self._world.account.number, person, now_ms)

    def staff_sends(
        self,
        guest: Mapping[str, Any] | Guest | str,
        now_ms: int,
        body: str = "Reception here",
        payload: JsonObject | None = None,
    ) -> str:
        """Staff answer from the phone app: an echo (field smb_message_echoes); returns its wamid."""
        person = self._world.guests.who(guest)
        number = self._world.account.number
        message_id = self._world.wamid()
        who: JsonObject = {"from": self._world.account.numbers[number]}
        if person.phone is not None:
            who["to"] = person.phone
        who["to_user_id"] = person.bsuid
        message = who | {"id": message_id, "timestamp": seconds(now_ms)} | (payload or builders.text(body))
        value = self._world.value(number, {"contacts": [contact(person)], "message_echoes": [message]})
        self._world.tell("smb_message_echoes", value, Content("echo", message_id), now_ms)
        return message_id

    def changes_number(self, guest: Mapping[str, Any] | Guest | str, new_phone: str, now_ms: int) -> Guest:
        """A guest takes a new number and so gets a new BSUID: a system message; returns the new guest."""
        old = self._world.guests.who(guest)
        phone = digits(new_phone)
        new = Guest(phone, bsuid_of(phone), old.name, old.username, old.parent_bsuid)
        system: JsonObject = {
            "body": f"{old.name} changed from {old.key} to {phone}",
            "wa_id": phone,
            "user_id": new.bsuid,
            "type": "user_changed_number",
        }
        self._system(old, system, now_ms)
        return self._world.guests.meet(new)

    def changes_user_id(self, guest: Mapping[str, Any] | Guest | str, new_bsuid: str, now_ms: int) -> Guest:
        """A guest gets a new BSUID: a system message and the field user_id_update; returns the new guest."""
        old = self._world.guests.who(guest)
        new = Guest(old.phone, new_bsuid, old.name, old.username, old.parent_bsuid)
        system = {"body": f"{old.name} changed user id", "user_id": new_bsuid, "type": "user_changed_user_id"}
        self._system(old, system, now_ms)
        update: JsonObject = {
            "user_id": {"previous": old.bsuid, "current": new_bsuid},
            "timestamp": seconds(now_ms),
        }
        if old.phone is not None:
            update["wa_id"] = old.phone
        parts = {"contacts": [contact(new)], "user_id_update": [update]}
        value = self._world.value(self._world.account.number, parts)
        self._world.tell("user_id_update", value, Content("field", "user_id_update"), now_ms)
        return self._world.guests.meet(new)

    def calls(self, guest: Mapping[str, Any] | Guest | str, now_ms: int, event: str = "connect") -> str:
        """A guest rings (`connect`), or hangs up (`terminate`); returns the call's id."""
        person = self._world.guests.who(guest)
        number = self._world.account.number
        call_id = "wacid." + self._world.wamid().removeprefix("wamid.")
        call: JsonObject = sender(person) | {
            "id": call_id,
            "to": self._world.account.numbers[number],
            "event": event,
            "timestamp": seconds(now_ms),
            "direction": "USER_INITIATED",
        }
        if event == "connect":
            call["session"] = {"sdp_type": "offer", "sdp": "v=0"}
        else:
            call["status"] = "COMPLETED"
        value = self._world.value(number, {"contacts": [contact(person)], "calls": [call]})
        self._world.tell("calls", value, Content("call", call_id), now_ms)
        return call_id

    def prefers(self, guest: Mapping[str, Any] | Guest | str, value: str, now_ms: int) -> None:
        """A guest stops (`stop`) or resumes (`resume`) marketing messages."""
        person = self._world.guests.who(guest)
        preference: JsonObject = {
            "user_id": person.bsuid,
            "detail": f"User requested to {value} marketing messages",
            "category": "marketing_messages",
            "value": value,
            "timestamp": seconds(now_ms),
        }
        if person.phone is not None:
            preference["wa_id"] = person.phone
        parts = {"contacts": [contact(person)], "user_preferences": [preference]}
        body = self._world.value(self._world.account.number, parts)
        self._world.tell("user_preferences", body, Content("field", "user_preferences"), now_ms)

    def account_news(self, name: str, now_ms: int, value: Mapping[str, Any] | None = None) -> None:
        """A change of an account field: `value`, or without one the example in `ACCOUNT_NEWS`."""
        body = dict(ACCOUNT_NEWS[name] if value is None else value)
        change = {"field": name, "value": body, "time": now_ms // 1000}
        self._world.queue.tell(Event(change, Content("field", name)), now_ms)

    def error_news(self, code: int, now_ms: int) -> None:
        """A value with `errors` and nothing else."""
        error = {"code": code, "title": "Error", "message": "Error", "error_data": {"details": "Told to"}}
        value = self._world.value(self._world.account.number, {"errors": [error]})
        self._world.tell("messages", value, Content("field", "errors"), now_ms)

    def _system(self, old: Guest, system: JsonObject, now_ms: int) -> None:
        message_id = self._world.wamid()
        who = sender(old)
        message = who | {"id": message_id, "timestamp": seconds(now_ms), "type": "system", "system": system}
        value = self._world.value(self._world.account.number, {"messages": [message]})
        self._world.tell("messages", value, Content("message", message_id), now_ms)

    def _payload(
        self, kind: str, plain: Mapping[str, Any], options: Mapping[str, Any], now_ms: int
    ) -> JsonObject:
        builder = builders.BUILDERS.get(kind)
        if builder is None:
            msg = f"no message kind is called {kind!r}; there are: {', '.join(sorted(builders.BUILDERS))}"
            raise ValueError(msg)
        if kind not in builders.MEDIA_KINDS:
            return builder(**plain)
        mime_type, sample = SAMPLES[kind]
        content = options.get("content", sample)
        media = self._world.media.add(content, str(options.get("mime_type", mime_type)), now_ms)
        return builder(media, **plain)

    def _context(self, kind: str, person: Guest, number: str, options: Mapping[str, Any]) -> JsonObject:
        context: JsonObject = {"forwarded": True} if options.get("forwarded") else {}
        reply_to = options.get("reply_to")
        if reply_to is None and kind in _TAPS:
            reply_to = self._world.sent_to.get(person.bsuid) or self._world.wamid()
        if reply_to is not None:
            ours = reply_to not in self._world.from_guests
            wrote = self._world.account.numbers.get(number, "") if ours else person.key
            context |= {"from": wrote, "id": reply_to}
        return context


ACCOUNT_NEWS: dict[str, JsonObject] = {
    "message_template_status_update": {
        "event": "APPROVED",
        "message_template_id": 594425479261596,
        "message_template_name": "flight_delay",
        "message_template_language": "it",
        "reason": "NONE",
    },
    "message_template_quality_update": {
        "previous_quality_score": "GREEN",
        "new_quality_score": "YELLOW",
        "message_template_id": 594425479261596,
        "message_template_name": "flight_delay",
        "message_template_language": "it",
    },
    "template_category_update": {
        "message_template_id": 594425479261596,
        "message_template_name": "flight_delay",
        "message_template_language": "it",
        "previous_category": "UTILITY",
        "new_category": "MARKETING",
    },
    "message_template_components_update": {
        "message_template_id": 594425479261596,
        "message_template_name": "flight_delay",
        "message_template_language": "it",
        "message_template_element": "Your flight is late.",
    },
    "phone_number_quality_update": {
        "display_phone_number": "390471100200",
        "event": "FLAGGED",
        "current_limit": "TIER_2K",
    },
    "phone_number_name_update": {
        "display_phone_number": "390471100200",
        "decision": "APPROVED",
        "requested_verified_name": "Demo Hotel",
        "rejection_reason": None,
    },
    "account_update": {
        "event": "ACCOUNT_RESTRICTION",
        "restriction_info": [
            {"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": 1795000000}
        ],
    },
    "account_alerts": {
        "entity_type": "WABA",
        "entity_id": 102290129340398,
        "alert_severity": "CRITICAL",
        "alert_status": "ACTIVE",
        "alert_type": "OBA_APPROVED",
        "alert_description": "Sample",
    },
    "business_capability_update": {
        "max_daily_conversations_per_business": 2000,
        "max_phone_numbers_per_waba": 25,
    },
    "security": {
        "display_phone_number": "390471100200",
        "event": "PIN_CHANGED",
        "requester": "61555822107539",
    },
    "history": {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "390471100200", "phone_number_id": "106540352242922"},
        "history": [{"metadata": {"phase": 0, "chunk_order": 1, "progress": 55}, "threads": []}],
    },
    "smb_app_state_sync": {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "390471100200", "phone_number_id": "106540352242922"},
        "state_sync": [{"type": "contact", "contact": {"full_name": "Guest"}, "action": "add"}],
    },
}
"""Account fields with an example value each."""
