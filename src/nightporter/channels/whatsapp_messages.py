"""Reads one message object of the Cloud API: what the guest sent, in our words, whatever the shape."""

from __future__ import annotations

from collections.abc import Callable

from nightporter.channels.clean import (
    JSON,
    TEXT_CHARS_MAX,
    URL_CHARS_MAX,
    identifier,
    kept,
    kept_object,
    mapping,
    name_of,
    sequence,
    text,
)
from nightporter.model.message import JSONObject, Media, Message, MessageKind

Reader = Callable[[dict[str, JSON], dict[str, JSON]], Message]  # (message object, object named like its type)

_MEDIA_KINDS = {
    "image": MessageKind.IMAGE,
    "video": MessageKind.VIDEO,
    "audio": MessageKind.AUDIO,
    "voice": MessageKind.VOICE,
    "document": MessageKind.DOCUMENT,
    "sticker": MessageKind.STICKER,
}
_COMMON_KEYS = ("referral", "errors")  # kept beside any kind
_CONTEXT_KEYS = ("forwarded", "frequently_forwarded", "referred_product")


def quoted_id(message: dict[str, JSON]) -> str:
    """Provider id of the message that this one answers."""
    context = message.get("context")
    return identifier(mapping(context).get("id")) if context is not None else ""


def common_data(message: dict[str, JSON]) -> JSONObject:
    """What any kind may carry and no field holds: where it came from, forwarding, errors."""
    data: JSONObject = {key: kept(message[key]) for key in _COMMON_KEYS if message.get(key)}
    context = message.get("context")
    if context is not None:
        held = mapping(context)
        data.update({key: kept(held[key]) for key in _CONTEXT_KEYS if held.get(key)})
    return data


def _text(message: dict[str, JSON], payload: dict[str, JSON]) -> Message:
    return Message(
        kind=MessageKind.TEXT,
        text=text(payload.get("body")),
        quoted=quoted_id(message),
        group=identifier(message.get("group_id")),
        data=common_data(message),
    )


def media_of(payload: dict[str, JSON]) -> Media:
    """The file that a media object names."""
    return Media(
        id=identifier(payload.get("id")),
        url=text(payload.get("url") or payload.get("link"), URL_CHARS_MAX),
        mime_type=name_of(payload.get("mime_type")),
        sha256=name_of(payload.get("sha256")),
        filename=name_of(payload.get("filename")),
    )


def _media(message: dict[str, JSON], payload: dict[str, JSON]) -> Message:
    kind = _MEDIA_KINDS[message["type"]]
    if kind is MessageKind.AUDIO and payload.get("voice") is True:
        kind = MessageKind.VOICE
    data = common_data(message)
    if payload.get("animated") is True:
        data["animated"] = True
    return _made(message, kind, text(payload.get("caption")), media=media_of(payload), data=data)


def _made(
    message: dict[str, JSON],
    kind: MessageKind,
    words: str = "",
    *,
    choice: str = "",
    target: str = "",
    media: Media | None = None,
    data: JSONObject | None = None,
) -> Message:
    return Message(
        kind=kind,
        text=words,
        choice=choice,
        target=target,
        quoted=quoted_id(message),
        group=identifier(message.get("group_id")),
        media=media,
        data=common_data(message) if data is None else data,
    )


def _interactive(message: dict[str, JSON], payload: dict[str, JSON]) -> Message:
    kind = payload.get("type")
    if kind in ("button_reply", "list_reply"):
        reply = mapping(payload.get(kind))
        data = common_data(message)
        if reply.get("description"):
            data["description"] = text(reply["description"], TEXT_CHARS_MAX)
        return _made(
            message,
            MessageKind.CHOICE,
            text(reply.get("title")),
            choice=identifier(reply.get("id")),
            data=data,
        )
    if kind == "nfm_reply":
        form = mapping(payload.get("nfm_reply"))
        data = common_data(message) | {"form": kept(form)}
        return _made(message, MessageKind.FORM, text(form.get("body")), data=data)
    return unknown(message)


def _button(message: dict[str, JSON], payload: dict[str, JSON]) -> Message:
    return _made(
        message, MessageKind.BUTTON, text(payload.get("text")), choice=identifier(payload.get("payload"))
    )


def _location(message: dict[str, JSON], payload: dict[str, JSON]) -> Message:
    data = common_data(message) | {"location": kept(payload)}
    return _made(message, MessageKind.LOCATION, text(payload.get("name")), data=data)


def _contacts(message: dict[str, JSON], _payload: dict[str, JSON]) -> Message:
    data = common_data(message) | {"contacts": kept(message.get("contacts"))}
    return _made(message, MessageKind.CONTACTS, data=data)


def _reaction(message: dict[str, JSON], payload: dict[str, JSON]) -> Message:
    return _made(
        message,
        MessageKind.REACTION,
        text(payload.get("emoji")),
        target=identifier(payload.get("message_id")),
    )


def _order(message: dict[str, JSON], payload: dict[str, JSON]) -> Message:
    data = common_data(message) | {"order": kept(payload)}
    return _made(message, MessageKind.ORDER, text(payload.get("text")), data=data)


def _edit(message: dict[str, JSON], payload: dict[str, JSON]) -> Message:
    """The new words; an edit of an edit (never seen) keeps only its data, so there is nothing to recurse into."""
    new = mapping(payload.get("message"))
    inner = _inner(new)
    return _made(
        message,
        MessageKind.EDIT,
        inner.text,
        target=identifier(payload.get("original_message_id")),
        media=inner.media,
        data=common_data(message) | ({"edited": inner.kind.value} if new else {}),
    )


def _inner(message: dict[str, JSON]) -> Message:
    kind = message.get("type")
    if kind == "text":
        return _text(message, mapping(message.get("text")))
    if type(kind) is str and kind in _MEDIA_KINDS:
        return _media(message, mapping(message.get(kind)))
    if kind is None and "text" in message:
        return _text(message, mapping(message.get("text")))
    return unknown(message)


def _revoke(message: dict[str, JSON], payload: dict[str, JSON]) -> Message:
    return _made(message, MessageKind.REVOKE, target=identifier(payload.get("original_message_id")))


def _unsupported(message: dict[str, JSON], payload: dict[str, JSON]) -> Message:
    data = common_data(message)
    if payload:
        data["unsupported"] = kept(payload)
    return _made(message, MessageKind.UNSUPPORTED, data=data)


def unknown(message: dict[str, JSON]) -> Message:
    """A kind that nobody knows: a guest wrote it, so all of it is kept."""
    return _made(message, MessageKind.UNKNOWN, data=kept_object(message))


READERS: dict[str, Reader] = {
    "text": _text,
    "interactive": _interactive,
    "button": _button,
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    "order": _order,
    "edit": _edit,
    "revoke": _revoke,
    "unsupported": _unsupported,
    **dict.fromkeys(_MEDIA_KINDS, _media),
}


def read_message(message: dict[str, JSON]) -> Message:
    """What a message object says. Total."""
    kind = message.get("type")
    reader = READERS.get(kind) if type(kind) is str else None
    if reader is None or type(kind) is not str:
        return unknown(message)
    return reader(message, mapping(message.get(kind)))


def read_call(call: dict[str, JSON]) -> Message:
    """A guest rang: one message per event of the call (connect, terminate)."""
    keys = ("event", "status", "direction", "start_time", "end_time", "duration")
    return Message(
        kind=MessageKind.CALL, data={key: kept(call[key]) for key in keys if call.get(key) is not None}
    )


def first_error(errors: JSON) -> tuple[str, str]:
    """(code, words) of the first error in a list, ('', '') without one."""
    for item in sequence(errors):
        error = mapping(item)
        details = text(mapping(error.get("error_data")).get("details"), 1024)
        words = details or text(error.get("message") or error.get("title"), 1024)
        return identifier(error.get("code")), words
    return "", ""
