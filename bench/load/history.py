"""Fills a data folder with a hotel's past: questions, answers and statuses, kept as a node would have kept them.

A guest writes 4 to 20 messages within two weeks; guests come evenly over the last 180 days, so that every attempt and
status is still there under the default retention; bodies are there for 30 days and deliveries for 90. Webhooks are
read by the channel, each wish is decided by the desk once, and units of the node's own parts write what follows.
An interrupted run goes on where it stopped. Run as `python -m load.history --folder F --messages 1000000`.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

from load.bodies import Wish, cloud_body, message_id_of, wish_of
from moments import Random, epoch, monotonic
from nightporter.channels import whatsapp_split
from nightporter.clock import Ids, SystemClock
from nightporter.cluster.single import take
from nightporter.config.hotel import HotelFile
from nightporter.desk.context import Context
from nightporter.desk.flow import Desk
from nightporter.desk.recogniser.recogniser import Recogniser
from nightporter.journal import entries
from nightporter.journal.deliveries import Bodies, Delivery, DeliveryState, bring_dictionary, keep
from nightporter.model.conversation import WINDOW_MS, Conversation, Memory, Turn, TurnEntry
from nightporter.model.decision import Decision, DispositionKind
from nightporter.model.guest import Guest, IdentityKind
from nightporter.model.lease import Lease
from nightporter.model.message import Entry
from nightporter.model.outbox import OutboxMessage, outbox_id
from nightporter.outbox import messages, tasks
from nightporter.outbox.messages import Claim
from nightporter.rounds.commit import MACHINE
from nightporter.rounds.housekeeping import DAY_MS, Retention
from nightporter.store import Store, ThreadStepping, Tx
from nightporter.store.pruning import prune_unit
from sink.statuses import CLOUD_STATES, DISPLAY_NUMBER, ENVELOPE, STATUS, WABA_ID

DAYS = 180
MESSAGES_PER_GUEST_LEAST, MESSAGES_PER_GUEST_MOST = 4, 20
STAY_MS = 14 * DAY_MS
SEED = 1871
RUN, ANSWER_RUN = "history", "history-answers"
ARRIVES_AFTER_MS = 700  # of what a provider tells, after it happened
DECIDED_AFTER_MS = 30
ACCEPTED_AFTER_MS = 150
STATUS_AFTER_MS = (1_000, 2_000, 60_000)  # sent, delivered, read: after the question
DONE_AFTER_MS = 20 * 60_000  # staff's part, where a task was made
UNIT_MESSAGES = 100
PRUNE_EVERY_UNITS = 20
PLAN_FILE = "history.json"
BAR_CHARS = 40


@dataclass(slots=True)
class PastClock(SystemClock):
    """The machine's clocks, but for the wall clock, which stands where the history is."""

    at_ms: int = 0

    def now_ms(self) -> int:
        """The moment that is being written."""
        return self.at_ms


@dataclass(frozen=True, slots=True)
class Asked:
    """One message of the past: whose it is, the how many-th of that guest's, when."""

    number: int
    guest: int
    turn: int
    at_ms: int


def plan(count: int, end_ms: int) -> Iterator[Asked]:
    """The same messages for the same arguments, in order of time."""
    chance, start_ms = Random(SEED), end_ms - DAYS * DAY_MS
    moments: list[tuple[int, int]] = []
    guest = 0
    while len(moments) < count:
        begun_ms = start_ms - STAY_MS + int(chance.random() * (end_ms - start_ms + STAY_MS))
        for _ in range(chance.randint(MESSAGES_PER_GUEST_LEAST, MESSAGES_PER_GUEST_MOST)):
            at_ms = begun_ms + int(chance.random() * STAY_MS)
            if start_ms <= at_ms < end_ms:
                moments.append((at_ms // 1000 * 1000, guest))
        guest += 1
    turns: Counter[int] = Counter()
    for number, (at_ms, who) in enumerate(sorted(moments[:count])):
        yield Asked(number, who, turns[who], at_ms)
        turns[who] += 1


class Past:
    """Writes what a node would have left behind of each message."""

    def __init__(
        self, store: Store, lease: Lease, clock: PastClock, end_ms: int, phone_number_id: str
    ) -> None:
        self._clock = clock
        self._end_ms = end_ms
        self._number = phone_number_id
        self._claim = Claim(lease.epoch)
        self._ids = Ids(clock, Random(SEED))
        self._bodies = Bodies(store.view)
        self._kept = Retention()
        bodies = (self._ticked("wamid", state.decode(), end_ms, "39", "") for state in CLOUD_STATES)
        self._statuses = [whatsapp_split.split(body, end_ms)[0] for body in bodies]

    def unit(self, asked: list[Asked], decisions: dict[tuple[str, bool], Decision]) -> Callable[[Tx], None]:
        """A unit that writes these messages."""

        def write(tx: Tx) -> None:
            for one in asked:
                wish = wish_of(one.guest, one.turn, "", one.at_ms // 1000)
                wish = replace(wish, message_id=message_id_of(wish.guest, RUN, one.number))
                self._whole(tx, one, wish, decisions[wish.text, one.turn == 0])

        return write

    def _whole(self, tx: Tx, asked: Asked, wish: Wish, decision: Decision) -> None:
        """One message: it comes in, is decided, the answer goes out, three statuses come back."""
        delivery = self._deliver(tx, asked.at_ms, lambda: cloud_body(wish, self._number))
        (entry,) = whatsapp_split.split(cloud_body(wish, self._number), delivery.received_ms)
        conversation_id = entries.add(tx, self._ids, delivery, 0, entry, ours=True)
        assert conversation_id, "a message of the past is new"
        message = self._decide(tx, entry, conversation_id, decision)
        self._clock.at_ms += ACCEPTED_AFTER_MS
        wamid = message_id_of(wish.guest, ANSWER_RUN, asked.number)
        messages.accepted(tx, message.outbox_id, 1, wamid, self._clock.at_ms)
        self._ticks(tx, asked.at_ms, wish, wamid, message.outbox_id)

    def _ticks(self, tx: Tx, asked_ms: int, wish: Wish, wamid: str, own_id: str) -> None:
        """Three statuses, a webhook each."""
        ticks: list[Entry] = []
        for template, after_ms in zip(self._statuses, STATUS_AFTER_MS, strict=True):
            at_ms, told = asked_ms + after_ms, template.status
            assert told is not None, "a status is a status"
            self._deliver(
                tx,
                at_ms,
                lambda told=told, at_ms=at_ms: self._ticked(wamid, told.kind, at_ms, wish.guest, own_id),
            )
            status = replace(told, outbox_id=own_id)
            ticks.append(replace(template, at_ms=at_ms, provider_id=wamid, status=status))
        messages.statuses(tx, ticks)

    def _deliver(self, tx: Tx, at_ms: int, body: Callable[[], bytes]) -> Delivery:
        """A webhook of one entry, kept and read, as far as retention would have left it."""
        received_ms = self._clock.at_ms = at_ms + ARRIVES_AFTER_MS
        delivery = Delivery(self._ids.new(), whatsapp_split.CHANNEL, received_ms, b"")
        age_ms = self._end_ms - received_ms
        if age_ms < self._kept.bodies * DAY_MS:
            keep(delivery, self._bodies.pack(body()), DeliveryState.READ, entries=1)(tx)
        elif age_ms < self._kept.deliveries * DAY_MS:
            named = (delivery.delivery_id, delivery.channel, received_ms)
            tx.run("delivery_add", (*named, DeliveryState.READ, 1))
        return delivery

    def _ticked(self, wamid: str, state: str, at_ms: int, to: str, own_id: str) -> bytes:
        """The body of a webhook with one status, as the sink sends it."""
        number, guest = wamid.encode(), to.encode()
        status = STATUS % (number, state.encode(), at_ms // 1000, guest, orjson.dumps(own_id), guest)
        return ENVELOPE % (WABA_ID.encode(), DISPLAY_NUMBER.encode(), self._number.encode(), status)

    def _decide(self, tx: Tx, entry: Entry, conversation_id: str, decision: Decision) -> OutboxMessage:
        """What `rounds.commit` writes of a decision, its message claimed at once."""
        self._clock.at_ms += DECIDED_AFTER_MS
        now_ms, which = self._clock.at_ms, entries.entry_id(entry, entry.dedupe_key())
        named = {identity.kind: identity.value for identity in entry.identities}
        message = OutboxMessage(
            outbox_id=outbox_id(entry.at_ms, entry.provider_id, 0),
            channel=entry.channel,
            number=entry.number,
            conversation_id=conversation_id,
            to_phone=named[IdentityKind.PHONE],
            to_id=named[IdentityKind.BSUID],
            content=decision.sayings[0].content,
            expires_ms=entry.at_ms + WINDOW_MS,
        )
        made = ""
        for task in decision.tasks:
            keyed = replace(task, key=task.key.replace(RUN, which))
            made = tasks.add(tx, self._ids.new(), keyed, conversation_id, now_ms)
            tasks.done(tx, made, "reception", now_ms + DONE_AFTER_MS)
        kind = decision.dispositions[0].kind
        reference = message.outbox_id if kind is DispositionKind.ANSWERED else made
        entries.dispose(tx, which, kind, None, reference, now_ms, orjson.dumps(decision.trace).decode())
        messages.add(
            tx, message, origin=MACHINE, covers=(entry.provider_id,), discloses=decision.sayings[0].discloses,
            now_ms=now_ms, claim=self._claim,
        )  # fmt: skip
        guest, memory = decision.guest, decision.memory
        row = tx.one("conversation_get", (conversation_id,))
        if guest is not None and row is not None:
            learned = (guest.language, guest.language_source, guest.language_rival, guest.opted_out_ms)
            tx.run("guest_learn", (entry.name, *learned, row[1]))
        remembered = orjson.dumps(_moved(memory, now_ms)).decode() if memory else "{}"
        tx.run("conversation_decided", (remembered, now_ms, now_ms, conversation_id))
        return message


def _moved(memory: Memory, now_ms: int) -> Memory:
    """What the desk remembers, as of that moment."""
    question = replace(memory.question, asked_ms=now_ms) if memory.question else None
    handed_over_ms = now_ms if memory.handed_over_ms else 0
    return replace(memory, question=question, answers_ms=(now_ms,), handed_over_ms=handed_over_ms)


async def decide_all(hotel_file: Path) -> dict[tuple[str, bool], Decision]:
    """The desk's decision for each wish, by its text and whether it is the guest's first message."""
    hotel = HotelFile(hotel_file)
    desk = Desk(lambda: hotel.hotel, Recogniser.load())
    decided: dict[tuple[str, bool], Decision] = {}
    for guest in range(SEED):  # enough to meet every wish
        for turn in (0, 1):
            wish = wish_of(guest, turn, RUN, 0)
            if (wish.text, turn == 0) not in decided:
                decided[wish.text, turn == 0] = await _decided(desk, wish, first=turn == 0)
    return decided


async def _decided(desk: Desk, wish: Wish, *, first: bool) -> Decision:
    now_ms = int(epoch() * 1000)
    conversation = Conversation(
        conversation_id=RUN, guest_id=RUN, channel=whatsapp_split.CHANNEL, number="", last_guest_ms=now_ms
    )
    message = whatsapp_split.split(cloud_body(wish, "1"), now_ms)[0].message
    assert message is not None, "a wish is a message"
    entry = TurnEntry(entry_id=RUN, at_ms=now_ms, received_ms=now_ms, provider_id=RUN, message=message)
    guest = Guest(guest_id=RUN, phone=wish.guest, told_machine_ms=0 if first else now_ms)
    turn = Turn(conversation=conversation, guest=guest, entries=(entry,))
    decision = await desk.answer(turn, Context(now_ms=now_ms))
    while decision.wait_until_ms:
        decision = await desk.answer(turn, Context(now_ms=decision.wait_until_ms))
    assert decision.sayings, f"no answer to {wish.text!r}"
    return decision


async def fill(folder: Path, count: int, hotel_file: Path, phone_number_id: str) -> None:
    """Writes what is missing of the history; raises `NightporterError` where the folder cannot be used."""
    end_ms = _end_ms(folder)
    clock = PastClock(end_ms - DAYS * DAY_MS)
    store = Store.open(folder / "data", clock, ThreadStepping())
    try:
        lease = await take(store, "bench")
        await store.write(lease, bring_dictionary)
        past = Past(store, lease, clock, end_ms, phone_number_id)
        decisions = await decide_all(hotel_file)
        done = sum(row[1] for row in store.view.all("dispositions_count"))
        bar = Bar(count, done)
        gc.disable()  # nothing here makes cycles, and the plan is long
        waiting: list[Asked] = []
        for asked in plan(count, end_ms):
            if asked.number >= done:
                waiting.append(asked)
            if waiting and (len(waiting) == UNIT_MESSAGES or asked.number == count - 1):
                await store.write(lease, past.unit(waiting, decisions), 1)
                bar.show(asked.number + 1)
                if asked.number // UNIT_MESSAGES % PRUNE_EVERY_UNITS == 0:
                    while await store.write(lease, prune_unit(clock.now_ms()), drops=True):
                        pass
                waiting.clear()
    finally:
        store.close()


def _end_ms(folder: Path) -> int:
    """Where the history ends: the day before it was begun, so that nothing in it is still going on."""
    folder.mkdir(parents=True, exist_ok=True)
    plan_file = folder / PLAN_FILE
    if not plan_file.exists():
        plan_file.write_text(json.dumps({"end_ms": int(epoch() * 1000) - DAY_MS}))
    return json.loads(plan_file.read_text())["end_ms"]


class Bar:
    """Progress in a terminal; silent elsewhere."""

    def __init__(self, whole: int, before: int) -> None:
        self._whole, self._before, self._begun = whole, before, monotonic()

    def show(self, done: int) -> None:
        """Draws it, with the rate since the start."""
        if not sys.stderr.isatty():
            return
        filled = "#" * (BAR_CHARS * done // self._whole)
        rate = (done - self._before) / max(monotonic() - self._begun, 0.001)
        left = (self._whole - done) / max(rate, 0.001)
        text = f"\rhistory [{filled:<{BAR_CHARS}}] {done:,} of {self._whole:,}, {rate:,.0f}/s, {left:,.0f} s left "
        sys.stderr.write(text + ("\n" if done == self._whole else ""))
        sys.stderr.flush()


def main() -> None:
    """Reads the command line and fills the folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, required=True, help="data/ and the plan are kept in it")
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--hotel", type=Path, required=True)
    parser.add_argument("--phone-number-id", default="100000000000001")
    options = parser.parse_args()
    asyncio.run(fill(options.folder, options.messages, options.hotel, options.phone_number_id))


if __name__ == "__main__":
    main()
