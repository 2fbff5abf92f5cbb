"""The command that lists what guests asked and the hotel has no answer for."""

from __future__ import annotations

from typing import Annotated

import typer

from nightporter.cli import output
from nightporter.cli.reach import folder_view, settings

DAYS = 30
DAYS_MAX = 400


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(questions)


def questions(
    days: Annotated[int, typer.Option(min=1, max=DAYS_MAX, help="how far to look back")] = DAYS,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """What guests asked and the hotel has no answer for, with a suggested line for hotel.yaml.

    Example: nightporter questions --days 90 --json
    """
    from nightporter.clock import SystemClock
    from nightporter.config.hotel import HotelFile
    from nightporter.gateway.shapes import at
    from nightporter.ops.questions import unanswered

    hotel = HotelFile(settings().hotel_file).hotel
    with folder_view() as view:
        found = [
            {
                "topic": one.topic,
                "count": one.count,
                "reasons": one.reasons,
                "examples": [example.text for example in one.examples],
                "last_at": at(one.last_ms),
                "suggestion": one.suggestion,
            }
            for one in unanswered(view, hotel, SystemClock().now_ms(), days)
        ]
    columns = ("topic", "count", "reasons", "last_at", "suggestion")
    output.records(found, as_json=as_json, columns=columns, nothing="every question had an answer")
