"""The judge: reads the provider's ledger and the guests' log, and says which promise was broken.

The node's own tables are asked only for what it *says*: which messages stand as maybe sent, and whether it still
owes somebody something.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from nightporter.journal.people import conversation
from nightporter.model.outbox import outbox_id
from nightporter.store import View
from nightporter.testing.providers.ledger import Record
from nightporter.testing.sim.world import World


def judge(world: World, view: View, doubtful: int) -> list[str]:
    """Which promises a finished run has broken; none = it is good.

    `doubtful`: sends whose outcome the node could not know, and claims at crashes.
    """
    broken: list[str] = []
    kept = set(_first_told(world))
    maybe = _maybe_sent(view)
    _answers(world, kept, maybe, broken)
    _twice(world, broken)
    _in_order(world, broken)
    if len(maybe) > doubtful:
        broken.append(f"{len(maybe)} maybe sent, {doubtful} sends had an unknown outcome")
    broken += [
        f"{message.callback_data} is maybe sent although its status was told"
        for message in world.provider.ledger.accepted()
        if message.callback_data in maybe and message.told
    ]
    now_ms = world.now_ms()
    for (conversation_id,) in view.all("conversations_pending"):
        if not conversation(view, conversation_id).held(now_ms):
            broken.append(f"conversation {conversation_id} has an entry without disposition")
    if unread := view.scalar("deliveries_new_count"):
        broken.append(f"{unread} deliveries unread")
    for state, count in view.all("outbox_counts"):
        if state in {"waiting", "sending", "unknown"}:
            broken.append(f"{count} outbox messages still {state}")
    return broken


def _maybe_sent(view: View) -> set[str]:
    return {row[0] for row in view.all("outbox_list", ("maybe_sent", "", 10_000))}


def _answers(world: World, kept: set[str], maybe: set[str], broken: list[str]) -> None:
    """Nobody gets more answers than messages; a 200 ends as exactly one answer, or one that stands as maybe sent."""
    wrote = Counter(sent.guest for sent in world.sent)
    covered = _covers(world)
    for guest, times in wrote.items():
        answers = len(world.provider.ledger.accepted(to=guest.lstrip("+")))
        if answers > times:
            broken.append(f"{guest} wrote {times} and got {answers} answers")
    for sent in world.sent:
        told = sent.strictly and sent.wamid in kept
        if told and not (
            world.provider.ledger.accepted(to=sent.guest.lstrip("+")) or maybe & covered[sent.wamid]
        ):
            broken.append(f"{sent.guest} was told 200 for {sent.wamid} and never answered")


def _covers(world: World) -> dict[str, set[str]]:
    """Outbox ids that the node could have derived from each wamid."""
    return {
        sent.wamid: {outbox_id(at_ms, sent.wamid, 0) for at_ms in (sent.at_ms, sent.at_ms // 1000 * 1000)}
        for sent in world.sent
    }


def _in_order(world: World, broken: list[str]) -> None:
    """What one guest gets comes in the order of what was asked (G3); ids begin with the time of the question (SD4).

    A question that may have reached us after a later one may be answered after it; one that we did not answer with 200
    may have been kept all the same.
    """
    covers = _covers(world)
    told, tried = (
        {which: came.get(wamid, 0) for wamid, ids in covers.items() for which in ids}
        for came in (_first_told(world), _first_tried(world))
    )
    newest: dict[str, str] = {}
    for message in world.provider.ledger.accepted() if world.in_order else ():
        which, before = message.callback_data or "", newest.get(message.guest, "")
        if which < before and told.get(which, 0) < tried.get(before, 0):
            broken.append(f"{message.guest} got {which} after {before}")
        newest[message.guest] = max(which, before)


def _first_told(world: World) -> dict[str, int]:
    """When each guest's message was first answered with 200."""
    return _first(world.provider.ledger.webhooks(200))


def _first_tried(world: World) -> dict[str, int]:
    """When the provider first knew how it went to bring us each guest's message."""
    return _first(world.provider.ledger.webhooks())


def _first(attempts: Sequence[Record]) -> dict[str, int]:
    came: dict[str, int] = {}
    for record in attempts:
        for kind, which, _ in record.data["contents"]:
            if kind == "message":
                came.setdefault(which, record.t_ms)
    return came


def _twice(world: World, broken: list[str]) -> None:
    """No outbox message is ever taken twice."""
    times = Counter(message.callback_data for message in world.provider.ledger.accepted())
    broken += [f"{which} was sent {count} times" for which, count in times.items() if which and count > 1]
