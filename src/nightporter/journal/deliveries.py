"""Deliveries: raw HTTP bodies, kept as they arrived before anybody thinks about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

import zstandard

from nightporter.store import Row, Tx, View

BODY_BYTES_MAX = 4 * 1024 * 1024
LEVEL = 3
DICTIONARY_ID = 1  # the one this release compresses with; old ones stay readable from the file's own table
DICTIONARY_FILE = "dictionary.zdict"  # trained on webhook bodies of the shipped fakes: `make dictionary`
NO_DICTIONARY = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One raw HTTP body."""

    delivery_id: str
    channel: str
    received_ms: int
    body: bytes


@cache
def shipped_dictionary() -> bytes:
    """The compression dictionary of this release."""
    return files("nightporter.journal").joinpath(DICTIONARY_FILE).read_bytes()


class Bodies:
    """Compresses bodies on their way in and brings them back."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._compress = zstandard.ZstdCompressor(
            LEVEL, dict_data=zstandard.ZstdCompressionDict(shipped_dictionary()), write_content_size=True
        ).compress
        self._readers: dict[int, zstandard.ZstdDecompressor] = {NO_DICTIONARY: zstandard.ZstdDecompressor()}

    def pack(self, body: bytes) -> bytes:
        """The compressed bytes, to be kept under `DICTIONARY_ID`."""
        return self._compress(body)

    def unpack(self, dictionary_id: int, packed: bytes) -> bytes:
        """The bytes as they arrived."""
        if dictionary_id not in self._readers:
            for known, data in self._view.all("dictionary_all"):
                self._readers[known] = zstandard.ZstdDecompressor(
                    dict_data=zstandard.ZstdCompressionDict(data)
                )
        return self._readers[dictionary_id].decompress(packed, max_output_size=BODY_BYTES_MAX)

    def delivery(self, row: Row) -> Delivery:
        """A delivery from a row of `deliveries_new`, `deliveries_since` or `delivery_get`."""
        delivery_id, channel, received_ms, dictionary_id, packed = row
        return Delivery(delivery_id, channel, received_ms, self.unpack(dictionary_id, packed))


def bring_dictionary(tx: Tx) -> int:
    """A unit: the file holds every dictionary that a body in it needs."""
    return tx.run("dictionary_add", (DICTIONARY_ID, shipped_dictionary()))


class DeliveryState(StrEnum):
    """How far a delivery is."""

    NEW = "new"  # nobody has read it
    READ = "read"
    ODD = "odd"  # read, and nobody knows what a part of it means


def keep(
    delivery: Delivery, packed: bytes, state: DeliveryState = DeliveryState.NEW, entries: int = 0
) -> Callable[[Tx], None]:
    """A unit: the delivery is on disk when it is committed (G1)."""

    def unit(tx: Tx) -> None:
        tx.run("delivery_add", (delivery.delivery_id, delivery.channel, delivery.received_ms, state, entries))
        tx.run("body_add", (delivery.delivery_id, DICTIONARY_ID, packed))

    return unit
