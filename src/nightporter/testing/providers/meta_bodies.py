"""Webhook bodies of the Cloud API: values, batches of any shape, bytes as Meta writes them, signatures."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from nightporter.clock import Chance
from nightporter.testing.providers.chance import one_of
from nightporter.testing.providers.guests import Guest
from nightporter.testing.providers.ledger import JsonObject
from nightporter.testing.providers.meta_templates import DEMO_TEMPLATES, Templates

SHAPES = ("value", "changes", "entries")
LISTS = ("messages", "statuses")


@dataclass(slots=True)
class MetaAccount:
    """A WhatsApp Business Account with its app. `numbers`: phone_number_id -> display number (digits)."""

    token: str = "fake-access-token"
    app_secret: str = "fake-app-secret"
    waba_id: str = "102290129340398"
    numbers: dict[str, str] = field(default_factory=lambda: {"106540352242922": "390471100200"})
    templates: Templates = field(default_factory=lambda: dict(DEMO_TEMPLATES))
    groups: set[str] = field(default_factory=set[str])
    unreachable: set[str] = field(default_factory=set[str])
    """Phones or BSUIDs not on WhatsApp: accepted, then failed with 131026."""

    @property
    def number(self) -> str:
        """The first phone_number_id."""
        return next(iter(self.numbers))


def metadata(account: MetaAccount, number: str) -> JsonObject:
    """The part of a value that says which of our numbers it is about (a foreign one too)."""
    return {"display_phone_number": account.numbers.get(number, "390000000000"), "phone_number_id": number}


def contact(guest: Guest) -> JsonObject:
    """The guest as `contacts[]` shows them."""
    profile: JsonObject = {"name": guest.name}
    if guest.username is not None:
        profile["username"] = guest.username
    shown: JsonObject = {"profile": profile}
    if guest.phone is not None:
        shown["wa_id"] = guest.phone
    shown["user_id"] = guest.bsuid
    if guest.parent_bsuid is not None:
        shown["parent_user_id"] = guest.parent_bsuid
    return shown


def sender(guest: Guest) -> JsonObject:
    """The guest as a message's `from` fields show them."""
    who: JsonObject = {} if guest.phone is None else {"from": guest.phone}
    who["from_user_id"] = guest.bsuid
    if guest.parent_bsuid is not None:
        who["from_parent_user_id"] = guest.parent_bsuid
    return who


def seconds(at_ms: int) -> str:
    """A provider timestamp: whole seconds, as text."""
    return str(at_ms // 1000)


def compose(
    account: MetaAccount, chance: Chance, shape: str, changes: tuple[JsonObject, ...], *, rewrite: bool
) -> bytes:
    """One body with all the changes (`{"field", "value", "time"?}`); `rewrite` = the same meaning in other bytes."""
    if len(changes) > 1 and shape == "mixed":
        shape = one_of(chance, SHAPES)
    if rewrite:
        shape = "entries"
    merged = _merge(changes) if shape == "value" else [dict(change) for change in changes]
    groups = [[change] for change in merged if shape == "entries" or "time" in change]
    if shape != "entries":
        together = [change for change in merged if "time" not in change]
        groups = [together, *groups] if together else groups
    body = {
        "object": "whatsapp_business_account",
        "entry": [_entry(account, group) for group in groups],
    }
    if rewrite:
        return json.dumps(dict(reversed(body.items())), indent=1).encode()
    return meta_bytes(body)


def meta_bytes(value: object) -> bytes:
    """JSON as Meta writes it: no blanks, non-ASCII as lower-case unicode escapes, slashes escaped."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/").encode()


def sign(app_secret: str, body: bytes) -> Mapping[str, str]:
    """Headers of a webhook: the signature is over the raw bytes."""
    digest = hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "User-Agent": "facebookexternalua",
        "X-Hub-Signature-256": f"sha256={digest}",
    }


def _entry(account: MetaAccount, changes: list[JsonObject]) -> JsonObject:
    """One entry; news of the account (and only they) come with the time, each in an entry of its own."""
    head: JsonObject = {"id": account.waba_id}
    if "time" in changes[0]:
        head["time"] = changes[0]["time"]
    return head | {"changes": [{"value": change["value"], "field": change["field"]} for change in changes]}


def _list_of(change: JsonObject) -> str | None:
    if change["field"] != "messages" or not change["value"].get("contacts"):
        return None
    return next((name for name in LISTS if name in change["value"]), None)


def _merge(changes: tuple[JsonObject, ...]) -> list[JsonObject]:
    """Join what may stand in one value: same number, and messages with messages, statuses with statuses."""
    merged: dict[tuple[str, str], JsonObject] = {}
    out: list[JsonObject] = []
    for change in changes:
        name = _list_of(change)
        if name is None:
            out.append(change)
            continue
        key = (name, change["value"]["metadata"]["phone_number_id"])
        value = change["value"]
        if key not in merged:
            copy = value | {"contacts": list(value["contacts"]), name: list(value[name])}
            merged[key] = {"field": change["field"], "value": copy}
            out.append(merged[key])
            continue
        into = merged[key]["value"]
        into["contacts"].extend(who for who in value["contacts"] if who not in into["contacts"])
        into[name].extend(value[name])
    return out
