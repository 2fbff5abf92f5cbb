"""The real process under real kills: three in every test run, ten in CI; `make crash N=200` is the long one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from nightporter.testing.crash.plan import Plan
from nightporter.testing.crash.run import Report, Stretch


def crash_run(seed: int, kills: int, folder: Path) -> Report:
    lines: list[str] = []
    report = asyncio.run(Stretch(Plan.of(seed), kills, folder, lines.append).run())
    assert report.broken == [], "\n".join(lines)
    assert report.counted == kills
    return report


@pytest.mark.timeout(120)  # some 15 s where nothing else runs
def test_three_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    crash_run(seed=340, kills=3, folder=tmp_path)


@pytest.mark.ci
@pytest.mark.timeout(240)
def test_ten_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    report = crash_run(seed=10, kills=10, folder=tmp_path)
    assert len(report.stages) >= 4, "kills must meet messages in different stages"
