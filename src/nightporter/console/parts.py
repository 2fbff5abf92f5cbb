"""What the console needs of a running node."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from nightporter.config.hotel import Hotel
from nightporter.ops.running import Running
from nightporter.rounds.templates import TemplateReading
from nightporter.rounds.turns import Turns


class Parts(Running, Protocol):
    """A node's joined parts (`app.build.Parts`): what is watched, and what staff act on."""

    @property
    def turns(self) -> Turns:
        """Is told to look at a conversation."""
        ...

    @property
    def templates(self) -> TemplateReading | None:
        """Reads the account's templates; None while no account is named."""
        ...

    @property
    def closing(self) -> asyncio.Event:
        """Set first on the way out: event streams end."""
        ...

    @property
    def hotel(self) -> Callable[[], Hotel]:
        """The facts in force now."""
        ...
