"""One round each on a fresh folder: full load (saturation), a steady rate (latency), nobody writing (idle)."""

from __future__ import annotations

import json
import subprocess
import sys

from harness.answers import Result, latencies, settle, wait_for_answers
from harness.process import MIB, MemoryWatch
from harness.stage import OTHERS_SHARE_MAX, Load, Stage, stage
from harness.systems import BENCH, SECRETS, System
from harness.wrk import Push, push
from load.bodies import Wish
from moments import monotonic, sleep

IDLE_SETTLE_SECONDS = 3.0
IDLE_SECONDS = 15.0


def saturate(system: System, load: Load, run: str) -> Result:
    """Warms the system up, pushes as many messages as it takes for some seconds, then waits for every answer."""
    with stage(system, load) as on:
        memory = MemoryWatch([program.process.pid for program in system.programs])
        warm: list[Wish] = []
        if load.warm_seconds:
            first = push(on, load, load.warm_seconds, f"{run}-warm", first_guest=0)
            warm = first.sent
            if system.answers:
                wait_for_answers(on.sink, len(warm), first.acknowledged)
                on.sink.ask("reset")
        cpu = system.cpu()
        pushed = push(on, load, load.seconds, run, first_guest=len(warm))
        result: Result = {"kind": "saturation", "start_seconds": system.start_seconds} | _rates(pushed, load)
        if system.answers:
            settled = settle(on.sink, system.port, SECRETS, pushed.sent, pushed.acknowledged)
            until_last = settled["last_answer_at"] - pushed.counts["first_at"]
            result["answers_per_second"] = settled["answers"] / until_last
            result |= settled | {"void": result["void"] + settled["void"]}
        spent = {name: seconds - cpu[name] for name, seconds in system.cpu().items()}
        result |= {
            "rss_mb": memory.end() / MIB,
            "pss_mb": sum(system.proportional().values()) / MIB,
            "cpu_seconds": {name: round(seconds, 2) for name, seconds in spent.items()},
            "cpu_us_per_message": sum(spent.values()) / max(pushed.acknowledged, 1) * 1e6,
        }
        system.down()
        if system.answers:
            proof, faults = system.proof(on.folder, [*warm, *pushed.sent])
            result |= {"proof": proof, "void": result["void"] + faults}
        return result


def _rates(pushed: Push, load: Load) -> Result:
    return {
        "acks": pushed.acknowledged,
        "acks_per_second": pushed.acknowledged / pushed.seconds,
        "ack_p50_ms": pushed.counts["p50_us"] / 1000,
        "ack_p99_ms": pushed.counts["p99_us"] / 1000,
        "shares": {name: round(share, 4) for name, share in pushed.shares.items()},
        "void": pushed.faults(load),
    }


def steady(system: System, load: Load, plan: str, channel: str, run: str) -> Result:
    """Messages at random moments: the time from sending each to the provider's acceptance of its answer."""
    with stage(system, load, default_limits=True) as on:
        cpu, since = system.cpu(), monotonic()
        records, shares = at_random(on, plan, run, channel=channel)
        spent = sum(seconds - cpu[name] for name, seconds in system.cpu().items())
        result: Result = {"kind": "steady", "plan": plan, "channel": channel, "shares": shares}
        result |= latencies(records, on.sink.ledger())
        result["void"] += disturbed(shares)
        return result | {"cpu_percent": 100 * spent / (monotonic() - since)}


def at_random(
    on: Stage, plan: str, run: str, *, channel: str = "cloud", first_guest: int = 0
) -> tuple[list[Result], dict[str, float]]:
    """Sends by the plan and waits for the answers: a record of each message, and who used the machine meanwhile."""
    out = on.folder / "sent.jsonl"
    settings = {
        "--url": f"http://127.0.0.1:{on.system.port}",
        "--plan": plan,
        "--channel": channel,
        "--secret": SECRETS.app_secret,
        "--spoki-secret": SECRETS.spoki_secret,
        "--phone-number-id": SECRETS.phone_number_id,
        "--run": run,
        "--first-guest": str(first_guest),
        "--out": str(out),
    }
    arguments = [word for setting in settings.items() for word in setting]
    on.mark()
    subprocess.run([sys.executable, "-m", "load.poisson", *arguments], cwd=BENCH, check=True)
    shares = on.shares()
    with out.open() as lines:
        records = [json.loads(line) for line in lines]
    wait_for_answers(on.sink, len(records), len(records))
    return records, shares


def disturbed(shares: dict[str, float]) -> list[str]:
    """Why a round at a fixed rate does not count, if it does not."""
    others = shares["others"]
    return [f"others took {others:.1%} of the machine"] if others > OTHERS_SHARE_MAX else []


def idle(system: System, load: Load) -> Result:
    """A healthy system that nobody writes to: start time, share of one core, memory."""
    with stage(system, load, default_limits=True):
        sleep(IDLE_SETTLE_SECONDS)
        memory = MemoryWatch([program.process.pid for program in system.programs])
        before, since = sum(system.cpu().values()), monotonic()
        sleep(IDLE_SECONDS)
        spent = sum(system.cpu().values()) - before
        return {
            "kind": "idle",
            "start_seconds": system.start_seconds,
            "cpu_percent": 100 * spent / (monotonic() - since),
            "rss_mb": memory.end() / MIB,
            "pss_mb": sum(system.proportional().values()) / MIB,
            "void": [],
        }
