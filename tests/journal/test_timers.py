"""Timers: the hotel's clock over daylight saving both ways, one-shots, unknown kinds, each due time once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSimError
from hypothesis import given
from hypothesis import strategies as st
from tests.outbox.books import books
from tests.rounds.rig import Rig, in_house

from nightporter.journal import timers
from nightporter.rounds.alarms import Alarms, set_cron
from nightporter.store import Tx

ROME = "Europe/Rome"


def ms(*when: int, zone: str = ROME) -> int:
    return int(datetime(*when, tzinfo=ZoneInfo(zone)).timestamp() * 1000)  # type: ignore[arg-type]


def fires(cron: str, after_ms: int, times: int) -> list[str]:
    """The next times on the clocks of Rome."""
    found: list[str] = []
    for _ in range(times):
        after_ms = timers.next_ms(cron, ROME, after_ms)
        found.append(datetime.fromtimestamp(after_ms / 1000, ZoneInfo(ROME)).strftime("%m-%d %H:%M%z"))
    return found


def test_nightly_over_both_changes_of_the_clocks() -> None:
    assert fires("30 4 * * *", ms(2026, 3, 27, 12), 3) == [
        "03-28 04:30+0100",
        "03-29 04:30+0200",
        "03-30 04:30+0200",
    ]
    assert fires("30 4 * * *", ms(2026, 10, 23, 12), 3) == [
        "10-24 04:30+0200",
        "10-25 04:30+0100",
        "10-26 04:30+0100",
    ]


def test_a_time_that_is_skipped_comes_at_the_end_of_the_gap_and_one_that_comes_twice_fires_once() -> None:
    assert fires("30 2 * * *", ms(2026, 3, 28, 12), 2) == ["03-29 03:00+0200", "03-30 02:30+0200"]
    assert fires("30 2 * * *", ms(2026, 10, 24, 12), 2) == ["10-25 02:30+0200", "10-26 02:30+0100"]


@given(hour=st.integers(0, 23), minute=st.integers(0, 59), day=st.integers(0, 364))
def test_a_daily_timer_fires_once_a_day(hour: int, minute: int, day: int) -> None:
    after_ms = ms(2026, 1, 1, 12) + day * 86_400_000
    cron = f"{minute} {hour} * * *"
    days = [line[:5] for line in fires(cron, after_ms, 3)]
    assert len(set(days)) == 3
    assert timers.next_ms(cron, ROME, after_ms) > after_ms


@pytest.mark.parametrize("cron", ["", "61 * * * *", "* * * *", "never"])
def test_a_bad_expression_is_refused(cron: str) -> None:
    with pytest.raises(CronSimError):
        timers.next_ms(cron, ROME, 0)


def test_setting_again_keeps_the_due_time_unless_something_changed() -> None:
    def unit(tx: Tx) -> list[Any]:
        def due() -> int:
            return int(tx.all("timer_get", ("n",))[0][1])

        timers.put_cron(tx, "n", "night", "30 4 * * *", ROME, ms(2026, 5, 1))
        first = due()
        timers.put_cron(tx, "n", "night", "30 4 * * *", ROME, ms(2026, 6, 1))
        kept = due()
        timers.put_cron(tx, "n", "night", "30 5 * * *", ROME, ms(2026, 6, 1))
        [row] = tx.all("timers_due", (ms(2026, 7, 1), 9))
        spent = [timers.spend(tx, row, ms(2026, 7, 1)) for _ in range(2)]
        return [kept == first, due() == ms(2026, 7, 1, 5, 30), spent]

    with books() as own:
        assert own.run(unit) == [True, True, [True, False]]


class Rung:
    def __init__(self) -> None:
        self.names: list[str] = []

    async def __call__(self, row: Sequence[Any]) -> None:
        self.names.append(row[0])


def test_each_due_time_once_and_what_was_missed_is_not_piled_up() -> None:
    async def story(rig: Rig) -> None:
        rung = Rung()
        alarms = Alarms(rig.node, {"ring": rung})
        now_ms = rig.clock.now_ms()
        await set_cron(rig.node, "every minute", "ring", "* * * * *", ROME)
        await rig.write(lambda tx: timers.put(tx, "once", "ring", now_ms + 30_000))
        await rig.write(lambda tx: timers.put(tx, "moved", "ring", now_ms + 10_000))
        await rig.write(lambda tx: timers.put(tx, "moved", "ring", now_ms + 3_000_000))
        assert 0 < await alarms.handle_due() <= 30
        assert rung.names == []
        await rig.rest(600)
        await alarms.handle_due()
        await alarms.handle_due()
        assert sorted(rung.names) == ["every minute", "once"]
        await rig.rest(60)
        await alarms.handle_due()
        assert sorted(rung.names) == ["every minute", "every minute", "once"]

    in_house(story, begin=False)


def test_a_timer_of_unknown_kind_is_told_once_and_spent() -> None:
    async def story(rig: Rig) -> None:
        await rig.write(lambda tx: timers.put(tx, "odd", "hologram", rig.clock.now_ms() + 1_000))
        await rig.until(lambda: rig.reasons() == ["unknown_timer"])
        await rig.rest(70)
        assert rig.rows("timer_get", "odd") == []
        assert rig.count("alerts", "unknown_timer") == 1

    in_house(story)


def test_a_handler_that_crashed_runs_again() -> None:
    async def story(rig: Rig) -> None:
        rung = Rung()

        async def crash(row: Sequence[Any]) -> None:
            await rung(row)
            if len(rung.names) == 1:
                raise ZeroDivisionError

        alarms = Alarms(rig.node, {"ring": crash})
        await rig.write(lambda tx: timers.put(tx, "once", "ring", rig.clock.now_ms()))
        with pytest.raises(ZeroDivisionError):
            await alarms.handle_due()
        await alarms.handle_due()
        await alarms.handle_due()
        assert rung.names == ["once", "once"]

    in_house(story, begin=False)
