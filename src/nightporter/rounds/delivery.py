"""Delivery: sends what is claimed and committed, once, and commits what became of it (SD1 to SD6).

Two ways lead to a send. The turn that decides asks for a ticket and commits its message already claimed; everything
else waits in the outbox and is claimed here, oldest first, one message of a conversation at a time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from nightporter.channels.codes import action_for
from nightporter.channels.outcome import Accepted, Action, Outcome, Refused, Released, Retry, Scope, Unknown
from nightporter.channels.port import Channel
from nightporter.clock import Chance, utc
from nightporter.errors import CannotKeep, StoreBroken
from nightporter.model.conversation import WINDOW_MS
from nightporter.model.decision import NewTask, Urgency
from nightporter.model.outbox import OutboxMessage, OutboxState
from nightporter.outbox import messages, tasks
from nightporter.outbox.messages import Claim
from nightporter.rounds.intake import not_delivered
from nightporter.rounds.lane import EMERGENCY, PROACTIVE, Lane, Ticket
from nightporter.rounds.node import ALERT_DEPARTMENT, Bell, Node
from nightporter.rounds.stops import (
    CHANNEL_STOPPED,
    PROACTIVE_STOPPED,
    Stop,
    alert_key,
    by_status,
    proactive_key,
    stop_of,
)
from nightporter.store import Row, Tx

LOOK_SECONDS = 1.0
LEAST_WAIT_SECONDS = 0.05
BATCH_MESSAGES = 500
DUE_PER_SENDER = 2  # how many messages are looked at for each free sender
CLAIM_BYTES = 512
KEEP_AGAIN_SECONDS = 0.5
BACKOFF_FIRST_SECONDS = 1.0
BACKOFF_MOST_SECONDS = 300.0
PAIR_FACTOR = 4  # Meta on 131056: wait 4^n seconds
PROBE_SECONDS = 60.0
RECOVER_BATCH = 500

ALERTS = {
    Action.SWITCH_TEMPLATE: "template_paused",
    Action.TEMPLATE_PROBLEM: "template_wrong",
    Action.ALERT: "account_trouble",
}

log = structlog.get_logger("rounds.delivery")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message of ours that is claimed on disk and has a ticket: it must be sent now."""

    message: OutboxMessage
    attempt: int
    ticket: Ticket
    received_ms: int = 0  # when the guest's message came in, for `reply_seconds`; 0 = not a reply
    asked: str = ""  # provider id of the guest's message, for the typing sign


class Delivery:
    """The round from outbox to provider, for one channel."""

    def __init__(self, node: Node, lane: Lane, chance: Chance, *, send_timeout_seconds: float) -> None:
        self.lane = lane
        self._node = node
        self._chance = chance
        self._timeout_seconds = send_timeout_seconds
        self._sends: set[asyncio.Task[None]] = set()
        self._blocked = 0  # how many due messages had to wait at the last look
        self.bell = Bell()

    @property
    def channel(self) -> Channel:
        """Whose road this is."""
        return self.lane.channel

    async def recover(self) -> int:
        """After a start: claims of earlier epochs may have been sent; they are never sent again."""
        node, total = self._node, 0
        epoch = node.lease.epoch
        while count := await node.write(
            lambda tx: messages.recover(tx, epoch, node.clock.now_ms(), RECOVER_BATCH)
        ):
            total += count
        self.lane.stopped = self.lane.proactive_stopped = ""
        self.obey()
        return total

    def obey(self) -> None:
        """Stop what the file says is stopped; a stop that is on its way there stands too."""
        lane, name = self.lane, self.channel.name
        lane.stopped = self._stop_of(name) or lane.stopped
        lane.proactive_stopped = self._stop_of(proactive_key(name)) or lane.proactive_stopped
        if self.stops():
            log.error("sending is stopped", channel=name, all=lane.stopped, proactive=lane.proactive_stopped)

    def _stop_of(self, key: str) -> str:
        row = self._node.store.view.one("channel_state", (key,))
        return str(row[1]) if row else ""

    def alerts(self) -> tuple[str, ...]:
        """How the keys of the alerts begin that end when a stop is lifted."""
        return tuple(alert_key(reason, self.channel.name) for reason in (CHANNEL_STOPPED, PROACTIVE_STOPPED))

    def stops(self) -> list[str]:
        """Keys of `channel_states` under which a stop is in force."""
        name, lane = self.channel.name, self.lane
        stopped = {name: lane.stopped, proactive_key(name): lane.proactive_stopped}
        return [key for key, code in stopped.items() if code]

    def lift(self) -> None:
        """A person has lifted the stops: go on, until the provider refuses again."""
        self.lane.stopped = self.lane.proactive_stopped = ""
        self.bell.ring()

    async def run(self) -> None:
        """Send what waits, for ever."""
        while True:
            await self.bell.wait(await self.send_waiting())

    async def send_waiting(self) -> float:
        """Claim and begin all that may go now; seconds until the next look."""
        node, lane = self._node, self.lane
        if node.stopping or lane.stopped or not node.leads():
            return LOOK_SECONDS
        soonest, now_ms, blocked = LOOK_SECONDS, node.clock.now_ms(), 0
        limit = min(BATCH_MESSAGES, DUE_PER_SENDER * max(lane.free, 1) + self._blocked)
        found = self._due(now_ms, limit)
        may_go: list[tuple[OutboxMessage, Ticket]] = []
        for row in found:
            message, urgent = messages.message_of(row), row[11] == EMERGENCY
            if message.expires_ms and message.expires_ms <= now_ms:
                await self._give_up(
                    message, "the 24 h window closed before it could be sent", "window_closed"
                )
                continue
            if lane.proactive_stopped and row[11] == PROACTIVE:
                await self._give_up(message, "the provider wants no such messages", lane.proactive_stopped)
                continue
            if lane.full:
                break  # the first sender that is free rings the bell
            ticket = lane.ticket(message.conversation_id, urgent=urgent)
            if ticket is None:
                blocked += 1
                soonest = min(soonest, max(lane.wait_seconds(message.conversation_id), LEAST_WAIT_SECONDS))
                continue
            may_go.append((message, ticket))
        if may_go:
            await self._claim_and_begin(may_go)
        more = blocked > self._blocked and len(found) >= limit < BATCH_MESSAGES
        self._blocked = blocked
        return 0.0 if more else soonest  # behind many that have to wait there may be some that need not

    def _due(self, now_ms: int, limit: int) -> list[Row]:
        """What may go now: emergencies first, and alone while staff have paused delivery."""
        view, values = self._node.store.view, (self.channel.name, now_ms, limit)
        urgent = view.all("outbox_urgent", values)
        return urgent if self.lane.paused_by_staff else urgent + view.all("outbox_due", values)

    async def _claim_and_begin(self, may_go: Sequence[tuple[OutboxMessage, Ticket]]) -> None:
        """One commit claims them all; each that was still waiting is sent."""
        node = self._node
        by, now_ms = Claim(node.lease.epoch), node.clock.now_ms()

        def unit(tx: Tx) -> list[bool]:
            return [
                messages.claim(tx, message.outbox_id, message.attempts + 1, by, now_ms)
                for message, _ in may_go
            ]

        won = [False] * len(may_go)
        try:
            won = await node.write(unit, CLAIM_BYTES * len(may_go))
        except CannotKeep:
            log.info("claims wait until something can be kept", messages=len(may_go))
        finally:
            for (message, ticket), mine in zip(may_go, won, strict=True):
                if mine:
                    self.begin(Claimed(message, message.attempts + 1, ticket))
                else:
                    self.lane.unused(ticket)

    async def _give_up(self, message: OutboxMessage, reason: str, code: str) -> None:
        task_id, now_ms = self._node.ids.new(), self._node.clock.now_ms()

        def unit(tx: Tx) -> None:
            if messages.give_up(tx, message.outbox_id, reason, now_ms):
                not_delivered(tx, task_id, message.outbox_id, code, now_ms)

        await self._node.write(unit)

    def begin(self, claimed: Claimed) -> None:
        """Send a claimed message in the background."""
        task = asyncio.get_running_loop().create_task(self._send(claimed))
        self._sends.add(task)
        task.add_done_callback(self._sends.discard)

    async def finish(self) -> None:
        """Wait for what is being sent (SD6)."""
        while self._sends:
            await asyncio.wait(self._sends)

    async def _send(self, claimed: Claimed) -> None:
        node = self._node
        try:
            outcome = await self._outcome(claimed)
            self._judge(outcome, claimed.ticket)
            await self._keep_result(claimed, outcome)
            node.counts.add("sent", self.channel.name, type(outcome).__name__.lower())
            if isinstance(outcome, Accepted) and claimed.received_ms:
                node.counts.reply_seconds.append((node.clock.now_ms() - claimed.received_ms) / 1000)
        finally:
            self.lane.used(claimed.ticket)
            self.bell.ring()

    async def _outcome(self, claimed: Claimed) -> Outcome:
        try:
            return await self.channel.send(claimed.message, self._timeout_seconds, self._node.leads)
        except Exception as error:  # noqa: BLE001 - a claim must never stay without an outcome
            return self._crashed(claimed, "send crashed", error)

    def _crashed(self, claimed: Claimed, what: str, error: Exception) -> Unknown:
        """A fault of ours: something may have been sent, so a status or a person settles it (SD3)."""
        which, kind = claimed.message.outbox_id, type(error).__name__
        self._node.counts.add("round_crashes", f"delivery-{self.channel.name}")
        log.error(what, outbox=which, error=kind, exc_info=error)
        return Unknown(f"{what}: {kind}")

    def _judge(self, outcome: Outcome, ticket: Ticket) -> None:
        """Tell the breaker: the provider's own refusals are answers, silence and 5xx are failures."""
        breaker = self.lane.breaker
        if isinstance(outcome, Released) and outcome.reason == "stopped":
            breaker.forget(probe=ticket.probe)
        elif isinstance(outcome, Released | Unknown):
            breaker.failure(probe=ticket.probe)
        else:
            breaker.success(probe=ticket.probe)

    async def _keep_result(self, claimed: Claimed, outcome: Outcome) -> None:
        """Commit the outcome; one that cannot be told to the file is unknown, for the message must not stay claimed."""
        try:
            await self._keep(self._result(claimed, outcome))
        except Exception as error:  # noqa: BLE001 - as above
            unknown = self._crashed(claimed, "result cannot be kept", error)
            await self._keep(self._result(claimed, unknown))

    async def _keep(self, unit: Callable[[Tx], bool | None]) -> None:
        """Commit it, again and again while nothing can be kept: the provider has spoken.

        A unit that says True has kept a stop.
        """
        while True:
            try:
                if await self._node.write(unit):
                    self.obey()
            except StoreBroken:
                return
            except CannotKeep:
                if not self._node.leads():
                    return  # the next leader finds the claim and settles it
                await self._node.clock.sleep(KEEP_AGAIN_SECONDS)
            else:
                return

    def _result(self, claimed: Claimed, outcome: Outcome) -> Callable[[Tx], bool | None]:
        which, attempt, now_ms = claimed.message.outbox_id, claimed.attempt, self._node.clock.now_ms()
        match outcome:
            case Accepted(provider_id):
                return self._accepted(which, attempt, provider_id, now_ms)
            case Unknown(reason):
                return lambda tx: messages.unknown(tx, which, attempt, reason, now_ms)
            case Released(reason):
                due_ms = now_ms + self._backoff_ms(attempt)
                return lambda tx: messages.waits_again(tx, which, attempt, "released", reason, due_ms, now_ms)
            case Retry():
                return self._retry(claimed, outcome, now_ms)
            case Refused():
                return self._refused(claimed, outcome, now_ms)

    def _accepted(self, which: str, attempt: int, provider_id: str, now_ms: int) -> Callable[[Tx], bool]:
        ids = self._node.ids

        def unit(tx: Tx) -> bool:
            told = messages.accepted(tx, which, attempt, provider_id, now_ms)
            if told is None or told.state is not OutboxState.FAILED:
                return False
            not_delivered(tx, ids.new(), which, told.code, now_ms)  # said so before we knew whose it was
            return by_status(tx, told, self.channel, ids.new(), now_ms)

        return unit

    def _retry(self, claimed: Claimed, outcome: Retry, now_ms: int) -> Callable[[Tx], None]:
        which, attempt = claimed.message.outbox_id, claimed.attempt
        if outcome.scope is Scope.CONVERSATION:
            wait_ms = int(min(PAIR_FACTOR ** min(attempt, 4), BACKOFF_MOST_SECONDS) * 1000)
            self.lane.slow(claimed.message.conversation_id, wait_ms / 1000)
        else:
            wait_ms = self._backoff_ms(attempt)
            if outcome.after_seconds is not None:
                wait_ms = max(wait_ms, int(min(outcome.after_seconds, BACKOFF_MOST_SECONDS) * 1000))
            self.lane.pause(wait_ms / 1000)
        return lambda tx: messages.waits_again(
            tx, which, attempt, "retry", outcome.code, now_ms + wait_ms, now_ms
        )

    def _refused(self, claimed: Claimed, outcome: Refused, now_ms: int) -> Callable[[Tx], None]:
        which, attempt, detail = claimed.message.outbox_id, claimed.attempt, outcome.details
        again_ms = now_ms + WINDOW_MS
        if outcome.action is Action.RETRY_WINDOW and not 0 < claimed.message.expires_ms <= again_ms:
            return lambda tx: messages.waits_again(
                tx, which, attempt, "retry", outcome.code, again_ms, now_ms
            )
        stop, stop_id = self._stopped(outcome), self._node.ids.new()
        if stop and stop.reason == CHANNEL_STOPPED:

            def waits(tx: Tx) -> None:
                messages.waits_again(tx, which, attempt, "refused", outcome.code, now_ms, now_ms)
                stop.keep(tx, stop_id, now_ms)

            return waits
        log.warning("message refused", outbox=which, code=outcome.code, action=outcome.action)
        task_id, alert_id, alert = self._node.ids.new(), self._node.ids.new(), self._alert(outcome, now_ms)

        def unit(tx: Tx) -> None:
            messages.refused(tx, which, attempt, outcome.code, detail, now_ms)
            not_delivered(tx, task_id, which, outcome.code, now_ms)
            if stop:
                stop.keep(tx, stop_id, now_ms)
            if alert:
                tasks.add(tx, alert_id, alert, None, now_ms)

        return unit

    def _stopped(self, outcome: Refused) -> Stop | None:
        """Stop at once what this refusal stops: it is in force before it is on disk."""
        name, code = self.channel.name, outcome.code
        stop = stop_of(name, code, outcome.action)
        if stop is None:
            return None
        if stop.reason == CHANNEL_STOPPED:
            self.lane.stopped = code
            log.error("provider refuses everything", channel=name, code=code)
        else:
            self.lane.proactive_stopped = code
            log.error("provider wants no proactive messages", channel=name, code=code)
        return stop

    def _alert(self, outcome: Refused, now_ms: int) -> NewTask | None:
        """What a person must put right at the provider's, not in one conversation: told once a day and code."""
        reason = ALERTS.get(outcome.action)
        if reason is None:
            return None
        name, code = self.channel.name, outcome.code
        return NewTask(
            key=f"{alert_key(reason, name)}{code}:{utc(now_ms):%Y-%m-%d}",
            department=ALERT_DEPARTMENT,
            reason=reason,
            summary="",
            urgency=Urgency.NOW,
            details={"channel": name, "code": code},
        )

    async def probe(self) -> None:
        """While the provider refuses our token: try it every minute, first at once, and go on at the first success.

        A good token says nothing of an account that is blocked or unpaid: such a stop is lifted by a person.
        """
        while True:
            probed = self.lane.stopped and action_for(self.lane.stopped) is not Action.STOP_ALERT
            if probed and await self.channel.probe(self._timeout_seconds):
                await self._go_on()
            await self._node.clock.sleep(PROBE_SECONDS)

    async def _go_on(self) -> None:
        name = self.channel.name
        try:
            now_ms = self._node.clock.now_ms()
            await self._node.write(lambda tx: tx.run("channel_go", (now_ms, name)))
        except CannotKeep:
            return  # the next probe finds it so again
        self.lane.stopped = ""
        log.info("provider takes messages again", channel=name)
        await self._node.ended(alert_key(CHANNEL_STOPPED, name))
        self.bell.ring()

    def _backoff_ms(self, attempt: int) -> int:
        """Exponential with full jitter, at least a tenth of a second."""
        most = min(BACKOFF_FIRST_SECONDS * 2 ** min(attempt - 1, 16), BACKOFF_MOST_SECONDS)
        return int(max(0.1, most * self._chance.random()) * 1000)
