"""The gate: what the gateway needs of a running node. The one who joins the parts fills it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from nightporter.config.settings import LimitSettings
from nightporter.gateway.door import Door
from nightporter.model.message import JSONObject
from nightporter.rounds.backups import Backups
from nightporter.rounds.delivery import Delivery
from nightporter.rounds.node import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A node as the gateway sees it. The callables answer at once: nothing behind them waits."""

    node: Node
    door: Door
    roads: Mapping[str, Delivery]  # by channel: what can be paused
    ring_events: Callable[[], None]  # a mesh event waits
    backups: Backups
    health: Callable[[], JSONObject]  # the contract's body of /health
    status: Callable[[], JSONObject]  # the contract's body of /api/mesh/status
    metrics: Callable[[], bytes]  # Prometheus text format
    limits: LimitSettings
    mesh_api_key: str = field(default="", repr=False)  # a first key with all scopes; "" = none
