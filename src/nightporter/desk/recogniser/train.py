"""Trains the recogniser from the shipped examples: `python -m nightporter.desk.recogniser.train` writes `model.bin`.

Softmax regression over hashed words, pieces of words, concepts and pairs, with one row of lanes for topics and one for
languages. All sums are whole numbers, chance is a fixed sequence, and the exponential is a table made of whole numbers:
the same examples give the same bytes on every machine and every Python.
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from nightporter.desk.recogniser.concepts import concepts_of, concepts_text
from nightporter.desk.recogniser.examples import LANGUAGES, Example, made_examples, read_examples
from nightporter.desk.recogniser.features import (
    CONCEPTS_BACK,
    PIECE_CHARS_MAX,
    PIECE_CHARS_MIN,
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
from nightporter.desk.recogniser.model import WEIGHT_MAX, Weights
from nightporter.desk.rules.text import fold, words_of

MODEL_FILE = Path(__file__).with_name("model.bin")

ROUNDS = 8
SEEN_MIN = 2  # a feature of fewer examples teaches noise
ONE = 1 << 16  # fixed point of weights and gradients
FACTOR_ONE = 1 << 16  # fixed point of a sample's 1 / length
STEP = 7.0  # of the first round; each round a little less
STEP_FADES = 0.35
DECAY_SHIFT = 7  # each round a weight loses 1/128
LEARNED = ONE // 50  # a sample whose every gradient is smaller is known well enough
TOP_SHARE = 100_000  # the weight that one in so many exceeds becomes 127; clipping more costs plain questions

EXP_STEPS = 64  # per unit
EXP_REACH = 14 * EXP_STEPS
EXP_ONE = 1 << 30
_EXP_STEP = 1_135_047_113_432_355_401  # exp(-1/64) * 2**60


@dataclass(frozen=True, slots=True)
class Sample:
    """An example as rows of features. `topic`, `language`: lane to be learned, -1 none."""

    strong: tuple[int, ...]
    weak: tuple[int, ...]
    factor: int  # 1 / length of its vector
    topic: int
    language: int


def main() -> None:
    """Writes `model.bin`."""
    data = trained([*read_examples(), *made_examples()])
    MODEL_FILE.write_bytes(data)
    sys.stdout.write(f"{MODEL_FILE.name}: {len(data)} bytes\n")


def trained(examples: Sequence[Example]) -> bytes:
    """The bytes of a model that learned these examples."""
    topics = sorted({example.topic for example in examples} - {""})
    seen = Counter(key for example in examples for key in set(_keys(example.text)))
    keys = sorted(key for key, count in seen.items() if count >= SEEN_MIN)
    rows = {key: row for row, key in enumerate(keys)}
    samples = [_sample(example, topics, rows) for example in examples]
    learned = _learned(samples, len(rows), len(topics))
    limit = _limit(learned)
    weights = {
        key: [_rounded(weight, limit) for weight in row] for key, row in zip(keys, learned, strict=True)
    }
    kept = {key: row for key, row in weights.items() if any(row)}
    return Weights(tuple(topics), LANGUAGES, limit / WEIGHT_MAX / ONE, kept, digest(examples)).to_bytes()


def digest(examples: Sequence[Example]) -> str:
    """What stands for these examples, and for how they are learned: it is kept in the model, to see a stale one."""
    told = "\n".join(f"{example.topic}\t{example.language}\t{fold(example.text)}" for example in examples)
    how = f"{ROUNDS} {SEEN_MIN} {STEP} {STEP_FADES} {DECAY_SHIFT} {LEARNED}"
    seen = f"{STRONG} {PIECE_CHARS_MIN} {PIECE_CHARS_MAX} {CONCEPTS_BACK} {concepts_text()}"
    return hashlib.sha256(f"{how} {seen}\n{told}".encode()).hexdigest()


def _features(text: str) -> tuple[list[int], list[int], float]:
    words = [plain(word) for word in words_of(fold(text))]
    strong = [word_feature(word) for word in words] + [pair_feature(*pair) for pair in pairwise(words)]
    before: deque[tuple[str, ...]] = deque(maxlen=CONCEPTS_BACK)
    for concepts in filter(None, map(concepts_of, words)):
        strong += map(concept_feature, concepts)
        strong += [concept_pair_feature(a, b) for back in before for a in back for b in concepts]
        before.append(concepts)
    weak = [piece for word in words for piece in piece_features(word)]
    return strong, weak, weight_of(len(strong), len(weak))


def _keys(text: str) -> Iterable[int]:
    strong, weak, _ = _features(text)
    return strong + weak


def _sample(example: Example, topics: list[str], rows: dict[int, int]) -> Sample:
    strong, weak, length = _features(example.text)
    return Sample(
        tuple(rows[key] for key in strong if key in rows),
        tuple(rows[key] for key in weak if key in rows),
        int(FACTOR_ONE / length) if length else 0,
        topics.index(example.topic) if example.topic else -1,
        LANGUAGES.index(example.language),
    )


def _learned(samples: list[Sample], count: int, topics: int) -> list[list[int]]:
    """The weights of every row after all rounds, topics first."""
    lanes = Lanes(topics + len(LANGUAGES))
    rows = [0] * count
    order = list(range(len(samples)))
    chance = 1
    for turn in range(ROUNDS):
        chance = _shuffle(order, chance)
        step = int(STEP / (1 + STEP_FADES * turn) * FACTOR_ONE)
        for at in order:
            _learn(rows, lanes, samples[at], topics, step)
        rows = [
            lanes.packed([weight - (weight >> DECAY_SHIFT) for weight in lanes.unpacked(row)]) for row in rows
        ]
    return [lanes.unpacked(row) for row in rows]


def _learn(rows: list[int], lanes: Lanes, sample: Sample, topics: int, step: int) -> None:
    """One step down the gradient of one sample."""
    factor = sample.factor
    total = STRONG * sum([rows[row] for row in sample.strong]) + sum([rows[row] for row in sample.weak])
    scores = [score * factor // FACTOR_ONE for score in lanes.unpacked(total)]
    gradients = [0] * topics if sample.topic < 0 else _gradients(scores[:topics], sample.topic)
    gradients += _gradients(scores[topics:], sample.language)
    if min(gradients) > -LEARNED and max(gradients) < LEARNED:
        return
    factor *= step
    change = lanes.packed([gradient * factor // (FACTOR_ONE * FACTOR_ONE) for gradient in gradients])
    for row in sample.weak:
        rows[row] += change
    change *= STRONG
    for row in sample.strong:
        rows[row] += change


def _gradients(scores: list[int], right: int) -> list[int]:
    gradients = [-share for share in _shares(scores)]
    gradients[right] += ONE
    return gradients


def _exponentials() -> list[int]:
    table: list[int] = []
    value = 1 << 60
    for _ in range(EXP_REACH):
        table.append(value * EXP_ONE >> 60)
        value = value * _EXP_STEP >> 60
    return table


_EXP = _exponentials()


def _shares(scores: list[int]) -> list[int]:
    """Softmax in fixed point."""
    top = max(scores)
    raised = [_EXP[off] if (off := (top - score) * EXP_STEPS // ONE) < EXP_REACH else 0 for score in scores]
    total = sum(raised)
    return [value * ONE // total for value in raised]


def _shuffle(order: list[int], chance: int) -> int:
    """Fisher and Yates with a fixed linear congruential sequence."""
    for at in range(len(order) - 1, 0, -1):
        chance = (chance * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % (1 << 64)
        other = (chance >> 33) % (at + 1)
        order[at], order[other] = order[other], order[at]
    return chance


def _limit(rows: list[list[int]]) -> int:
    sizes = sorted(abs(weight) for row in rows for weight in row)
    return max(1, sizes[-1 - len(sizes) // TOP_SHARE])


def _rounded(weight: int, limit: int) -> int:
    return max(-WEIGHT_MAX, min(WEIGHT_MAX, (2 * weight * WEIGHT_MAX + limit) // (2 * limit)))


if __name__ == "__main__":
    main()
