"""Commands about backups: take one, list them, bring one back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from nightporter.cli import output
from nightporter.cli.reach import do, settings
from nightporter.errors import SettingError

if TYPE_CHECKING:
    from nightporter.backup.shelf import Snapshot
    from nightporter.backup.sources import Source

NOW = "now"

Json = Annotated[bool, typer.Option("--json", help="as JSON")]
From = Annotated[
    str, typer.Argument(help="local, vps, s3 or file: data folder, or the first such place in BACKUP_URLS")
]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (backup, backups, restore):
        app.command()(command)


def backup(as_json: Json = False) -> None:
    """Take a snapshot now, check it, and ship it to the places in BACKUP_URLS.

    Example: nightporter backup
    """
    output.record(do("backup"), as_json=as_json)


def backups(
    source: Annotated[
        str, typer.Option(help="local, vps, s3 or file: data folder, or the first such place in BACKUP_URLS")
    ] = "local",
    as_json: Json = False,
) -> None:
    """Snapshots with their age and state, the newest first; only a verified one counts.

    Example: nightporter backups --json
    """
    found = _source(source)
    lines = [_line(found, one.stamp, one.size) for one in reversed(found.listed())]
    columns = ("stamp", "age", "state", "size", "sequence", "verified_at", "faults")
    output.records(lines, as_json=as_json, columns=columns, nothing="no snapshots yet: nightporter backup")


def _source(kind: str) -> Source:
    from nightporter.backup.sources import source_named
    from nightporter.rounds.backups import FOLDER

    now = settings()
    return source_named(kind, now.backup.urls, now.data_dir / FOLDER)


def _line(source: Source, stamp: str, size: int) -> dict[str, Any]:
    """What is known of one; a place far away is not asked for each record."""
    from nightporter.backup.shelf import iso, ms_of_stamp
    from nightporter.clock import SystemClock

    taken_ms = ms_of_stamp(stamp)
    age_seconds = max(SystemClock().now_ms() - taken_ms, 0) // 1000
    line = {
        "stamp": stamp,
        "taken_at": iso(taken_ms),
        "age_seconds": age_seconds,
        "age": _spoken(age_seconds),
    }
    record: Snapshot | None = source.record(stamp) if source.place is None else None
    if record is None:
        return {**line, "state": "shipped", "size": size, "sequence": None, "verified_at": None, "faults": []}
    return {
        **line,
        "state": record.state,
        "size": record.size,
        "sequence": record.sequence,
        "verified_at": record.verified_at or None,
        "faults": record.faults,
        "media": len(record.media),
        "media_missing": len(record.media_missing),
        "hash": record.hash,
    }


def _spoken(seconds: int) -> str:
    """An age in its two largest units."""
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if days:
        return f"{days} d {hours % 24} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def restore(
    source: From,
    stamp: Annotated[str, typer.Argument(help="latest, or YYYYMMDD_HHMMSS (UTC) as in the list")],
    until: Annotated[
        str | None,
        typer.Option(
            help="go on by the log to this moment, like 2026-08-31T14:00:00Z; now = as far as it reaches"
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Bring a snapshot back while no node runs; what is replaced is kept beside it.

    It is checked before and after. What the snapshot has as unanswered or unsent may have been answered or sent since:
    that goes to staff.

    Example: nightporter restore local latest
    """
    from nightporter.backup.packing import Progress
    from nightporter.backup.restoring import Wish, restore_now
    from nightporter.clock import Ids, SystemClock, system_chance

    now, clock = settings(), SystemClock()
    wish = Wish(
        data=now.data_dir,
        node=now.node,
        stamp=stamp,
        until_ms=_moment(until),
        identity=now.backup.age_identity,
    )
    found = _source(source)
    with output.progress("restore") as tell:
        told: Progress = tell
        done = restore_now(wish, found, clock, Ids(clock, system_chance()), told)
    output.record(done, as_json=as_json)


def _moment(text: str | None) -> int | None:
    from nightporter.backup.restoring import NOW_MS
    from nightporter.gateway.fields import Invalid, moment

    if text is None or text == NOW:
        return None if text is None else NOW_MS
    try:
        return moment().read(text, "--until")
    except Invalid as error:
        raise SettingError(f"--until is {text}", f"allowed: now, or {error.why}") from None
