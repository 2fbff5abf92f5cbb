"""Links by which whoever was told acknowledges with one press, without signing in: they can do nothing else.

A link names the telling and its end, sealed with a key of the house. The key is made once and stays in the file.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from nightporter.rounds.node import Node
from nightporter.store import View

KEY = "told_key"  # in `meta`
KEY_BYTES = 32
SEAL_BYTES = 16
GOOD_MS = 24 * 3_600_000
TOKEN_CHARS_MAX = 80
_TOKEN = re.compile(r"([0-9a-f]{1,32})-([0-9a-f]{1,13})-([A-Za-z0-9_-]{22})", re.ASCII)


async def bring_key(node: Node) -> None:
    """The key of the house exists from the first start on."""
    made = secrets.token_hex(KEY_BYTES)
    if node.store.view.one("meta_get", (KEY,)) is None:
        await node.write(lambda tx: tx.one("meta_get", (KEY,)) or tx.run("meta_put", (KEY, made)))


@dataclass(frozen=True, slots=True)
class Links:
    """Makes tokens and reads them. Without a key (before the first start) there are none."""

    view: View

    def token(self, telling_id: str, now_ms: int) -> str:
        """The token for a telling, good for a day; "" without a key."""
        key, until = self._key(), f"{now_ms + GOOD_MS:x}"
        return f"{telling_id}-{until}-{_seal(key, telling_id, until)}" if key else ""

    def read(self, token: str, now_ms: int) -> str:
        """The telling that it stands for; "" when it is none of ours, or its time is over. In constant time."""
        found, key = _TOKEN.fullmatch(token[:TOKEN_CHARS_MAX]), self._key()
        if found is None or not key:
            return ""
        telling_id, until, seal = found.groups()
        genuine = hmac.compare_digest(_seal(key, telling_id, until), seal)
        return telling_id if genuine and int(until, 16) > now_ms else ""

    def _key(self) -> str:
        row = self.view.one("meta_get", (KEY,))
        return str(row[0]) if row else ""


def _seal(key: str, telling_id: str, until: str) -> str:
    seal = hmac.digest(bytes.fromhex(key), f"told:{telling_id}:{until}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(seal[:SEAL_BYTES]).rstrip(b"=").decode()
