"""The command line: `nightporter`. Each command is a thin shell around `app`, `ops` and the files."""

from __future__ import annotations

import sys

from nightporter.cli.failing import as_exit_code


def main() -> int:
    """Run the command line; the exit code: 0 only when it was done."""
    if sys.argv[1:] == ["up"]:  # what a service runs: the parser of options would cost it 20 MB and 0.2 s
        from nightporter.cli.up import run_node

        return as_exit_code(run_node)
    from nightporter.cli.main import run

    return as_exit_code(run)


__all__ = ["main"]
