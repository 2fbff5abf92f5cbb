"""`python -m nightporter.testing.sim SEED` replays one seed; `--seeds N` runs many and sums up.

python -m nightporter.testing.sim 4711
python -m nightporter.testing.sim --seeds 1000 --first 0 --results sim-results.jsonl
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from rich.progress import track

from nightporter.clock import SystemClock
from nightporter.testing.results import JsonObject, Results, fingerprint
from nightporter.testing.sim.faults import KINDS
from nightporter.testing.sim.run import Outcome, quiet, run_seed

TRACE_LINES = 60
STRETCH_SEEDS = 250


def main() -> int:
    """Exit code 1 when a promise was broken, or a kind of fault never mattered."""
    parser = argparse.ArgumentParser(prog="python -m nightporter.testing.sim", description=__doc__)
    parser.add_argument("seed", nargs="?", type=int, help="replay this seed and print its course")
    parser.add_argument("--seeds", type=int, default=0, help="how many seeds to run")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--results",
        type=Path,
        help="append to this file of JSON lines, and leave out what it has of this code",
    )
    parser.add_argument("--stop", action="store_true", help="end at the first seed that breaks a promise")
    given = parser.parse_args()
    quiet()
    if given.seeds:
        seeds = range(given.first, given.first + given.seeds)
        return many(seeds, given.processes, Results(given.results, fingerprint()), stop=given.stop)
    return one(given.seed or 0)


def one(seed: int) -> int:
    """Run one seed and print what happened."""
    outcome = run_seed(seed)
    print("\n".join(outcome.trace[-TRACE_LINES:]))
    print("\n".join(outcome.broken) if outcome.broken else f"seed {seed}: every promise held")
    return 1 if outcome.broken else 0


def many(seeds: range, processes: int, results: Results, *, stop: bool) -> int:
    """Run the seeds that the results file does not have, print failures as they come and the sum at the end."""
    clock = SystemClock()
    stretches = [seeds[at : at + STRETCH_SEEDS] for at in range(0, len(seeds), STRETCH_SEEDS)]
    known = {(line["first"], line["seeds"]): line for line in results.lines}
    lines = [known[key] for stretch in stretches if (key := (stretch.start, len(stretch))) in known]
    if lines:
        print(f"{sum(line['seeds'] for line in lines)} of these seeds were run on this code")
    left = [stretch for stretch in stretches if (stretch.start, len(stretch)) not in known]
    for stretch in track(left, description="seeds", disable=not sys.stderr.isatty()):
        begun = clock.elapsed_seconds()
        line = _stretch(stretch, processes, stop=stop)
        line |= {"seconds": round(clock.elapsed_seconds() - begun, 1), "at_ms": clock.now_ms()}
        lines.append(line)
        if line["failed"] and stop:
            return 1
        results.add(line)
    return _told(lines)


def _stretch(seeds: range, processes: int, *, stop: bool) -> JsonObject:
    injected: Counter[str] = Counter()
    mattered: Counter[str] = Counter()
    failed: list[int] = []
    for outcome in _outcomes(seeds, processes):
        injected += outcome.injected
        mattered += outcome.mattered
        if outcome.broken:
            failed.append(outcome.seed)
            print(f"seed {outcome.seed}: {outcome.broken[0]}   (make sim SEED={outcome.seed})", flush=True)
            if stop:
                break
    return {
        "first": seeds.start,
        "seeds": len(seeds),
        "failed": failed,
        "injected": injected,
        "mattered": mattered,
    }


def _told(lines: list[JsonObject]) -> int:
    """Print the sum; the exit code."""
    injected: Counter[str] = Counter()
    mattered: Counter[str] = Counter()
    for line in lines:
        injected.update(line["injected"])
        mattered.update(line["mattered"])
    failed = [seed for line in lines for seed in line["failed"]]
    idle = sorted(kind for kind in KINDS if not mattered[kind])
    for kind in sorted(KINDS):
        print(f"{kind:20} injected {injected[kind]:7}  mattered {mattered[kind]:7}")
    seeds, seconds = (sum(line[name] for line in lines) for name in ("seeds", "seconds"))
    print(
        f"{seeds} seeds in {seconds:.0f} s, {len(failed)} failed"
        + (f": {failed}" if failed else "")
        + (f"; never mattered: {idle}" if idle else "")
    )
    return 1 if failed or idle else 0


def _outcomes(seeds: range, processes: int) -> Iterator[Outcome]:
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, initializer=quiet) as pool:
        yield from pool.imap_unordered(run_seed, seeds, chunksize=4)


if __name__ == "__main__":
    sys.exit(main())
