"""Stops: the provider takes nothing from us, or nothing that no guest asked for. On disk, and staff are told once.

What a code asks of us is the same wherever it comes: in the answer to a send, or later in a failed status.
"""

from __future__ import annotations

from dataclasses import dataclass

from nightporter.channels.codes import action_for
from nightporter.channels.outcome import Action
from nightporter.channels.port import Channel
from nightporter.clock import utc
from nightporter.model.decision import NewTask, Urgency
from nightporter.outbox import tasks
from nightporter.outbox.messages import Told
from nightporter.rounds.lane import PROACTIVE
from nightporter.store import Tx

EVERYTHING = frozenset({Action.STOP_CHANNEL, Action.PERMISSION, Action.STOP_ALERT})
NOW_MS = 2**62  # of an answer: what it says is newer than any lifting

CHANNEL_STOPPED, PROACTIVE_STOPPED = "channel_stopped", "proactive_stopped"


@dataclass(frozen=True, slots=True)
class Stop:
    """What the provider does not want from us any more, and the code that says so."""

    channel: str
    reason: str
    code: str

    def keep(self, tx: Tx, task_id: str, now_ms: int, said_ms: int = NOW_MS) -> bool:
        """Put it on disk and tell staff; False when it stands, or was said before the last one was lifted."""
        key = self.channel if self.reason == CHANNEL_STOPPED else proactive_key(self.channel)
        if tx.run("channel_stop", (key, now_ms, self.code, said_ms)) != 1:
            return False
        by_person = self.reason == PROACTIVE_STOPPED or action_for(self.code) is Action.STOP_ALERT
        which = str(now_ms) if by_person else f"{utc(now_ms):%Y-%m-%dT%H}"  # a probe may lift it each minute
        task = NewTask(
            key=f"{alert_key(self.reason, self.channel)}{self.code}:{which}",
            department="on_call",
            reason=self.reason,
            summary="",
            urgency=Urgency.NOW,
            details={"channel": self.channel, "code": self.code},
        )
        tasks.add(tx, task_id, task, None, now_ms)
        return True


def stop_of(channel: str, code: str, action: Action) -> Stop | None:
    """The stop that a code asks for, None when it is about one message."""
    if action in EVERYTHING:
        return Stop(channel, CHANNEL_STOPPED, code)
    return Stop(channel, PROACTIVE_STOPPED, code) if action is Action.STOP_PROACTIVE else None


def by_status(tx: Tx, told: Told, channel: Channel | None, task_id: str, now_ms: int) -> bool:
    """A message that was accepted has failed: True when its code stops the number it went out from."""
    stop = stop_of(channel.name, told.code, action_for(told.code)) if channel else None
    if channel is None or stop is None:
        return False
    row = tx.one("outbox_get", (told.outbox_id,))
    ours = row is not None and row[1] == channel.name and (not row[2] or channel.ours(row[2]))
    return ours and stop.keep(tx, task_id, now_ms, told.at_ms)


def proactive_key(channel: str) -> str:
    """The key of `channel_states` under which a stop of proactive messages stands."""
    return f"{channel}:{PROACTIVE}"


def alert_key(reason: str, channel: str) -> str:
    """The beginning of the keys of a channel's alerts."""
    return f"{reason.replace('_', '-')}:{channel}:"
