"""The simulated world of the demo: a hotel, its guests and two providers, in the process that runs the node."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nightporter.config.settings import Settings

HOTEL_FILE: Path = Path(__file__).with_name("hotel.yaml")
"""The facts of the demo hotel."""


def run(settings: Settings) -> int:
    """Run the demo until Ctrl-C; the exit code. Found by `nightporter demo` as an entry point."""
    from nightporter.testing.demo.launch import launch  # the facts alone must not cost a web server

    return launch(settings)


__all__ = ["HOTEL_FILE", "run"]
