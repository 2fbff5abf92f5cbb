"""The command line: `nightporter`. Each command is a thin shell around `app`, `ops` and the files."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from nightporter.cli.failing import as_exit_code


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, this process's own where none is given; the exit code: 0 only when it was done."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words == ["up"]:  # what a service runs: the parser of options would cost it 20 MB and 0.2 s
        from nightporter.cli.up import run_node

        return as_exit_code(run_node)
    from nightporter.cli.commands import run

    return as_exit_code(lambda: run(words))


__all__ = ["main"]
