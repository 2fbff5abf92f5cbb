"""`python -m nightporter.testing.sim SEED` replays one seed; `--seeds N` runs many and sums up.

python -m nightporter.testing.sim 4711
python -m nightporter.testing.sim --seeds 1000 --first 0 --results sim-results.jsonl
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from rich.progress import track

from nightporter.clock import SystemClock
from nightporter.testing.sim.faults import KINDS
from nightporter.testing.sim.run import Outcome, quiet, run_seed

TRACE_LINES = 60


def main() -> int:
    """Exit code 1 when a promise was broken, or a kind of fault never mattered."""
    parser = argparse.ArgumentParser(prog="python -m nightporter.testing.sim", description=__doc__)
    parser.add_argument("seed", nargs="?", type=int, help="replay this seed and print its course")
    parser.add_argument("--seeds", type=int, default=0, help="how many seeds to run")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--results", type=Path, help="append the sum to this file of JSON lines")
    parser.add_argument("--stop", action="store_true", help="end at the first seed that breaks a promise")
    given = parser.parse_args()
    quiet()
    if given.seeds:
        return many(
            range(given.first, given.first + given.seeds), given.processes, given.results, stop=given.stop
        )
    return one(given.seed or 0)


def one(seed: int) -> int:
    """Run one seed and print what happened."""
    outcome = run_seed(seed)
    print("\n".join(outcome.trace[-TRACE_LINES:]))
    print("\n".join(outcome.broken) if outcome.broken else f"seed {seed}: every promise held")
    return 1 if outcome.broken else 0


def many(seeds: range, processes: int, results: Path | None, *, stop: bool) -> int:
    """Run the seeds, print failures as they come and the sum at the end."""
    clock = SystemClock()
    begun = clock.elapsed_seconds()
    injected: Counter[str] = Counter()
    mattered: Counter[str] = Counter()
    failed: list[int] = []
    for outcome in track(
        _outcomes(seeds, processes), total=len(seeds), description="seeds", disable=not sys.stderr.isatty()
    ):
        injected += outcome.injected
        mattered += outcome.mattered
        if outcome.broken:
            failed.append(outcome.seed)
            print(f"seed {outcome.seed}: {outcome.broken[0]}   (make sim SEED={outcome.seed})")
            if stop:
                return 1
    idle = sorted(kind for kind in KINDS if not mattered[kind])
    seconds = clock.elapsed_seconds() - begun
    for kind in sorted(KINDS):
        print(f"{kind:20} injected {injected[kind]:7}  mattered {mattered[kind]:7}")
    print(
        f"{len(seeds)} seeds in {seconds:.0f} s, {len(failed)} failed"
        + (f"; never mattered: {idle}" if idle else "")
    )
    if results:
        line = {
            "at_ms": clock.now_ms(),
            "first": seeds.start,
            "seeds": len(seeds),
            "failed": failed,
            "mattered": mattered,
        }
        with results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
    return 1 if failed or idle else 0


def _outcomes(seeds: range, processes: int) -> Iterator[Outcome]:
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, initializer=quiet) as pool:
        yield from pool.imap_unordered(run_seed, seeds, chunksize=4)


if __name__ == "__main__":
    sys.exit(main())
