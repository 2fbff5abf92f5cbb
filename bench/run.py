"""Runs the benchmark: alternating rounds of Nightporter and the stack it replaces, then a table and a plot.

`python bench/run.py` is the full run; `--quick` a short one. Every round is appended to bench/results/rounds.jsonl at
once, so an interrupted run loses nothing; `--report` writes table and plot again from that file.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import checks, machine, plot, report
from harness.answers import Result
from harness.past import disk, history
from harness.process import Broken
from harness.rounds import idle, saturate, steady
from harness.stage import RESULTS, Load
from harness.systems import PEER, REPOSITORY, SYSTEMS, Nightporter, System
from moments import epoch

ROUNDS_FILE = RESULTS / "rounds.jsonl"
REPORT_FILE = RESULTS / "report.md"
PLOT_FILE = RESULTS / "report.svg"
HOTEL_FILE = REPOSITORY / "bench" / "hotel.yaml"
DEFAULT_SYSTEMS = "nightporter,express-bullmq"
KINDS = ("saturation", "steady", "idle", "empty", "synced", "sink", "generator", "history", "disk")
DEFAULT_KINDS = "saturation,steady,idle,empty,synced"


def options() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--systems", default=DEFAULT_SYSTEMS, help=f"comma-separated, of: {', '.join(SYSTEMS)}"
    )
    parser.add_argument("--kinds", default=DEFAULT_KINDS, help=f"comma-separated, of: {', '.join(KINDS)}")
    parser.add_argument("--rounds", type=int, default=5, help="saturation rounds of each system, alternating")
    parser.add_argument("--seconds", type=int, default=10, help="length of a saturation round")
    parser.add_argument("--warm-seconds", type=int, default=3, help="load before it that is not counted")
    parser.add_argument("--connections", type=int, default=64, help="wrk's connections")
    parser.add_argument("--threads", type=int, default=1, help="wrk's threads")
    parser.add_argument("--concurrency", type=int, default=25, help="WORKER_CONCURRENCY of both")
    parser.add_argument("--rate-max", type=int, default=9000, help="bodies prepared per second")
    parser.add_argument("--plan", default="30x60", help="steady rounds: rate x seconds, comma-separated")
    parser.add_argument("--history", type=int, default=1_000_000, help="messages of history to make")
    parser.add_argument("--history-plan", default="60x30", help="history rounds: as --plan")
    parser.add_argument("--hotel", type=Path, default=HOTEL_FILE, help="the hotel file Nightporter is given")
    parser.add_argument(
        "--attempts", type=int, default=3, help="how often a round that does not count is repeated"
    )
    parser.add_argument("--quick", action="store_true", help="one short round of each kind")
    parser.add_argument(
        "--report", action="store_true", help="only write table and plot from the kept rounds"
    )
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.rounds, chosen.seconds, chosen.plan = 1, 5, "30x10"
    return chosen


def rounds(chosen: argparse.Namespace) -> list[tuple[str, Callable[[], Result]]]:
    """The rounds in order, each under its system's name; systems alternate."""
    load = Load(
        seconds=chosen.seconds,
        warm_seconds=chosen.warm_seconds,
        connections=chosen.connections,
        threads=chosen.threads,
        rate_max=chosen.rate_max,
        concurrency=chosen.concurrency,
        hotel_file=chosen.hotel.resolve(),
    )
    kinds, names = chosen.kinds.split(","), chosen.systems.split(",")
    planned: list[tuple[str, Callable[[], Result]]] = []
    for number in range(chosen.rounds if "saturation" in kinds else 0):
        planned += [(name, _saturation(name, load, number)) for name in names]
    if "empty" in kinds:
        control = dataclasses.replace(load, rate_max=4 * load.rate_max, seconds=min(5, load.seconds))
        planned += [("empty-200", _saturation("empty-200", control, n)) for n in range(min(3, chosen.rounds))]
    for name in names:
        planned += [(name, job) for kind, job in _others(SYSTEMS[name], load, chosen) if kind in kinds]
    if "disk" in kinds:
        planned.append((report.OURS, lambda: disk(Nightporter(), load, "disk")))
    for number in range(chosen.rounds if "history" in kinds else 0):
        planned += [(report.OURS, _history(load, chosen, number, full=full)) for full in (True, False)]
    return planned


def _history(load: Load, chosen: argparse.Namespace, number: int, *, full: bool) -> Callable[[], Result]:
    run, plan = f"history-{number}-{full}", chosen.history_plan
    return lambda: history(Nightporter(), load, plan, chosen.history, full=full, run=run)


def _saturation(name: str, load: Load, number: int) -> Callable[[], Result]:
    return lambda: saturate(SYSTEMS[name](), load, f"{name}-{number}")


def _others(
    make: type[System], load: Load, chosen: argparse.Namespace
) -> list[tuple[str, Callable[[], Result]]]:
    jobs: list[tuple[str, Callable[[], Result]]] = [
        ("steady", lambda channel=channel: steady(make(), load, chosen.plan, channel, f"steady-{channel}"))
        for channel in make.channels
    ]
    return [
        *jobs,
        ("idle", lambda: idle(make(), load)),
        ("synced", lambda: checks.synced(make(), load)),
        ("sink", lambda: checks.sink_twice(make, load, chosen.rounds)),
        ("generator", lambda: checks.generator_half(make, load, chosen.rounds)),
    ]


def install_peer() -> None:
    """Installs the peer's locked packages when they are not there yet."""
    if not (PEER / "node_modules").is_dir():
        print("installing the peer's packages")
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=PEER, check=True)


def run(chosen: argparse.Namespace) -> bool:
    """Runs the rounds, those that do not count again, and keeps each; whether all were done."""
    RESULTS.mkdir(exist_ok=True)
    facts = machine.facts(RESULTS)
    command = shlex.join(["python", "bench/run.py", *sys.argv[1:]])
    begun = int(epoch())
    print(json.dumps(facts, indent=1))
    sound = True
    for name, job in rounds(chosen):
        for _ in range(chosen.attempts):
            result = _attempt(job)
            line = {"begun": begun, "command": command, "system": name, **result, "machine": facts}
            with ROUNDS_FILE.open("a") as file:
                file.write(json.dumps(line) + "\n")
            print(_summary(name, result), flush=True)
            if not result["void"]:
                break
        else:
            sound = False
    return sound


def _attempt(job: Callable[[], Result]) -> Result:
    try:
        return job()
    except Broken as broken:
        return {"kind": "broken", "void": [str(broken)]}


def _summary(name: str, result: Result) -> str:
    wanted = (
        "acks_per_second",
        "answers_per_second",
        "rss_mb",
        "answer_p50_ms",
        "answer_p99_ms",
        "at_once_p99_ms",
        "waited_percent",
        "ack_p50_ms",
        "ack_p99_ms",
        "bytes_without_log",
        "cpu_percent",
        "syncs",
    )
    values = [f"{key} {result[key]:.1f}" for key in wanted if isinstance(result.get(key), int | float)]
    void = [f"VOID: {reason}" for reason in result["void"]]
    return f"{name} {result.get('check', result['kind'])}: " + ", ".join(values + void)


def write_report() -> None:
    """Writes table and plot of the newest run in the rounds file, and prints the table."""
    lines = [json.loads(line) for line in ROUNDS_FILE.read_text().splitlines()]
    newest = [line for line in lines if line["begun"] == lines[-1]["begun"]]
    text = report.page(newest[0]["machine"], newest[0]["command"], newest)
    REPORT_FILE.write_text(text)
    PLOT_FILE.write_text(plot.draw(newest))
    print(text)


def main() -> int:
    """Exit code 0 when every round was done and counts."""
    chosen = options()
    sound = True
    if not chosen.report:
        if any(name.startswith(report.PEER) for name in chosen.systems.split(",")):
            install_peer()
        sound = run(chosen)
    write_report()
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
