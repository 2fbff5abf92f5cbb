"""A disk that loses power and fails on demand: an SQLite VFS over real files that knows what was synced.

    with CrashDisk() as disk:
        store = Store.open(folder, clock, stepping, vfs=disk.vfs)
        ...                                       # moments: `disk.moment` after each acknowledgement
        disk.image(after, moment, Dice(seed))     # a folder as a power cut at that moment may have left it

A crash image is any state that the rules of a file system allow: what was synced is there; each later write of a
file is there or not, whatever became of the others, and may be torn between sectors; a new or deleted name is as it
was when its folder was last synced, or as it is now. One run gives an image for each of its moments.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

import apsw

from nightporter.clock import Chance

if TYPE_CHECKING:
    from typing_extensions import Buffer

SECTOR_BYTES = 512
_numbers = itertools.count(1)
_SYNCS_FOLDER = (
    "-wal",
    "-journal",
)  # SQLite's unix VFS syncs the folder with the first sync of such a new file

Call = Literal["write", "sync"]


@dataclass(slots=True)
class Fault:
    """Lets calls fail: the first `after` pass, then `times` fail (None: all, until the fault is lifted)."""

    on: Call
    code: int
    name: str = ""  # only files whose name ends so
    after: int = 0
    times: int | None = None
    hits: int = 0

    def strikes(self, call: Call, name: str) -> bool:
        """Count the call; True when it must fail."""
        if call != self.on or not name.endswith(self.name) or self.times == 0:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        self.hits += 1
        return True


def full() -> Fault:
    """No room for a single byte more."""
    return Fault("write", apsw.SQLITE_FULL)


def io_error() -> Fault:
    """The disk refuses to write."""
    return Fault("write", apsw.SQLITE_IOERR_WRITE)


def read_only() -> Fault:
    """The file system has become read-only."""
    return Fault("write", apsw.SQLITE_READONLY)


def sync_error(name: str = "", after: int = 0) -> Fault:
    """One sync fails, and what it should have synced may never reach the disk, although later syncs succeed."""
    return Fault("sync", apsw.SQLITE_IOERR_FSYNC, name, after, times=1)


@dataclass(frozen=True, slots=True)
class _Create:
    name: str
    inode: int
    content: bytes
    durable: bool  # it was there before


@dataclass(frozen=True, slots=True)
class _Write:
    inode: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class _Truncate:
    inode: int
    size: int


@dataclass(frozen=True, slots=True)
class _Sync:
    inode: int
    failed: bool


@dataclass(frozen=True, slots=True)
class _Delete:
    name: str
    synced: bool


_Event = _Create | _Write | _Truncate | _Sync | _Delete


class CrashDisk:
    """Registers the VFS `vfs` while it is entered."""

    def __init__(self) -> None:
        self.vfs = f"crash-{next(_numbers)}"
        self.fault: Fault | None = None
        self.room_bytes: int | None = None  # how much files may still grow; None: as they like
        self._events: list[_Event] = []
        self._inodes: dict[str, int] = {}
        self._registered: _Vfs | None = None

    def __enter__(self) -> Self:
        self._registered = _Vfs(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._registered:
            self._registered.unregister()
            self._registered = None

    @property
    def moment(self) -> int:
        """How many events there were; what is acknowledged now must be in every image from this moment on."""
        return len(self._events)

    def moments_of(self, name: str) -> int:
        """How many events there were of files whose names begin so: a database's with its log."""
        inodes = {
            event.inode
            for event in self._events
            if isinstance(event, _Create) and Path(event.name).name.startswith(name)
        }
        return sum(not isinstance(event, _Delete) and event.inode in inodes for event in self._events)

    def image(self, folder: Path, moment: int, chance: Chance) -> None:
        """Write the files into `folder` as a power cut after that many events may have left them."""
        state = _State(chance)
        for event in self._events[:moment]:
            state.take(event)
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in state.survivors():
            (folder / Path(path).name).write_bytes(content)

    # --- what the VFS reports ---

    def opened(self, path: str, before: bytes | None) -> int:
        """The number of the file's content; one that was there before it was first seen is durable as it was."""
        inode = self._inodes.get(path)
        if inode is None:
            inode = self._inodes[path] = next(_numbers)
            self._events.append(_Create(path, inode, before or b"", durable=before is not None))
        return inode

    def knows(self, path: str) -> bool:
        """True for a file that was opened before."""
        return path in self._inodes

    def wrote(self, inode: int, offset: int, data: bytes) -> None:
        """Bytes are in the kernel."""
        self._events.append(_Write(inode, offset, data))

    def truncated(self, inode: int, size: int) -> None:
        """The file is shorter, or longer by zeros."""
        self._events.append(_Truncate(inode, size))

    def synced(self, inode: int, *, failed: bool = False) -> None:
        """All bytes of the file are on the disk; or, `failed`, nobody knows."""
        self._events.append(_Sync(inode, failed))

    def deleted(self, path: str, *, synced: bool) -> None:
        """The name is gone."""
        self._inodes.pop(path, None)
        self._events.append(_Delete(path, synced))

    def strikes(self, call: Call, name: str) -> int:
        """The SQLite code with which this call must fail; 0 when it passes."""
        fault = self.fault
        return fault.code if fault is not None and fault.strikes(call, name) else 0

    def grow(self, count: int) -> bool:
        """Take room for so many bytes more; False without."""
        if self.room_bytes is not None and count > 0:
            if count > self.room_bytes:
                return False
            self.room_bytes -= count
        return True


@dataclass(slots=True)
class _Content:
    durable: bytearray
    syncs_folder: bool
    pending: list[_Write | _Truncate] = field(default_factory=list[_Write | _Truncate])


class _State:
    """What is on the disk and what is only in the kernel, after some events."""

    def __init__(self, chance: Chance) -> None:
        self._chance = chance
        self._survival = 0.1 + 0.8 * chance.random()
        self._contents: dict[int, _Content] = {}
        self._names: dict[str, int] = {}
        self._durable_names: dict[str, int] = {}

    def take(self, event: _Event) -> None:
        match event:
            case _Create(name, inode, content, durable):
                self._contents[inode] = _Content(bytearray(content), name.endswith(_SYNCS_FOLDER))
                self._names[name] = inode
                if durable:
                    self._durable_names[name] = inode
            case _Write() | _Truncate():
                self._contents[event.inode].pending.append(event)
            case _Sync(inode, failed):
                self._sync(self._contents[inode], failed=failed)
            case _Delete(name, synced):
                self._names.pop(name, None)
                if synced:
                    self._durable_names = dict(self._names)

    def _sync(self, content: _Content, *, failed: bool) -> None:
        if failed:
            if self._coin():  # the kernel has marked them clean: seen by all, written by nobody
                content.pending.clear()
            return
        for change in content.pending:
            _apply(content.durable, change)
        content.pending.clear()
        if content.syncs_folder:
            self._durable_names = dict(self._names)
            content.syncs_folder = False

    def survivors(self) -> list[tuple[str, bytes]]:
        survive = self._manner()
        found: list[tuple[str, bytes]] = []
        for name in sorted(self._names.keys() | self._durable_names.keys()):
            now, before = self._names.get(name), self._durable_names.get(name)
            inode = now if now == before or self._coin() else before
            if inode is not None:
                content = self._contents[inode]
                found.append((name, bytes(survive(content.durable, content.pending))))
        return found

    def _manner(self) -> Callable[[bytearray, list[_Write | _Truncate]], bytearray]:
        manners = (self._nothing, self._everything, self._prefix, self._some, self._torn)
        return manners[int(self._chance.random() * len(manners))]

    def _coin(self) -> bool:
        return self._chance.random() < self._survival

    def _nothing(self, durable: bytearray, pending: list[_Write | _Truncate]) -> bytearray:
        return durable

    def _everything(self, durable: bytearray, pending: list[_Write | _Truncate]) -> bytearray:
        for change in pending:
            _apply(durable, change)
        return durable

    def _prefix(self, durable: bytearray, pending: list[_Write | _Truncate]) -> bytearray:
        return self._everything(durable, pending[: int(self._chance.random() * (len(pending) + 1))])

    def _some(self, durable: bytearray, pending: list[_Write | _Truncate]) -> bytearray:
        return self._everything(durable, [change for change in pending if self._coin()])

    def _torn(self, durable: bytearray, pending: list[_Write | _Truncate]) -> bytearray:
        pieces = [piece for change in pending for piece in _sectors(change)]
        return self._some(durable, pieces)


def _apply(content: bytearray, change: _Write | _Truncate) -> None:
    if isinstance(change, _Truncate):
        del content[change.size :]
        content.extend(bytes(change.size - len(content)))
        return
    end = change.offset + len(change.data)
    content.extend(bytes(max(0, end - len(content))))
    content[change.offset : end] = change.data


def _sectors(change: _Write | _Truncate) -> list[_Write | _Truncate]:
    if isinstance(change, _Truncate):
        return [change]
    pieces: list[_Write | _Truncate] = []
    at, end = change.offset, change.offset + len(change.data)
    while at < end:
        until = min(end, at - at % SECTOR_BYTES + SECTOR_BYTES)
        pieces.append(_Write(change.inode, at, change.data[at - change.offset : until - change.offset]))
        at = until
    return pieces


class _Vfs(apsw.VFS):
    """The system's own VFS; files that have a name are watched."""

    def __init__(self, disk: CrashDisk) -> None:
        super().__init__(disk.vfs, "")
        self._disk = disk

    def xOpen(  # noqa: N802 - SQLite's names
        self, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> apsw.VFSFile:
        if name is None:
            return apsw.VFSFile("", name, flags)
        return _File(self._disk, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: FBT001, N802
        super().xDelete(filename, syncdir)
        self._disk.deleted(filename, synced=bool(syncdir))


class _File(apsw.VFSFile):
    def __init__(self, disk: CrashDisk, name: str | apsw.URIFilename, flags: list[int]) -> None:
        self._disk = disk
        self._path = name.filename() if isinstance(name, apsw.URIFilename) else name
        on_disk = Path(self._path)
        # Before SQLite opens it: closing a plain handle would drop SQLite's own locks (ST1).
        before = on_disk.read_bytes() if not disk.knows(self._path) and on_disk.exists() else None
        super().__init__("", name, flags)
        self._inode = disk.opened(self._path, before)

    def xWrite(self, data: Buffer, offset: int) -> None:  # noqa: N802
        octets = bytes(data)
        code = self._disk.strikes("write", self._path)
        if self._disk.room_bytes is not None and not code:
            growth = offset + len(octets) - self.xFileSize()
            code = 0 if self._disk.grow(growth) else apsw.SQLITE_FULL
        if code:  # half of it may be there all the same
            octets = b"" if code == apsw.SQLITE_READONLY else octets[: len(octets) // 2]
        if octets:
            super().xWrite(octets, offset)
            self._disk.wrote(self._inode, offset, octets)
        if code:
            raise apsw.exception_for(code)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        super().xTruncate(newsize)
        self._disk.truncated(self._inode, newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        code = self._disk.strikes("sync", self._path)
        if not code:
            super().xSync(flags)
        self._disk.synced(self._inode, failed=bool(code))
        if code:
            raise apsw.exception_for(code)
