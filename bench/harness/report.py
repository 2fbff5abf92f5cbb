"""From rounds to figures: medians with their spread, ratios, and the aims they are held against, as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.answers import Result

OURS = "nightporter"
PEER = "express-bullmq"
EMPTY = "empty-200"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: which rounds, which figure of theirs, how it is written."""

    kind: str
    key: str
    label: str
    digits: int = 0
    channel: str = ""


ROWS = (
    Row("saturation", "acks_per_second", "webhooks acknowledged per second"),
    Row("saturation", "answers_per_second", "answers per second"),
    Row("saturation", "rss_mb", "memory of all processes under load, resident, MB"),
    Row("saturation", "pss_mb", "the same, shared pages counted once, MB"),
    Row("saturation", "cpu_us_per_message", "CPU per message, all processes, µs"),
    Row("saturation", "ack_p50_ms", "acknowledgement under full load p50, ms", 1),
    Row("saturation", "ack_p99_ms", "acknowledgement under full load p99, ms", 1),
    Row("steady", "answer_p50_ms", "received to answer accepted p50, ms", 1, "cloud"),
    Row("steady", "answer_p99_ms", "received to answer accepted p99, ms", 1, "cloud"),
    Row("steady", "answer_p50_ms", "the same through Spoki p50, ms", 1, "spoki"),
    Row("steady", "answer_p99_ms", "the same through Spoki p99, ms", 1, "spoki"),
    Row("idle", "start_seconds", "start to healthy, s", 2),
    Row("idle", "cpu_percent", "idle CPU, % of a core", 2),
    Row("idle", "rss_mb", "idle memory, resident, MB"),
)


def figures(results: Sequence[Result], system: str, row: Row) -> list[float]:
    """The figures of one line over the rounds that count."""
    rounds = (r for r in results if r["system"] == system and r["kind"] == row.kind and not r["void"])
    return [r[row.key] for r in rounds if row.key in r and (not row.channel or r["channel"] == row.channel)]


def median(results: Sequence[Result], system: str, kind: str, key: str, channel: str = "") -> float | None:
    """The median of one figure, None when no round counts."""
    found = figures(results, system, Row(kind, key, "", channel=channel))
    return statistics.median(found) if found else None


def table(results: Sequence[Result]) -> str:
    """Median (least-greatest) of each system, and ours as a multiple of the peer's."""
    systems = [name for name in (OURS, PEER, EMPTY) if any(r["system"] == name for r in results)]
    ratio = OURS in systems and PEER in systems
    head = ["", *systems, *(["ratio"] if ratio else [])]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for row in ROWS:
        cells = [figures(results, system, row) for system in systems]
        if any(cells):
            texts = [_cell(values, row.digits) for values in cells]
            if ratio:
                texts.append(f"{_ratio(cells[0], cells[1]):.2f}" if cells[0] and cells[1] else "")
            lines.append("| " + " | ".join([row.label, *texts]) + " |")
    return "\n".join(lines)


def _cell(values: Sequence[float], digits: int) -> str:
    if not values:
        return ""
    spread = f" ({min(values):.{digits}f}-{max(values):.{digits}f})" if len(values) > 1 else ""
    return f"{statistics.median(values):.{digits}f}{spread}"


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    return statistics.median(ours) / statistics.median(theirs)


def cpu(results: Sequence[Result]) -> str:
    """CPU seconds of each process in the saturation rounds (medians), as lines of text."""
    lines: list[str] = []
    for system in dict.fromkeys(r["system"] for r in results):
        rounds = [r["cpu_seconds"] for r in results if r["system"] == system and r["kind"] == "saturation"]
        if rounds:
            parts = [f"{name} {statistics.median(r[name] for r in rounds):.1f} s" for name in rounds[0]]
            lines.append(f"- {system}: " + ", ".join(parts))
    return "\n".join(lines)


def aims(results: Sequence[Result]) -> str:
    """Each aim with the figure reached, for those whose rounds were run."""

    def of(system: str, kind: str, key: str, channel: str = "") -> float | None:
        return median(results, system, kind, key, channel)

    checks: list[tuple[str, float | None, float | None, float, bool]] = []
    for key, aim, least in (
        ("acks_per_second", 4.0, True),
        ("answers_per_second", 4.0, True),
        ("rss_mb", 0.5, False),
    ):
        checks.append(
            (f"{key}, of the peer's", of(OURS, "saturation", key), of(PEER, "saturation", key), aim, least)
        )
    acks, ceiling = of(OURS, "saturation", "acks_per_second"), of(EMPTY, "saturation", "acks_per_second")
    checks.append(("durable acknowledgements, of an empty 200's", acks, ceiling, 0.5, True))
    for channel in ("cloud", "spoki"):
        for key, limit in (("answer_p50_ms", 15.0), ("answer_p99_ms", 60.0)):
            checks.append(
                (f"{key} at a steady rate, {channel}", of(OURS, "steady", key, channel), 1.0, limit, False)
            )
    for key, limit in (("start_seconds", 2.0), ("cpu_percent", 1.0), ("rss_mb", 120.0)):
        checks.append((f"idle {key}", of(OURS, "idle", key), 1.0, limit, False))
    lines: list[str] = []
    for label, figure, unit, aim, least in checks:
        if figure is not None and unit:
            value = figure / unit
            reached = value >= aim if least else value <= aim
            lines.append(
                f"- {'reached' if reached else 'MISSED'}: {label} {value:.2f} (aim {'>=' if least else '<='} {aim:g})"
            )
    return "\n".join(lines)


def voids(results: Sequence[Result]) -> str:
    """The rounds that do not count, each with its reasons."""
    return "\n".join(f"- {r['system']} {r['kind']}: {'; '.join(r['void'])}" for r in results if r["void"])


def page(facts: dict[str, Any], command: str, results: Sequence[Result]) -> str:
    """The whole report as Markdown."""
    machine = "\n".join(f"- {name}: {value}" for name, value in facts.items())
    parts = [
        ("Machine", machine),
        ("Command", f"    {command}"),
        ("Medians (least-greatest)", table(results)),
    ]
    parts += [
        ("CPU by process", cpu(results)),
        ("Aims", aims(results)),
        ("Rounds that do not count", voids(results)),
    ]
    return "\n\n".join(f"## {title}\n\n{text}" for title, text in parts if text) + "\n"
