"""Statuses in any order, repeated, before and after our own write, with our id and without (SD3, SD4)."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.outbox.books import EPOCH, Books, books, status_entry

from nightporter.model.message import Entry, StatusKind
from nightporter.model.outbox import TRANSITIONS, OutboxState, after_status
from nightporter.outbox import messages
from nightporter.store import Tx

S = OutboxState
TOLD = {StatusKind.SENT: S.SENT, StatusKind.DELIVERED: S.DELIVERED, StatusKind.READ: S.READ}
RANK = {S.SENDING: 0, S.UNKNOWN: 1, S.MAYBE_SENT: 2, S.SENT: 3, S.DELIVERED: 4, S.READ: 5}


@pytest.fixture(scope="module", name="own")
def _own() -> Generator[Books]:
    with books() as own:
        yield own


@dataclass(frozen=True)
class Arrival:
    kind: StatusKind
    echoed: bool


@dataclass
class Course:
    """What one message went through, as rows say."""

    states: list[OutboxState] = field(default_factory=list[OutboxState])
    provider_ids: list[str] = field(default_factory=list[str])
    told: list[bool] = field(default_factory=list[bool])


Step = Arrival | str  # a status, or what our own round writes: accepted, unknown, maybe, recover
ARRIVALS = st.builds(Arrival, st.sampled_from(list(TOLD)), st.booleans())
ANY_ARRIVAL = st.builds(Arrival, st.sampled_from(list(StatusKind)), st.booleans())
OURS = st.sampled_from(["accepted", "unknown", "recover", "unknown maybe", "unknown accepted", "nothing"])


def courses(arrivals: st.SearchStrategy[Arrival]) -> st.SearchStrategy[list[Step]]:
    """Statuses, and our own result at any place between them."""

    def put(steps: Sequence[Arrival], ours: str, place: int) -> list[Step]:
        at = min(place, len(steps))
        return [*steps[:at], *ours.split(), *steps[at:]]

    return st.builds(put, st.lists(arrivals, max_size=8), OURS, st.integers(0, 8))


def go(own: Books, steps: Sequence[Step], *, discloses: bool = True) -> Course:
    course = Course()

    def unit(tx: Tx) -> None:
        which = own.add(tx, discloses=discloses)
        provider_id = f"wamid.ours.{which}"
        for number, step in enumerate(steps):
            apply(tx, which, provider_id, step, number)
            row = tx.one("outbox_get", (which,))
            assert row is not None
            guest = tx.one("guest_get", (tx.one("conversation_get", (row[3],))[1],))  # type: ignore[index]
            assert guest is not None
            course.states.append(S(row[8]))
            course.provider_ids.append(row[13])
            course.told.append(guest[6] > 0)

    own.run(unit)
    return course


def status(tx: Tx, entry: Entry) -> messages.Told | None:
    """What one status changes when it comes alone."""
    changed = messages.statuses(tx, [entry]).changed
    return changed[0] if changed else None


def apply(tx: Tx, which: str, provider_id: str, step: Step, number: int) -> None:
    now_ms = 1_000 + number
    match step:
        case Arrival(kind, echoed):
            echo = which if echoed else ""
            status(tx, status_entry(kind, echo=echo, provider_id=provider_id, at_ms=now_ms))
        case "accepted":
            messages.accepted(tx, which, 1, provider_id, now_ms)
        case "unknown":
            messages.unknown(tx, which, 1, "timeout", now_ms)
        case "maybe":
            messages.settle(tx, which, S.MAYBE_SENT, now_ms)
        case "recover":
            messages.recover(tx, EPOCH + 1, now_ms, 10_000)
        case _:
            assert step == "nothing"


def ours_known(steps: Sequence[Step]) -> bool:
    """True when the provider's id has become known to be this message's."""
    return "accepted" in steps or any(isinstance(step, Arrival) and step.echoed for step in steps)


@given(steps=courses(ARRIVALS))
def test_the_state_is_the_greatest_that_was_told(own: Books, steps: list[Step]) -> None:
    course = go(own, steps)

    told = [TOLD[step.kind] for step in steps if isinstance(step, Arrival)] if ours_known(steps) else []
    ours = {"accepted": S.SENT, "unknown": S.UNKNOWN, "recover": S.UNKNOWN, "maybe": S.MAYBE_SENT}
    written = [ours[step] for step in steps if isinstance(step, str) and step in ours]
    expected = max([S.SENDING, *told, *written], key=RANK.__getitem__)
    assert ([S.SENDING, *course.states])[-1] is expected
    ranks = [RANK[state] for state in course.states]
    assert ranks == sorted(ranks), "it went back"


@given(steps=courses(ARRIVALS), discloses=st.booleans())
def test_the_disclosure_counts_once_a_status_shows_it(
    own: Books, steps: list[Step], *, discloses: bool
) -> None:
    course = go(own, steps, discloses=discloses)

    reached = ours_known(steps) and any(isinstance(step, Arrival) for step in steps)
    assert ([False, *course.told])[-1] == (discloses and reached)


@given(steps=courses(ANY_ARRIVAL))
def test_it_moves_only_along_the_life_cycle_and_keeps_one_provider_id(own: Books, steps: list[Step]) -> None:
    course = go(own, steps)

    states = [S.SENDING, *course.states]
    for before, after in pairwise(states):
        assert before is after or reachable(before, after), f"{before} -> {after}"
    known = [one for one in course.provider_ids if one]
    assert len(set(known)) <= 1
    assert course.provider_ids[len(course.provider_ids) - len(known) :] == known, "it was taken away again"
    if S.READ in states:
        assert states[-1] is S.READ


def reachable(before: OutboxState, after: OutboxState) -> bool:
    """In some steps: what was parked is applied together."""
    seen, edge = set[OutboxState](), {before}
    while edge:
        seen |= edge
        edge = {new for state in edge for new in TRANSITIONS[state]} - seen
    return after in seen


@given(state=st.sampled_from(list(S)), kind=st.sampled_from(list(StatusKind)))
def test_a_status_twice_is_a_status_once(state: OutboxState, kind: StatusKind) -> None:
    once = after_status(state, kind)
    assert after_status(once, kind) is once
    assert once is state or once in TRANSITIONS[state]


def test_a_refusal_that_comes_late_is_no_disclosure(own: Books) -> None:
    course = go(own, ["accepted", Arrival(StatusKind.FAILED, echoed=True)])

    assert (course.states, course.told) == ([S.SENT, S.FAILED], [False, False])


def test_what_is_told_by_its_id_brings_in_what_was_parked(own: Books) -> None:
    steps = [Arrival(StatusKind.READ, echoed=False), Arrival(StatusKind.SENT, echoed=True)]

    course = go(own, steps)

    assert course.states == [S.SENDING, S.READ]
    assert course.told == [False, True]


def test_a_status_of_nobody_changes_nothing(own: Books) -> None:
    def unit(tx: Tx) -> object:
        return [
            status(tx, status_entry(StatusKind.READ, echo="019000000000-nobody-0", provider_id="x")),
            status(tx, status_entry(StatusKind.READ, provider_id="also nobody")),
        ]

    assert own.run(unit) == [None, None]


def test_staff_settle_what_may_have_been_sent_and_a_later_status_still_does(own: Books) -> None:
    def unit(tx: Tx) -> list[object]:
        which, other = own.add(tx), own.add(tx)
        for one in (which, other):
            messages.unknown(tx, one, 1, "timeout", 1)
            assert messages.settle(tx, one, S.MAYBE_SENT, 2)
        done = [messages.settle(tx, which, S.SENT, 3, "by staff"), messages.settle(tx, other, S.FAILED, 3)]
        again = messages.settle(tx, which, S.UNKNOWN, 4)
        told = [
            status(tx, status_entry(StatusKind.READ, echo=one, provider_id=f"p{one}"))
            for one in (which, other)
        ]
        return [done, again, [one and one.state for one in told]]

    assert own.run(unit) == [[True, True], False, [S.READ, S.READ]]


def test_settling_what_is_not_there_is_refused(own: Books) -> None:
    assert own.run(lambda tx: messages.settle(tx, "no such", S.SENT, 1)) is False


def test_a_refusal_that_was_parked_is_told_when_the_message_is_known(own: Books) -> None:
    def unit(tx: Tx) -> list[object]:
        which, other = own.add(tx), own.add(tx)
        for one in (which, other):
            failed = status_entry(StatusKind.FAILED, provider_id=f"p{one}", code="131026")
            assert status(tx, failed) is None
        told = [
            messages.accepted(tx, which, 1, f"p{which}", 5),
            status(tx, status_entry(StatusKind.SENT, echo=other, provider_id=f"p{other}")),
        ]
        return [one and (one.state, one.code) for one in told]

    assert own.run(unit) == [(S.FAILED, "131026")] * 2
