"""Chance for the fakes: a seeded source, and draws from any `clock.Chance`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from nightporter.clock import Chance

Item = TypeVar("Item")
_WORD_BITS = 64
_MASK = (1 << _WORD_BITS) - 1


class Dice:
    """A seeded `Chance` (splitmix64): the same seed gives the same course on every machine and version."""

    def __init__(self, seed: int = 0) -> None:
        self._state = seed & _MASK

    def getrandbits(self, k: int, /) -> int:
        """A non-negative integer of `k` random bits."""
        words, bits = 0, 0
        while bits < k:
            words, bits = (words << _WORD_BITS) | self._word(), bits + _WORD_BITS
        return words >> (bits - k)

    def random(self) -> float:
        """A number in [0, 1)."""
        return self.getrandbits(53) / (1 << 53)

    def _word(self) -> int:
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        word = self._state
        word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _MASK
        return word ^ (word >> 31)


def happens(chance: Chance, probability: float) -> bool:
    """Draw once; a probability of zero draws nothing, so that unused faults leave a seed's course alone."""
    return probability > 0 and chance.random() < probability


def below(chance: Chance, limit: int) -> int:
    """An even draw from 0 up to, not including, `limit`."""
    return int(chance.random() * limit)


def spread(chance: Chance, fixed_ms: int, spread_ms: int) -> int:
    """A delay: the fixed part and an even draw from 0 to the spread."""
    return fixed_ms + (below(chance, spread_ms + 1) if spread_ms > 0 else 0)


def one_of(chance: Chance, items: Sequence[Item]) -> Item:
    """One of the items."""
    return items[below(chance, len(items))]


def octets(chance: Chance, count: int) -> bytes:
    """So many random bytes."""
    return chance.getrandbits(8 * count).to_bytes(count, "big")


def digits_of(chance: Chance, count: int) -> str:
    """A number of so many digits that does not begin with 0."""
    least = 10 ** (count - 1)
    return str(least + chance.getrandbits(_WORD_BITS) % (9 * least))
