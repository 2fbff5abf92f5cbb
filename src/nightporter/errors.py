"""Errors that a person reads: what happened, to what, and what to do about it.

Every expected refusal that ends a command or a start is a `NightporterError` with a stable code `NP-nnn`;
`docs/errors.md` has a heading for each. Expected failures inside a round are values, not exceptions.
"""

from __future__ import annotations


class NightporterError(Exception):
    """A failure with a stable code, one line of text and one line of advice."""

    code = "NP-000"

    def __init__(self, what: str, advice: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice

    def __str__(self) -> str:
        """One line: code, what happened, what to do."""
        return f"{self.code}: {self.what}" + (f" — {self.advice}" if self.advice else "")


class SettingError(NightporterError):
    """A setting is unknown or has a value that is not allowed."""

    code = "NP-010"


class HotelFileError(NightporterError):
    """`hotel.yaml` has a wrong type or an unknown key; names file and line."""

    code = "NP-011"


class PortBusy(NightporterError):
    """Another program listens on the address we were told to use."""

    code = "NP-012"


class NotRunning(NightporterError):
    """The command needs a running node and there is none on this data folder."""

    code = "NP-013"


class NotFound(NightporterError):
    """What the command or request names does not exist."""

    code = "NP-014"


class NotAllowed(NightporterError):
    """What the command asks for is not possible as things stand."""

    code = "NP-015"


class FolderInUse(NightporterError):
    """Another node runs on this data folder."""

    code = "NP-020"


class FolderUnusable(NightporterError):
    """The data folder cannot be written."""

    code = "NP-021"


class StoreCorrupt(NightporterError):
    """SQLite found the file damaged."""

    code = "NP-022"


class StoreTooNew(NightporterError):
    """The file was written by a later release."""

    code = "NP-023"


class SQLiteTooOld(NightporterError):
    """The SQLite library has the WAL-reset bug (before 3.51.3, sqlite.org/wal.html#walresetbug)."""

    code = "NP-024"


class CannotKeep(NightporterError):
    """The store refuses writes for now: the disk is full or read-only, or the lease is gone."""

    code = "NP-030"


class StoreBroken(NightporterError):
    """A sync failed or the file is damaged: the node must stop, never retry the sync (ST3)."""

    code = "NP-031"


class Stale(NightporterError):
    """What a unit was decided on has changed meanwhile; decide again."""

    code = "NP-032"


class SnapshotDamaged(NightporterError):
    """A snapshot is not what its record says, or its content is not whole."""

    code = "NP-040"


class PlaceUnreachable(NightporterError):
    """A place of BACKUP_URLS does not answer, or refuses us."""

    code = "NP-041"
