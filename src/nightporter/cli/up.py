"""`nightporter up`, without anything that a running node does not need."""

from __future__ import annotations

from pathlib import Path


def run_node(config: Path | None = None) -> int:
    """Run a node until it is told to stop; the exit code."""
    from nightporter.app.serve import run
    from nightporter.config.settings import load

    return run(load(config))
