"""The guard of the keyed routes: which key asks, may it, and how often already."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from nightporter.config.settings import LimitSettings
from nightporter.gateway.address import Callers
from nightporter.gateway.limits import Limiter
from nightporter.gateway.problem import Code, Problem, too_many
from nightporter.journal.keys import Key, Scope, find, hash_of
from nightporter.rounds.node import Node

HEADER = b"x-api-key"
TOKEN_CHARS_MAX = 512
FIRST_KEY = "mesh"  # id and name of MESH_API_KEY


@dataclass(frozen=True, slots=True)
class Passed:
    """Who asks, and the headers that tell what is left of the limit."""

    key: Key
    headers: dict[str, str]


class Guard:
    """Judges requests. A key is looked up each time (9 us by its index), so a revoked one is refused at once."""

    def __init__(
        self, node: Node, limits: LimitSettings, first_key: str, callers: Callers, refused: Limiter
    ) -> None:
        self._view = node.store.view
        self._counts = node.counts
        self._callers = callers
        self._refused = refused
        self._keyed = Limiter(node.clock, "keyed", limits.keyed_per_minute)
        self._first = hash_of(first_key) if first_key else b""

    def judge(
        self, scope: Scope, client: tuple[str, int] | None, headers: Iterable[tuple[bytes, bytes]]
    ) -> Passed | Problem:
        """Let the request pass, or say why not."""
        told = [value for name, value in headers if name == HEADER]
        key = self._key(told[0].decode("latin-1")) if len(told) == 1 else None
        if key is None:
            return self._unknown(client, headers, missing=not told)
        verdict = self._keyed.take(key.key_id)
        left = self._keyed.headers(verdict)
        if not verdict.allowed:
            problem = too_many(verdict.reset_seconds)
            return Problem(problem.code, problem.detail, headers={**problem.headers, **left})
        if scope not in key.scopes:
            return Problem(Code.SCOPE_MISSING, f"this key lacks the scope {scope}", headers=left)
        return Passed(key, left)

    def _key(self, token: str) -> Key | None:
        if not token or len(token) > TOKEN_CHARS_MAX:
            return None
        if self._first and hmac.compare_digest(hash_of(token), self._first):
            return Key(FIRST_KEY, FIRST_KEY, frozenset(Scope))
        return find(self._view, token)

    def _unknown(
        self, client: tuple[str, int] | None, headers: Iterable[tuple[bytes, bytes]], *, missing: bool
    ) -> Problem:
        self._counts.add("keys_refused")
        verdict = self._refused.take(self._callers.name(client, headers))
        if not verdict.allowed:
            return too_many(verdict.reset_seconds)
        if missing:
            return Problem(Code.KEY_MISSING, "send a key in the header X-API-Key")
        return Problem(Code.KEY_UNKNOWN, "this key is unknown or revoked")
