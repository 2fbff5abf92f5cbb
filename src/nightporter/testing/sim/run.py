"""One seed: builds a world, starts the node, crashes it, lets everything come to rest, and judges."""

from __future__ import annotations

import asyncio
import atexit
import logging
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from random import Random

import structlog

from nightporter.app.build import Pace, Upkeep, join
from nightporter.channels.whatsapp import WhatsApp
from nightporter.clock import Ids
from nightporter.cluster import single
from nightporter.config.hotel import Hotel, load
from nightporter.desk.flow import Desk
from nightporter.desk.recogniser import Recogniser
from nightporter.rounds.node import Counts, Node
from nightporter.store import Store
from nightporter.store.file import open_reader, open_writer
from nightporter.store.migrate import migrate
from nightporter.store.tx import View
from nightporter.testing.demo import HOTEL_FILE
from nightporter.testing.providers.behaviour import Behaviour
from nightporter.testing.sim.faults import count
from nightporter.testing.sim.judge import judge
from nightporter.testing.sim.loop import Crashed, SimClock, SimLoop, SimStepping
from nightporter.testing.sim.world import API_URL, Sent, SimWire, World

GUESTS = (6, 14)
TRAFFIC_SECONDS = 40.0
REST_SECONDS = 150.0
SETTLE_SECONDS = 20.0
SEND_TIMEOUT_SECONDS = 5.0
CRASHES_MAX = 3
CRASH_STEPS = 400  # callbacks after a guest wrote, at most
CRASH_STEPS_SOON = 20  # after a 200, or after a request arrived at the provider
DOWN_SECONDS = (0.2, 8.0)
NEVER = frozenset({"round_crashes", "turn_crashes"})  # a round that crashes is a bug, also when it recovers
RAM = Path("/dev/shm")  # noqa: S108 - a disk in memory, where there is one
PACE = Pace(
    send_timeout_seconds=SEND_TIMEOUT_SECONDS, send_settle_seconds=SETTLE_SECONDS, messages_per_second=1e6
)

WISHES = (
    "What time is breakfast?",
    "A che ora è la colazione?",
    "Wie lautet das WLAN-Passwort?",
    "Où puis-je garer ma voiture ?",
    "¿A qué hora es el check-in?",
    "Is the pool open today?",
    "Posso portare il cane?",
    "Bis wann müssen wir auschecken?",
    "I would like to talk to a person please",
    "camera 204",
)

FAULTS: tuple[tuple[str, float], ...] = (
    ("p_repeat", 0.5),
    ("p_repeat_rewritten", 0.3),
    ("p_concurrent", 0.3),
    ("p_bulky", 0.3),
    ("p_reorder", 0.5),
    ("p_reset_before", 0.3),
    ("p_error_before", 0.3),
    ("p_unavailable_before", 0.3),
    ("p_throughput_before", 0.3),
    ("p_token_before", 0.1),
    ("p_reset_after", 0.3),
    ("p_error_after", 0.3),
    ("p_never_after", 0.3),
    ("p_never_before", 0.2),
    ("p_slow_after", 0.3),
    ("p_no_id_after", 0.2),
    ("p_no_status", 0.3),
    ("p_skip_delivered", 0.5),
    ("p_failed", 0.1),
)
TOKEN_REFUSED = 190  # what a failed status says: it stops the channel until the probe finds the token good


@dataclass(slots=True)
class Outcome:
    """What became of one seed."""

    seed: int
    broken: list[str]
    injected: Counter[str]
    mattered: Counter[str]
    trace: list[str] = field(default_factory=list[str])


@cache
def hotel() -> Hotel:
    """The demo hotel, read once for all seeds."""
    return load(HOTEL_FILE)


@cache
def recogniser() -> Recogniser:
    """The recogniser, read once for all seeds."""
    return Recogniser.load()


@cache
def new_folder() -> Path:
    """A data folder with an empty hotel.db of this release, made once for all seeds."""
    folder = Path(tempfile.mkdtemp(prefix="nightporter-new-", dir=RAM if RAM.is_dir() else None))
    atexit.register(shutil.rmtree, folder)
    connection = open_writer(folder / "hotel.db")
    migrate(connection, 0)
    connection.close()
    return folder


class Run:
    """One seed from beginning to end."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.seed = seed
        self.chance = Random(seed)
        self.world = World(self.chance, self._behaviour())
        self.folder = folder
        self.lives = 0
        self.in_flight_at_crashes = 0
        self.trace: list[str] = []
        self.counts = Counts()
        self.failures: list[str] = []  # what asyncio could give to nobody
        self.mattered: Counter[str] = Counter()
        self._armed = ""
        self.world.moment = self._moment
        self.world.in_order = self.world.behaviour.arrival_ms == 0

    def _behaviour(self) -> Behaviour:
        """Each fault is on in a third of the seeds, so that many seeds show few faults at once."""
        behaviour = Behaviour(
            status_spread_ms=800, webhook_spread_ms=200, answer_spread_ms=60, per_second=0, pair_burst=0
        )
        behaviour.failed_code = TOKEN_REFUSED
        behaviour.batch_max = self.chance.choice((1, 1, 5))
        behaviour.batch_wait_ms = 200 if behaviour.batch_max > 1 else 0
        behaviour.batch_shape = "mixed"
        behaviour.sent_ms = self.chance.choice((0, 0, 30, 3_000))
        behaviour.arrival_ms = self.chance.choice((0, 0, 0, 0, 0, 0, 0, 7_000))
        for name, chance in FAULTS:
            if self.chance.random() < 1 / 3:
                setattr(behaviour, name, chance * self.chance.random())
        return behaviour

    def go(self) -> Outcome:
        """Live, crash, live again; then rest and judge."""
        self._plan_guests()
        while self._live():
            self.world.sleep_without_process(self.chance.uniform(*DOWN_SECONDS))
        reader = open_reader(self._life() / "hotel.db")
        injected, mattered = count(self.world, reader)
        doubtful = self.in_flight_at_crashes + self.world.doubtful
        broken = judge(self.world, View(reader, lambda _: None), doubtful) + self.failures
        reader.close()
        injected["crash"] = self.lives - 1
        self.mattered["answer"] = len(self.world.provider.ledger.accepted())
        return Outcome(self.seed, broken, injected, self.mattered + mattered, self.trace)

    def _plan_guests(self) -> None:
        """Half of the guests write once and are judged strictly; the others do what guests do."""
        for number in range(self.chance.randint(*GUESTS)):
            phone = f"+39333{self.seed % 1000:03d}{number:04d}"
            when = self.chance.random() * TRAFFIC_SECONDS
            habit = self.chance.choice(
                ("once", "once", "once", "often", "burst", "edit", "staff", "reaction")
            )
            self.world.at(when, partial(self._habit, habit, phone))
        for _ in range(self.chance.randint(0, CRASHES_MAX)):
            self.world.at(self.chance.random() * TRAFFIC_SECONDS, self._arm)
        self.world.at(TRAFFIC_SECONDS + 5, self._calm)

    def _habit(self, habit: str, phone: str) -> None:
        """What a guest does, beginning now."""
        phones, world, wish = self.world.provider.phones, self.world, self.chance.choice(WISHES)
        if habit == "burst":
            for after, text in enumerate(("Ciao", "camera 204", wish)):
                world.at(after * self.chance.random() * 3, partial(self._writes, phone, text))
        else:
            self._writes(phone, "Hallo" if habit in {"edit", "staff"} else wish, strictly=habit == "once")
        again = self.chance.random() * 10
        if habit == "often":
            for _ in range(self.chance.randint(1, 2)):
                world.at(self.chance.random() * 10, partial(self._writes, phone, self.chance.choice(WISHES)))
        elif habit == "edit":
            original = world.sent[-1].wamid
            world.at(
                again / 5, lambda: self._also("edit", phone, {"original_message_id": original, "body": wish})
            )
        elif habit == "staff":
            world.at(again / 5, lambda: self._note(f"staff: {phones.staff_sends(phone, world.now_ms())}"))
        elif habit == "reaction":
            world.at(again, lambda: self._also("reaction", phone, {"message_id": world.sent[0].wamid}))
        world.did["staff_echo" if habit == "staff" else habit] += 1

    def _also(self, kind: str, phone: str, args: dict[str, str]) -> None:
        wamid = self.world.provider.guest_sends(phone, kind, self.world.now_ms(), args)
        self.world.sent.append(Sent(phone, wamid, self.world.now_ms(), kind))
        self._note(f"{phone} {kind}")

    def _arm(self) -> None:
        """The next such moment is the last thing but a few steps that this process sees."""
        self._armed = self.chance.choice(("written", "told", "told", "arrived"))

    def _moment(self, kind: str) -> None:
        if self._armed == kind and self.world.door is not None:
            self._armed = ""
            most = CRASH_STEPS if kind == "written" else CRASH_STEPS_SOON
            self.world.loop.crash_at_step = self.world.loop.steps + self.chance.randint(1, most)

    def _writes(self, phone: str, text: str, *, strictly: bool = False) -> None:
        now_ms = self.world.now_ms()
        wamid = self.world.provider.guest_sends(phone, "text", now_ms, {"body": text})
        self.world.sent.append(Sent(phone, wamid, now_ms, text, strictly))
        self._moment("written")
        self._note(f"{phone} writes {text!r} ({wamid[-8:]})")

    def _calm(self) -> None:
        """No more faults: what is owed must come to an end now."""
        for name, _ in FAULTS:
            setattr(self.world.behaviour, name, 0.0)
        self.world.behaviour.arrival_ms = 0

    def _life(self) -> Path:
        return self.folder / f"life-{self.lives}"

    def _live(self) -> bool:
        """One life of the process; True when it crashed."""
        before = self._life()
        self.lives += 1
        shutil.copytree(before if self.lives > 1 else new_folder(), self._life())
        loop = SimLoop()
        loop.start_at(self.world.loop.time())
        asyncio.set_event_loop(loop)
        store: list[Store] = []
        try:
            loop.run_until_complete(self._process(loop, store))
        except Crashed:
            self._crashed(loop, store)
            return True
        finally:
            asyncio.set_event_loop(None)
            loop.close()
            self.failures += [f"{key} x {times}" for key, times in self.counts.of.items() if key[0] in NEVER]
            self.failures += [str(failure.get("exception") or failure) for failure in loop.failures]
        return False

    async def _process(self, loop: SimLoop, opened: list[Store]) -> None:
        clock = SimClock(loop)
        store = Store.open(
            self._life(), clock, SimStepping(loop, self.chance), reserve_bytes=0, floor_bytes=0
        )
        opened.append(store)
        self.counts = Counts()
        node = Node(store, clock, Ids(clock, self.chance), await single.take(store, "sim"), self.counts)
        account = self.world.provider.account
        channel = WhatsApp(
            SimWire(self.world),
            phone_number_id=account.number,
            access_token=account.token,
            app_secret=account.app_secret,
            verify_token="verify",  # noqa: S106 - of the fake
            api_url=API_URL,
        )
        pace = Pace(
            send_timeout_seconds=SEND_TIMEOUT_SECONDS,
            send_settle_seconds=SETTLE_SECONDS,
            messages_per_second=1e6,
        )
        parts = join(
            node, {channel.name: channel}, Desk(hotel, recogniser()), hotel, self.chance, pace, Upkeep()
        )
        self.world.process_begins(loop, parts.door)
        self._note(f"life {self.lives} begins, epoch {node.lease.epoch}")
        tasks = await parts.begin()
        rest_until = TRAFFIC_SECONDS + REST_SECONDS
        await asyncio.sleep(max(rest_until - loop.time(), REST_SECONDS / 2))
        await parts.finish(tasks)
        store.close()

    def _crashed(self, loop: SimLoop, opened: list[Store]) -> None:
        self.world.process_ends()
        sending = 0
        if opened:
            view = opened[0].view
            sending = sum(count for state, count in view.all("outbox_counts") if state == "sending")
            owed = sending + view.scalar("entries_pending_count") + view.scalar("deliveries_new_count")
            self.mattered["crash"] += owed > 0
        self._note(f"crash, {sending} being sent")
        self.in_flight_at_crashes += sending
        loop.abandon()
        shutil.copytree(
            self._life(), self.folder / "image"
        )  # before the old connections are closed and tidy up
        for store in opened:
            store.close()
        shutil.rmtree(self._life())
        (self.folder / "image").rename(self._life())

    def _note(self, line: str) -> None:
        self.trace.append(f"{self.world.loop.time():9.3f} {line}")


def run_seed(seed: int) -> Outcome:
    """Run one seed in a folder of its own, in memory where there is such a disk."""
    folder = Path(tempfile.mkdtemp(prefix="nightporter-sim-", dir=RAM if RAM.is_dir() else None))
    try:
        return Run(seed, folder).go()
    finally:
        shutil.rmtree(folder)


def quiet() -> None:
    """The rounds' log would drown the course of a seed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
