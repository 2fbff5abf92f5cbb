"""`nightporter`: the table of commands, and the one place that turns an error into one line and an exit code."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from typer._click.exceptions import ClickException, UsageError  # Typer 0.29 brings its own Click

import nightporter
from nightporter.cli import desk, events, guests, keys, logs, node, outbox, tasks
from nightporter.cli.reach import TOLD
from nightporter.errors import NightporterError

FAILED, USAGE, INTERRUPTED = 1, 2, 130

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


for part in (node, desk, keys, events, outbox, tasks, guests, logs):
    part.add_to(app)


def main() -> int:
    """Run the command line; the exit code: 0 only when it was done."""
    try:
        code = app(standalone_mode=False)
    except NightporterError as error:
        return _fail(str(error), FAILED)
    except UsageError as error:
        return _fail(f"{error.format_message()} See --help.", USAGE)
    except ClickException as error:
        return _fail(error.format_message(), FAILED)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output has gone, for example `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return code if isinstance(code, int) else 0


def _fail(line: str, code: int) -> int:
    sys.stderr.write(" ".join(f"nightporter: {line}".split()) + "\n")
    return code
