"""One stretch of a crash run: kills and restarts on one data folder under load, then rest, then the judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from nightporter.clock import Clock, SystemClock
from nightporter.testing.crash.judge import Case, Kill, judge
from nightporter.testing.crash.logs import Logs, Tail, read_logs
from nightporter.testing.crash.plan import OPEN_LEAST, Cycle, Moment, Plan
from nightporter.testing.crash.processes import (
    ASK_SECONDS_MAX,
    NODE,
    Fake,
    Folders,
    Load,
    NodeFailed,
    NodeProcess,
    free_port,
)
from nightporter.testing.crash.stages import UNANSWERED, Stage, States, count_stages, states_on_disk

LOOK_SECONDS = 0.002
MOMENT_SECONDS_MAX = 3.0  # a moment that does not come is over
BACKLOG_MOST = 40  # the node may catch up before the next burst, so that kills stay comparable
CATCH_UP_SECONDS_MAX = 10.0
REST_LOOK_SECONDS = 0.1
REST_SECONDS_MAX = 40.0
QUIET_SECONDS = 0.7  # after everything is settled: what is sent twice comes late
LIVES_FACTOR = 3  # so many lives for each kill that is to count, at most


@dataclass(slots=True)
class Report:
    """What became of one stretch."""

    plan: Plan
    folder: Path
    counted: int = 0
    kills: int = 0
    stages: Counter[Stage] = field(default_factory=Counter[Stage])
    messages: int = 0
    maybe_sent: int = 0
    maybe_sent_answered: int = 0
    bound: int = 0
    claims: int = 0
    start_seconds: list[float] = field(default_factory=list[float])
    seconds: float = 0.0
    broken: list[str] = field(default_factory=list[str])


class Stretch:
    """Runs one plan until `kills` kills have counted. `say` hears a line per kill."""

    def __init__(
        self,
        plan: Plan,
        kills: int,
        folder: Path,
        say: Callable[[str], None],
        *,
        command: Sequence[str] = NODE,
        clock: Clock | None = None,
    ) -> None:
        self._plan = plan
        self._wanted = kills
        self._folders = Folders(folder)
        self._say = say
        self._command = command
        self._clock = clock or SystemClock()
        self._logs = Logs()
        self._posts = Tail(self._folders.posts)
        self._ledger = Tail(self._folders.ledger)
        self._kills: list[Kill] = []
        self._report = Report(plan, folder)

    async def run(self) -> Report:
        """Kill, restart, rest, judge. All processes are gone afterwards."""
        begun, port = self._clock.elapsed_seconds(), free_port()
        webhook_url = f"http://127.0.0.1:{port}/webhooks/whatsapp"
        fake = await Fake.start(self._folders, self._plan, webhook_url)
        load = await Load.start(self._folders, self._plan, webhook_url)
        node = NodeProcess(self._folders, self._plan, fake.url, port, self._clock, self._command)
        timeout = aiohttp.ClientTimeout(total=ASK_SECONDS_MAX)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session:
                await node.start()
                await fake.ready()
                await self._live_and_die(session, node, load)
                await self._rest(session, node, load, fake)
                await self._judge(node)
            code = await node.stop()
            self._report.broken += [f"SIGTERM ended the node with {code}"] if code else []
        except NodeFailed as failure:
            self._report.broken.append(str(failure))
        finally:
            for process in (node, load, fake):
                await process.stop()
            self._posts.close()
            self._ledger.close()
        self._report.seconds = self._clock.elapsed_seconds() - begun
        return self._report

    # -- lives

    async def _live_and_die(self, session: aiohttp.ClientSession, node: NodeProcess, load: Load) -> None:
        """Lives and kills, until enough have counted; the node runs before, and goes on afterwards."""
        cycles = self._plan.cycles()
        while self._report.counted < self._wanted:
            if self._report.kills >= self._wanted * LIVES_FACTOR:
                raise NodeFailed(f"only {self._report.counted} of {self._report.kills} kills had enough open")
            cycle = next(cycles)
            if cycle.moment is Moment.START:
                await self._clock.sleep(self._report.start_seconds[-1] * cycle.start_percent / 100)
            else:
                self._report.start_seconds.append(await node.healthy(session))
                await self._catch_up()
                await self._moment(cycle, load)
            at_ms = await node.kill()
            states = states_on_disk(self._folders.data)
            await node.start()
            self._count(cycle, Kill(
                number=self._report.kills + 1, moment=str(cycle), at_ms=at_ms,
                next_start_ms=node.started_ms, states=states,
            ))  # fmt: skip
        self._report.start_seconds.append(await node.healthy(session))

    async def _catch_up(self) -> None:
        """Let the node work off most of what it owes."""
        until = self._clock.elapsed_seconds() + CATCH_UP_SECONDS_MAX
        while self._look() and len(self._logs.owed()) > BACKLOG_MOST:
            if self._clock.elapsed_seconds() > until:
                return
            await self._clock.sleep(REST_LOOK_SECONDS)

    async def _moment(self, cycle: Cycle, load: Load) -> None:
        """Let guests write, and wait for the moment of the kill."""
        self._look()
        told, accepted = self._told(), self._accepted()
        until = self._clock.elapsed_seconds() + MOMENT_SECONDS_MAX
        load.send(cycle.guests, cycle.within_ms)
        while cycle.moment is not Moment.TIME and self._clock.elapsed_seconds() < until:
            self._look()
            come = self._told() - told if cycle.moment is Moment.TOLD else self._accepted() - accepted
            if come >= cycle.count:
                break
            await self._clock.sleep(LOOK_SECONDS)
        await self._clock.sleep(cycle.delay_ms / 1000)

    def _look(self) -> bool:
        """Read what the logs have got since; always true."""
        self._logs.take_posts(self._posts.new())
        self._logs.take_ledger(self._ledger.new())
        return True

    def _told(self) -> int:
        return sum(one.told_ms is not None for one in self._logs.written.values())

    def _accepted(self) -> int:
        return len(self._logs.answers)

    def _count(self, cycle: Cycle, kill: Kill) -> None:
        """Write the kill down, with the stage of each message that was between 200 and answer."""
        self._look()
        logs, report = self._logs, self._report
        still_open = logs.open_at(kill.at_ms, self._plan.answer_ms)
        open_stages = count_stages(still_open, kill.states, logs, kill.at_ms)
        recorded = self._recorded(kill.states, kill.at_ms)
        between = sum(open_stages[stage] for stage in UNANSWERED)
        counts = between >= OPEN_LEAST
        report.kills += 1
        report.counted += counts
        report.stages += open_stages
        report.stages[Stage.RECORDED] += recorded
        self._kills.append(kill)
        where = ", ".join(f"{stage}: {open_stages[stage]}" for stage in Stage if open_stages[stage])
        self._say(
            f"kill {report.counted}/{self._wanted} {cycle}: {between} between 200 and answer"
            f"{'' if counts else ' (too few, does not count)'}; {where}; recorded, no status told: {recorded}"
        )

    def _recorded(self, states: States, at_ms: int) -> int:
        """Messages whose answer was recorded, and none of its statuses told yet."""
        done = {"sent", "delivered", "read"}
        return sum(
            states.get(one.wamid) in done
            and any(
                taken.at_ms <= at_ms and taken.provider_id not in self._logs.told
                for taken in self._logs.answered(one)
            )
            for one in self._logs.written.values()
        )

    # -- rest

    async def _rest(self, session: aiohttp.ClientSession, node: NodeProcess, load: Load, fake: Fake) -> None:
        """Wait until everything is told and settled, or the time for that is over: the judge sees what is missing."""
        await load.finish()
        until = self._clock.elapsed_seconds() + REST_SECONDS_MAX
        while self._clock.elapsed_seconds() < until:
            if await self._settled(session, node, fake):
                await self._clock.sleep(QUIET_SECONDS)
                if await self._settled(session, node, fake):
                    return
            await self._clock.sleep(REST_LOOK_SECONDS)

    async def _settled(self, session: aiohttp.ClientSession, node: NodeProcess, fake: Fake) -> bool:
        self._look()
        if await fake.waiting(session):
            return False
        outbox = await node.outbox(session)
        busy = sum(outbox[state] for state in ("waiting", "sending", "unknown"))
        owed = {one.wamid for one in self._logs.owed()}
        if busy or not owed:
            return not busy
        return owed <= {which for one in await node.maybe_sent() for which in one.covers}

    async def _judge(self, node: NodeProcess) -> None:
        """Judge from the files, read anew and whole."""
        report, logs = self._report, read_logs(self._folders.posts, self._folders.ledger)
        maybe_sent = await node.maybe_sent()
        case = Case(
            logs=logs, kills=self._kills, maybe_sent=maybe_sent,
            workers=self._plan.workers, answer_ms=self._plan.answer_ms,
        )  # fmt: skip
        report.broken += judge(case)
        report.messages = len(logs.written)
        report.maybe_sent = len(maybe_sent)
        covered = [logs.written[which] for one in maybe_sent for which in one.covers if which in logs.written]
        report.maybe_sent_answered = sum(bool(logs.answered(one)) for one in covered)
        report.bound, report.claims = case.bound(), len(case.claims())
