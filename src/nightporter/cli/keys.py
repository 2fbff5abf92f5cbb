"""Commands about API keys."""

from __future__ import annotations

from typing import Annotated

import typer

from nightporter.cli import output
from nightporter.cli.reach import do, folder_view

Json = Annotated[bool, typer.Option("--json", help="as JSON")]
SCOPES = "events:write, events:read, commands, hotel:read, hotel:write, metrics"


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    keys = typer.Typer(help="API keys of the hotel's other systems.", no_args_is_help=True)
    keys.command("create")(create)
    keys.command("list")(list_keys)
    keys.command("revoke")(revoke)
    app.add_typer(keys, name="keys")


def create(
    name: Annotated[str, typer.Argument(help="what it is for")],
    scope: Annotated[list[str] | None, typer.Option(help=f"one or more of {SCOPES}; none: all")] = None,
    as_json: Json = False,
) -> None:
    """Make a key. It is shown once, only its hash is kept.

    Example: nightporter keys create booking-system --scope hotel:write --scope events:write
    """
    made = do("keys.create", name=name, scopes=scope or [])
    output.record(made, as_json=as_json)
    if not as_json:
        output.say("Keep the key now: it cannot be shown again.")


def list_keys(as_json: Json = False) -> None:
    """All keys, without their secrets.

    Example: nightporter keys list --json
    """
    from nightporter.gateway.shapes import at, maybe_at
    from nightporter.journal import keys

    with folder_view() as view:
        found = [
            {
                "id": one.key.key_id,
                "name": one.key.name,
                "scopes": sorted(one.key.scopes),
                "created_at": at(one.created_ms),
                "revoked_at": maybe_at(one.revoked_ms),
            }
            for one in keys.listed(view)
        ]
    columns = ("id", "name", "scopes", "created_at", "revoked_at")
    output.records(found, as_json=as_json, columns=columns, nothing="no keys")


def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="from `keys list`")], as_json: Json = False
) -> None:
    """Refuse a key from now on.

    Example: nightporter keys revoke 019abc...
    """
    output.record(do("keys.revoke", id=key_id), as_json=as_json)
