"""Commands about guests and their stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from nightporter.cli import output
from nightporter.cli.reach import do, folder_view
from nightporter.errors import NotFound

if TYPE_CHECKING:
    from nightporter.store import Row, View

LIST_MAX = 100_000
NOTES_MAX = 1_000
LAST_MS = 1 << 62

Json = Annotated[bool, typer.Option("--json", help="as JSON")]
Limit = Annotated[int, typer.Option(min=1, max=LIST_MAX, help="at most so many")]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    guests = typer.Typer(help="Guests, as they are known.", no_args_is_help=True)
    guests.command("list")(list_guests)
    guests.command("show")(show_guest)
    guests.command("add")(add_guest)
    app.add_typer(guests, name="guests")
    stays = typer.Typer(help="Bookings.", no_args_is_help=True)
    stays.command("list")(list_stays)
    stays.command("add")(add_stay)
    app.add_typer(stays, name="stays")


def list_guests(limit: Limit = 1_000, as_json: Json = False) -> None:
    """Guests, in order of first sight.

    Example: nightporter guests list --json
    """
    with folder_view() as view:
        found = [_guest(view, row) for row in view.all("guests_list", ("", limit))]
    columns = ("id", "name", "phone", "language", "opted_out_at", "created_at")
    output.records(found, as_json=as_json, columns=columns, nothing="no guests yet")


def _guest(view: View, row: Row) -> dict[str, Any]:
    from nightporter.gateway.shapes import at, maybe_at
    from nightporter.journal.people import addresses

    guest_id, name, language, opted_out_ms, created_ms = row
    phone, other = addresses(view, guest_id)
    return {
        "id": guest_id,
        "name": name,
        "phone": phone or None,
        "other_id": other or None,
        "language": language or None,
        "opted_out_at": maybe_at(opted_out_ms),
        "created_at": at(created_ms),
    }


def show_guest(
    guest: Annotated[str, typer.Argument(metavar="ID|PHONE", help="the guest's id or phone number")],
    as_json: Json = False,
) -> None:
    """One guest with stays, conversations, labels and notes.

    Example: nightporter guests show +390471000111 --json
    """
    from nightporter.gateway.hotel import digits
    from nightporter.journal import people
    from nightporter.model.guest import Identity, IdentityKind

    with folder_view() as view:
        found = view.one("identity_find", (Identity(IdentityKind.PHONE, digits(guest)).key(),))
        row = view.one("guest_line", (found[0] if found else guest,))
        if row is None:
            raise NotFound(f"there is no guest {guest}", "see nightporter guests list")
        whole = _guest(view, row)
        stays = [{**_stay(stay), "role": str(stay.role)} for stay in people.stays(view, row[0])]
        conversations = [
            {"id": one[0], "channel": one[1], "number": one[2]}
            for one in view.all("conversations_of", (row[0],))
        ]
        told = _told_of(view, row[0])
    output.record({**whole, "stays": stays, "conversations": conversations, **told}, as_json=as_json)


def _told_of(view: View, guest_id: str) -> dict[str, Any]:
    """What colleagues keep about the guest."""
    from nightporter.gateway.shapes import at
    from nightporter.journal import remarks

    notes = remarks.notes_of(view, guest_id, LAST_MS, NOTES_MAX)
    return {
        "labels": [label.text for label in remarks.labels_of(view, guest_id)],
        "notes": [{"at": at(note.at_ms), "by": note.author, "text": note.text} for note in notes],
    }


def add_guest(
    phone: Annotated[str, typer.Option(help="with its country code")],
    name: Annotated[str | None, typer.Option()] = None,
    language: Annotated[str | None, typer.Option(help="two letters, like it")] = None,
    as_json: Json = False,
) -> None:
    """Make a guest known, or change name and language.

    Example: nightporter guests add --phone +390471000111 --language it
    """
    output.record(do("guests.add", phone=phone, name=name, language=language), as_json=as_json)


def _stay(stay: Any) -> dict[str, Any]:
    return {
        "id": stay.stay_id,
        "source": stay.source,
        "code": stay.code,
        "arrival": stay.arrival,
        "departure": stay.departure,
        "room": stay.room,
        "flight": stay.flight,
        "name": stay.name,
        "state": str(stay.state),
    }


def list_stays(
    since: Annotated[str, typer.Option(help="arrivals from this day on, like 2026-08-31")] = "",
    limit: Limit = 1_000,
    as_json: Json = False,
) -> None:
    """Stays, by day of arrival.

    Example: nightporter stays list --since 2026-08-31 --json
    """
    from nightporter.journal.people import stay

    with folder_view() as view:
        found = [_stay(stay(row)) for row in view.all("stays_list", (since, limit))]
    columns = ("id", "source", "code", "arrival", "departure", "room", "flight", "name", "state")
    output.records(found, as_json=as_json, columns=columns, nothing="no stays")


def add_stay(  # noqa: PLR0913, PLR0917 - a stay has that many facts, each an option
    source: Annotated[str, typer.Option(help="where it was booked")],
    code: Annotated[str, typer.Option(help="its booking code there")],
    guest: Annotated[str, typer.Option(help="phone of who booked")],
    arrival: Annotated[str, typer.Option(help="like 2026-08-31")],
    departure: Annotated[str, typer.Option(help="like 2026-09-04")],
    room: Annotated[str | None, typer.Option()] = None,
    flight: Annotated[str | None, typer.Option(help="of the arrival, like AZ1234")] = None,
    name: Annotated[str | None, typer.Option(help="of who booked")] = None,
    companion: Annotated[list[str] | None, typer.Option(help="phone of a companion; may be repeated")] = None,
    cancelled: Annotated[bool, typer.Option("--cancelled", help="it was called off")] = False,
    as_json: Json = False,
) -> None:
    """Create the stay of this source and code, or change it.

    Example: nightporter stays add --source booking --code K7Q2 --guest +390471000111
    --arrival 2026-08-31 --departure 2026-09-04
    """
    told = do(
        "stays.add",
        source=source,
        code=code,
        guest=guest,
        arrival=arrival,
        departure=departure,
        room=room,
        flight=flight,
        name=name,
        companions=companion,
        cancelled=cancelled or None,
    )
    output.record(told, as_json=as_json)
