"""Opening hotel.db and node.db: one folder lock, the right SQLite, the right pragmas, read back and checked."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import apsw

from nightporter.errors import FolderInUse, FolderUnusable, NightporterError, SQLiteTooOld, StoreCorrupt
from nightporter.store.trouble import breaks

Identity = tuple[int, int]  # device and inode

SQLITE_OLDEST = (
    3_051_003  # earlier ones can lose committed rows of a WAL file: sqlite.org/wal.html#walresetbug
)
JOURNAL_BYTES_MAX = 64 * 1024 * 1024
CACHE_KIB = 16 * 1024
BUSY_MS = 5_000
CHECK_AT_START_BYTES_MAX = 32 * 1024 * 1024  # a larger one is checked by verified backups, not at every start
STATEMENTS_KEPT = 512  # apsw lets go of what was not among so many last runs, and takes no more


class FolderLock:
    """`flock` on `data/lock`: one node per data folder, freed by the kernel when the process ends (ST1)."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        try:
            _make(folder)
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise FolderUnusable(
                f"data folder {folder} cannot be written ({error.strerror})",
                "give this user the folder, or set NIGHTPORTER_DATA_DIR to another one",
            ) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            raise _not_locked(folder, error) from error

    def write(self, text: str) -> None:
        """Leave a note for the command line, for example where the control socket is."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)

    def identity(self) -> Identity:
        """Which file holds the lock; while `data/lock` is another one, a second node could start."""
        status = os.fstat(self._descriptor)
        return status.st_dev, status.st_ino

    def close(self) -> None:
        """Free the folder."""
        os.close(self._descriptor)


def identity_at(path: Path) -> Identity | None:
    """Which file is at the path; None without one."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _make(folder: Path) -> None:
    """Make the folder so that it is still there after a power cut: each new name is synced in its parent."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in missing:
        descriptor = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _not_locked(folder: Path, error: OSError) -> NightporterError:
    if isinstance(error, BlockingIOError):
        return FolderInUse(
            f"another node runs on {folder}", "stop it first, or set NIGHTPORTER_DATA_DIR to another folder"
        )
    return FolderUnusable(
        f"data folder {folder} cannot be locked ({error.strerror})", "use a local disk, not a network share"
    )


@contextmanager
def damage_reported(path: Path) -> Generator[None]:
    """Turn SQLite's words about a damaged or unusable file into one line that says what to do."""
    try:
        yield
    except apsw.Error as error:
        if breaks(error):
            why = " ".join(str(error).split())  # SQLite reports in several lines
            raise StoreCorrupt(
                f"{path} is damaged ({why})", "put a copy back (docs/runbook.md, data corrupt)"
            ) from error
        if isinstance(error, apsw.BusyError | apsw.LockedError):
            raise FolderInUse(
                f"another program holds {path}", "close it (a database browser, a copy that runs)"
            ) from error
        if isinstance(
            error,
            apsw.ReadOnlyError | apsw.CantOpenError | apsw.PermissionsError | apsw.FullError | apsw.IOError,
        ):
            raise FolderUnusable(
                f"{path} cannot be written ({error})", "check the disk's free space and the folder's owner"
            ) from error
        raise


def open_writer(
    path: Path, vfs: str | None = None, synchronous: str = "FULL", busy_ms: int = BUSY_MS
) -> apsw.Connection:
    """The one write connection. `vfs` and `synchronous` are for tests that lose what was not synced."""
    if apsw.SQLITE_VERSION_NUMBER < SQLITE_OLDEST:
        raise SQLiteTooOld(
            f"SQLite {apsw.sqlite_lib_version()} can lose committed rows", "install apsw >= 3.51.3"
        )
    with damage_reported(path):
        connection = apsw.Connection(str(path), vfs=vfs, statementcachesize=STATEMENTS_KEPT)
        try:
            connection.set_busy_timeout(busy_ms)
            _keep_plans(connection)
            _set_pragmas(connection, synchronous)
            connection.wal_autocheckpoint(0)  # checkpoints are ours (ST6)
            _check_small(connection, path)
            _empty_log(connection)
        except BaseException:
            connection.close()
            raise
    return connection


def open_reader(path: Path, vfs: str | None = None) -> apsw.Connection:
    """A read-only connection."""
    with damage_reported(path):
        connection = apsw.Connection(
            str(path), flags=apsw.SQLITE_OPEN_READONLY, vfs=vfs, statementcachesize=STATEMENTS_KEPT
        )
        connection.set_busy_timeout(BUSY_MS)
        _keep_plans(connection)
        connection.pragma("query_only", True)
        connection.pragma("cache_size", -CACHE_KIB)
    return connection


def _keep_plans(connection: apsw.Connection) -> None:
    """One plan per statement. Without it SQLite plans many anew for each value: reading a turn took 85 us, not 13."""
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)


def _set_pragmas(connection: apsw.Connection, synchronous: str) -> None:
    level = {"OFF": 0, "NORMAL": 1, "FULL": 2}[synchronous]
    wanted: list[tuple[str, str | int, str | int]] = [
        ("journal_mode", "wal", "wal"),
        ("synchronous", synchronous, level),
        ("foreign_keys", 1, 1),
        ("journal_size_limit", JOURNAL_BYTES_MAX, JOURNAL_BYTES_MAX),
        ("cache_size", -CACHE_KIB, -CACHE_KIB),
        ("temp_store", "memory", 2),  # what a savepoint would take back went through a file for every unit
    ]
    if sys.platform == "darwin":  # there a plain fsync leaves the bytes in the drive's cache (ST5)
        wanted += [("fullfsync", 1, 1), ("checkpoint_fullfsync", 1, 1)]
    for name, value, expected in wanted:
        connection.pragma(name, value)
        found = connection.pragma(name)
        if found != expected:
            raise FolderUnusable(
                f"SQLite refuses {name}={value} (it says {found})", "use a local disk, not a network share"
            )


def _check_small(connection: apsw.Connection, path: Path) -> None:
    if path.exists() and path.stat().st_size <= CHECK_AT_START_BYTES_MAX:
        verdict = connection.execute("PRAGMA quick_check(1)").fetchall()
        if verdict != [("ok",)]:
            raise apsw.CorruptError(str(verdict[0][0]))


def _empty_log(connection: apsw.Connection) -> None:
    """Move what a crash left in the write-ahead log into the file.

    After a failed sync the kernel shows bytes that are not on the disk and will not be written again. A log that
    went on behind such bytes would end there after a power cut, and lose what was acknowledged behind them (ST3).
    """
    with suppress(apsw.BusyError):  # a reader of another program: what it reads stays in the log
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
