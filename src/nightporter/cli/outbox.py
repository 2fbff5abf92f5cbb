"""Commands about what goes out to guests."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nightporter.cli import output
from nightporter.cli.reach import do, folder_view
from nightporter.errors import NotFound

if TYPE_CHECKING:
    from nightporter.store import Row

PAGE = 1_000

Json = Annotated[bool, typer.Option("--json", help="as JSON")]
Id = Annotated[str, typer.Argument(metavar="ID", help="from `outbox list`")]


class Settlement(StrEnum):
    """What staff found out."""

    SENT = "sent"
    NOT_SENT = "not-sent"


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    outbox = typer.Typer(help="Messages to guests, and what became of them.", no_args_is_help=True)
    outbox.command("list")(list_messages)
    outbox.command("show")(show)
    outbox.command("retry")(retry)
    outbox.command("drop")(drop)
    outbox.command("settle")(settle)
    app.add_typer(outbox, name="outbox")


def list_messages(
    state: Annotated[str | None, typer.Option(help="only those in this state")] = None,
    limit: Annotated[int, typer.Option(min=1, help="at most so many, the oldest first")] = 100_000,
    as_json: Json = False,
) -> None:
    """Messages, oldest first.

    Example: nightporter outbox list --state maybe_sent --json
    """
    from nightporter.model.outbox import OutboxState

    if state is not None and state not in set(OutboxState):
        raise typer.BadParameter(f"{state} is no state; known: {', '.join(OutboxState)}")
    found: list[dict[str, Any]] = []
    with folder_view() as view:
        after = ""
        while len(found) < limit:
            rows = view.all("outbox_list", (state or "", after, min(PAGE, limit - len(found))))
            if not rows:
                break
            found += [_line(row) for row in rows]
            after = rows[-1][0]
    columns = ("id", "channel", "to", "state", "attempts", "changed_at", "error")
    output.records(found, as_json=as_json, columns=columns, nothing="no messages")


def _line(row: Row) -> dict[str, Any]:
    import json

    from nightporter.gateway.shapes import at

    return {
        "id": row[0],
        "channel": row[1],
        "to": row[2] or row[3],
        "state": row[4],
        "covers": json.loads(row[5]),
        "attempts": row[6],
        "created_at": at(row[7]),
        "changed_at": at(row[8]),
        "error_code": row[9],
        "error": row[10],
        "conversation": row[11],
    }


def show(message_id: Id, as_json: Json = False) -> None:
    """One message with its attempts and ticks.

    Example: nightporter outbox show 019abc...-0 --json
    """
    import json

    from nightporter.gateway.shapes import at, maybe_at

    with folder_view() as view:
        row = view.one("outbox_get", (message_id,))
        if row is None:
            raise NotFound(f"there is no outbox message {message_id}", "see nightporter outbox list")
        attempts = [
            {"attempt": one[0], "epoch": one[1], "claimed_at": at(one[2]), "ended_at": maybe_at(one[3]),
             "outcome": one[4], "detail": one[5]}
            for one in view.all("attempts_of", (message_id,))
        ]  # fmt: skip
        statuses = [
            {"status": one[0], "at": at(one[1]), "error_code": one[2], "error": one[3]}
            for one in view.all("statuses_of", (message_id,))
        ]
    whole = {
        "id": row[0], "channel": row[1], "to": row[4] or row[5], "state": row[8], "covers": json.loads(row[14]),
        "content": json.loads(row[6]), "origin": row[11], "provider_id": row[13], "error_code": row[15],
        "error": row[16], "created_at": at(row[17]), "changed_at": at(row[18]), "due_at": at(row[19]),
        "conversation": row[3], "attempts": attempts, "statuses": statuses,
    }  # fmt: skip
    output.record(whole, as_json=as_json)


def retry(message_id: Id, as_json: Json = False) -> None:
    """Send a dead or refused message again.

    Example: nightporter outbox retry 019abc...-0
    """
    output.record(do("outbox.retry", id=message_id), as_json=as_json)


def drop(message_id: Id, as_json: Json = False) -> None:
    """Never send a message that still waits.

    Example: nightporter outbox drop 019abc...-0
    """
    output.record(do("outbox.drop", id=message_id), as_json=as_json)


def settle(
    message_id: Id,
    outcome: Annotated[Settlement, typer.Argument(help="what the guest's chat shows")],
    as_json: Json = False,
) -> None:
    """Say what became of a message that may have been sent.

    Example: nightporter outbox settle 019abc...-0 sent
    """
    output.record(do("outbox.settle", id=message_id, outcome=str(outcome)), as_json=as_json)
