"""Brings the files of guests back into the data folder, each checked by the hash that is its name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from nightporter.backup.packing import duplicate, measure, unseal
from nightporter.backup.shelf import MEDIA, SEALED_SUFFIX
from nightporter.backup.sources import Source
from nightporter.errors import NightporterError


def bring_media(
    wanted: Mapping[str, int], data: Path, source: Source, identity: Path | None, work: Path
) -> tuple[int, int]:
    """Put what is missing or damaged into data/media; how many are there, and how many nobody has."""
    folder = data / MEDIA
    folder.mkdir(exist_ok=True)
    at_place = source.media_names()
    missing = 0
    for name in wanted:
        target = folder / name
        if target.exists() and measure(target).sha256 == name:
            continue
        missing += not _bring(name, target, source, at_place, identity, work)
    return len(wanted) - missing, missing


def _bring(
    name: str, target: Path, source: Source, at_place: set[str], identity: Path | None, work: Path
) -> bool:
    kept = source.shelf_media / name
    if kept.exists() and duplicate(kept, target).sha256 == name:
        return True
    sealed = f"{MEDIA}/{name}{SEALED_SUFFIX}"
    asked = next((one for one in (f"{MEDIA}/{name}", sealed) if one in at_place), None)
    if source.place is None or asked is None:
        target.unlink(missing_ok=True)
        return False
    fetched, plain = work / Path(asked).name, work / name
    try:
        source.place.get(asked, fetched, lambda done: None)
        if asked == sealed:
            unseal(fetched, plain, identity)
    except NightporterError:  # one file of a guest must not keep the hotel from going on; it is counted
        return False
    if duplicate(plain, target).sha256 == name:
        return True
    target.unlink()
    return False
