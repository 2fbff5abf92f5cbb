"""The Cloud API as a channel: signature, entries, bodies, sends, media."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Container, Mapping

import orjson

from nightporter.channels import whatsapp_split
from nightporter.channels.answers import meta_outcome, token_taken
from nightporter.channels.clean import JSON, identifier, mapping, name_of, text
from nightporter.channels.codes import known_action
from nightporter.channels.media import download, encrypted, fetch_failed, host_of
from nightporter.channels.outcome import Action, Fetched, FetchFailed, FetchFailure, Outcome, Refused
from nightporter.channels.pieces import parts_of
from nightporter.channels.wire import FirstByte, Response, Sink, Wire, always
from nightporter.model.message import Entry, Media, MessageKind
from nightporter.model.outbox import Choice, Content, OutboxMessage, Template

SIGNATURE_HEADER = "x-hub-signature-256"
BEARER_HOSTS = (".fbsbx.com", ".facebook.com")  # besides the host of the API itself (contract)
NO_ADDRESS = "no_address"


class WhatsApp:
    """One number of the Cloud API. `api_url` with version, e.g. `https://graph.facebook.com/v26.0`."""

    name = whatsapp_split.CHANNEL
    echoes = True

    def __init__(
        self,
        wire: Wire,
        *,
        phone_number_id: str,
        access_token: str,
        app_secret: str,
        verify_token: str,
        api_url: str,
        other_numbers: Callable[[], Container[str]] = frozenset,
    ) -> None:
        assert app_secret, "without an app secret nothing can be verified"
        self.number = phone_number_id
        self._wire = wire
        self._secret = app_secret.encode()
        self._verify_token = verify_token.encode()
        self._api_url = api_url.rstrip("/")
        self._api_host = host_of(self._api_url)
        self._other_numbers = other_numbers  # further numbers of the hotel's file, under the same token
        self._bearer = {"authorization": f"Bearer {access_token}", "accept": "*/*"}
        self._headers = {**self._bearer, "content-type": "application/json"}

    # -- in

    def ours(self, number: str) -> bool:
        """True for entries of our numbers, and for those of none (account, unknown)."""
        return number in (self.number, "") or number in self._other_numbers()

    def verify(self, body: bytes, headers: Mapping[str, str], now_ms: int) -> bool:
        """True when `X-Hub-Signature-256` is the HMAC of the raw bytes."""
        stated = headers.get(SIGNATURE_HEADER, "")
        expected = "sha256=" + hmac.digest(self._secret, body, "sha256").hex()
        return hmac.compare_digest(stated.encode("utf-8", "replace"), expected.encode())

    def handshake(self, query: Mapping[str, str]) -> str | None:
        """`hub.challenge` when mode and token are right."""
        stated = query.get("hub.verify_token", "").encode("utf-8", "replace")
        right = hmac.compare_digest(stated, self._verify_token) and bool(self._verify_token)
        return query.get("hub.challenge", "") if right and query.get("hub.mode") == "subscribe" else None

    def split(self, body: bytes, received_ms: int) -> tuple[Entry, ...]:
        """Every message, status, echo, error and change of a body."""
        return whatsapp_split.split(body, received_ms)

    # -- out

    def parts(self, content: Content) -> tuple[Content, ...]:
        """In pieces of 4,096 characters, 1,024 above choices."""
        return parts_of(content)

    def body(self, message: OutboxMessage) -> bytes:
        """The JSON of `POST /messages`; the only callback data is our outbox id."""
        value: dict[str, JSON] = {"messaging_product": "whatsapp", "recipient_type": "individual"}
        if message.to_phone:
            value["to"] = message.to_phone
        else:
            value["recipient"] = message.to_id
        value.update(_payload(message.content))
        if message.quote:
            value["context"] = {"message_id": message.quote}
        value["biz_opaque_callback_data"] = message.outbox_id
        return orjson.dumps(value)

    async def send(
        self, message: OutboxMessage, timeout_seconds: float, before_first_byte: FirstByte = always
    ) -> Outcome:
        """One POST. See `Channel.send`."""
        if not message.to_phone and not message.to_id:
            return Refused(NO_ADDRESS, "neither phone nor id", Action.NEED_PHONE)
        answer = await self._wire.request(
            "POST",
            self._messages_url(message.number),
            self._headers,
            self.body(message),
            timeout_seconds=timeout_seconds,
            before_first_byte=before_first_byte,
        )
        return meta_outcome(answer)

    async def mark_read(self, provider_id: str, *, typing: bool, timeout_seconds: float) -> bool:
        """Blue ticks, and with `typing` the three dots for up to 25 s, in one call."""
        value: dict[str, JSON] = {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": provider_id,
        }
        if typing:
            value["typing_indicator"] = {"type": "text"}
        answer = await self._wire.request(
            "POST",
            self._messages_url(""),
            self._headers,
            orjson.dumps(value),
            timeout_seconds=timeout_seconds,
        )
        return isinstance(answer, Response) and answer.status == 200

    async def probe(self, timeout_seconds: float) -> bool:
        """Reads our own number: True unless the token is refused or nobody answers.

        Other refusals are left to the next send, which stops the lane again when it must.
        """
        answer = await self._wire.request(
            "GET", f"{self._api_url}/{self.number}?fields=id", self._bearer, timeout_seconds=timeout_seconds
        )
        return token_taken(answer, meta_outcome(answer))

    def _messages_url(self, number: str) -> str:
        return f"{self._api_url}/{number or self.number}/messages"

    # -- media

    async def fetch_media(
        self, media: Media, kind: MessageKind, sink: Sink, timeout_seconds: float
    ) -> Fetched | FetchFailed:
        """Asks for a fresh address by media id (they live minutes), then downloads with the bearer."""
        url, stated = media.url, ""
        if media.id:
            found = await self._media_address(media.id, timeout_seconds)
            if isinstance(found, FetchFailed):
                return found
            url, stated = found
        if not url:
            return FetchFailed(FetchFailure.GONE, "no address")
        return await download(
            self._wire, url, self._bearer, self.trusts, kind, sink, timeout_seconds, stated or media.sha256
        )

    def trusts(self, url: str) -> bool:
        """True when the bearer may go to an address: the API's host, *.fbsbx.com, *.facebook.com; encrypted."""
        host = host_of(url)
        return encrypted(url) and (host == self._api_host or host.endswith(BEARER_HOSTS))

    async def _media_address(self, media_id: str, timeout_seconds: float) -> tuple[str, str] | FetchFailed:
        if not (media_id.isalnum() and media_id.isascii()):
            return FetchFailed(FetchFailure.GONE, "no media id")
        answer = await self._wire.request(
            "GET", f"{self._api_url}/{media_id}", self._bearer, timeout_seconds=timeout_seconds
        )
        if not isinstance(answer, Response):
            return fetch_failed(answer)
        held = mapping(_json(answer.body))
        if answer.status == 200 and held.get("url"):
            return text(held["url"]), name_of(held.get("sha256"))
        code = identifier(mapping(held.get("error")).get("code"))
        if known_action(code) is Action.PERMANENT_BUG:
            return FetchFailed(FetchFailure.GONE, code)
        return fetch_failed(answer)

    async def close(self) -> None:
        """Closes the wire."""
        await self._wire.close()


def _json(body: bytes) -> JSON:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _payload(content: Content) -> dict[str, JSON]:
    if content.template is not None:
        return {"type": "template", "template": _template(content.template)}
    if content.buttons or content.rows:
        return {"type": "interactive", "interactive": _interactive(content)}
    return {"type": "text", "text": {"body": content.text, "preview_url": False}}


def _interactive(content: Content) -> dict[str, JSON]:
    if content.buttons:
        buttons = [{"type": "reply", "reply": {"id": b.id, "title": b.title}} for b in content.buttons]
        return {"type": "button", "body": {"text": content.text}, "action": {"buttons": buttons}}
    action = {"button": content.rows_title, "sections": [{"rows": [_row(row) for row in content.rows]}]}
    return {"type": "list", "body": {"text": content.text}, "action": action}


def _row(row: Choice) -> dict[str, str]:
    shown = {"id": row.id, "title": row.title}
    return shown | {"description": row.description} if row.description else shown


def _template(template: Template) -> dict[str, JSON]:
    value: dict[str, JSON] = {"name": template.name, "language": {"code": template.language}}
    if template.parameters:
        parameters: list[JSON] = [
            {"type": "text", "text": " ".join(text.split())} for text in template.parameters
        ]
        if template.names:
            named = zip(parameters, template.names, strict=True)
            parameters = [{**mapping(part), "parameter_name": name} for part, name in named]
        value["components"] = [{"type": "body", "parameters": parameters}]
    return value
