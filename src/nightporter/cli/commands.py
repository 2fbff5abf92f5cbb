"""`nightporter`: the table of commands and its parser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from typer._click.exceptions import ClickException, UsageError  # Typer 0.29 brings its own Click

import nightporter
from nightporter.cli import (
    accounts,
    backups,
    desk,
    events,
    guests,
    keys,
    logs,
    node,
    outbox,
    questions,
    tasks,
)
from nightporter.cli.failing import FAILED, INTERRUPTED, USAGE, fail
from nightporter.cli.reach import TOLD

app = typer.Typer(
    name="nightporter",
    help="Answers a hotel's guests on WhatsApp. Settings: nightporter.toml, .env, environment.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(nightporter.__version__)
        raise typer.Exit


@app.callback()
def options(
    config: Annotated[
        Path | None, typer.Option(help="the settings' file instead of nightporter.toml")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="say it")
    ] = False,
) -> None:
    """Answers a hotel's guests on WhatsApp. Settings: nightporter.toml, .env, environment."""
    del version
    TOLD.config = config


for part in (node, desk, questions, accounts, keys, events, outbox, tasks, guests, backups, logs):
    part.add_to(app)


def run(words: list[str]) -> int:
    """Parse the words and run their command; the exit code."""
    try:
        code = app(words, prog_name="nightporter", standalone_mode=False)
    except UsageError as error:
        return fail(f"{error.format_message()} See --help.", USAGE)
    except ClickException as error:
        return fail(error.format_message(), FAILED)
    except typer.Abort:
        return INTERRUPTED
    return code if isinstance(code, int) else 0
