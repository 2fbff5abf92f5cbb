"""A clock whose wall time can be turned, kept over restarts: the demo's evening comes at the push of a button."""

from __future__ import annotations

from pathlib import Path

from nightporter.clock import Clock


class TurnedClock:
    """Another clock's time plus a shift. Waiting and elapsed seconds are not shifted."""

    def __init__(self, base: Clock, file: Path) -> None:
        self._base = base
        self._file = file
        try:
            self.shift_ms = int(file.read_text("ascii"))
        except (OSError, ValueError):
            self.shift_ms = 0

    def turn(self, shift_ms: int) -> None:
        """Shift the time against the real one from now on."""
        self.shift_ms = shift_ms
        self._file.write_text(str(shift_ms), "ascii")

    def now_ms(self) -> int:
        """The demo's time, milliseconds since the epoch."""
        return self._base.now_ms() + self.shift_ms

    def elapsed_seconds(self) -> float:
        """As the other clock says."""
        return self._base.elapsed_seconds()

    async def sleep(self, seconds: float) -> None:
        """Wait on the other clock."""
        await self._base.sleep(seconds)
