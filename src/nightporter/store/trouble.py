"""What goes wrong with a file: which SQLite errors pass by themselves and which must stop the node (ST3)."""

from __future__ import annotations

from enum import StrEnum

import apsw


class Trouble(StrEnum):
    """Why the store cannot keep anything just now; each passes by itself when its cause does."""

    NONE = "none"
    FULL = "disk is full"
    READ_ONLY = "folder is read-only"
    IO = "disk refuses to write"
    MEMORY = "no memory"
    BUSY = "another program holds hotel.db"
    LOG = "write-ahead log is too long"
    FLOOR = "disk is nearly full"


_PASSES: tuple[tuple[type[apsw.Error], Trouble], ...] = (
    (apsw.FullError, Trouble.FULL),
    (apsw.ReadOnlyError, Trouble.READ_ONLY),
    (apsw.IOError, Trouble.IO),
    (apsw.CantOpenError, Trouble.IO),
    (apsw.NoMemError, Trouble.MEMORY),
    (apsw.BusyError, Trouble.BUSY),
    (apsw.LockedError, Trouble.BUSY),
)

_NEVER_PASS = frozenset(
    {
        # A failed sync says that bytes we believe written may be gone: nothing may be acknowledged after it.
        apsw.SQLITE_IOERR_FSYNC,
        apsw.SQLITE_IOERR_DIR_FSYNC,
        # The file system itself, or a checksum, says that the file is damaged.
        apsw.SQLITE_IOERR_CORRUPTFS,
        apsw.SQLITE_IOERR_DATA,
        # The file is no longer the one that we opened: what is written now is lost.
        apsw.SQLITE_READONLY_DBMOVED,
    }
)


def breaks(error: BaseException) -> bool:
    """True when the node must give up the lease and exit: damage, or a failed sync."""
    if isinstance(error, apsw.CorruptError | apsw.NotADBError):
        return True
    return isinstance(error, apsw.Error) and getattr(error, "extendedresult", None) in _NEVER_PASS


def trouble_of(error: BaseException) -> Trouble:
    """The trouble that an error means, `NONE` when it concerns only the unit that raised it."""
    if isinstance(error, MemoryError):
        return Trouble.MEMORY
    for kind, trouble in _PASSES:
        if isinstance(error, kind):
            return trouble
    return Trouble.NONE
