"""The command that asks the desk."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from nightporter.cli import output
from nightporter.cli.reach import settings
from nightporter.errors import NotFound


class StayKind(StrEnum):
    """What the guest has booked."""

    IN_HOUSE = "in_house"
    BOOKED = "booked"
    NONE = "none"


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(ask)


def ask(
    text: Annotated[str | None, typer.Argument(help="what a guest writes")] = None,
    file: Annotated[
        Path | None, typer.Option(help="a file with one message a line; JSON lines come out")
    ] = None,
    date: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="the day it is asked on")
    ] = None,
    stay: Annotated[StayKind, typer.Option(help="what the guest has booked")] = StayKind.NONE,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """What the desk would answer; nothing is sent.

    Example: nightporter ask "Is breakfast included?" --stay booked --json
    """
    import asyncio

    if (text is None) == (file is None):
        raise typer.BadParameter("give a text, or --file with one message a line")
    texts = [text] if text is not None else _lines(file)
    for told in _answers(texts, str(stay), date, asyncio.run):
        if file is not None:
            output.say(json.dumps(told, ensure_ascii=False))
        elif as_json:
            output.say_json(told)
        else:
            _show(told)


def _lines(file: Path | None) -> list[str]:
    assert file is not None, "asked for only with a file"
    try:
        return [line for line in file.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise NotFound(f"{file} cannot be read ({error})", "give a UTF-8 text file") from error


def _answers(texts: list[str], stay: str, date: datetime | None, run: Any) -> list[dict[str, Any]]:
    from nightporter.clock import SystemClock
    from nightporter.config.hotel import HotelFile
    from nightporter.ops.asking import Asking, Questions

    hotel = HotelFile(settings().hotel_file)
    questions = Questions(lambda: hotel.hotel)
    asking = Asking(now_ms=SystemClock().now_ms(), stay=stay, day=date.date() if date else None)
    found: list[dict[str, Any]] = []

    async def all_of_them() -> None:
        with output.progress("asking") as tell:
            for number, text in enumerate(texts, 1):
                found.append(await questions.answer(text, asking))
                tell(number, len(texts))

    run(all_of_them())
    return found


def _show(told: dict[str, Any]) -> None:
    topics = ", ".join(f"{topic['name']} {topic['confidence']:.0%}" for topic in told["topics"])
    marks = [mark for mark in ("emergency", "optout") if told[mark]]
    output.say(
        f"{told['disposition']}  {told['language'] or '-'}  {topics or '-'}  {' '.join(marks)}".rstrip()
    )
    if told["sources"]:
        output.say(f"from {', '.join(told['sources'])}")
    if told["answer"]:
        output.say("")
        output.say(told["answer"])
