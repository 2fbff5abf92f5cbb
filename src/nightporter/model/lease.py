"""The lease: who may write and answer, and until when."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lease:
    """Held by the node that leads. `deadline_seconds` is a reading of `Clock.elapsed_seconds`; None = no end."""

    node: str
    epoch: int
    deadline_seconds: float | None = None

    def valid(self, elapsed_seconds: float) -> bool:
        """True while the lease has not run out."""
        return self.deadline_seconds is None or elapsed_seconds < self.deadline_seconds
