"""Packing: compressing, encrypting and hashing files as they are written, and the way back.

Every function writes a new file, syncs it, and gives it its name only when it is whole.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from nightporter.errors import SettingError, SnapshotDamaged

CHUNK_BYTES = 1024 * 1024
SYNC_BYTES = 2 * 1024 * 1024  # so much is put on the disk at once: the node's own syncs wait behind it
ZSTD_LEVEL = 3
IDENTITY_START = "AGE-SECRET-KEY-"

Progress = Callable[[int, int], None]


def silent(done: int, total: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A file's length and SHA-256."""

    size: int
    sha256: str


class _Through:
    """A file that counts and hashes what is read or written through it. `file` None: that is all it does."""

    def __init__(self, file: Any, told: Callable[[int], None] = lambda done: None) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._told = told
        self.size = 0

    def _note(self, data: bytes) -> None:
        self._digest.update(data)
        self.size += len(data)
        self._told(self.size)

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._note(data)
        return data

    def write(self, data: bytes) -> int:
        self._note(bytes(data))
        return self._file.write(data) if self._file else len(data)

    def flush(self) -> None:
        """The file below puts itself on the disk."""

    def measured(self) -> Measured:
        return Measured(self.size, self._digest.hexdigest())


class Paced:
    """A file that is written, and put on the disk as it grows."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._dirty = 0

    def write(self, data: bytes) -> int:
        """Write all of it."""
        self._dirty += len(data)
        self._file.write(data)
        if self._dirty >= SYNC_BYTES:
            self.flush()
        return len(data)

    def flush(self) -> None:
        """Put on the disk what was written."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._dirty = 0


@contextmanager
def new_file(path: Path) -> Generator[Paced]:
    """A file that gets its name when the block ends well, and is gone when it does not."""
    partial = path.with_name(path.name + ".part")
    try:
        with partial.open("wb") as file:
            paced = Paced(file)
            yield paced
            paced.flush()
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)


def measure(path: Path) -> Measured:
    """Read a file to its end."""
    with path.open("rb") as file:
        through = _Through(file)
        while through.read(CHUNK_BYTES):
            pass
    return through.measured()


def duplicate(source: Path, target: Path) -> Measured:
    """Copy a file."""
    with source.open("rb") as file, new_file(target) as out:
        through = _Through(file)
        while data := through.read(CHUNK_BYTES):
            out.write(data)
    return through.measured()


def compress(source: Path, target: Path, told: Progress = silent) -> tuple[Measured, Measured]:
    """Compress a file; what was read, and what was written."""
    import zstandard

    total = source.stat().st_size
    with source.open("rb") as file, new_file(target) as out:
        raw = _Through(file, lambda done: told(done, total))
        packed = _Through(out)
        packer = zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_checksum=True)
        packer.copy_stream(_stream(raw), _stream(packed), size=total)
    return raw.measured(), packed.measured()


def unpack(source: Path, target: Path | None, told: Progress = silent) -> Measured:
    """Decompress a file, into nothing where `target` is None; what came out. Raises `SnapshotDamaged`."""
    import zstandard

    total = source.stat().st_size
    with source.open("rb") as file, new_file(target) if target else nullcontext() as out:
        packed = _Through(file, lambda done: told(done, total))
        raw = _Through(out)
        try:
            zstandard.ZstdDecompressor().copy_stream(_stream(packed), _stream(raw))
        except zstandard.ZstdError as error:
            raise SnapshotDamaged(f"{source.name} cannot be decompressed ({error})") from error
    return raw.measured()


def _stream(through: object) -> Any:
    """Libraries ask for a whole file object and use `read` or `write` of it."""
    return through


def _age() -> Any:
    """pyrage, which tells no types."""
    return import_module("pyrage")


def seal(source: Path, target: Path, recipients: Sequence[str]) -> Measured:
    """Encrypt a file for its recipients (age); what was written."""
    age = _age()
    keys = [age.x25519.Recipient.from_str(key) for key in recipients]
    with source.open("rb") as file, new_file(target) as out:
        through = _Through(out)
        age.encrypt_io(file, _stream(through), keys)
    return through.measured()


def unseal(source: Path, target: Path, identity: Path | None) -> None:
    """Decrypt a file with the identities in the file `identity`. Raises `SettingError`, `SnapshotDamaged`."""
    age = _age()
    keys = [age.x25519.Identity.from_str(line) for line in _identities(identity)]
    with source.open("rb") as file, new_file(target) as out:
        try:
            age.decrypt_io(file, _stream(out), keys)
        except age.DecryptError as error:
            raise SnapshotDamaged(
                f"{source.name} cannot be decrypted ({error})", "give the age identity that it is for"
            ) from error


def _identities(path: Path | None) -> list[str]:
    if path is None:
        raise SettingError(
            "the snapshot is encrypted, and NIGHTPORTER_BACKUP__AGE_IDENTITY is not set",
            "allowed: the file with the age identity, as age-keygen wrote it",
        )
    try:
        lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(
            f"NIGHTPORTER_BACKUP__AGE_IDENTITY is {path}, which cannot be read ({error})",
            "give this user the file",
        ) from None
    found = [line for line in lines if line.startswith(IDENTITY_START)]
    if not found:
        raise SettingError(
            f"NIGHTPORTER_BACKUP__AGE_IDENTITY is {path}, which has no identity",
            "allowed: AGE-SECRET-KEY-1...",
        )
    return found
