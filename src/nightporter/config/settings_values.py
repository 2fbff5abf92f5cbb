"""Readers of single setting values: from what a person wrote (text, or a TOML value) to what the program uses.

A reader raises `ValueError` or `TypeError` when the value is not allowed; its `allowed` says in words what is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

TEXT_CHARS_MAX = 4_096
LIST_ITEMS_MAX = 100
PORT_MAX = 65_535
NODE_CHARS_MAX = 64

Network = IPv4Network | IPv6Network

_NODE = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._-]{{0,{NODE_CHARS_MAX - 1}}}")
_WORD = re.compile(r"[!-~]+")
_AGE_KEY = re.compile(r"age1[02-9ac-hj-np-z]{58}")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_TRUE, _FALSE = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})


@dataclass(frozen=True, slots=True)
class Address:
    """Where a listener listens. Port 0: any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        """`host:port`, an IPv6 host in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Route:
    """One `[[mesh.routes]]`: where events of a type go."""

    match: str  # dotted pattern: `*` one word, `**` the rest
    to: tuple[str, ...]
    goes_on: bool = False  # `continue = true`: later routes are tried too


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one kind of value; `allowed` ends the sentence "allowed: ..."."""

    allowed: str
    read: Callable[[Any], Any]

    def __call__(self, raw: object) -> Any:
        """The value; ValueError or TypeError when it is not allowed."""
        return self.read(raw)


def _text(raw: object) -> str:
    if not isinstance(raw, str) or len(raw) > TEXT_CHARS_MAX or "\n" in raw:
        raise ValueError(raw)
    return raw


def _word(raw: object) -> str:
    value = str(raw) if isinstance(raw, int) and not isinstance(raw, bool) else _text(raw)
    if not _WORD.fullmatch(value):
        raise ValueError(raw)
    return value


def _items(raw: object) -> list[object]:
    """A TOML array, or text with commas; empty items are dropped."""
    if isinstance(raw, str):
        return [part.strip() for part in raw.split(",") if part.strip()]
    if isinstance(raw, Sequence):
        return [*cast("Sequence[object]", raw)]
    raise ValueError(raw)


def is_loopback(host: str) -> bool:
    """True for this machine itself."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


WORD = Reader("text without blanks", _word)


def secret(least: int = 1) -> Reader:
    """A secret of at least so many characters."""

    def read(raw: object) -> str:
        value = _word(raw)
        if len(value) < least:
            raise ValueError(raw)
        return value

    return Reader(f"at least {least} characters without blanks" if least > 1 else WORD.allowed, read)


def password(least: int) -> Reader:
    """A pass phrase: blanks are fine inside."""

    def read(raw: object) -> str:
        value = _text(raw)
        if len(value) < least or value != value.strip():
            raise ValueError(raw)
        return value

    return Reader(f"at least {least} characters, no blank at either end", read)


def one_of(*words: str) -> Reader:
    """A closed set of words."""

    def read(raw: object) -> str:
        if raw not in words:
            raise ValueError(raw)
        return cast("str", raw)

    return Reader(" or ".join(words), read)


def whole(least: int, most: int) -> Reader:
    """A whole number in a range."""

    def read(raw: object) -> int:
        if isinstance(raw, bool) or not isinstance(raw, int | str):
            raise TypeError(raw)
        value = int(raw)
        if not least <= value <= most:
            raise ValueError(raw)
        return value

    return Reader(f"a whole number from {least} to {most}", read)


def number(least: float, most: float) -> Reader:
    """A number in a range."""

    def read(raw: object) -> float:
        if isinstance(raw, bool) or not isinstance(raw, int | float | str):
            raise TypeError(raw)
        value = float(raw)
        if not least <= value <= most:  # also false for nan
            raise ValueError(raw)
        return value

    return Reader(f"a number from {least:g} to {most:.10g}", read)


def _flag(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    word = _text(raw).lower()
    if word not in _TRUE | _FALSE:
        raise ValueError(raw)
    return word in _TRUE


FLAG = Reader("true or false", _flag)


def _path(raw: object) -> Path:
    value = _text(raw)
    if not value or "\0" in value:
        raise ValueError(raw)
    return Path(value).expanduser()


PATH = Reader("a path", _path)


def _node(raw: object) -> str:
    value = _text(raw)
    if not _NODE.fullmatch(value):
        raise ValueError(raw)
    return value


NODE = Reader(f"letters, digits, dot, dash and underscore, at most {NODE_CHARS_MAX}", _node)


def _address(raw: object) -> Address:
    host, colon, port = _text(raw).rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    host = host.strip("[]") if bracketed else host
    if not colon or not port.isdecimal() or not port.isascii() or int(port) > PORT_MAX:
        raise ValueError(raw)
    if bracketed:
        ip_address(host)
    elif not _HOST.fullmatch(host):
        raise ValueError(raw)
    return Address(host, int(port))


ADDRESS = Reader("host:port, for example 127.0.0.1:3001", _address)


def url(*schemes: str) -> Reader:
    """The address of a service; `http` (and `imap`, `ws`) only on this machine."""
    plain = {"http", "imap", "ws"}
    shown = [f"{scheme}://..." for scheme in schemes]
    note = ", not encrypted only to this machine" if plain & set(schemes) else ""

    def read(raw: object) -> str:
        value = _word(raw)
        parts = urlsplit(value)
        _ = parts.port  # raises ValueError for a port that is none
        if parts.scheme not in schemes or (not parts.hostname and parts.scheme not in ("file", "s3")):
            raise ValueError(raw)
        if parts.scheme in plain and not is_loopback(parts.hostname or ""):
            raise ValueError(raw)
        return value.rstrip("/")

    return Reader(" or ".join(shown) + note, read)


HTTP_URL = url("https", "http")
_PLACE = url("sftp", "s3", "file")


def _place(raw: object) -> str:
    value: str = _PLACE(raw)
    parts = urlsplit(value)
    if parts.scheme == "file":
        fits = not parts.netloc and parts.path.startswith("/")
    else:
        fits = bool(parts.hostname) and not (parts.scheme == "sftp" and parts.password)
    if not fits:
        raise ValueError(raw)
    return value


PLACE = Reader("sftp://user@host/path (with a key, no password), s3://bucket/... or file:///path", _place)


def _age_key(raw: object) -> str:
    value = _text(raw)
    if not _AGE_KEY.fullmatch(value):
        raise ValueError(raw)
    return value


AGE_KEY = Reader("an age public key, age1...", _age_key)


def list_of(item: Reader) -> Reader:
    """Several values: with commas between them, or a TOML array."""

    def read(raw: object) -> tuple[Any, ...]:
        found = _items(raw)
        if len(found) > LIST_ITEMS_MAX:
            raise ValueError(raw)
        return tuple(item(part) for part in found)

    return Reader(f"{item.allowed}; several with commas between", read)


def _network(raw: object) -> Network:
    return ip_network(_text(raw), strict=False)


NETWORK = Reader("an IP address or a network like 10.0.0.0/8", _network)


PATTERN = re.compile(
    r"((\*|[a-z0-9_]+)\.)*(\*{1,2}|[a-z0-9_]+)"
)  # of a route: words with dots, `**` only at the end


def _routes(raw: object) -> tuple[Route, ...]:
    if isinstance(raw, str):
        import json

        raw = json.loads(raw)
    if not isinstance(raw, Sequence) or isinstance(raw, str):
        raise TypeError(raw)
    return tuple(_route(item) for item in cast("Sequence[object]", raw))


def _route(raw: object) -> Route:
    if not isinstance(raw, Mapping):
        raise TypeError("a route is a table")
    found = {**cast("Mapping[str, object]", raw)}
    match, to, goes_on = found.pop("match", None), found.pop("to", None), found.pop("continue", False)
    if found or not isinstance(match, str) or not PATTERN.fullmatch(match) or not isinstance(goes_on, bool):
        raise ValueError("no such route")
    targets = tuple(_word(target) for target in _items(to))
    if not targets or not all(
        target == "desk" or re.fullmatch(r"(trigger|bullmq|webhook):.+", target) for target in targets
    ):
        raise ValueError("no such route")
    return Route(match, targets, goes_on)


ROUTES = Reader(
    'a list of {match = "flight.**", to = ["desk", "trigger:..", "bullmq:..", "webhook:.."]}', _routes
)
