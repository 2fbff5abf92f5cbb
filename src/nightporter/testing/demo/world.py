"""The world around the demo's node: two providers on loopback, their guests, a clock, and what can go wrong."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from nightporter.clock import Chance, Clock
from nightporter.testing.demo.cast import META, PLAYERS, SPOKI, Player
from nightporter.testing.demo.memory import KeptMedia, LedgerMemory
from nightporter.testing.demo.recalled import ECHO, QUIET, RecalledMeta, RecalledSpoki
from nightporter.testing.demo.turned import TurnedClock
from nightporter.testing.providers.behaviour import Behaviour
from nightporter.testing.providers.builders import text
from nightporter.testing.providers.core import ProviderCore
from nightporter.testing.providers.ledger import JsonObject, Ledger, Record
from nightporter.testing.providers.server import ProviderServer

LATE_MS = 2 * 3_600_000 + 5 * 60_000
HOUR_MS = 3_600_000
NIGHT, MORNING = time(23, 30), time(8, 30)
SENT_MS, DELIVERED_MS, READ_MS = 300, 900, 2_500


class Outage(StrEnum):
    """What the providers do to our sends."""

    NONE = "none"
    REFUSES = "refuses"  # "temporarily unavailable": tried again
    UNREACHABLE = "unreachable"  # the connection breaks before anything is accepted
    SILENT = "silent"  # accepts and never answers; its statuses tell
    MUTE = "mute"  # accepts, never answers, and says no status: maybe sent
    TOKEN = "token"  # refuses our token: sending stops


_CHANCES: Mapping[Outage, Mapping[str, Any]] = {
    Outage.NONE: {},
    Outage.REFUSES: {"p_unavailable_before": 1.0},
    Outage.UNREACHABLE: {"p_reset_before": 1.0},
    Outage.SILENT: {"p_never_after": 1.0},
    Outage.MUTE: {"p_never_after": 1.0, "statuses": False},
    Outage.TOKEN: {},
}
_CALM: Mapping[str, Any] = {
    "p_unavailable_before": 0.0,
    "p_reset_before": 0.0,
    "p_never_after": 0.0,
    "statuses": True,
}


class World:
    """Everything outside the node. Make it with `opened`."""

    def __init__(self, folder: Path, base: Clock, chance: Chance) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.clock = TurnedClock(base, folder / "shift")
        self.memories = {name: LedgerMemory(folder / f"{name}.jsonl") for name in (META, SPOKI)}
        ledgers = {name: Ledger(memory) for name, memory in self.memories.items()}
        self.meta = RecalledMeta(chance, behaviour=_calm(), ledger=ledgers[META])
        self.spoki = RecalledSpoki(chance, behaviour=_calm(), ledger=ledgers[SPOKI])
        self.meta.world.media = KeptMedia(chance, folder / "media")
        self.cores: dict[str, ProviderCore] = {META: self.meta, SPOKI: self.spoki}
        self.servers = {name: ProviderServer(core, self.clock) for name, core in self.cores.items()}
        self.tokens = {META: self.meta.account.token, SPOKI: self.spoki.account.api_key}
        self.outage = Outage.NONE
        self.held = False
        self.changes = 0

    @property
    def version(self) -> int:
        """Changes whenever the phone should look again."""
        return self.changes + sum(len(core.ledger.records) for core in self.cores.values())

    def now_ms(self) -> int:
        """The world's time."""
        return self.clock.now_ms()

    # -- guests

    def writes(self, player: Player, kind: str, args: Mapping[str, Any], *, late: bool = False) -> str:
        """The guest sends a message; with `late` it was written two hours ago and comes only now."""
        now_ms = self.now_ms()
        when = {"at_ms": now_ms - LATE_MS} if late else {}
        message_id = self.core(player).guest_sends(player.guest, kind, now_ms, {**args, **when})
        self.servers[player.channel].poke()
        return message_id

    def staff_write(self, player: Player, body: str) -> None:
        """Somebody of the hotel answers from the phone app, or from Spoki's own inbox."""
        now_ms, guest = self.now_ms(), player.guest
        sent = self.core(player).act("staff_sends", now_ms, {"guest": guest, "body": body})
        who: JsonObject = {"from": self.meta.account.numbers[self.meta.account.number]}
        if guest.phone is not None:
            who["to"] = guest.phone
        who |= {"to_user_id": guest.bsuid, "id": str(sent), "timestamp": str(now_ms // 1000)}
        data: JsonObject = {"id": str(sent), "guest": guest.key, "message": who | text(body)}
        self.core(player).ledger.append(ECHO, now_ms, data)
        self.servers[player.channel].poke()

    def core(self, player: Player) -> ProviderCore:
        """The provider whose app the guest has."""
        return self.cores[player.channel]

    # -- what can be turned

    def fail(self, outage: Outage) -> None:
        """Let every send from now on go that way."""
        self.outage = outage
        for name, core in self.cores.items():
            core.behaviour.change({**_CALM, **_CHANCES[outage]})
            core.set_token("another token" if outage is Outage.TOKEN else self.tokens[name])
            self.servers[name].poke()
        self.changes += 1

    def hold(self, *, held: bool) -> None:
        """Hold webhooks back, as if the node's line were cut; on release they all come."""
        self.held = held
        for name, core in self.cores.items():
            core.behaviour.webhooks_paused = held
            self.servers[name].poke()
        self.changes += 1

    def turn_clock(self, to: str, zone: ZoneInfo) -> bool:
        """`real`, `hour`, `night` or `morning`; False when going back would leave webhooks in the future."""
        now_ms = self.now_ms()
        if to == "real":
            if self.waiting():
                return False
            self.clock.turn(0)
        elif to == "hour":
            self.clock.turn(self.clock.shift_ms + HOUR_MS)
        else:
            wanted = _next(now_ms, NIGHT if to == "night" else MORNING, zone)
            self.clock.turn(self.clock.shift_ms + wanted - now_ms)
        self.changes += 1
        return True

    def waiting(self) -> int:
        """How much the providers still have to tell the node."""
        return sum(core.waiting() for core in self.cores.values())

    # -- the past

    def _recall(self) -> None:
        people = {player.key: player.guest for player in PLAYERS}
        self.meta.recall(self.memories[META].recall(), people, self.now_ms())
        self.spoki.recall(self.memories[SPOKI].recall(), people, self.now_ms())
        for name, core in self.cores.items():
            self.memories[name].listen([record.as_json() for record in core.ledger.records])
            core.ledger.watch(lambda record, core=core: self._note_quiet(core, record))

    def _note_quiet(self, core: ProviderCore, record: Record) -> None:
        if record.kind == "accepted" and not core.behaviour.statuses:
            core.ledger.append(QUIET, record.t_ms, {"id": record.data["id"]})

    @staticmethod
    @asynccontextmanager
    async def opened(folder: Path, base: Clock, chance: Chance) -> AsyncGenerator[World]:
        """The world as it was left, its providers listening on loopback; webhooks wait for `connect`."""
        world = World(folder, base, chance)
        world._recall()
        try:
            for server in world.servers.values():
                await server.start()
            yield world
        finally:
            for server in world.servers.values():
                await server.stop()
            for memory in world.memories.values():
                memory.close()

    def connect(self, gateway: str) -> None:
        """Tell the providers where the node's webhooks are."""
        for name, core in self.cores.items():
            core.webhook_url = f"{gateway}/webhooks/{name}"
            self.servers[name].poke()


def _calm() -> Behaviour:
    return Behaviour(sent_ms=SENT_MS, delivered_ms=DELIVERED_MS, read_ms=READ_MS)


def _next(now_ms: int, wanted: time, zone: ZoneInfo) -> int:
    now = datetime.fromtimestamp(now_ms / 1000, zone)
    then = datetime.combine(now.date(), wanted, zone)
    if then <= now:
        then = datetime.combine(now.date() + timedelta(days=1), wanted, zone)
    return int(then.timestamp() * 1000)
