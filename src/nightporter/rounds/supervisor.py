"""Keeps the rounds running: one that crashes is counted and started again, later each time.

A round that cannot keep what it has done (full disk, lease gone) has not crashed: it goes on when it can.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from nightporter.errors import CannotKeep, StoreBroken
from nightporter.rounds.node import Node

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 30.0
KEEP_AGAIN_SECONDS = 1.0
CALM_SECONDS = 60.0  # a round that ran this long begins with the first pause again

log = structlog.get_logger("rounds")


async def keep_running(node: Node, name: str, round_: Callable[[], Awaitable[None]]) -> None:
    """Run `round_` until it returns; start it again after a crash. A broken store ends it."""
    pause = FIRST_PAUSE_SECONDS
    while True:
        begun = node.clock.elapsed_seconds()
        try:
            await round_()
        except asyncio.CancelledError:
            raise
        except StoreBroken:
            return
        except CannotKeep:  # the store says so itself, in health and log
            await node.clock.sleep(KEEP_AGAIN_SECONDS)
            continue
        except Exception as error:
            node.counts.add("round_crashes", name)
            log.exception("round crashed", round=name, error=type(error).__name__)
        else:
            return
        if node.clock.elapsed_seconds() - begun > CALM_SECONDS:
            pause = FIRST_PAUSE_SECONDS
        await node.clock.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
