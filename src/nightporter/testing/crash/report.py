"""What a crash run leaves in its results file, and the summary that a person reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import median

from nightporter.testing.crash.run import Report
from nightporter.testing.crash.stages import LIFE
from nightporter.testing.results import JsonObject, Results

EVERY_STAGE_FROM_KILLS = 200
SUMS = ("counted", "kills", "messages", "maybe_sent", "maybe_sent_answered", "bound", "claims")


def line_of(report: Report, at_ms: int) -> JsonObject:
    """One stretch as a line of the results file."""
    starts = report.start_seconds or [0.0]
    return {
        "at_ms": at_ms,
        "seed": report.plan.seed,
        **{name: getattr(report, name) for name in SUMS},
        "stages": {stage.value: count for stage, count in sorted(report.stages.items())},
        "start_seconds": [round(seconds, 2) for seconds in starts],
        "seconds": round(report.seconds, 1),
        "broken": report.broken,
    }


class Kills(Results):
    """Stretches of kills."""

    @property
    def counted(self) -> int:
        """Kills that have counted so far."""
        return sum(line["counted"] for line in self.lines)

    @property
    def next_seed(self) -> int:
        """The first seed that was not used yet."""
        return max((line["seed"] for line in self.lines), default=-1) + 1


def never_killed_in(lines: Sequence[JsonObject]) -> list[str]:
    """Stages that no kill has met, after so many kills that each should have been."""
    if sum(line["counted"] for line in lines) < EVERY_STAGE_FROM_KILLS:
        return []
    met = _stages(lines)
    return [stage.value for stage in LIFE if not met[stage.value]]


def _stages(lines: Sequence[JsonObject]) -> Counter[str]:
    met: Counter[str] = Counter()
    for line in lines:
        met.update(line["stages"])
    return met


def summary(lines: Sequence[JsonObject]) -> str:
    """What a person reads at the end."""
    if not lines:
        return "no kills"
    sums = {name: sum(line[name] for line in lines) for name in SUMS}
    starts = [seconds for line in lines for seconds in line["start_seconds"]]
    met, seconds = _stages(lines), sum(line["seconds"] for line in lines)
    counts = f"{sums['counted']} kills counted of {sums['kills']}, {len(lines)} stretches"
    doubt = f"{sums['bound']} in flight at the kills at most, {sums['claims']} claims found on disk"
    rows = [
        f"{counts}, {sums['messages']} messages, {seconds:.0f} s",
        "messages by the stage in which a kill met them:",
        *(f"  {stage:34} {met[stage]:6}" for stage in dict.fromkeys([*map(str, LIFE), *met])),
        f"maybe sent: {sums['maybe_sent']}, of them accepted: {sums['maybe_sent_answered']}; {doubt}",
        f"start to healthy: median {median(starts):.2f} s, longest {max(starts):.2f} s",
    ]
    broken = [f"seed {line['seed']}: {what}" for line in lines for what in line["broken"]]
    broken += [f"no kill met a message that was {stage!r}" for stage in never_killed_in(lines)]
    return "\n".join([*rows, *([f"{len(broken)} BROKEN:", *broken] if broken else ["every promise held"])])
