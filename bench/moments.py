"""Time, waiting and chance for the benchmark: the only module here that asks the machine for them.

The generator, wrk, the sink and the orchestrator compare their readings, so all of them use CLOCK_MONOTONIC.
"""
# ruff: noqa: TID251

from __future__ import annotations

import asyncio
import time
from random import Random

__all__ = ["Random", "epoch", "monotonic", "sleep", "wait"]

monotonic = time.monotonic
"""Seconds on the clock all processes of the machine share."""

epoch = time.time
"""Seconds since 1970, as webhooks carry them."""

sleep = time.sleep
"""Waits in a program without an event loop."""

wait = asyncio.sleep
"""Waits on the running event loop."""
