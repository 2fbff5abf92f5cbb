"""The judge of a crash run: reads the generator's log and the provider's ledger, and says which promise was broken.

Of the node it hears only what it tells staff: `nightporter outbox list --state maybe_sent --json`. What it found on
disk at the kills makes two checks stricter (a claim before every send; each *maybe sent* was a claim at a kill) and
excuses nothing.

How many may stand as *maybe sent*: a send is in flight from its claim until its result is on disk. From outside,
such a message was posted before the kill and the provider had not answered our send `RECORD_MS` before it; and there
are never more at once than the node has senders. The sum over the kills is the bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nightporter.testing.crash.logs import Logs, Written
from nightporter.testing.crash.stages import CLAIMED_STATES, States

RECORD_MS = 1_000  # after the provider's answer a result may take so long to be on disk, on a busy machine
CLAIMED = "sending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One SIGKILL: when, when the next process was started, and what stood on disk in between."""

    number: int
    moment: str
    at_ms: int
    next_start_ms: int
    states: States


@dataclass(frozen=True, slots=True, kw_only=True)
class MaybeSent:
    """An outbox message that stands as *maybe sent*; `covers`: ids of the guests' messages it answers."""

    outbox_id: str
    to: str
    covers: tuple[str, ...]

    @staticmethod
    def of(row: Mapping[str, Any]) -> MaybeSent:
        """One object of the command's JSON."""
        return MaybeSent(outbox_id=row["id"], to=row["to"], covers=tuple(row["covers"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that is judged. `workers`: senders of the node; `answer_ms`: the provider's least delay."""

    logs: Logs
    kills: Sequence[Kill]
    maybe_sent: Sequence[MaybeSent]
    workers: int
    answer_ms: int

    def in_doubt(self) -> list[set[str]]:
        """For each kill the messages whose send may have been on its way."""
        return [self.logs.in_doubt_at(kill.at_ms, self.answer_ms, RECORD_MS) for kill in self.kills]

    def bound(self) -> int:
        """So many may stand as maybe sent."""
        return sum(min(self.workers, len(ids)) for ids in self.in_doubt())

    def claims(self) -> set[str]:
        """Messages whose answer was claimed on disk at a kill, its result not yet written."""
        return {wamid for kill in self.kills for wamid, state in kill.states.items() if state == CLAIMED}


def judge(case: Case) -> list[str]:
    """Which promises were broken; none = the run is good."""
    maybe = {wamid for one in case.maybe_sent for wamid in one.covers}
    return [
        *_answers(case.logs, maybe),
        *_strangers(case.logs),
        *_maybe_sent(case),
        *_claimed_first(case),
    ]


def _answers(logs: Logs, maybe: set[str]) -> Iterable[str]:
    """Every 200 ends as exactly one answer, or stands as maybe sent with none or one; never two."""
    for one in logs.written.values():
        answers = logs.answered(one)
        if len(answers) > 1:
            ids = ", ".join(taken.provider_id for taken in answers)
            yield f"{_name(one)}: answered {len(answers)} times ({ids})"
        if one.told_ms is None:
            yield f"{_name(one)}: never got a 200"
        elif not answers and one.wamid not in maybe:
            yield f"{_name(one)}: told 200 at {one.told_ms}, never answered and not maybe sent"


def _strangers(logs: Logs) -> Iterable[str]:
    guests = {one.guest for one in logs.written.values()}
    for guest in logs.answers.keys() - guests:
        yield f"{guest} got an answer and never wrote"
    if logs.given_up:
        yield f"the provider gave up on {logs.given_up} webhooks: the node never took them"


def _maybe_sent(case: Case) -> Iterable[str]:
    """Only what was in flight at a kill, never more of them, and none whose status the node was told."""
    logs, claims, doubtful = case.logs, case.claims(), set[str]().union(*case.in_doubt())
    for one in case.maybe_sent:
        if len(one.covers) != 1 or one.covers[0] not in logs.written:
            yield f"{one.outbox_id} is maybe sent and covers {list(one.covers)}: each guest wrote once"
            continue
        message = logs.written[one.covers[0]]
        for taken in logs.answered(message):
            if taken.provider_id in logs.told:
                status = logs.told[taken.provider_id]
                yield f"{_name(message)}: maybe sent, although the node was told {status!r} of {taken.provider_id}"
        if message.wamid not in doubtful:
            yield f"{_name(message)}: maybe sent, and was in flight at no kill"
        elif message.wamid not in claims:
            yield f"{_name(message)}: maybe sent, and was claimed on disk at no kill"
    if len(case.maybe_sent) > case.bound():
        yield f"{len(case.maybe_sent)} maybe sent, at most {case.bound()} were in flight at the kills"


def _claimed_first(case: Case) -> Iterable[str]:
    """What the provider took from a process had been claimed on that process's disk before (SD1)."""
    for kill in case.kills:
        for wamid, one in case.logs.written.items():
            for taken in case.logs.answered(one):
                sent_before = taken.at_ms < kill.next_start_ms
                if sent_before and kill.states.get(wamid) not in CLAIMED_STATES:
                    yield (
                        f"{_name(one)}: accepted as {taken.provider_id} by kill {kill.number}, "
                        f"on disk it was {kill.states.get(wamid, 'not read')}"
                    )


def _name(message: Written) -> str:
    return f"guest {message.guest} ({message.wamid})"
