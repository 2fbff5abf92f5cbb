"""Files that guests sent: given out only under a type that a browser cannot be tricked with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nightporter.rounds.media import path_of
from nightporter.store import View

SHOWN = frozenset(
    {
        "image/jpeg", "image/png", "image/webp", "image/gif",
        "audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac", "audio/amr", "audio/wav",
        "video/mp4", "video/3gpp", "video/webm",
    }
)  # fmt: skip
KEPT_AS_FILE = "application/octet-stream"  # everything else is saved, not shown


@dataclass(frozen=True, slots=True)
class Kept:
    """A file on disk and how to give it out."""

    path: Path
    media_type: str

    @property
    def shown(self) -> bool:
        """True when the browser may show it inside the page."""
        return self.media_type != KEPT_AS_FILE


def find(view: View, folder: Path, entry_id: str) -> Kept | None:
    """The file of that entry; None while it is not here."""
    row = view.one("media_get", (entry_id,))
    if row is None or row[4] != "kept":
        return None
    stated = str(row[3]).partition(";")[0].strip().lower()
    path = path_of(folder / "media", row[5])
    return Kept(path, stated if stated in SHOWN else KEPT_AS_FILE) if path.is_file() else None
