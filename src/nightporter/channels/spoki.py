"""Spoki as a channel: signature, entries, bodies, sends, media."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence

import orjson

from nightporter.channels import spoki_split
from nightporter.channels.answers import spoki_outcome, token_taken
from nightporter.channels.clean import JSON
from nightporter.channels.media import download, encrypted, host_of, loopback, public
from nightporter.channels.outcome import Action, Fetched, FetchFailed, FetchFailure, Outcome, Refused
from nightporter.channels.pieces import parts_of
from nightporter.channels.wire import FirstByte, Sink, Wire, always
from nightporter.model.message import Entry, Media, MessageKind
from nightporter.model.outbox import Content, OutboxMessage, Template

SIGNATURE_HEADER = "x-spoki-signature"
TOLERANCE_MS = 300_000  # of the signature's time, both ways
SIGNATURES_MAX = 8  # in one header
SIGNATURE_CHARS_MAX = 2_048
ACCOUNT = "spoki"  # name of the only account when none is given


class Spoki:
    """One Spoki account. `secrets`: one per subscribed event; `api_url` e.g. `https://api.spoki.com/api/1`."""

    name = spoki_split.CHANNEL

    def __init__(
        self,
        wire: Wire,
        *,
        api_key: str,
        secrets: Sequence[str],
        api_url: str,
        number: str = ACCOUNT,
        metadata_echo: bool = False,
    ) -> None:
        assert secrets, "without a secret nothing can be verified"
        assert all(secrets), "an empty secret verifies everything"
        self.number = number
        self.echoes = metadata_echo  # set True by the first status that brought our id back (SD3)
        self._wire = wire
        self._secrets = tuple(secret.encode() for secret in secrets)
        self._api_url = api_url.rstrip("/")
        self._headers = {
            "x-spoki-api-key": api_key,
            "accept": "application/json",
            "content-type": "application/json",
        }

    # -- in

    def ours(self, number: str) -> bool:
        """True: a signed delivery is of our account; the account header is outside the signature."""
        return number in (self.number, "")

    def verify(self, body: bytes, headers: Mapping[str, str], now_ms: int) -> bool:
        """True when a `v2` is the HMAC of `t.body` under one of our secrets and `t` is within 300 s."""
        stated, times = _signature(headers.get(SIGNATURE_HEADER, ""))
        if len(times) != 1 or not stated:
            return False
        signed = times[0].encode() + b"." + body
        expected = [hmac.digest(secret, signed, "sha256").hex().encode() for secret in self._secrets]
        same = [
            hmac.compare_digest(one, other) for one in stated for other in expected
        ]  # all, in constant time
        return any(same) and abs(now_ms - int(times[0]) * 1000) <= TOLERANCE_MS

    def handshake(self, query: Mapping[str, str]) -> str | None:
        """None: Spoki has none."""
        return None

    def split(self, body: bytes, received_ms: int) -> tuple[Entry, ...]:
        """The one event of a body."""
        return spoki_split.split(body, received_ms, self.number)

    # -- out

    def parts(self, content: Content) -> tuple[Content, ...]:
        """In pieces of the Cloud API's size, which is behind Spoki."""
        return parts_of(content)

    def body(self, message: OutboxMessage) -> bytes:
        """The JSON of `POST /messages/send/`."""
        value: dict[str, JSON] = {"phone": f"+{message.to_phone}", **_payload(message.content)}
        value["metadata"] = {spoki_split.METADATA_KEY: message.outbox_id}
        return orjson.dumps(value)

    async def send(
        self, message: OutboxMessage, timeout_seconds: float, before_first_byte: FirstByte = always
    ) -> Outcome:
        """One POST. See `Channel.send`."""
        if not message.to_phone:
            return Refused("no_phone", "Spoki sends to phone numbers only", Action.NEED_PHONE)
        answer = await self._wire.request(
            "POST",
            f"{self._api_url}/messages/send/",
            self._headers,
            self.body(message),
            timeout_seconds=timeout_seconds,
            before_first_byte=before_first_byte,
        )
        return spoki_outcome(answer)

    async def mark_read(self, provider_id: str, *, typing: bool, timeout_seconds: float) -> bool:
        """False: Spoki has no call for it."""
        return False

    async def probe(self, timeout_seconds: float) -> bool:
        """Reads one template: True unless the key is refused or nobody answers."""
        answer = await self._wire.request(
            "GET",
            f"{self._api_url}/templates/?page_size=1",
            self._headers,
            timeout_seconds=timeout_seconds,
        )
        return token_taken(answer, spoki_outcome(answer))

    # -- media

    async def fetch_media(
        self, media: Media, kind: MessageKind, sink: Sink, timeout_seconds: float
    ) -> Fetched | FetchFailed:
        """Downloads from the address that the webhook named, without our key."""
        if not media.url:
            return FetchFailed(FetchFailure.GONE, "no address")
        headers = {"accept": "*/*"}
        return await download(
            self._wire, media.url, headers, self.trusts, kind, sink, timeout_seconds, media.sha256
        )

    def trusts(self, url: str) -> bool:
        """True for encrypted addresses in the open internet; with an API on this machine (a fake) also there."""
        host = host_of(url)
        if loopback(host):
            return loopback(host_of(self._api_url))
        return encrypted(url) and public(host)

    async def close(self) -> None:
        """Closes the wire."""
        await self._wire.close()


def _signature(header: str) -> tuple[list[bytes], list[str]]:
    """(all `v2`, all `t`) of a signature header; nothing from one that is over-long."""
    if len(header) > SIGNATURE_CHARS_MAX:
        return [], []
    pairs = [part.strip().partition("=") for part in header.split(",")]
    stated = [value.encode("utf-8", "replace") for key, _, value in pairs if key == "v2"]
    times = [
        value
        for key, _, value in pairs
        if key == "t" and value.isdecimal() and value.isascii() and len(value) <= 12
    ]
    return stated[:SIGNATURES_MAX], times


def _payload(content: Content) -> dict[str, JSON]:
    if content.template is not None:
        return _template(content.template)
    if content.rows:
        rows = [{"title": r.title, "description": r.description, "payload": r.id} for r in content.rows]
        sections = [{"title": content.rows_title, "rows": rows}]
        return {
            "type": "Message",
            "content_type": "List",
            "text": content.text,
            "list": {"title": content.rows_title, "sections": sections},
        }
    if content.buttons:
        buttons = [
            {"button_type": "quick_reply", "text": b.title, "order": order, "payload": b.id}
            for order, b in enumerate(content.buttons)
        ]
        return {
            "type": "Message",
            "content_type": "Interactive",
            "text": content.text,
            "buttons": buttons,
        }
    return {"type": "Message", "content_type": "Text", "text": content.text}


def _template(template: Template) -> dict[str, JSON]:
    """Spoki numbers its templates and names their fields: `Template.parameters` are `CODE=value` there."""
    pairs = [parameter.partition("=") for parameter in template.parameters]
    fields = {code: value for code, _, value in pairs}
    number = int(template.name) if template.name.isdecimal() and template.name.isascii() else template.name
    return {
        "type": "Template",
        "template": number,
        "language": template.language.upper(),
        "custom_fields": fields,
    }
