"""Events: mesh events that wait for the desk; what it decides is committed in the unit that marks them delivered (G6)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Protocol

import orjson
import structlog

from nightporter.clock import utc
from nightporter.desk.context import Addressee, Context
from nightporter.journal import people
from nightporter.journal.people import StayBook
from nightporter.model.decision import Decision, NewTask
from nightporter.model.outbox import OutboxMessage, outbox_id
from nightporter.outbox import messages, tasks
from nightporter.rounds.delivery import Delivery
from nightporter.rounds.node import Bell, Node
from nightporter.store import Row, Tx

LOOK_SECONDS = 5.0
BATCH_EVENTS = 100
ORIGIN = "event"
ATTEMPTS_MAX = 5

log = structlog.get_logger("rounds.events")
