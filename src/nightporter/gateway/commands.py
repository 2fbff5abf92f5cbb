"""Commands of other systems: what can be carried out in this release, durable, audited, the same twice as once."""

from __future__ import annotations

from enum import StrEnum

from nightporter.errors import CannotKeep, StoreBroken
from nightporter.gateway import pauses
from nightporter.gateway.door import RETRY_AFTER_SECONDS
from nightporter.gateway.events import WHICH, replay_which
from nightporter.gateway.fields import Field, choice, record, text
from nightporter.gateway.problem import Code, Problem, not_now
from nightporter.gateway.routes import Ask, Operation, Reply, Told
from nightporter.gateway.shapes import FLAG, NUMBER, TEXT, array, shape, words
from nightporter.journal.keys import Scope

ACTION_CHARS_MAX = 64


class Action(StrEnum):
    """What the contract knows."""

    PAUSE_WORKERS = pauses.PAUSE
    RESUME_WORKERS = pauses.RESUME
    REPLAY_EVENTS = "REPLAY_EVENTS"
    BACKUP_NOW = "BACKUP_NOW"
    HANDOVER = "HANDOVER"


BUILT = (Action.PAUSE_WORKERS, Action.RESUME_WORKERS, Action.REPLAY_EVENTS, Action.BACKUP_NOW)
# Unknown actions are told what there is, so the field itself takes any word; the document lists those that work.
ACTION = Field({"type": "string", "enum": list(BUILT)}, text(ACTION_CHARS_MAX, least=0).read)
COMMAND = record({"action": ACTION}, {"workers": choice((*pauses.WORKERS, pauses.ALL)), **WHICH})
DONE = shape(
    ("workers", "note", "replayed", "more"),
    action=words(*BUILT), state=words("paused", "running", "done"), workers=array(words(*pauses.WORKERS)), note=TEXT,
    replayed=NUMBER, more=FLAG,
)  # fmt: skip


async def command(ask: Ask) -> Reply | Problem:
    """Carry out one command."""
    action = ask.body["action"]
    if action not in BUILT:
        return _refused(action)
    try:
        if action == Action.REPLAY_EVENTS:
            return await _replay(ask)
        if action == Action.BACKUP_NOW:
            return await _backup(ask)
        return await _workers(ask, Action(action))
    except (CannotKeep, StoreBroken):
        return not_now(RETRY_AFTER_SECONDS)


async def _workers(ask: Ask, action: Action) -> Reply:
    gate, workers = ask.gate, pauses.chosen(ask.body.get("workers"))
    if action is Action.PAUSE_WORKERS:
        await pauses.pause(gate.node, gate.roads, workers, ask.who)
    else:
        await pauses.resume(gate.node, gate.roads, workers, ask.who)
    state = "paused" if action is Action.PAUSE_WORKERS else "running"
    told = {"action": action, "state": state, "workers": workers}
    waiting = [each for each in workers if each in pauses.NOT_BUILT]
    if waiting:
        told["note"] = f"kept; this release has no {' and no '.join(waiting)} workers yet"
    return Reply(told)


async def _replay(ask: Ask) -> Reply | Problem:
    node = ask.gate.node
    done = await replay_which(ask, ask.body)
    if isinstance(done, Problem):
        return done
    subject = f"{ask.body.get('state', 'dead')} {ask.body.get('type', '')}".strip()
    await node.write(pauses.audit(node, ask.who, Action.REPLAY_EVENTS, subject))
    return Reply({"action": Action.REPLAY_EVENTS, "state": "done", **done})


async def _backup(ask: Ask) -> Reply:
    """Wanted from now on, also after a restart; it is taken in a process of its own, which nobody waits for here."""
    node = ask.gate.node
    await node.write(pauses.audit(node, ask.who, Action.BACKUP_NOW, ""))
    ask.gate.backups.ask()
    return Reply({"action": Action.BACKUP_NOW, "state": "running"})


def _refused(action: str) -> Problem:
    more = {"known": list(Action), "built": list(BUILT)}
    if action in set(Action):
        return Problem(Code.ACTION_NOT_BUILT, f"this release cannot do {action} yet", more)
    return Problem(Code.ACTION_UNKNOWN, f"there is no such action; known: {', '.join(Action)}", more)


OPERATIONS = (
    Operation(
        method="POST",
        path="/api/mesh/commands",
        summary="Pause or resume workers (by default cloud and jobs: guests are still answered), replay events, "
        "or take a snapshot.",
        handle=command,
        scope=Scope.COMMANDS,
        body=COMMAND,
        answers={200: Told("carried out", DONE)},
        problems=(Code.ACTION_UNKNOWN, Code.NOT_NOW),
    ),
)
