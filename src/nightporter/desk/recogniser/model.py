"""The trained model: reads and writes `model.bin`, and scores words fast in plain Python.

A row of weights holds one small number per *lane*: a lane for each topic, then one for each language (`lanes.py`).
What a word weighs is summed up once and kept; a message is the sum of its words and pairs of words.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass

from nightporter.desk.recogniser.concepts import concepts_of
from nightporter.desk.recogniser.features import (
    CONCEPTS_BACK,
    STRONG,
    concept_feature,
    concept_pair_feature,
    pair_feature,
    piece_features,
    plain,
    weight_of,
    word_feature,
)
from nightporter.desk.recogniser.lanes import Lanes

MAGIC = b"NPM1"
WORDS_CACHED_MAX = 8_192
PAIRS_CACHED_MAX = 16_384
WEIGHT_MAX = 127  # a weight is a number of one byte, stored as weight + 128
WEIGHT_BIAS = 128

_HEAD = struct.Struct("<4sII")


@dataclass(frozen=True, slots=True)
class Known:
    """What the model knows of a word: the sum of its weights in every lane, its number of pieces, its concepts."""

    sum: int
    pieces: int
    concepts: tuple[str, ...]
    text: str  # as features see it
    whole: bool  # the word itself was in several examples, not only pieces of it


@dataclass(frozen=True, slots=True)
class Weights:
    """What training leaves: the names of the lanes, the worth of weight 1, and a row of weights for each feature."""

    topics: tuple[str, ...]
    languages: tuple[str, ...]
    scale: float
    rows: dict[int, list[int]]
    digest: str  # of the examples it was trained from

    def to_bytes(self) -> bytes:
        """The bytes of a model file: head, names, features in order, then a row of bytes for each."""
        told = {
            "digest": self.digest,
            "topics": self.topics,
            "languages": self.languages,
            "scale": self.scale,
        }
        names = json.dumps(told).encode()
        keys = sorted(self.rows)
        body = b"".join(bytes(weight + WEIGHT_BIAS for weight in self.rows[key]) for key in keys)
        return _HEAD.pack(MAGIC, len(names), len(keys)) + names + struct.pack(f"<{len(keys)}I", *keys) + body


class Model:
    """Scores of words in every lane."""

    def __init__(self, data: bytes) -> None:
        magic, names_bytes, count = _HEAD.unpack_from(data)
        assert magic == MAGIC, "model.bin is of another kind: run python -m nightporter.desk.recogniser.train"
        names_end = _HEAD.size + names_bytes
        keys_end = names_end + 4 * count
        names = json.loads(data[_HEAD.size : names_end])
        self.topics: tuple[str, ...] = tuple(names["topics"])
        self.languages: tuple[str, ...] = tuple(names["languages"])
        self._scale: float = names["scale"]
        self._lanes = Lanes(len(self.topics) + len(self.languages))
        keys = struct.unpack_from(f"<{count}I", data, names_end)
        self._rows: dict[int, int] = dict(zip(keys, self._lanes.packed_bytes(data[keys_end:]), strict=True))
        self._words: dict[str, Known] = {}
        self._pairs: dict[str, int] = {}
        self._meets: dict[tuple[tuple[str, ...], tuple[str, ...]], int] = {}
        self._last: tuple[tuple[str, ...], tuple[list[float], list[float]]] = ((), ([], []))

    def scores(self, words: tuple[str, ...]) -> tuple[list[float], list[float]]:
        """The scores of topics and of languages for a run of folded words, at least one; the last ones are kept."""
        if words == self._last[0]:
            return self._last[1]
        total, pieces, strong, before = 0, 0, 2 * len(words) - 1, ""
        back: list[tuple[str, ...]] = []
        for word in words:
            known = self._words.get(word) or self._learn(word)
            total += known.sum
            pieces += known.pieces
            if before:
                pair = f"{before} {known.text}"
                of_pair = self._pairs.get(pair)
                total += self._learn_pair(pair, before, known.text) if of_pair is None else of_pair
            before = known.text
            if known.concepts:
                strong += len(known.concepts)
                for concepts in back:
                    together = self._meets.get((concepts, known.concepts))
                    total += self._learn_meeting(concepts, known.concepts) if together is None else together
                    strong += len(concepts) * len(known.concepts)
                back = [*back[1 - CONCEPTS_BACK :], known.concepts]
        factor = self._scale / weight_of(strong, pieces)
        lanes = self._lanes.scaled(total, factor)
        self._last = words, (lanes[: len(self.topics)], lanes[len(self.topics) :])
        return self._last[1]

    def knows(self, words: tuple[str, ...]) -> bool:
        """True when one of these words, not a number, was learned."""
        return any((self._words.get(word) or self._learn(word)).whole for word in words if not word.isdigit())

    def _learn(self, word: str) -> Known:
        text = plain(word)
        pieces = piece_features(text)
        rows = self._rows
        whole = rows.get(word_feature(text), 0)
        concepts = concepts_of(text)
        meant = sum([rows.get(concept_feature(concept), 0) for concept in concepts])
        total = sum([rows[piece] for piece in pieces if piece in rows]) + STRONG * (whole + meant)
        if len(self._words) >= WORDS_CACHED_MAX:
            self._words.clear()
        known = self._words[word] = Known(total, len(pieces), concepts, text, whole=whole != 0)
        return known

    def _learn_pair(self, pair: str, before: str, word: str) -> int:
        if len(self._pairs) >= PAIRS_CACHED_MAX:
            self._pairs.clear()
        value = self._pairs[pair] = STRONG * self._rows.get(pair_feature(before, word), 0)
        return value

    def _learn_meeting(self, some: tuple[str, ...], others: tuple[str, ...]) -> int:
        if len(self._meets) >= PAIRS_CACHED_MAX:
            self._meets.clear()
        rows = self._rows
        pairs = [rows.get(concept_pair_feature(a, b), 0) for a in some for b in others]
        value = self._meets[some, others] = STRONG * sum(pairs)
        return value
