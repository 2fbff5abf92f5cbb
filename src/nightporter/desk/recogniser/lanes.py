"""Many small numbers side by side in one whole number, so that adding two of these adds all lanes at once.

A row of numbers n0, n1, ... is n0 + n1 * 2**32 + n2 * 2**64 + ...; numbers may be negative. Sums and multiples of such
rows are plain integer arithmetic, which Python does in C: adding 50 lanes costs what adding two numbers costs.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

LANE_BITS = 32
LANE_MAX = 1 << (LANE_BITS - 1)  # a lane, and every sum of lanes, stays below this in size


class Lanes:
    """Packs and unpacks rows of `count` numbers."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._struct = struct.Struct(f"<{count}i")
        self._bytes = self._struct.size
        self._zero = int.from_bytes(struct.pack(f"<{count}I", *[LANE_MAX] * count), "little")

    def packed(self, numbers: Sequence[int]) -> int:
        """One number for `count` numbers."""
        return (int.from_bytes(self._struct.pack(*numbers), "little") ^ self._zero) - self._zero

    def unpacked(self, row: int) -> list[int]:
        """The `count` numbers of a row."""
        return list(self._lanes(row))

    def scaled(self, row: int, factor: float) -> list[float]:
        """The numbers of a row, each times `factor`."""
        return [lane * factor for lane in self._lanes(row)]

    def _lanes(self, row: int) -> tuple[int, ...]:
        """With `LANE_MAX` added no lane borrows from the next; with its top bit turned over it is signed again."""
        return self._struct.unpack(((row + self._zero) ^ self._zero).to_bytes(self._bytes, "little"))

    def packed_bytes(self, numbers: bytes) -> list[int]:
        """Rows of numbers that fit a byte each, `count` bytes a row (b - 128 is the number)."""
        wide = bytearray(len(numbers) * LANE_BITS // 8)
        wide[:: LANE_BITS // 8] = numbers
        size = self._bytes
        zero = self.packed([128] * self.count)
        return [int.from_bytes(wide[at : at + size], "little") - zero for at in range(0, len(wide), size)]
