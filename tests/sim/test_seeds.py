"""The simulator finds no broken promise, and a seed gives the same course twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nightporter.testing.sim.run import run_seed

BLOCK = 20
SEEDS_TEST = 200
SEEDS_CI = 1_000


@pytest.mark.timeout(120)
@pytest.mark.parametrize("first", range(0, SEEDS_TEST, BLOCK))
def test_every_promise_holds(first: int) -> None:
    outcomes = [run_seed(seed) for seed in range(first, first + BLOCK)]
    assert {outcome.seed: outcome.broken for outcome in outcomes if outcome.broken} == {}
    assert sum(outcome.mattered["answer"] for outcome in outcomes) > BLOCK
    assert sum(outcome.mattered["crash"] for outcome in outcomes) > 0


def test_a_seed_gives_the_same_course_twice() -> None:
    assert run_seed(4711).trace == run_seed(4711).trace


@pytest.mark.ci
@pytest.mark.timeout(600)
def test_a_thousand_seeds_and_every_fault_matters() -> None:
    command = [sys.executable, "-m", "nightporter.testing.sim", "--seeds", str(SEEDS_CI), "--first", "1000"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]


def test_a_long_run_goes_on_where_its_file_ends(tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    command = [sys.executable, "-m", "nightporter.testing.sim", "--processes", "1", "--results", str(file)]
    told = [
        subprocess.run([*command, "--seeds", "2"], capture_output=True, text=True, check=False).stdout
        for _ in range(2)
    ]
    assert "2 of these seeds were run on this code" in told[1]
    assert told[0] == told[1].split("\n", 1)[1]
    assert len(file.read_text().splitlines()) == 1
