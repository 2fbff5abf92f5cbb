"""What time does to a node: acknowledgements on a long history, and bytes on disk once retention has run.

A history is made once and kept in results/history-N; its rounds go on with that folder, in turn with an empty one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from harness.answers import Result, latencies, settle
from harness.process import MIB, Broken
from harness.rounds import at_random, disturbed
from harness.stage import RESULTS, Load, stage
from harness.systems import BENCH, SECRETS, System
from harness.wrk import push
from load.bodies import guests_needed
from moments import epoch

WARM_PLAN = "20x5"
WARM_GUESTS = 500  # at most, that write meanwhile
NEXT_FILE = "next-guest"
LATER_DAYS = {"log": 1, "bodies": 31, "deliveries": 91, "statuses": 181}
"""When the default retention has dropped what: the log after a day, then each kind after its days."""
PUSH_SECONDS = 40


def history(system: System, load: Load, plan: str, count: int, *, full: bool, run: str) -> Result:
    """Acknowledgements at a fixed rate, on `count` messages of history, whose guests write again, or on none."""
    kept = made(count, load) if full else None
    stamp, stretches = f"{run}-{int(epoch())}", [part.split("x") for part in plan.split(",")]
    expected = sum(float(rate) * float(seconds) for rate, seconds in stretches)
    guests = guests_needed(int(expected), 2 * max(float(rate) for rate, _ in stretches))
    with stage(system, load, data=kept / system.data if kept else None) as on:
        first_guest = _next_guests(kept, WARM_GUESTS + guests) if kept else 0
        at_random(on, WARM_PLAN, f"{stamp}-warm", first_guest=first_guest + guests)
        on.sink.ask("reset")
        records, shares = at_random(on, plan, stamp, first_guest=first_guest)
        result: Result = {"kind": "history" if full else "history-empty", "plan": plan, "shares": shares}
        result |= latencies(records, on.sink.ledger()) | {"start_seconds": system.start_seconds}
        result["void"] += disturbed(shares)
    if kept:
        size = later(kept / system.data, 0)
        result |= {
            "history": size["messages"],
            "file_mb": size["file_bytes"] / MIB,
            "by_table": size["tables"],
        }
        result["bytes_per_message"] = size["used_bytes"] / size["messages"]
    return result


def _next_guests(folder: Path, guests: int) -> int:
    """The first of so many guests of the history who have not written again in an earlier round."""
    file = folder / NEXT_FILE
    first = int(file.read_text()) if file.exists() else 0
    file.write_text(str(first + guests))
    return first


def made(count: int, load: Load) -> Path:
    """The folder with that much history; what is missing of it is written first."""
    folder = RESULTS / f"history-{count}"
    command = [sys.executable, "-m", "load.history", "--folder", str(folder), "--messages", str(count)]
    command += ["--hotel", str(load.hotel_file), "--phone-number-id", SECRETS.phone_number_id]
    subprocess.run(command, cwd=BENCH, check=True)
    return folder


def disk(system: System, load: Load, run: str) -> Result:
    """Bytes on disk per question, answer and three statuses: as the node stopped, and after each retention."""
    with stage(system, load) as on:
        pushed = push(on, load, PUSH_SECONDS, run, first_guest=0)
        settled = settle(on.sink, system.port, SECRETS, pushed.sent, pushed.acknowledged)
        system.down()
        stopped = later(on.folder / system.data, 0)
        count = stopped["messages"]
        sizes = {name: later(on.folder / system.data, days) for name, days in LATER_DAYS.items()}
    result: Result = {"kind": "disk", "messages": count, "void": settled["void"]}
    result["bytes_stopped"] = stopped["file_bytes"] / count
    result["file_bytes_pruned"] = sizes["log"]["file_bytes"] / count
    for name, size in sizes.items():
        result[f"bytes_without_{name}"] = size["used_bytes"] / count
    result["by_table"] = {name: round(size / count, 1) for name, size in sizes["log"]["tables"].items()}
    return result


def later(data: Path, days: float) -> dict[str, Any]:
    """Sizes of a stopped node's folder after the housekeeping of that many days later; 0: as it is."""
    command = [sys.executable, "-m", "load.later", "--data", str(data), "--days", str(days)]
    done = subprocess.run(command, cwd=BENCH, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Broken(f"housekeeping {days} days later: {done.stderr[-1000:]}")
    return json.loads(done.stdout)
