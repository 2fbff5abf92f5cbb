"""API keys: who may ask what; of a key only its hash is kept, so it is shown once."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from nightporter.store import Row, Tx, View

TOKEN_BYTES = 32  # of chance: a plain hash is enough for a secret that nobody can guess
TOKEN_PREFIX = "np_"


class Scope(StrEnum):
    """What a key may do."""

    EVENTS_WRITE = "events:write"
    EVENTS_READ = "events:read"
    COMMANDS = "commands"
    HOTEL_READ = "hotel:read"
    HOTEL_WRITE = "hotel:write"
    METRICS = "metrics"


@dataclass(frozen=True, slots=True)
class Key:
    """A key that is in force."""

    key_id: str
    name: str
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A key as the command line lists it."""

    key: Key
    created_ms: int
    revoked_ms: int | None


def new_token() -> str:
    """A fresh secret; the caller shows it once and keeps its `hash_of`."""
    return TOKEN_PREFIX + secrets.token_urlsafe(TOKEN_BYTES)


def hash_of(token: str) -> bytes:
    """What is kept of a secret."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def create(key_id: str, name: str, token: str, scopes: Iterable[Scope], now_ms: int) -> Callable[[Tx], int]:
    """A unit: the key is in force when it is committed."""
    values = (key_id, name, hash_of(token), " ".join(sorted(set(scopes))), now_ms)
    return lambda tx: tx.run("key_add", values)


def revoke(key_id: str, now_ms: int) -> Callable[[Tx], bool]:
    """A unit: the key is refused from now on; False when it was not in force."""
    return lambda tx: tx.run("key_revoke", (now_ms, key_id)) == 1


def find(view: View, token: str) -> Key | None:
    """The key in force with that secret. By an index over hashes: what its timing tells is no part of any secret."""
    row = view.one("key_find", (hash_of(token),))
    return Key(row[0], row[1], scopes_of(row[2])) if row else None


def listed(view: View) -> list[ListedKey]:
    """All keys, also revoked ones."""
    return [_listed(row) for row in view.all("key_list")]


def scopes_of(text: str) -> frozenset[Scope]:
    """The scopes in a row; one that this release does not know gives nothing."""
    known = set(Scope)
    return frozenset(Scope(word) for word in text.split() if word in known)


def _listed(row: Row) -> ListedKey:
    key_id, name, scopes, created_ms, revoked_ms = row
    return ListedKey(Key(key_id, name, scopes_of(scopes)), created_ms, revoked_ms)
