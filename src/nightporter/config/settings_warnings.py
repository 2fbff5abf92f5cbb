"""What a start would warn of: nothing wrong, but something a hotel will miss."""

from __future__ import annotations

from nightporter.config.settings import Settings

NO_CHANNEL = "no channel is configured: set WHATSAPP_* or SPOKI_*; nobody can write to us yet"
NO_HOTEL_FILE = "every question goes to staff: there is no hotel file"


def warnings_of(settings: Settings) -> list[str]:
    """One sentence each."""
    found = list(settings.warnings)
    if settings.whatsapp is None and settings.spoki is None:
        found.append(NO_CHANNEL)
    if not settings.hotel_file.exists():
        found.append(f"{NO_HOTEL_FILE} {settings.hotel_file}")
    return found
