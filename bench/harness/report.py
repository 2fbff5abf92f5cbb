"""From rounds to figures: medians with their spread, ratios, and the aims they are held against, as Markdown."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.answers import Result

OURS = "nightporter"
PEER = "express-bullmq"
EMPTY = "empty-200"
DISK_BYTES_MAX = 6 * 1024
TABLES_SHOWN = 16


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
    Row("steady", "at_once_p99_ms", "answered at once p99, ms", 1, "cloud"),
    Row("steady", "waited_percent", "waited for more words, %", 1, "cloud"),
    Row("steady", "answer_p50_ms", "through Spoki: received to answer accepted p50, ms", 1, "spoki"),
    Row("steady", "answer_p99_ms", "through Spoki: received to answer accepted p99, ms", 1, "spoki"),
    Row("steady", "at_once_p99_ms", "through Spoki: answered at once p99, ms", 1, "spoki"),
    Row("steady", "waited_percent", "through Spoki: waited for more words, %", 1, "spoki"),
    Row("history-empty", "ack_p50_ms", "acknowledgement, empty store p50, ms", 2),
    Row("history", "ack_p50_ms", "acknowledgement, with history p50, ms", 2),
    Row("history-empty", "ack_p99_ms", "acknowledgement, empty store p99, ms", 2),
    Row("history", "ack_p99_ms", "acknowledgement, with history p99, ms", 2),
    Row("history-empty", "at_once_p99_ms", "answered at once p99, empty store, ms", 1),
    Row("history", "at_once_p99_ms", "answered at once p99, with history, ms", 1),
    Row("history", "start_seconds", "start to healthy with history, s", 2),
    Row("history", "bytes_per_message", "bytes per message of history, in use, a day of log included"),
    Row("disk", "bytes_stopped", "bytes per message, file with its log"),
    Row("disk", "bytes_without_log", "the same in use once the log is pruned"),
    Row("disk", "bytes_without_bodies", "and the raw bodies after 30 days"),
    Row("disk", "bytes_without_deliveries", "and the deliveries after 90 days"),
    Row("disk", "bytes_without_statuses", "and attempts and statuses after 180 days"),
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
    for rank in ("p50", "p99"):
        figure, empty = (of(OURS, kind, f"ack_{rank}_ms") for kind in ("history", "history-empty"))
        checks.append(
            (f"acknowledgement {rank} with history, of an empty store's", figure, empty, 1.3, False)
        )
    pruned = of(OURS, "disk", "bytes_without_log")
    checks.append(("bytes per message with the log pruned", pruned, 1.0, DISK_BYTES_MAX, False))
    lines: list[str] = []
    for label, figure, unit, aim, least in checks:
        if figure is not None and unit:
            value = figure / unit
            reached = value >= aim if least else value <= aim
            lines.append(
                f"- {'reached' if reached else 'MISSED'}: {label} {value:.2f} (aim {'>=' if least else '<='} {aim:g})"
            )
    return "\n".join(lines)


def tables(results: Sequence[Result]) -> str:
    """Bytes per message of each table and index, the largest first, of the newest disk round that counts."""
    rounds = [r["by_table"] for r in results if r["kind"] == "disk" and not r["void"]]
    return (
        "\n".join(f"- {name}: {size:,.0f}" for name, size in list(rounds[-1].items())[:TABLES_SHOWN])
        if rounds
        else ""
    )


def waits(results: Sequence[Result]) -> str:
    """The wishes that waited for more words in the steady rounds, and how often."""
    counts: Counter[str] = Counter()
    for r in results:
        if r["kind"] == "steady" and r["system"] == OURS:
            counts.update(r["waited"])
    return "\n".join(f"- {count} x {text}" for text, count in counts.most_common())


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
        ("Bytes per message by table, the log pruned", tables(results)),
        ("Wishes that waited for more words", waits(results)),
        ("Rounds that do not count", voids(results)),
    ]
    return "\n\n".join(f"## {title}\n\n{text}" for title, text in parts if text) + "\n"
