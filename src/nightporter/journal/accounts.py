"""Accounts of the staff: who may use the console and as what; of a password only its argon2id hash is kept."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from nightporter.journal.entries import PHONE_APP
from nightporter.store import Row, Tx, View

OWNER = "owner"  # the account that is always there: the way in for whoever starts the node
NAME_CHARS_MAX = 40
FIRST_PASSWORD_MS = 7 * 86_400_000  # a password that somebody else has seen is good this long
# Names that stand for something else wherever it is written down who did it.
RESERVED = frozenset({OWNER, PHONE_APP, "command line", "machine", "staff", "guest"})
_NAME = re.compile(r"[^\W_][\w .'’-]*")


class Role(StrEnum):
    """What an account may do."""

    OWNER = "owner"  # everything, and accounts
    STAFF = "staff"  # conversations and tasks


class Standing(StrEnum):
    """What a list says of an account."""

    ACTIVE = "active"
    FIRST_PASSWORD = "first_password"  # must choose one of their own when they come in
    START_PASSWORD = "start_password"  # the owner, by CONSOLE_PASSWORD or the one printed at the start
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account. `hash` is "" while the owner has chosen no password."""

    account_id: str
    name: str
    role: Role
    hash: str
    first_until_ms: int
    created_ms: int
    disabled_ms: int | None

    @property
    def standing(self) -> Standing:
        """How it stands."""
        if self.disabled_ms is not None:
            return Standing.DISABLED
        if not self.hash:
            return Standing.START_PASSWORD
        return Standing.FIRST_PASSWORD if self.first_until_ms else Standing.ACTIVE

    @property
    def may_be_disabled(self) -> bool:
        """The account `owner` may not: it is the way in."""
        return login_of(self.name) != OWNER


def clean_name(text: str) -> str:
    """The name of a new account as it is shown; "" when nobody can be called so."""
    name = " ".join(unicodedata.normalize("NFKC", text).split())
    if len(name) > NAME_CHARS_MAX or not _NAME.fullmatch(name) or login_of(name) in RESERVED:
        return ""
    return name


def login_of(text: str) -> str:
    """The name as it is compared: how it is written, in capitals or not, does not matter."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def named(view: View, name: str) -> Account | None:
    """The account of that name, also a disabled one."""
    row = view.one("account_named", (login_of(name),))
    return _account(row) if row else None


def listed(view: View) -> list[Account]:
    """All accounts, the oldest first."""
    return [_account(row) for row in view.all("account_list")]


def bring_owner(account_id: str, now_ms: int) -> Callable[[Tx], bool]:
    """A unit: the owner's account, when it is not there yet."""
    return lambda tx: tx.run("account_add", (account_id, OWNER, OWNER, Role.OWNER, "", 0, now_ms)) == 1


def add(account_id: str, name: str, role: Role, first: str, now_ms: int) -> Callable[[Tx], bool]:
    """A unit: a new account with a first password (its hash); False when the name is taken."""
    until_ms = now_ms + FIRST_PASSWORD_MS
    values = (account_id, login_of(name), name, role, first, until_ms, now_ms)
    return lambda tx: tx.run("account_add", values) == 1


def give_password(name: str, hashed: str, first_until_ms: int) -> Callable[[Tx], bool]:
    """A unit: a new password, and signed out everywhere; a disabled account is open again. False without it."""

    def unit(tx: Tx) -> bool:
        account = named(tx, name)
        if account is None:
            return False
        tx.run("account_password", (hashed, first_until_ms, account.account_id))
        tx.run("sessions_end_of", (account.account_id,))
        return True

    return unit


def disable(name: str, now_ms: int) -> Callable[[Tx], bool]:
    """A unit: nobody comes in by that name, and whoever is in is out. False when that was so, or may not be."""

    def unit(tx: Tx) -> bool:
        account = named(tx, name)
        if account is None or not account.may_be_disabled:
            return False
        tx.run("sessions_end_of", (account.account_id,))
        return tx.run("account_disable", (now_ms, account.account_id)) == 1

    return unit


def _account(row: Row) -> Account:
    account_id, name, role, hashed, first_until_ms, created_ms, disabled_ms = row
    return Account(
        account_id=account_id,
        name=name,
        role=Role(role),
        hash=hashed,
        first_until_ms=first_until_ms,
        created_ms=created_ms,
        disabled_ms=disabled_ms,
    )
