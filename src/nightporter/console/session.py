"""Sessions: kept on disk as hashes, ended by time, by quiet, or by hand; and the token that each form brings back."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass

from nightporter.errors import CannotKeep, StoreBroken
from nightporter.journal import accounts
from nightporter.journal.accounts import Account, Role
from nightporter.rounds.node import Node
from nightporter.store import Tx

COOKIE = "nightporter"
IDLE_MS = 10 * 3_600_000  # longer than a shift; pages that only refresh themselves do not count
SESSION_MS = 3 * 86_400_000  # then the password is asked for in any case
SEEN_EVERY_MS = 5 * 60_000  # how exactly it is kept when somebody was there last
SESSIONS_OF_ACCOUNT_MAX = 20  # the oldest one ends
SECRET_BYTES = 32
_COOKIE = re.compile(r"([0-9a-f]{28})?\.([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Whoever has one of our cookies. Before the password was given there is only the `secret`."""

    secret: str
    session_id: str = ""
    account_id: str = ""
    name: str = ""
    role: Role = Role.STAFF
    seen_ms: int = 0
    must_choose: bool = False  # came in by a password that somebody else knows

    @property
    def signed_in(self) -> bool:
        """True after the password was given."""
        return bool(self.session_id)

    @property
    def works(self) -> bool:
        """True for whoever may see more than the way in."""
        return self.signed_in and not self.must_choose

    @property
    def is_owner(self) -> bool:
        """True for whoever may manage accounts."""
        return self.signed_in and self.role is Role.OWNER

    @property
    def cookie(self) -> str:
        """The cookie's value."""
        return f"{self.session_id}.{self.secret}"


def stranger() -> Visitor:
    """Somebody who may only see the page that asks for a password."""
    return Visitor(secret=secrets.token_urlsafe(SECRET_BYTES))


def token(visitor: Visitor) -> str:
    """What each form of this visitor carries."""
    return hmac.digest(visitor.secret.encode(), b"form", hashlib.sha256).hex()


def genuine(visitor: Visitor, given: str) -> bool:
    """True when a form came from a page of ours; in constant time."""
    return hmac.compare_digest(token(visitor).encode(), given.encode("utf-8", "replace"))


class Sessions:
    """Everybody who is signed in."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def begin(self, account: Account) -> Visitor | None:
        """Sign in; None when the account has changed since its password was looked at."""
        session_id, now_ms = self._node.ids.new(), self._node.clock.now_ms()
        visitor = Visitor(secret=secrets.token_urlsafe(SECRET_BYTES), session_id=session_id)
        values = (session_id, account.account_id, _hash(visitor), now_ms, now_ms + SESSION_MS)

        def unit(tx: Tx) -> bool:
            if accounts.named(tx, account.name) != account:
                return False
            tx.run("sessions_end_old", (now_ms,))
            tx.run("session_add", values)
            tx.run("sessions_end_rest", (account.account_id, SESSIONS_OF_ACCOUNT_MAX))
            return True

        return visitor if await self._node.write(unit) else None

    def read(self, cookie: str) -> Visitor | None:
        """The visitor of a cookie; None when it is not ours, its time is over, or it was ended."""
        found = _COOKIE.fullmatch(cookie)
        if found is None:
            return None
        visitor = Visitor(secret=found[2], session_id=found[1] or "")
        return self._signed_in(visitor) if visitor.signed_in else visitor

    def _signed_in(self, visitor: Visitor) -> Visitor | None:
        row = self._node.store.view.one("session_get", (visitor.session_id,))
        if row is None or not hmac.compare_digest(row[0], _hash(visitor)):
            return None
        _, seen_ms, until_ms, account_id, name, role, first_until_ms = row
        if self._node.clock.now_ms() >= min(until_ms, seen_ms + IDLE_MS):
            return None
        return Visitor(
            secret=visitor.secret,
            session_id=visitor.session_id,
            account_id=account_id,
            name=name,
            role=Role(role),
            seen_ms=seen_ms,
            must_choose=first_until_ms > 0,
        )

    async def seen(self, visitor: Visitor) -> None:
        """A person did something: the session goes on. A full disk signs nobody out any earlier than that."""
        now_ms = self._node.clock.now_ms()
        if visitor.signed_in and now_ms - visitor.seen_ms >= SEEN_EVERY_MS:
            with suppress(CannotKeep, StoreBroken):
                await self._node.write(lambda tx: tx.run("session_seen", (now_ms, visitor.session_id)))

    async def end(self, visitor: Visitor) -> None:
        """Sign out: the cookie is worth nothing any more, wherever a copy of it is."""
        if visitor.signed_in:
            await self._node.write(lambda tx: tx.run("session_end", (visitor.session_id,)))


def _hash(visitor: Visitor) -> bytes:
    return hashlib.sha256(visitor.secret.encode()).digest()
