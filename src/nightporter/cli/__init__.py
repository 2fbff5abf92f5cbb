"""The command line: `nightporter`. Each command is a thin shell around `app`, `ops` and the files."""

from nightporter.cli.main import main

__all__ = ["main"]
