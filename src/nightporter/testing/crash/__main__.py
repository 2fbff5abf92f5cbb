"""Runs crash runs: `python -m nightporter.testing.crash --kills 200 --results crash-results.jsonl`.

Goes on where the results file ends, as long as the node's code is the same. Exit code 1 when a promise was broken.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from nightporter.clock import SystemClock
from nightporter.testing.crash.plan import Plan
from nightporter.testing.crash.processes import Void
from nightporter.testing.crash.report import Kills, line_of, never_killed_in, summary
from nightporter.testing.crash.run import Report, Stretch
from nightporter.testing.results import fingerprint

STRETCH_KILLS = 10


def main() -> int:
    """Run what is missing, print the sum."""
    parser = argparse.ArgumentParser(prog="python -m nightporter.testing.crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="how many kills in all must have counted")
    parser.add_argument(
        "--results", type=Path, help="append to this file of JSON lines, and go on where it ends"
    )
    parser.add_argument("--seed", type=int, help="one stretch of this seed, whatever the results file says")
    given = parser.parse_args()
    results = Kills(given.results, fingerprint())
    if results.lines:
        print(f"{results.counted} kills of this code are in {given.results}")
    try:
        asyncio.run(_run(results, given.kills, given.seed))
    except (asyncio.CancelledError, Void) as reason:
        print(f"stopped ({reason or 'told to'}); the same command goes on from here", file=sys.stderr)
        return 1
    print(summary(results.lines))
    return 1 if never_killed_in(results.lines) or any(line["broken"] for line in results.lines) else 0


def _print(line: str) -> None:
    print(line, flush=True)


async def _run(results: Kills, kills: int, seed: int | None) -> None:
    task = asyncio.current_task()
    assert task is not None, "it runs in a task"
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)  # so that every process is ended
    clock = SystemClock()
    while results.counted < kills:
        report = await _stretch(
            results.next_seed if seed is None else seed, min(STRETCH_KILLS, kills - results.counted)
        )
        results.add(line_of(report, clock.now_ms()))
        _print(f"{results.counted}/{kills} kills, {len(report.broken)} broken, {report.seconds:.0f} s")
        if seed is not None or (report.broken and not report.counted):
            return


async def _stretch(seed: int, kills: int) -> Report:
    folder = Path(tempfile.mkdtemp(prefix=f"nightporter-crash-{seed}-"))
    plan = Plan.of(seed)
    _print(f"seed {seed}: {plan.workers} workers, the provider answers after {plan.answer_ms} ms")
    report = await Stretch(plan, kills, folder, _print).run()
    if report.broken:
        _print("\n".join(report.broken))
        _print(f"look at {folder}: posts.jsonl, ledger.jsonl, node.log, data/")
    else:
        shutil.rmtree(folder)
    return report


if __name__ == "__main__":
    sys.exit(main())
