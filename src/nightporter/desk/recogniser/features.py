"""What the recogniser sees of a word: the word itself, its pieces of 2 to 5 letters, its concepts, and pairs.

A pair is a word with the word before, or a concept with one of the words before that have a concept, in any order.
Each is known by a 32-bit hash of its text. Words, concepts and pairs weigh twice as much as a piece.
"""

from __future__ import annotations

from zlib import crc32

PIECE_CHARS_MIN = 2
PIECE_CHARS_MAX = 5
WORD_CHARS_MAX = 24  # longer words are cut: what comes after tells nothing new
NUMBER_DIGITS_MAX = 4
STRONG = 2  # weight of a word, a concept or a pair; a piece weighs 1
CONCEPTS_BACK = 2  # a concept pairs with those of so many words before that have one


def plain(word: str) -> str:
    """A word as features see it: cut, and a number as so many noughts."""
    if word[0].isdigit():
        return "0" * min(len(word), NUMBER_DIGITS_MAX)
    return word[:WORD_CHARS_MAX]


def word_feature(word: str) -> int:
    """The hash of a whole word."""
    return crc32(f"\x01{word}".encode())


def pair_feature(before: str, word: str) -> int:
    """The hash of two words in a row."""
    return crc32(f"\x02{before} {word}".encode())


def concept_feature(concept: str) -> int:
    """The hash of a concept."""
    return crc32(f"\x03{concept}".encode())


def concept_pair_feature(one: str, other: str) -> int:
    """The hash of two concepts near each other."""
    return crc32(f"\x04{one} {other}".encode() if one <= other else f"\x04{other} {one}".encode())


def piece_features(word: str) -> list[int]:
    """The hashes of a word's different pieces, its edges marked."""
    edged = f"^{word}$"
    pieces = {
        edged[start : start + size]
        for size in range(PIECE_CHARS_MIN, PIECE_CHARS_MAX + 1)
        for start in range(len(edged) - size + 1)
    }
    return [crc32(piece.encode()) for piece in sorted(pieces)]


def weight_of(strong: int, pieces: int) -> float:
    """The length of a text's feature vector, by which its score is divided."""
    return float(STRONG * STRONG * strong + pieces) ** 0.5
