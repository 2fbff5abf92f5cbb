"""Commands about the node itself: up, demo, status, health, doctor, config, pause, resume."""

from __future__ import annotations

from typing import Annotated

import typer

from nightporter.cli import output
from nightporter.cli.reach import TOLD, ask_running, do, folder_view, settings
from nightporter.cli.up import run_node
from nightporter.errors import NightporterError, NotRunning

DEMO_GROUP = "nightporter.demo"

Json = Annotated[bool, typer.Option("--json", help="as JSON")]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (up, demo, status, health, doctor, pause, resume):
        app.command()(command)
    config = typer.Typer(help="The settings: check them, show them.", no_args_is_help=True)
    config.command("check")(config_check)
    config.command("show")(config_show)
    config.command("example")(config_example)
    app.add_typer(config, name="config")


def up() -> None:
    """Run a node until Ctrl-C or SIGTERM.

    Example: NIGHTPORTER_GATEWAY=127.0.0.1:3001 nightporter up
    """
    raise typer.Exit(run_node(TOLD.config))


def demo() -> None:
    """Run a node in a simulated world: a phone to try it, no account needed.

    Example: nightporter demo
    """
    from importlib.metadata import entry_points

    found = list(entry_points(group=DEMO_GROUP))
    if not found:
        raise NightporterError("this installation has no demo", "install it again: make setup")
    raise typer.Exit(found[0].load()(settings()))


def status(as_json: Json = False) -> None:
    """The whole picture: queues, outbox, breakers, pauses.

    Example: nightporter status --json
    """
    from nightporter.ops.status import status_of_folder

    told = ask_running("status")
    if told is None:
        with folder_view() as view:
            told = status_of_folder(view)
    output.record(told, as_json=as_json)


def health(as_json: Json = False) -> None:
    """One line and the exit code: 0 while the node keeps and answers (ok or degraded).

    Example: nightporter health || echo "call somebody"
    """
    told = ask_running("health")
    if told is None:
        raise NotRunning(f"no node runs on {settings().data_dir}", "start one: nightporter up")
    if as_json:
        output.say_json(told)
    else:
        output.say(" ".join([told["status"], *(f"{name}={state}" for name, state in told["checks"].items())]))
    raise typer.Exit(1 if told["status"] == "down" else 0)


def doctor(as_json: Json = False) -> None:
    """Try every configured part live: disk, clock, ports, providers, the hotel's file, the ways to people.

    Everybody who is told of what needs a person gets a test message.

    Example: nightporter doctor
    """
    import asyncio

    from nightporter.app.folder import channels_of
    from nightporter.app.telling import each_way, ways_of
    from nightporter.channels.http import HttpWire
    from nightporter.config.hotel import Hotel, load
    from nightporter.ops.doctor import examine

    now, runs = settings(), ask_running("health") is not None
    try:
        hotel = load(now.hotel_file) if now.hotel_file.exists() else Hotel.empty()
    except NightporterError:
        hotel = Hotel.empty()  # the doctor says so itself
    found = asyncio.run(
        examine(
            now,
            channels_of(now, HttpWire()),
            node_runs=runs,
            ways=each_way(now.alerts, hotel),
            carrier=ways_of(now, HttpWire()),
        )
    )
    shown = [finding.as_dict() for finding in found]
    output.records(shown, as_json=as_json, columns=("state", "part", "finding"), nothing="")
    raise typer.Exit(1 if any(finding.state == "fail" for finding in found) else 0)


def config_check() -> None:
    """Check settings and hotel file without starting: one line says what is wrong.

    Example: nightporter config check
    """
    from nightporter.config.hotel import HotelFile
    from nightporter.config.settings_warnings import warnings_of

    now = settings()
    for warning in warnings_of(now):
        typer.echo(f"warning: {warning}", err=True)
    HotelFile(now.hotel_file)  # refused: one line
    output.say("the settings are good")


def config_show(as_json: Json = False) -> None:
    """Every setting with its value and where it comes from; secrets are masked.

    Example: nightporter config show --json
    """
    shown = [
        {"key": one.key, "variable": one.env, "value": one.value, "source": one.source}
        for one in settings().shown
    ]
    columns = ("variable", "value", "source", "key")
    output.records(shown, as_json=as_json, columns=columns, nothing="")


def config_example() -> None:
    """Every setting as a line for `.env`, with what it means and its default.

    Example: nightporter config example > .env
    """
    from nightporter.config.settings_example import example

    output.say(example().rstrip())


Workers = Annotated[str | None, typer.Argument(help="cloud, jobs, delivery or all; default: cloud and jobs")]


def pause(what: Workers = None, as_json: Json = False) -> None:
    """Stop workers until `resume`; without a name guests are still answered.

    Example: nightporter pause delivery
    """
    output.record(do("commands", action="PAUSE_WORKERS", workers=what), as_json=as_json)


def resume(what: Workers = None, as_json: Json = False) -> None:
    """Let workers go on.

    Example: nightporter resume all
    """
    output.record(do("commands", action="RESUME_WORKERS", workers=what), as_json=as_json)
