"""Sessions: a signed cookie that this start of the node made, and the token that every form must bring back."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass

COOKIE = "nightporter"
SESSION_MS = 12 * 3_600_000  # a shift
SECRET_BYTES = 32
NONCE_BYTES = 16
NAME_CHARS_MAX = 40
COOKIE_CHARS_MAX = 512
ENDED_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever has one of our cookies. `name` is "" before the password was given."""

    nonce: str
    until_ms: int
    name: str = ""

    @property
    def signed_in(self) -> bool:
        """True after the password was given."""
        return bool(self.name)


class Sessions:
    """Makes and reads cookies. The secret lives as long as the process, so a restart signs everybody out."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(SECRET_BYTES)
        self._ended: dict[str, int] = {}

    def begin(self, now_ms: int, name: str = "") -> Visitor:
        """A new session; without a name one that may only see the login page."""
        return Visitor(secrets.token_urlsafe(NONCE_BYTES), now_ms + SESSION_MS, name[:NAME_CHARS_MAX])

    def cookie(self, visitor: Visitor) -> str:
        """The cookie's value."""
        name = base64.urlsafe_b64encode(visitor.name.encode()).decode().rstrip("=")
        text = f"{visitor.nonce}.{visitor.until_ms}.{name}"
        return f"{text}.{self._sign('cookie', text)}"

    def read(self, cookie: str, now_ms: int) -> Visitor | None:
        """The visitor of a cookie; None when it is not ours, too old, or was ended."""
        text, _, signature = cookie[:COOKIE_CHARS_MAX].rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._sign("cookie", text).encode()):
            return None
        nonce, until, name = text.split(".")
        if int(until) <= now_ms or nonce in self._ended:
            return None
        return Visitor(nonce, int(until), _name(name))

    def end(self, visitor: Visitor, now_ms: int) -> None:
        """Sign out: the cookie is worth nothing any more, wherever a copy of it is."""
        self._ended = {nonce: until for nonce, until in self._ended.items() if until > now_ms}
        while len(self._ended) >= ENDED_MAX:
            self._ended.pop(next(iter(self._ended)))
        self._ended[visitor.nonce] = visitor.until_ms

    def token(self, visitor: Visitor) -> str:
        """What each form of this visitor carries."""
        return self._sign("form", visitor.nonce)

    def genuine(self, visitor: Visitor, token: str) -> bool:
        """True when a form came from a page of ours."""
        return hmac.compare_digest(self.token(visitor).encode(), token.encode("utf-8", "replace"))

    def _sign(self, purpose: str, text: str) -> str:
        return hmac.digest(
            self._secret, f"{purpose}\0{text}".encode("utf-8", "replace"), hashlib.sha256
        ).hex()


def _name(encoded: str) -> str:
    try:
        return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
