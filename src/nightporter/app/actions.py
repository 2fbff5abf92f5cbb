"""What the command line may change: on the running node over its control socket, else on the folder itself (ST9).

An action gets the ground it works on, its arguments, and a function that tells progress. It returns JSON, or raises a
`NightporterError`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nightporter.backup.places.place import shown
from nightporter.console.passwords import Passwords, new_password
from nightporter.errors import NotAllowed, NotFound
from nightporter.gateway import commands, events, hotel
from nightporter.gateway.fields import Field, Invalid, choice, flag, listing, moment, record, text
from nightporter.gateway.gate import Gate
from nightporter.gateway.problem import Code, Problem
from nightporter.gateway.routes import Ask, Handler
from nightporter.gateway.shapes import at
from nightporter.journal import accounts, keys
from nightporter.journal.accounts import FIRST_PASSWORD_MS, Account, Role, Standing
from nightporter.journal.keys import Key, Scope
from nightporter.model.message import JSONObject
from nightporter.model.outbox import OutboxState
from nightporter.outbox import messages, tasks, tellings
from nightporter.store import Tx

WHO = "command line"
ID_CHARS_MAX = 200
READ_AGAIN_BATCH = 200  # marked at a time, so that guests who write meanwhile do not wait behind all of them
READ_AGAIN_LOOK_SECONDS = 0.05
SETTLED = frozenset({OutboxState.MAYBE_SENT, OutboxState.UNKNOWN})
SETTLEMENTS = {"sent": OutboxState.SENT, "not-sent": OutboxState.FAILED}

Progress = Callable[[int, int], None]
Given = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A node as actions see it: the running one, or one that was made for a single command."""

    gate: Gate
    read_again: Callable[[], None]  # there are deliveries to read
    running: bool


Action = Callable[[Ground, Given, Progress], Awaitable[Any]]

_ID = text(ID_CHARS_MAX)
_BY_ID = record({"id": _ID}, {})


def _read(field: Field[JSONObject], given: Given) -> JSONObject:
    try:
        return field.read(dict(given), "options")
    except Invalid as error:
        raise NotAllowed(f"{error.where} {error.why}", "see --help of the command") from None


async def _write(ground: Ground, unit: Callable[[Tx], Any], what: str, subject: str) -> Any:
    """Commit the unit, and who did it, together."""
    node = ground.gate.node
    audit_id, now_ms = node.ids.new(), node.clock.now_ms()

    def both(tx: Tx) -> Any:
        done = unit(tx)
        tx.run("audit_add", (audit_id, now_ms, WHO, what, subject, ""))
        return done

    return await node.write(both)


# --- keys

_NEW_KEY = record({"name": text(100), "scopes": listing(choice(Scope), len(Scope))}, {})


async def create_key(ground: Ground, given: Given, _: Progress) -> Any:
    """A new API key; its secret is in this answer and nowhere else."""
    asked, node = _read(_NEW_KEY, given), ground.gate.node
    key_id, token = node.ids.new(), keys.new_token()
    scopes = [Scope(word) for word in asked["scopes"]] or list(Scope)
    unit = keys.create(key_id, asked["name"], token, scopes, node.clock.now_ms())
    await _write(ground, unit, "key created", key_id)
    return {"id": key_id, "name": asked["name"], "scopes": sorted(scopes), "key": token}


async def revoke_key(ground: Ground, given: Given, _: Progress) -> Any:
    """From now on the key is refused."""
    key_id = _read(_BY_ID, given)["id"]
    if not await _write(ground, keys.revoke(key_id, ground.gate.node.clock.now_ms()), "key revoked", key_id):
        raise NotFound(f"no key {key_id} is in force", "see nightporter keys list")
    return {"id": key_id, "revoked": True}


# --- accounts of the staff

_NEW_ACCOUNT = record({"name": text(100), "role": choice(Role)}, {})
_BY_NAME = record({"name": text(100)}, {})
_ACCOUNTS = "see nightporter accounts list"


def _known(ground: Ground, name: str) -> Account:
    account = accounts.named(ground.gate.node.store.view, name)
    if account is None:
        raise NotFound(f"there is no account {name}", _ACCOUNTS)
    return account


async def add_account(ground: Ground, given: Given, _: Progress) -> Any:
    """A new account; its first password is in this answer and nowhere else."""
    asked, node = _read(_NEW_ACCOUNT, given), ground.gate.node
    name, role = accounts.clean_name(asked["name"]), Role(asked["role"])
    if not name:
        advice = f"letters, digits, blanks and .'- to {accounts.NAME_CHARS_MAX}, and none of our own words"
        raise NotAllowed("nobody can be called so here", advice)
    if accounts.named(node.store.view, name):
        raise NotAllowed(f"there is an account {name} already", _ACCOUNTS)
    first, account_id, now_ms = new_password(), node.ids.new(), node.clock.now_ms()
    unit = accounts.add(account_id, name, role, await Passwords().hash(first), now_ms)
    await _write(ground, unit, "account added", account_id)
    return _first(name, role, first, now_ms)


async def disable_account(ground: Ground, given: Given, _: Progress) -> Any:
    """Nobody comes in by that name any more; whoever is in is out at once."""
    account = _known(ground, _read(_BY_NAME, given)["name"])
    if not account.may_be_disabled:
        raise NotAllowed(f"{account.name} is the way in for whoever starts the node", "it cannot be disabled")
    if account.disabled_ms is not None:
        raise NotAllowed(f"{account.name} is disabled already", _ACCOUNTS)
    unit = accounts.disable(account.name, ground.gate.node.clock.now_ms())
    await _write(ground, unit, "account disabled", account.account_id)
    return {"name": account.name, "state": Standing.DISABLED}


async def give_password(ground: Ground, given: Given, _: Progress) -> Any:
    """A new first password, in this answer and nowhere else; who was disabled may come in again."""
    account = _known(ground, _read(_BY_NAME, given)["name"])
    first, now_ms = new_password(), ground.gate.node.clock.now_ms()
    hashed = await Passwords().hash(first)
    unit = accounts.give_password(account.name, hashed, now_ms + FIRST_PASSWORD_MS)
    await _write(ground, unit, "first password given", account.account_id)
    return _first(account.name, account.role, first, now_ms)


def _first(name: str, role: Role, first: str, now_ms: int) -> JSONObject:
    return {"name": name, "role": role, "password": first, "until": at(now_ms + FIRST_PASSWORD_MS)}


# --- outbox


def _state(tx: Tx, outbox_id: str) -> OutboxState:
    row = tx.one("outbox_state", (outbox_id,))
    if row is None:
        raise NotFound(f"there is no outbox message {outbox_id}", "see nightporter outbox list")
    return OutboxState(row[0])


async def _move(
    ground: Ground, outbox_id: str, allowed: frozenset[OutboxState], new: OutboxState, reason: str
) -> Any:
    now_ms = ground.gate.node.clock.now_ms()

    def unit(tx: Tx) -> None:
        state = _state(tx, outbox_id)
        if state not in allowed:
            names = " or ".join(sorted(allowed))
            raise NotAllowed(f"outbox message {outbox_id} is {state}", f"possible only when it is {names}")
        messages.settle(tx, outbox_id, new, now_ms, reason)
        row = tx.one("task_by_key", (f"maybe-sent:{outbox_id}",)) if allowed is SETTLED else None
        if row:
            tasks.done(tx, row[0], WHO, now_ms)

    await _write(ground, unit, f"outbox {new}", outbox_id)
    for road in ground.gate.roads.values():
        road.bell.ring()
    return {"id": outbox_id, "state": new}


async def retry_message(ground: Ground, given: Given, _: Progress) -> Any:
    """Send a dead or refused message again."""
    return await _move(
        ground, _read(_BY_ID, given)["id"], messages.SENT_AGAIN, OutboxState.WAITING, "retried by staff"
    )


async def drop_message(ground: Ground, given: Given, _: Progress) -> Any:
    """Never send a message that still waits."""
    waiting = frozenset({OutboxState.WAITING})
    return await _move(ground, _read(_BY_ID, given)["id"], waiting, OutboxState.DEAD, "dropped by staff")


_SETTLEMENT = record({"id": _ID, "outcome": choice(SETTLEMENTS)}, {})


async def settle_message(ground: Ground, given: Given, _: Progress) -> Any:
    """Say what became of a message that may have been sent."""
    asked = _read(_SETTLEMENT, given)
    reason = f"staff say: {asked['outcome']}"
    return await _move(ground, asked["id"], SETTLED, SETTLEMENTS[asked["outcome"]], reason)


# --- tasks


async def finish_task(ground: Ground, given: Given, _: Progress) -> Any:
    """A person did it."""
    task_id, now_ms = _read(_BY_ID, given)["id"], ground.gate.node.clock.now_ms()
    if not await _write(ground, lambda tx: tasks.done(tx, task_id, WHO, now_ms), "task done", task_id):
        raise NotFound(f"no task {task_id} is open", "see nightporter tasks list")
    return {"id": task_id, "state": "done"}


async def take_task(ground: Ground, given: Given, _: Progress) -> Any:
    """A person looks after it: nobody is told of it any more."""
    task_id, now_ms = _read(_BY_ID, given)["id"], ground.gate.node.clock.now_ms()
    if not await _write(ground, lambda tx: tellings.take(tx, task_id, WHO, now_ms), "task taken", task_id):
        raise NotFound(f"no task {task_id} waits to be taken", "see nightporter tasks list")
    return {"id": task_id, "state": "taken"}


# --- what the gateway does too: the same code, asked from here


async def _as_request(
    ground: Ground, handler: Handler, body: JSONObject, path: Mapping[str, str] | None = None
) -> Any:
    key = Key("", WHO, frozenset(Scope))
    reply = await handler(Ask(gate=ground.gate, key=key, path=path or {}, body=body))
    if not isinstance(reply, Problem):
        return reply.value
    kind = NotFound if reply.code is Code.NOT_FOUND else NotAllowed
    raise kind(reply.detail, "see --help of the command")


async def replay_event(ground: Ground, given: Given, _: Progress) -> Any:
    """Send one event again, under its id."""
    return await _as_request(ground, events.replay, {}, _read(_BY_ID, given))


async def replay_events(ground: Ground, given: Given, _: Progress) -> Any:
    """Send the events of one state again."""
    return await _as_request(ground, events.replay_many, _read(record({}, events.WHICH), given))


async def add_guest(ground: Ground, given: Given, _: Progress) -> Any:
    """Make a guest known."""
    return await _as_request(ground, hotel.put_guest, _read(hotel.NEW_GUEST, given))


async def add_stay(ground: Ground, given: Given, _: Progress) -> Any:
    """Create or change a stay."""
    return await _as_request(ground, hotel.put_stay, _read(hotel.NEW_STAY, given))


async def pause_or_resume(ground: Ground, given: Given, _: Progress) -> Any:
    """Stop workers, or let them go on."""
    return await _as_request(ground, commands.command, _read(commands.COMMAND, given))


async def tell_health(ground: Ground, _: Given, __: Progress) -> Any:
    """As `GET /health`."""
    return ground.gate.health()


async def tell_status(ground: Ground, _: Given, __: Progress) -> Any:
    """As `GET /api/mesh/status`."""
    return ground.gate.status()


# --- reading kept deliveries again

_AGAIN = record({}, {"since": moment(), "odd": flag()})


async def read_again(ground: Ground, given: Given, progress: Progress) -> Any:
    """Split kept deliveries again: what this release understands better appears, what is known stays as it is."""
    asked, node = _read(_AGAIN, given), ground.gate.node
    query = "deliveries_kept_odd" if asked.get("odd") else "deliveries_kept"
    cursor, end = f"{asked.get('since', 0):012x}", node.ids.new()
    chosen: list[tuple[str, int]] = []
    while rows := [row for row in node.store.view.all(query, (cursor, READ_AGAIN_BATCH)) if row[0] < end]:
        chosen += [(row[0], row[1]) for row in rows]
        cursor = rows[-1][0]
    for begin in range(0, len(chosen), READ_AGAIN_BATCH):
        batch = chosen[begin : begin + READ_AGAIN_BATCH]
        await node.write(lambda tx, batch=batch: _mark_new(tx, batch))
        ground.read_again()
        while ground.running and node.store.view.scalar("deliveries_new_count") >= READ_AGAIN_BATCH:
            await node.clock.sleep(READ_AGAIN_LOOK_SECONDS)
        progress(min(begin + READ_AGAIN_BATCH, len(chosen)), len(chosen))
    await _write(
        ground, lambda tx: None, "deliveries read again", f"{len(chosen)} since {at(asked.get('since', 0))}"
    )
    return {"deliveries": len(chosen), "when": "now" if ground.running else "at the next start"}


def _mark_new(tx: Tx, batch: list[tuple[str, int]]) -> None:
    for delivery_id, entries in batch:
        tx.run("delivery_done", ("new", entries, delivery_id))


# --- backups


async def take_backup(ground: Ground, _: Given, progress: Progress) -> Any:
    """Take a snapshot now; a running node ships it then by itself, else it is shipped here."""
    backups = ground.gate.backups
    made = await backups.take(progress)
    told = {"stamp": made.stamp, "state": made.state, "size": made.size, "sequence": made.sequence}
    await _write(ground, lambda tx: None, "snapshot taken", made.stamp)
    if not ground.running:
        for url in backups.urls:
            await backups.ship(url, progress)
    return {**told, "media_missing": len(made.media_missing), "places": [shown(url) for url in backups.urls]}


ACTIONS: Mapping[str, Action] = {
    "keys.create": create_key,
    "keys.revoke": revoke_key,
    "accounts.add": add_account,
    "accounts.disable": disable_account,
    "accounts.password": give_password,
    "outbox.retry": retry_message,
    "outbox.drop": drop_message,
    "outbox.settle": settle_message,
    "tasks.done": finish_task,
    "tasks.take": take_task,
    "events.replay": replay_event,
    "events.replay_many": replay_events,
    "events.reparse": read_again,
    "guests.add": add_guest,
    "stays.add": add_stay,
    "commands": pause_or_resume,
    "backup": take_backup,
    "health": tell_health,
    "status": tell_status,
}
