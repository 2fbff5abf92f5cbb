"""Trains the recogniser from the shipped examples: `python -m nightporter.desk.recogniser.train` writes `model.bin`.

Softmax regression over hashed words, pairs of words and pieces of words, with one row of lanes for topics and one for
languages. All sums are whole numbers, chance is a fixed sequence, and the exponential is a table made of whole numbers:
the same examples give the same bytes on every machine and every Python.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

from nightporter.desk.recogniser.examples import LANGUAGES, Example, read_examples
from nightporter.desk.recogniser.features import (
    STRONG,
    pair_feature,
    piece_features,
    plain,
    weight_of,
    word_feature,
)
from nightporter.desk.recogniser.model import packed
from nightporter.desk.rules.text import fold, words_of

MODEL_FILE = Path(__file__).with_name("model.bin")

ROUNDS = 12
SEEN_MIN = 2  # a feature of fewer examples teaches noise
ONE = 1 << 16  # fixed point of weights and gradients
FACTOR_ONE = 1 << 16  # fixed point of a sample's 1 / length
STEP = 5.0  # of the first round; each round a little less
STEP_FADES = 0.35
DECAY_SHIFT = 7  # each round a weight loses 1/128
GRADIENT_MIN = ONE // 200  # smaller ones are not worth a walk over the row
TOP_SHARE = 1_000  # the weight that one in so many exceeds becomes 127

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
    data = trained(read_examples())
    MODEL_FILE.write_bytes(data)
    sys.stdout.write(f"{MODEL_FILE.name}: {len(data)} bytes\n")


def trained(examples: Sequence[Example]) -> bytes:
    """The bytes of a model that learned these examples."""
    topics = sorted({example.topic for example in examples} - {""})
    seen = Counter(key for example in examples for key in set(_keys(example.text)))
    rows = {
        key: row for row, key in enumerate(sorted(key for key, count in seen.items() if count >= SEEN_MIN))
    }
    samples = [_sample(example, topics, rows) for example in examples]
    lanes = _learned(samples, len(rows), len(topics))
    limit = _limit(lanes)
    weights = {
        key: [max(-127, min(127, (lane[row] * 254 + limit) // (2 * limit))) for lane in lanes]
        for key, row in rows.items()
    }
    kept = {key: weights[key] for key in weights if any(weights[key])}
    return packed(topics, LANGUAGES, limit / 127 / ONE, kept)


def _features(text: str) -> tuple[list[int], list[int], float]:
    words = [plain(word) for word in words_of(fold(text))]
    strong = [word_feature(word) for word in words] + [
        pair_feature(*pair) for pair in zip(words, words[1:], strict=False)
    ]
    weak = [piece for word in words for piece in piece_features(word)]
    return strong, weak, weight_of(len(words), max(len(words) - 1, 0), len(weak))


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


def _learned(samples: list[Sample], rows: int, topics: int) -> list[list[int]]:
    """The weights per lane after all rounds, topics first."""
    lanes = [[0] * rows for _ in range(topics + len(LANGUAGES))]
    gathers = [(_gather(sample.strong), _gather(sample.weak)) for sample in samples]
    order = list(range(len(samples)))
    chance = 1
    for turn in range(ROUNDS):
        chance = _shuffle(order, chance)
        step = int(STEP / (1 + STEP_FADES * turn) * FACTOR_ONE)
        for at in order:
            sample, (strong, weak) = samples[at], gathers[at]
            if sample.topic >= 0:
                _learn(lanes[:topics], sample, sample.topic, step, strong, weak)
            _learn(lanes[topics:], sample, sample.language, step, strong, weak)
        for lane in lanes:
            lane[:] = [weight - (weight >> DECAY_SHIFT) for weight in lane]
    return lanes


def _learn(
    lanes: list[list[int]],
    sample: Sample,
    right: int,
    step: int,
    strong: itemgetter[int],
    weak: itemgetter[int],
) -> None:
    factor = sample.factor
    scores = [(STRONG * sum(strong(lane)) + sum(weak(lane))) * factor // FACTOR_ONE for lane in lanes]
    for at, share in enumerate(_shares(scores)):
        gradient = ONE - share if at == right else -share
        if -GRADIENT_MIN < gradient < GRADIENT_MIN:
            continue
        change = gradient * factor * step // (FACTOR_ONE * FACTOR_ONE)
        lane = lanes[at]
        for row in sample.weak:
            lane[row] += change
        change *= STRONG
        for row in sample.strong:
            lane[row] += change


def _gather(rows: tuple[int, ...]) -> itemgetter[int]:
    """Takes these rows out of a lane as a tuple (`itemgetter` of one would give no tuple: row 0 twice is harmless)."""
    if len(rows) >= 2:
        return itemgetter(*rows)
    return itemgetter(slice(rows[0], rows[0] + 1) if rows else slice(0, 0))


def _exponentials() -> list[int]:
    table, value = [], 1 << 60
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


def _limit(lanes: list[list[int]]) -> int:
    sizes = sorted(abs(weight) for lane in lanes for weight in lane if weight)
    return max(1, sizes[-1 - len(sizes) // TOP_SHARE]) if sizes else 1


if __name__ == "__main__":
    main()
