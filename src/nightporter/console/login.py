"""Who may come in: one password, compared in constant time, and a limit on wrong ones."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections import OrderedDict

from nightporter.clock import Clock
from nightporter.outbox.rates import Bucket

SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**14, 8, 1  # 16 MB and some 50 ms per try
SCRYPT_BYTES_MAX = 64 * 1024 * 1024
SALT_BYTES = 16
PASSWORD_CHARS_MAX = 200
WRONG_BURST = 5  # wrong passwords of one address in a row
WRONG_PER_SECOND = 1 / 30
ADDRESSES_MAX = 10_000
HASHES_AT_ONCE = 2
WORDS_OF_PASSWORD = 3
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else
LETTERS_OF_WORD = 4


def new_password() -> str:
    """A password for one start, easy to type from a screen: `k7wm-q2xc-hv9p`."""
    return "-".join(
        "".join(secrets.choice(LETTERS) for _ in range(LETTERS_OF_WORD)) for _ in range(WORDS_OF_PASSWORD)
    )


class Password:
    """Keeps a salted scrypt hash of the password, never the password."""

    def __init__(self, password: str) -> None:
        assert password, "an empty password opens to everybody"
        self._salt = secrets.token_bytes(SALT_BYTES)
        self._hash = self._derive(password)
        self._turn = asyncio.Semaphore(HASHES_AT_ONCE)

    async def matches(self, tried: str) -> bool:
        """True when it is the password; takes as long for a wrong one."""
        async with self._turn:
            loop = asyncio.get_running_loop()
            derived = await loop.run_in_executor(None, self._derive, tried[:PASSWORD_CHARS_MAX])
        return hmac.compare_digest(derived, self._hash)

    def _derive(self, password: str) -> bytes:
        return hashlib.scrypt(
            password.encode("utf-8", "replace"),
            salt=self._salt,
            n=SCRYPT_N,
            r=SCRYPT_R,
            p=SCRYPT_P,
            maxmem=SCRYPT_BYTES_MAX,
        )


class Attempts:
    """How many wrong passwords an address has left."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def begin(self, address: str) -> bool:
        """Take one try; False when the address has to wait."""
        bucket = self._of(address)
        if bucket.wait_seconds() > 0:
            return False
        bucket.take()
        return True

    def succeeded(self, address: str) -> None:
        """The try was right: it does not count."""
        self._of(address).put_back()

    def _of(self, address: str) -> Bucket:
        bucket = self._buckets.get(address)
        if bucket is None:
            bucket = self._buckets[address] = Bucket(self._clock, WRONG_PER_SECOND, WRONG_BURST)
            if len(self._buckets) > ADDRESSES_MAX:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(address)
        return bucket
