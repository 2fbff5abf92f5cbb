"""A snapshot of 200 MB holds the writer up for 200 ms more at most, against the same writes without one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from bench.stall import measure

EXTRA_MS_MAX = 200.0


@pytest.mark.ci  # a minute, on a disk that is not in memory
@pytest.mark.timeout(300)
def test_the_longest_stall(tmp_path: Path) -> None:
    found = asyncio.run(measure(tmp_path, megabytes=200, seconds=10.0))
    assert found.megabytes >= 200
    assert found.extra_ms <= EXTRA_MS_MAX, found
