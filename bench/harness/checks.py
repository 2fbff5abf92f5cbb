"""Is the measurement itself sound: does generator or sink decide the result, is every acknowledgement on disk?

Three checks, apart from the rounds: with the sink's own work done twice (halving it must change the result by no more
than 5 %, so doubling by no more than 10 %), with half of the generator's connections, and under strace with one
message at a time, where each acknowledgement must have its own sync.
"""

from __future__ import annotations

import dataclasses
import re
import signal
import statistics
import subprocess
from collections.abc import Callable

from harness.answers import Result, missing, send_again, wait_for_answers
from harness.process import Broken, family
from harness.rounds import saturate
from harness.stage import Load, stage
from harness.systems import SECRETS, System
from load.bodies import cloud_request, wishes
from moments import sleep

DOUBLING_CHANGES_MAX_PERCENT = 10.0
HALF_GENERATOR_CHANGES_MAX_PERCENT = 5.0
ATTEMPTS = 3
ONE_AT_A_TIME = 100
STRACE_ATTACH_SECONDS = 1.0
SYNCED = re.compile(r"\b(?:fsync|fdatasync|sync_file_range|msync)\(")
RATES = ("acks_per_second", "answers_per_second")


def sink_twice(make: Callable[[], System], load: Load, rounds: int) -> Result:
    """Rounds with the sink's work done once and twice, in turn."""
    return _compare(
        make, load, dataclasses.replace(load, sink_work=2), rounds, "sink", DOUBLING_CHANGES_MAX_PERCENT
    )


def generator_half(make: Callable[[], System], load: Load, rounds: int) -> Result:
    """Rounds with all and with half of the generator's connections, in turn."""
    halved = dataclasses.replace(load, connections=load.connections // 2)
    return _compare(make, load, halved, rounds, "generator", HALF_GENERATOR_CHANGES_MAX_PERCENT)


def _compare(
    make: Callable[[], System], usual: Load, changed: Load, rounds: int, what: str, limit: float
) -> Result:
    taken: dict[str, list[Result]] = {"usual": [], "changed": []}
    for number in range(rounds * ATTEMPTS):
        for which, load in (("usual", usual), ("changed", changed)):
            if len(taken[which]) < rounds:
                result = saturate(make(), load, f"check-{what}-{number}-{which}")
                taken[which] += [] if result["void"] else [result]
    result: Result = {"kind": "check", "check": what, "rounds": rounds, "void": []}
    if min(map(len, taken.values())) < rounds:
        return result | {
            "void": [f"only {[len(results) for results in taken.values()]} of {rounds} rounds count"]
        }
    for rate in RATES:
        usual_rate, changed_rate = (
            statistics.median(r[rate] for r in taken[which]) for which in ("usual", "changed")
        )
        percent = 100 * (changed_rate / usual_rate - 1)
        result[rate] = {"usual": usual_rate, "changed": changed_rate, "changed_by_percent": percent}
        if abs(percent) > limit:
            result["void"].append(f"{rate} changed by {percent:+.1f} % (limit {limit:.0f} %)")
    return result


def synced(system: System, load: Load) -> Result:
    """One message at a time under strace: at least one sync of the program that keeps them per acknowledgement."""
    with stage(system, load) as on:
        trace = on.folder / "strace.txt"
        keeper = next(program for program in system.programs if program.name == system.keeper)
        pids = [argument for pid in family(keeper.process.pid) for argument in ("-p", str(pid))]
        command = [
            "strace",
            "-f",
            "-e",
            "trace=fsync,fdatasync,sync_file_range,msync",
            "-o",
            str(trace),
            *pids,
        ]
        tracer = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        sleep(STRACE_ATTACH_SECONDS)
        if tracer.poll() is not None:
            raise Broken("strace could not attach")
        messages = list(wishes(ONE_AT_A_TIME, ONE_AT_A_TIME, "synced"))
        unsynced = 0
        for wish in messages:
            before = _syncs(trace.read_text())
            send_again(system.port, cloud_request(wish, SECRETS))
            unsynced += _syncs(trace.read_text()) == before
        wait_for_answers(on.sink, len(messages), len(messages))
        unanswered = len(missing(messages, on.sink.ledger()))
        tracer.send_signal(signal.SIGINT)
        tracer.wait()
        syncs = _syncs(trace.read_text())
    faults = [f"{unsynced} acknowledgements without a sync before them"] if unsynced else []
    faults += [f"{unanswered} messages unanswered"] if unanswered else []
    return {"kind": "check", "check": "synced", "messages": len(messages), "syncs": syncs, "void": faults}


def _syncs(trace: str) -> int:
    return len(SYNCED.findall(trace))
