"""Timers: a due time on disk that becomes an entry. Cron follows the hotel's clock, also over daylight saving."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim

from nightporter.clock import utc
from nightporter.store import Row, Tx


def next_ms(cron: str, zone: str, after_ms: int) -> int:
    """The first time after `after_ms` at which the five-field `cron` fires on the clocks of `zone`.

    Around daylight saving it does what Debian's cron does: a time that is skipped fires at the end of the gap, a
    time that comes twice fires once. Raises `CronSimError` for a bad expression.
    """
    local: datetime = utc(after_ms).astimezone(ZoneInfo(zone))
    return int(next(CronSim(cron, local)).timestamp() * 1000)


def put(tx: Tx, name: str, kind: str, due_ms: int, payload: str = "{}") -> None:
    """Set a one-shot timer; the same name again moves it."""
    tx.run("timer_put", (name, kind, due_ms, "", "", payload))


def put_cron(tx: Tx, name: str, kind: str, cron: str, zone: str, now_ms: int) -> None:
    """Set a repeating timer; one that is set already as wanted keeps its due time."""
    row = tx.one("timer_get", (name,))
    if row is None or (row[0], row[2], row[3]) != (kind, cron, zone):
        tx.run("timer_put", (name, kind, next_ms(cron, zone, now_ms), cron, zone, "{}"))


def spend(tx: Tx, row: Row, now_ms: int) -> bool:
    """Take a due timer (a row of `timers_due`): move or drop it; False when another has taken it."""
    name, _, due_ms, cron, zone, _ = row
    if cron:
        return tx.run("timer_move", (next_ms(cron, zone, now_ms), name, due_ms)) == 1
    return tx.run("timer_drop", (name, due_ms)) == 1
