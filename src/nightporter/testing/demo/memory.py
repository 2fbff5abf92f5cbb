"""What the world remembers over restarts: each provider's ledger as JSON lines, and the files that guests sent."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TextIO

from nightporter.clock import Chance
from nightporter.testing.providers.behaviour import MEDIA_KEPT_MS
from nightporter.testing.providers.ledger import JsonObject
from nightporter.testing.providers.media import Media, MediaStore

RECORDS_MAX = 5_000  # of each provider; older ones are dropped at the start
_NAME = re.compile(r"[0-9]{1,20}")


class LedgerMemory:
    """A ledger's sink with a file behind it. Silent until `listen`, so that what is recalled is not written again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None

    def recall(self) -> list[JsonObject]:
        """The newest records; a last line that a power cut left in pieces is dropped."""
        try:
            lines = self._path.read_text("utf-8").splitlines()
        except FileNotFoundError:
            return []
        found: list[JsonObject] = []
        for line in lines[-RECORDS_MAX:]:
            try:
                found.append(json.loads(line))
            except json.JSONDecodeError:
                continue
        return found

    def listen(self, records: list[JsonObject]) -> None:
        """Begin the file anew with these records, and append what comes."""
        kept = self._path.with_suffix(".part")
        kept.write_text("".join(f"{_line(record)}\n" for record in records), "utf-8")
        kept.replace(self._path)
        self._file = self._path.open("a", encoding="utf-8")

    def __call__(self, line: str) -> None:
        """Write one record."""
        if self._file is not None:
            self._file.write(line + "\n")
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


def _line(record: JsonObject) -> str:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


class KeptMedia(MediaStore):
    """Files by id, also on disk: what the node has not fetched before a restart is there after it."""

    def __init__(self, chance: Chance, folder: Path) -> None:
        super().__init__(chance)
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, content: bytes, mime_type: str, now_ms: int, kept_ms: int = MEDIA_KEPT_MS) -> Media:
        """Keep a file."""
        media = super().add(content, mime_type, now_ms, kept_ms)
        head = f"{mime_type}\n{media.expires_ms}\n".encode()
        (self._folder / media.id).write_bytes(head + content)
        return media

    def find(self, media_id: str, now_ms: int) -> Media | None:
        """The file, unless it is unknown or past its end."""
        known = super().find(media_id, now_ms)
        path = self._folder / media_id
        if known is not None or not _NAME.fullmatch(media_id) or not path.is_file():
            return known
        mime_type, expires_ms, content = path.read_bytes().split(b"\n", 2)
        media = Media(media_id, mime_type.decode(), content, int(expires_ms))
        return media if now_ms < media.expires_ms else None
