"""Commands about mesh events, and about reading kept webhooks again."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from nightporter.cli import output
from nightporter.cli.reach import do, folder_view
from nightporter.errors import NotFound

Json = Annotated[bool, typer.Option("--json", help="as JSON")]
Type = Annotated[str | None, typer.Option("--type", help="only of this type")]
Since = Annotated[str | None, typer.Option(help="from this moment on, like 2026-08-31T14:00:00Z")]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    events = typer.Typer(help="Events between systems, and kept webhooks.", no_args_is_help=True)
    events.command("list")(list_events)
    events.command("show")(show)
    events.command("replay")(replay)
    events.command("reparse")(reparse)
    app.add_typer(events, name="events")


def list_events(
    state: Annotated[
        str | None, typer.Option(help="waiting, delivering, delivered, dead or unrouted")
    ] = None,
    type_: Type = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="at most so many")] = 200,
    as_json: Json = False,
) -> None:
    """Events in order of acceptance.

    Example: nightporter events list --state dead --json
    """
    from nightporter.journal import events

    with folder_view() as view:
        found = events.page(view, state=_state(state), type_=type_ or "", limit=limit)
    lines = [_line(event) for event in found]
    columns = ("id", "type", "source", "state", "attempts", "accepted_at", "last_error")
    output.records(lines, as_json=as_json, columns=columns, nothing="no events")


def _state(state: str | None) -> str:
    from nightporter.journal.events import EventState

    if state is not None and state not in set(EventState):
        raise typer.BadParameter(f"{state} is no state; known: {', '.join(EventState)}")
    return state or ""


def _line(event: Any) -> dict[str, Any]:
    from nightporter.gateway.shapes import at

    return {
        "id": event.event_id,
        "type": event.type,
        "source": event.source,
        "state": str(event.state),
        "attempts": event.attempts,
        "targets": event.targets,
        "accepted_at": at(event.accepted_ms),
        "last_error": event.last_error,
    }


def show(event_id: Annotated[str, typer.Argument(metavar="ID")], as_json: Json = False) -> None:
    """One event with its timeline.

    Example: nightporter events show 019abc... --json
    """
    from nightporter.gateway.shapes import at
    from nightporter.journal import events

    with folder_view() as view:
        event = events.get(view, event_id)
        if event is None:
            raise NotFound(f"there is no event {event_id}", "see nightporter events list")
        timeline = [
            {"step": step.step, "at": at(step.at_ms), "what": step.what, "detail": step.detail}
            for step in events.steps(view, event_id)
        ]
    whole = {**_line(event), "key": event.key, "payload": event.payload, "timeline": timeline}
    output.record(whole, as_json=as_json)


def replay(
    event_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="one event; else those of a state")
    ] = None,
    state: Annotated[str | None, typer.Option(help="dead (default), delivered or unrouted")] = None,
    type_: Type = None,
    since: Since = None,
    until: Annotated[str | None, typer.Option(help="up to this moment")] = None,
    as_json: Json = False,
) -> None:
    """Send events again, under their ids.

    Example: nightporter events replay --state dead --since 2026-08-31T14:00:00Z
    """
    if event_id is not None:
        told = do("events.replay", id=event_id)
    else:
        told = do("events.replay_many", **{"state": state, "type": type_, "from": since, "to": until})
    output.record(told, as_json=as_json)


def reparse(
    since: Since = None,
    odd: Annotated[bool, typer.Option("--odd", help="only what was not understood")] = False,
    as_json: Json = False,
) -> None:
    """Read kept webhooks again: what this release understands better appears, nothing is answered twice.

    Example: nightporter events reparse --since 2026-08-31T00:00:00Z
    """
    output.record(do("events.reparse", since=since, odd=odd), as_json=as_json)
