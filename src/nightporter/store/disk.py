"""Room on the disk: a reserve to fall back on, and a floor under which the door closes (ST4).

A full disk stops even deletes and checkpoints, so the door closes while there is still room, and the reserve is
given back when SQLite was told that there is none.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

RESERVE_BYTES = 64 * 1024 * 1024
FLOOR_BYTES = 16 * 1024 * 1024
CHUNK = b"\0" * (1024 * 1024)


class Disk:
    """The data folder's disk. `reserve_bytes` 0 = no reserve (simulator, tests)."""

    def __init__(
        self, folder: Path, reserve_bytes: int = RESERVE_BYTES, floor_bytes: int = FLOOR_BYTES
    ) -> None:
        self._folder = folder
        self._reserve = folder / "reserve"
        self._reserve_bytes = reserve_bytes
        self._floor_bytes = floor_bytes

    def free_bytes(self) -> int:
        """What this user may still write; 0 for a folder that cannot even be asked."""
        try:
            return shutil.disk_usage(self._folder).free
        except OSError:
            return 0

    def below_floor(self) -> bool:
        """True when the door must close before the disk is full."""
        return self.free_bytes() < self._floor_bytes

    def release_reserve(self) -> None:
        """Give the reserve back, so that checkpoints and deletes have room."""
        with suppress(OSError):  # a read-only folder has room for neither
            self._reserve.unlink(missing_ok=True)

    def lacks_reserve(self) -> bool:
        """True when the reserve is not there, and there is room for it and twice the floor."""
        return not self._stands() and self.free_bytes() >= self._reserve_bytes + 2 * self._floor_bytes

    def take_reserve(self) -> None:
        """Fill the reserve, when there is room. Blocks while it writes: on the event loop only before the start."""
        if not self.lacks_reserve():
            return
        partial = self._reserve.with_suffix(".part")
        try:
            with partial.open("wb") as file:
                for start in range(0, self._reserve_bytes, len(CHUNK)):
                    # written, not sparse: it must really take room
                    file.write(CHUNK[: self._reserve_bytes - start])
                file.flush()
                os.fsync(file.fileno())
            partial.rename(self._reserve)
        except OSError:
            with suppress(OSError):
                partial.unlink(missing_ok=True)

    def _stands(self) -> bool:
        try:
            return self._reserve_bytes == 0 or self._reserve.stat().st_size >= self._reserve_bytes
        except OSError:
            return False
