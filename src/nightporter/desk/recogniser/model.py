"""The trained model: reads and writes `model.bin`, and scores words fast in plain Python.

A row of weights holds one small number per *lane*: a lane for each topic, then one for each language. Rows are added
by the hundred for every message; so a row is one big integer with 16 bits per lane (a word's sum: 32 bits), all
biased to stay positive, and adding two integers adds all lanes at once. A word's sum is computed once and kept.
"""

from __future__ import annotations

import json
import struct
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from nightporter.desk.recogniser.features import (
    STRONG,
    pair_feature,
    piece_features,
    plain,
    weight_of,
    word_feature,
)

MAGIC = b"NPM1"
WORDS_CACHED_MAX = 8_192
PAIRS_CACHED_MAX = 16_384
WEIGHT_BIAS = 128  # a weight w in [-127, 127] is stored as w + 128
LANE_BIAS = 1 << 14  # more than a word's sum can be: STRONG * 127 + 94 pieces * 127

_HEAD = struct.Struct("<4sIII")


@dataclass(frozen=True, slots=True)
class Known:
    """What the model knows of a word: its sum of weights, and how many of its features count."""

    sum: int
    pieces: int
    text: str


class Model:
    """Scores of words in every lane."""

    def __init__(
        self, topics: Sequence[str], languages: Sequence[str], scale: float, rows: dict[int, int]
    ) -> None:
        self.topics = tuple(topics)
        self.languages = tuple(languages)
        self._lanes = len(self.topics) + len(self.languages)
        self._scale = scale
        self._rows = rows
        self._unpack = struct.Struct(f"<{self._lanes}I").unpack
        self._unpack_row = struct.Struct(f"<{self._lanes}H").unpack
        self._pack = struct.Struct(f"<{self._lanes}I").pack
        self._words: dict[str, Known] = {}
        self._pairs: dict[str, int] = {}
        self._nothing = int.from_bytes(self._pack(*[LANE_BIAS] * self._lanes), "little")

    def scores(self, words: Sequence[str]) -> tuple[list[float], list[float]]:
        """The scores of topics and of languages for a run of folded words; no words, no scores."""
        if not words:
            return [0.0] * len(self.topics), [0.0] * len(self.languages)
        total, pieces, before = 0, 0, ""
        for word in words:
            known = self._words.get(word) or self._learn(word)
            total += known.sum
            pieces += known.pieces
            if before:
                pair = f"{before} {known.text}"
                of_pair = self._pairs.get(pair)
                total += self._learn_pair(pair, before, known.text) if of_pair is None else of_pair
            before = known.text
        terms = 2 * len(words) - 1
        factor = self._scale / weight_of(len(words), len(words) - 1, pieces)
        zero = terms * LANE_BIAS
        lanes = [(lane - zero) * factor for lane in self._unpack(total.to_bytes(4 * self._lanes, "little"))]
        return lanes[: len(self.topics)], lanes[len(self.topics) :]

    def _learn(self, word: str) -> Known:
        text = plain(word)
        pieces = piece_features(text)
        rows = self._rows
        found = [rows[piece] for piece in pieces if piece in rows]
        whole = rows.get(word_feature(text))
        if whole is not None:
            found.extend([whole] * STRONG)
        known = Known(self._widened(sum(found), len(found)), len(pieces), text)
        if len(self._words) >= WORDS_CACHED_MAX:
            self._words.clear()
        self._words[word] = known
        return known

    def _learn_pair(self, pair: str, before: str, word: str) -> int:
        row = self._rows.get(pair_feature(before, word))
        value = self._nothing if row is None else self._widened(row * STRONG, STRONG)
        if len(self._pairs) >= PAIRS_CACHED_MAX:
            self._pairs.clear()
        self._pairs[pair] = value
        return value

    def _widened(self, total: int, rows: int) -> int:
        """A sum of 16-bit lanes as 32-bit lanes with the bias of a word."""
        shift = LANE_BIAS - rows * WEIGHT_BIAS
        lanes = self._unpack_row(total.to_bytes(2 * self._lanes, "little"))
        return int.from_bytes(self._pack(*[lane + shift for lane in lanes]), "little")


def packed(
    topics: Sequence[str], languages: Sequence[str], scale: float, weights: dict[int, list[int]]
) -> bytes:
    """The bytes of a model file: head, names, hashes in order, then a row of bytes for each."""
    names = json.dumps({"topics": list(topics), "languages": list(languages), "scale": scale}).encode()
    hashes = sorted(weights)
    body = b"".join(bytes(weight + WEIGHT_BIAS for weight in weights[key]) for key in hashes)
    lanes = len(topics) + len(languages)
    return (
        _HEAD.pack(MAGIC, len(names), len(hashes), lanes)
        + names
        + struct.pack(f"<{len(hashes)}I", *hashes)
        + body
    )


def unpacked(data: bytes) -> Model:
    """The model in the bytes of a model file."""
    magic, names_bytes, count, lanes = _HEAD.unpack_from(data)
    assert magic == MAGIC, (
        "model.bin is of another kind: train it again (python -m nightporter.desk.recogniser.train)"
    )
    at = _HEAD.size
    names = json.loads(data[at : at + names_bytes])
    at += names_bytes
    hashes = struct.unpack_from(f"<{count}I", data, at)
    at += 4 * count
    wide = bytearray(2 * count * lanes)
    wide[::2] = data[at : at + count * lanes]
    size = 2 * lanes
    rows = {
        key: int.from_bytes(wide[row * size : (row + 1) * size], "little") for row, key in enumerate(hashes)
    }
    return Model(names["topics"], names["languages"], names["scale"], rows)
