"""The results file of crash runs, which makes a long run resumable, and the summary that a person reads."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import nightporter
from nightporter.testing.crash.run import Report
from nightporter.testing.crash.stages import LIFE

EVERY_STAGE_FROM_KILLS = 200
FINGERPRINT_CHARS = 12
NOT_THE_NODE = frozenset({"testing", "__pycache__"})
SUMS = ("counted", "kills", "messages", "maybe_sent", "maybe_sent_answered", "bound", "claims")

JsonObject = dict[str, Any]


def fingerprint() -> str:
    """A name of the node's code as it is now: results of other code do not count."""
    package = Path(nightporter.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        inside = path.relative_to(package)
        if path.is_file() and NOT_THE_NODE.isdisjoint(inside.parts):
            digest.update(f"{inside.as_posix()}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:FINGERPRINT_CHARS]


def line_of(report: Report, code: str, at_ms: int) -> JsonObject:
    """One stretch as a line of the results file."""
    starts = report.start_seconds or [0.0]
    return {
        "at_ms": at_ms,
        "code": code,
        "seed": report.plan.seed,
        **{name: getattr(report, name) for name in SUMS},
        "stages": {stage.value: count for stage, count in sorted(report.stages.items())},
        "start_seconds": [round(seconds, 2) for seconds in starts],
        "seconds": round(report.seconds, 1),
        "broken": report.broken,
    }


class Results:
    """Lines of this code's stretches: those of earlier calls from the file, and new ones."""

    def __init__(self, path: Path | None, code: str) -> None:
        self._path = path
        self.lines = [line for line in _read(path) if line["code"] == code]

    @property
    def counted(self) -> int:
        """Kills that have counted so far."""
        return sum(line["counted"] for line in self.lines)

    @property
    def next_seed(self) -> int:
        """The first seed that was not used yet."""
        return max((line["seed"] for line in self.lines), default=-1) + 1

    def add(self, line: JsonObject) -> None:
        """Write one more."""
        self.lines.append(line)
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")


def _read(path: Path | None) -> Iterator[JsonObject]:
    if path is not None and path.exists():
        yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())


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
