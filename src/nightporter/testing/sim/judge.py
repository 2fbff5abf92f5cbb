"""The judge: reads the provider's ledger and the guests' log, and says which promise was broken.

The node's own tables are asked only for what it *says*: which messages stand as maybe sent, and whether it still
owes somebody something.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from nightporter.model.outbox import outbox_id
from nightporter.store import View
from nightporter.testing.sim.world import World


@dataclass(slots=True)
class Verdict:
    """What was found; empty `broken` = every promise held."""

    broken: list[str] = field(default_factory=list[str])
    mattered: Counter[str] = field(default_factory=Counter[str])


def judge(world: World, view: View, doubtful: int) -> Verdict:
    """Judge a finished run. `doubtful`: sends whose outcome the node could not know, and claims at crashes."""
    verdict = Verdict()
    kept = {
        which
        for record in world.provider.ledger.webhooks(200)
        for kind, which, _ in record.data["contents"]
        if kind == "message"
    }
    maybe = _maybe_sent(view)
    _answers(world, kept, maybe, verdict)
    _twice(world, verdict)
    _in_order(world, verdict)
    if len(maybe) > doubtful:
        verdict.broken.append(f"{len(maybe)} maybe sent, {doubtful} sends had an unknown outcome")
    verdict.broken += [
        f"{message.callback_data} is maybe sent although its status was told"
        for message in world.provider.ledger.accepted()
        if message.callback_data in maybe and message.told
    ]
    owed = (
        ("entries without disposition", "entries_pending_count"),
        ("deliveries unread", "deliveries_new_count"),
    )
    for what, query in owed:
        if count := view.scalar(query):
            verdict.broken.append(f"{count} {what}")
    for state, count in view.all("outbox_counts"):
        if state in {"waiting", "sending", "unknown"}:
            verdict.broken.append(f"{count} outbox messages still {state}")
    return verdict


def _maybe_sent(view: View) -> set[str]:
    return {row[0] for row in view.all("outbox_list", ("maybe_sent", "", 10_000))}


def _answers(world: World, kept: set[str], maybe: set[str], verdict: Verdict) -> None:
    """A guest who wrote one message, told 200: exactly one answer, or one that stands as maybe sent."""
    wrote: dict[str, list[str]] = defaultdict(list)
    for sent in world.sent:
        wrote[sent.guest].append(sent.wamid)
    covered = _covers(world)
    for guest, wamids in wrote.items():
        accepted = world.provider.ledger.accepted(to=guest.lstrip("+"))
        if len(accepted) > len(wamids):
            verdict.broken.append(f"{guest} wrote {len(wamids)} and got {len(accepted)} answers")
        if (
            len(wamids) == 1
            and wamids[0] in kept
            and not accepted
            and not maybe & covered.get(wamids[0], set())
        ):
            verdict.broken.append(f"{guest} was told 200 for {wamids[0]} and never answered")


def _covers(world: World) -> dict[str, set[str]]:
    """Outbox ids that the node could have derived from each wamid."""
    return {
        sent.wamid: {outbox_id(at_ms, sent.wamid, 0) for at_ms in (sent.at_ms, sent.at_ms // 1000 * 1000)}
        for sent in world.sent
    }


def _in_order(world: World, verdict: Verdict) -> None:
    """What one guest gets comes in the order of what was asked: ids begin with the time of the question (G3, SD4)."""
    newest: dict[str, str] = {}
    for message in world.provider.ledger.accepted() if world.in_order else ():
        which = message.callback_data or ""
        if which < newest.get(message.guest, ""):
            verdict.broken.append(f"{message.guest} got {which} after {newest[message.guest]}")
        newest[message.guest] = max(which, newest.get(message.guest, ""))


def _twice(world: World, verdict: Verdict) -> None:
    """No outbox message is ever taken twice."""
    times = Counter(message.callback_data for message in world.provider.ledger.accepted())
    verdict.broken += [
        f"{which} was sent {count} times" for which, count in times.items() if which and count > 1
    ]
