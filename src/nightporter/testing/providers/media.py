"""Media of a fake: kept bytes with an id, a hash, a short-lived address and an end."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from nightporter.clock import Chance
from nightporter.testing.providers.behaviour import MEDIA_KEPT_MS, MEDIA_URL_MS
from nightporter.testing.providers.chance import digits_of, octets

_ID_DIGITS = 15
_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_OGG_PAGE = (
    b"OggS\x00\x02"
    + bytes(8)
    + b"\x01\x00\x00\x00"
    + bytes(8)
    + b"\x01\x13OpusHead\x01\x01\x38\x01\x80\xbb\x00\x00\x00\x00\x00"
)
SAMPLES: dict[str, tuple[str, bytes]] = {
    "image": ("image/png", _PNG),
    "sticker": (
        "image/webp",
        b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00",
    ),
    "video": ("video/mp4", b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"),
    "audio": ("audio/ogg; codecs=opus", _OGG_PAGE),
    "document": (
        "application/pdf",
        b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
    ),
}
"""Per kind a mime type and a few bytes that begin as such a file begins."""


@dataclass(frozen=True, slots=True)
class Media:
    """One kept file."""

    id: str
    mime_type: str
    content: bytes
    expires_ms: int

    @property
    def sha256(self) -> str:
        """Hash as the webhook tells it (base64; the media route tells it in hex)."""
        return base64.b64encode(hashlib.sha256(self.content).digest()).decode()

    @property
    def sha256_hex(self) -> str:
        """Hash as the media route tells it."""
        return hashlib.sha256(self.content).hexdigest()


class MediaStore:
    """Files by id; addresses are valid for five minutes."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._media: dict[str, Media] = {}
        self._addresses: dict[str, tuple[str, int]] = {}

    def add(self, content: bytes, mime_type: str, now_ms: int, kept_ms: int = MEDIA_KEPT_MS) -> Media:
        """Keep a file."""
        media_id = digits_of(self._chance, _ID_DIGITS)
        media = Media(media_id, mime_type, content, now_ms + kept_ms)
        self._media[media_id] = media
        return media

    def sample(self, kind: str, now_ms: int) -> Media:
        """Keep a small example of `image`, `video`, `audio`, `document` or `sticker`."""
        mime_type, content = SAMPLES[kind]
        return self.add(content, mime_type, now_ms)

    def find(self, media_id: str, now_ms: int) -> Media | None:
        """The file, unless it is unknown or past its end."""
        media = self._media.get(media_id)
        return media if media is not None and now_ms < media.expires_ms else None

    def address(self, media: Media, now_ms: int, valid_ms: int = MEDIA_URL_MS) -> str:
        """A fresh secret that opens the file for a while."""
        secret = octets(self._chance, 12).hex()
        self._addresses[secret] = (media.id, now_ms + valid_ms)
        return secret

    def open(self, secret: str, now_ms: int) -> Media | None:
        """The file behind an address that still works."""
        media_id, until_ms = self._addresses.get(secret, ("", 0))
        return self.find(media_id, now_ms) if now_ms < until_ms else None
