"""The writer: the only one who writes hotel.db; drains its queue group by group (ST1, ST2, ST3, ST6)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import apsw

from nightporter.clock import Clock
from nightporter.errors import CannotKeep, StoreBroken
from nightporter.model.lease import Lease
from nightporter.store import group, log
from nightporter.store.stepping import Stepping
from nightporter.store.trouble import Trouble, breaks, trouble_of
from nightporter.store.tx import Tx

GROUP_UNITS_MAX = 256
GROUP_BYTES_MAX = 1024 * 1024
GROUP_SECONDS_MAX = 0.05
WAITING_UNITS_MAX = 20_000
UNIT_BYTES = 1024  # what a unit counts when nobody says its size
CHECKPOINT_IDLE_PAGES = 256  # 1 MB: a short checkpoint in an idle moment
CHECKPOINT_BUSY_PAGES = 8_192  # 32 MB: even under load
LOG_BYTES_MAX = 256 * 1024 * 1024
PAGE_BYTES = 4096

Waiting = tuple[group.Unit, int, "asyncio.Future[Any]", Lease]
Settled = list[tuple["asyncio.Future[Any]", group.Result]]


class Writer:
    """Owns the write connection. `submit` on the event loop; `step` and `idle` where the stepping runs them."""

    def __init__(
        self,
        connection: apsw.Connection,
        clock: Clock,
        stepping: Stepping,
        on_trouble: Callable[[Trouble], None],
        on_broken: Callable[[StoreBroken], None],
    ) -> None:
        self._connection = connection
        self._tx = Tx(connection)
        self._clock = clock
        self._stepping = stepping
        self._on_trouble = on_trouble
        self._on_broken = on_broken
        self._queue: deque[Waiting] = deque()
        self._head: log.LogHead | None = None
        self._log_pages = 0
        self.trouble = Trouble.NONE
        self.broken: StoreBroken | None = None
        self.groups = 0
        connection.set_wal_hook(self._note_log)
        stepping.start(self.step, self.idle)

    def submit(self, lease: Lease, unit: group.Unit, size: int = UNIT_BYTES) -> asyncio.Future[Any]:
        """Queue a unit; the future has its value once it is on disk. Raises `CannotKeep`, `StoreBroken` at once."""
        if self.trouble is not Trouble.NONE:
            raise CannotKeep(
                f"nothing can be kept now: {self.trouble}", "free the disk; it goes on by itself"
            )
        return self._enqueue(lease, unit, size)

    def probe(self, lease: Lease, unit: group.Unit) -> asyncio.Future[Any]:
        """Like `submit`, also while nothing can be kept."""
        return self._enqueue(lease, unit, UNIT_BYTES)

    def _enqueue(self, lease: Lease, unit: group.Unit, size: int) -> asyncio.Future[Any]:
        if self.broken:
            raise self.broken
        if not lease.valid(self._clock.elapsed_seconds()):
            raise CannotKeep("the lease has run out", "another node leads now")
        if len(self._queue) >= WAITING_UNITS_MAX:
            raise CannotKeep("too much waits to be written", "the disk is too slow for this load")
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._queue.append((unit, size, future, lease))
        self._stepping.wake()
        return future

    @property
    def log_bytes(self) -> int:
        """Length of the write-ahead log that is in use."""
        return self._log_pages * PAGE_BYTES

    @property
    def waiting(self) -> int:
        """Units not committed yet."""
        return len(self._queue)

    def step(self) -> None:
        """Commit groups until nothing waits."""
        while self._queue and self.broken is None:
            self._group()
            if self._log_pages >= CHECKPOINT_BUSY_PAGES:
                self._checkpoint()
        if self.broken:
            self._settle([(waiting[2], group.Result(error=self.broken)) for waiting in self._drain()])

    def idle(self) -> None:
        """Between bursts: move a piece of the write-ahead log into the file."""
        if self._log_pages >= CHECKPOINT_IDLE_PAGES and self.broken is None:
            self._checkpoint()

    def _drain(self) -> Iterator[Waiting]:
        while self._queue:
            yield self._queue.popleft()

    def _take(self, taken: list[Waiting]) -> Iterator[group.Unit]:
        """The units of one group, within its bounds; a unit larger than the bound goes alone."""
        size, until = 0, self._clock.elapsed_seconds() + GROUP_SECONDS_MAX
        epoch = self._queue[0][3].epoch
        while self._queue and len(taken) < GROUP_UNITS_MAX and self._clock.elapsed_seconds() < until:
            unit, unit_size, _, lease = self._queue[0]
            size += unit_size
            if taken and (size > GROUP_BYTES_MAX or lease.epoch != epoch):
                return
            taken.append(self._queue.popleft())
            yield unit

    def _group(self) -> None:
        taken: list[Waiting] = []
        lease = self._queue[0][3]
        try:
            self._head = self._head or log.head(self._connection)
            results, self._head = group.commit(
                self._connection, self._tx, self._take(taken), self._head, lease.epoch, self._clock.now_ms()
            )
        except (group.GroupLost, apsw.Error) as lost:
            self._head = None  # a commit that failed late may have been kept: read the head again
            self._lost(taken or list(self._drain()), lost.__cause__ or lost)
            return
        self.groups += 1
        self._settle(
            [
                (waiting[2], self._judged(result, waiting[3]))
                for waiting, result in zip(taken, results, strict=True)
            ]
        )

    def _judged(self, result: group.Result, lease: Lease) -> group.Result:
        """A result that comes after the lease's end counts as not kept (LS2); damage stops the node."""
        if result.error is not None:
            if breaks(result.error):
                return group.Result(error=self._break(result.error))
            trouble = trouble_of(result.error)
            if trouble is not Trouble.NONE:
                self._turn(trouble)
                return group.Result(error=CannotKeep(f"nothing can be kept now: {trouble}"))
            return result
        if not lease.valid(self._clock.elapsed_seconds()):
            return group.Result(error=CannotKeep("the lease ran out while this was written"))
        return result

    def _lost(self, taken: list[Waiting], cause: BaseException) -> None:
        if breaks(cause):
            error: Exception = self._break(cause)
        else:
            trouble = trouble_of(cause)
            self._turn(Trouble.IO if trouble is Trouble.NONE else trouble)
            error = CannotKeep(f"nothing can be kept now: {self.trouble} ({cause})")
        self._settle([(waiting[2], group.Result(error=error)) for waiting in taken])

    def _break(self, cause: BaseException) -> StoreBroken:
        if self.broken is None:
            self.broken = StoreBroken(
                f"hotel.db can no longer be trusted ({cause})", "see docs/runbook: data corrupt"
            )
            broken = self.broken
            self._stepping.post(lambda: self._on_broken(broken))
        return self.broken

    def _turn(self, trouble: Trouble) -> None:
        if trouble is not self.trouble:
            self.trouble = trouble
            self._stepping.post(lambda: self._on_trouble(trouble))

    def close_door(self, trouble: Trouble) -> None:
        """Refuse units from now on: the disk is about to be full."""
        self._turn(trouble)

    def open_door(self) -> None:
        """Take units again: a probe has shown that writing works."""
        self._turn(Trouble.NONE)

    def _checkpoint(self) -> None:
        try:
            frames, moved = self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
        except apsw.Error as error:
            if breaks(error):
                self._break(error)
            elif trouble_of(error) is not Trouble.NONE:
                self._turn(trouble_of(error))
            return
        self._log_pages = max(frames - moved, 0)

    def _note_log(self, connection: apsw.Connection, name: str, pages: int) -> int:
        self._log_pages = pages
        if pages * PAGE_BYTES >= LOG_BYTES_MAX:
            self._turn(Trouble.LOG)
        return apsw.SQLITE_OK

    def _settle(self, settled: Settled) -> None:
        if settled:
            self._stepping.post(lambda: _resolve(settled))


def _resolve(settled: Settled) -> None:
    for future, result in settled:
        if future.cancelled():
            continue
        if result.error is None:
            future.set_result(result.value)
        else:
            future.set_exception(result.error)
