"""Commands about accounts of the staff's console."""

from __future__ import annotations

from typing import Annotated

import typer

from nightporter.cli import output
from nightporter.cli.reach import do, folder_view

Json = Annotated[bool, typer.Option("--json", help="as JSON")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="from `accounts list`")]
TOLD_ONCE = (
    "Hand the password over now: it cannot be shown again. At the first sign-in an own one is asked for."
)


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    accounts = typer.Typer(help="Who may use the staff's console.", no_args_is_help=True)
    accounts.command("list")(list_accounts)
    accounts.command("add")(add)
    accounts.command("disable")(disable)
    accounts.command("password")(password)
    app.add_typer(accounts, name="accounts")


def list_accounts(as_json: Json = False) -> None:
    """All accounts, also disabled ones.

    Example: nightporter accounts list --json
    """
    from nightporter.gateway.shapes import at, maybe_at
    from nightporter.journal import accounts

    with folder_view() as view:
        found = [
            {
                "name": one.name,
                "role": one.role,
                "state": one.standing,
                "sessions": view.scalar("sessions_count", (one.account_id,)),
                "created_at": at(one.created_ms),
                "disabled_at": maybe_at(one.disabled_ms),
            }
            for one in accounts.listed(view)
        ]
    columns = ("name", "role", "state", "sessions", "created_at", "disabled_at")
    output.records(
        found, as_json=as_json, columns=columns, nothing="no accounts: the first start makes the owner's"
    )


def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="what colleagues call them")],
    role: Annotated[str, typer.Option(help="staff, or owner: manages accounts too")] = "staff",
    as_json: Json = False,
) -> None:
    """Let somebody in. Their first password is shown once and good for 7 days.

    Example: nightporter accounts add Marta
    """
    _tell_first(do("accounts.add", name=name, role=role), as_json=as_json)


def disable(name: Name, as_json: Json = False) -> None:
    """Let nobody in by that name any more; whoever is signed in is out at once.

    Example: nightporter accounts disable Marta
    """
    output.record(do("accounts.disable", name=name), as_json=as_json)


def password(name: Name, as_json: Json = False) -> None:
    """Give a new first password to who forgot theirs; lets in again who was disabled.

    Example: nightporter accounts password Marta
    """
    _tell_first(do("accounts.password", name=name), as_json=as_json)


def _tell_first(made: output.Record, *, as_json: bool) -> None:
    output.record(made, as_json=as_json)
    if not as_json:
        output.say(TOLD_ONCE)
