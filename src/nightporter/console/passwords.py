"""Passwords: argon2id off the event loop, what a good one is, and ones that are made for somebody."""

from __future__ import annotations

import asyncio
import base64
import hmac
import secrets
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from nightporter.journal.accounts import login_of

if TYPE_CHECKING:
    from argon2 import PasswordHasher

T = TypeVar("T")

# OWASP Password Storage Cheat Sheet, argon2id, the first choice: some 40 ms here. The memory is over what malloc ever
# keeps for itself (32 MB), so it goes back to the machine after each try.
ARGON2_MEMORY_KIB = 46 * 1024
ARGON2_PASSES = 1
ARGON2_LANES = 1
SALT_BYTES = 16
HASH_BYTES = 32

HASHES_WAITING_MAX = 16  # one is made at a time; whoever comes behind so many is sent away
PASSWORD_CHARS_MIN = 10
PASSWORD_CHARS_MAX = 200
PASSWORD_LETTERS_MIN = 5  # different ones
WORDS_OF_PASSWORD = 3
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else
LETTERS_OF_WORD = 4


def new_password() -> str:
    """A password that somebody is given, easy to type from a screen: `k7wm-q2xc-hv9p`, 59 bits."""
    return "-".join(
        "".join(secrets.choice(LETTERS) for _ in range(LETTERS_OF_WORD)) for _ in range(WORDS_OF_PASSWORD)
    )


def weakness(password: str, name: str) -> str:
    """What is wrong with a password that somebody chose for themselves, as a name in the catalogue; "" for nothing."""
    if len(password) < PASSWORD_CHARS_MIN:
        return "password.short"
    if len(password) > PASSWORD_CHARS_MAX:
        return "password.long"
    if len(set(password)) < PASSWORD_LETTERS_MIN or login_of(name) in login_of(password):
        return "password.easy"
    return ""


def same(one: str, other: str) -> bool:
    """In constant time."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


class Passwords:
    """Hashes and compares, one at a time, on a thread: argon2 lets go of the interpreter meanwhile."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0

    @property
    def busy(self) -> bool:
        """True when so many wait that nobody else should."""
        return self._waiting >= HASHES_WAITING_MAX

    async def hash(self, password: str) -> str:
        """What is kept of it."""
        return await self._apart(_hash, password, "")

    async def matches(self, password: str, hashed: str) -> bool:
        """True when that is its hash. "" stands for no account: never, and it takes as long."""
        return await self._apart(_matches, password, hashed or _nobody()) and bool(hashed)

    async def _apart(self, work: Callable[[str, str], T], password: str, hashed: str) -> T:
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(work, password[:PASSWORD_CHARS_MAX], hashed)
        finally:
            self._waiting -= 1


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher, Type  # a node where nobody signs in does not load it

    return PasswordHasher(
        time_cost=ARGON2_PASSES,
        memory_cost=ARGON2_MEMORY_KIB,
        parallelism=ARGON2_LANES,
        hash_len=HASH_BYTES,
        salt_len=SALT_BYTES,
        type=Type.ID,
    )


@cache
def _nobody() -> str:
    """A hash that no password has, as costly to try as a real one."""
    salt, digest = (base64.b64encode(bytes(size)).decode().rstrip("=") for size in (SALT_BYTES, HASH_BYTES))
    cost = f"m={ARGON2_MEMORY_KIB},t={ARGON2_PASSES},p={ARGON2_LANES}"
    return f"$argon2id$v=19${cost}${salt}${digest}"


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "replace")


def _hash(password: str, _: str) -> str:
    return _hasher().hash(_bytes(password))


def _matches(password: str, hashed: str) -> bool:
    from argon2.exceptions import VerifyMismatchError

    try:
        return _hasher().verify(hashed, _bytes(password))
    except VerifyMismatchError:
        return False
