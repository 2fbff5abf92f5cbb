"""Claims, recovery, ids that both nodes derive, words without an id, tasks by their key (SD1 to SD4)."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.outbox.books import EPOCH, FIRST, Books, books
from tests.store.world import NOON_MS

from nightporter.model.decision import NewTask
from nightporter.model.outbox import Choice, Content, OutboxState, Template, outbox_id
from nightporter.outbox import messages, tasks
from nightporter.outbox.messages import Claim, content_json, content_of
from nightporter.store import Tx

S = OutboxState
WORDS = st.text(max_size=30)
CHOICES = st.lists(st.builds(Choice, id=WORDS, title=WORDS, description=WORDS), max_size=3).map(tuple)
TEMPLATES = st.builds(Template, name=WORDS, language=WORDS, parameters=st.lists(WORDS, max_size=3).map(tuple))
CONTENTS = st.builds(
    Content, text=WORDS, buttons=CHOICES, rows=CHOICES, rows_title=WORDS, template=st.none() | TEMPLATES
)


@pytest.fixture(scope="module", name="own")
def _own() -> Generator[Books]:
    with books() as own:
        yield own


def state_of(tx: Tx, which: str) -> OutboxState:
    return S(tx.all("outbox_state", (which,))[0][0])


def nothing_left(tx: Tx) -> None:
    """Other tests of the module leave claims behind."""
    messages.recover(tx, EPOCH + 1, 1, 10_000)


def test_a_message_is_claimed_once(own: Books) -> None:
    def unit(tx: Tx) -> list[bool]:
        which = own.add(tx, claimed=False)
        return [messages.claim(tx, which, 1, FIRST, 1), messages.claim(tx, which, 2, FIRST, 2)]

    assert own.run(unit) == [True, False]


def test_a_released_claim_can_be_claimed_again_and_each_attempt_is_kept(own: Books) -> None:
    def unit(tx: Tx) -> list[object]:
        which = own.add(tx)
        messages.waits_again(tx, which, 1, "released", "no connection", 50, 10)
        due = tx.all("outbox_get", (which,))[0][19]
        assert messages.claim(tx, which, 2, FIRST, 60)
        messages.accepted(tx, which, 2, "p-again", 70)
        return [due, [(row[0], row[4]) for row in tx.all("attempts_of", (which,))], state_of(tx, which)]

    assert own.run(unit) == [50, [(1, "released"), (2, "accepted")], S.SENT]


def test_recovery_touches_claims_of_earlier_epochs_only(own: Books) -> None:
    def unit(tx: Tx) -> list[object]:
        nothing_left(tx)
        old, waiting, done = own.add(tx), own.add(tx, claimed=False), own.add(tx)
        mine = own.add(tx, claimed=False)
        messages.accepted(tx, done, 1, "p-done", 1)
        messages.claim(tx, mine, 1, Claim(EPOCH + 1), 1)
        found = messages.recover(tx, EPOCH + 1, 2, 100)
        again = messages.recover(tx, EPOCH + 1, 3, 100)
        return [found, again, [state_of(tx, one) for one in (old, waiting, done, mine)]]

    assert own.run(unit) == [1, 0, [S.UNKNOWN, S.WAITING, S.SENT, S.SENDING]]


def test_recovery_goes_in_steps(own: Books) -> None:
    def unit(tx: Tx) -> list[int]:
        nothing_left(tx)
        for _ in range(5):
            own.add(tx)
        return [messages.recover(tx, EPOCH + 1, 2, 2) for _ in range(4)]

    assert own.run(unit) == [2, 2, 1, 0]


def test_a_status_wins_over_a_result_that_comes_later(own: Books) -> None:
    def unit(tx: Tx) -> list[OutboxState]:
        released, unknown, refused = own.add(tx), own.add(tx), own.add(tx)
        for one in (released, unknown, refused):
            messages.settle(tx, one, S.DELIVERED, 1)
        messages.waits_again(tx, released, 1, "released", "no connection", 50, 10)
        messages.unknown(tx, unknown, 1, "timeout", 10)
        messages.refused(tx, refused, 1, "1", "no", 10)
        return [state_of(tx, one) for one in (released, unknown, refused)]

    assert own.run(unit) == [S.DELIVERED] * 3


def test_only_a_waiting_message_is_given_up(own: Books) -> None:
    def unit(tx: Tx) -> list[object]:
        waiting, sending = own.add(tx, claimed=False), own.add(tx)
        return [
            messages.give_up(tx, waiting, "too late", 1),
            messages.give_up(tx, sending, "too late", 1),
            state_of(tx, waiting),
            state_of(tx, sending),
        ]

    assert own.run(unit) == [True, False, S.DEAD, S.SENDING]


@given(at_ms=st.integers(0, 2**47), provider_id=st.text(max_size=60), ordinal=st.integers(0, 9))
def test_both_nodes_derive_the_same_id(at_ms: int, provider_id: str, ordinal: int) -> None:
    one, two = (outbox_id(at_ms, provider_id, ordinal) for _ in range(2))

    assert one == two
    assert one.isascii()
    assert int(one[:12], 16) == at_ms
    assert one != outbox_id(at_ms, provider_id + "x", ordinal)
    assert one < outbox_id(at_ms, provider_id, ordinal + 1) or ordinal == 9
    assert one[:12] < outbox_id(at_ms + 1, "", 0)


@given(content=CONTENTS)
def test_content_comes_back_as_it_was(content: Content) -> None:
    assert content_of(content_json(content)) == content


def test_words_find_the_message_whose_outcome_is_open(own: Books) -> None:
    def unit(tx: Tx) -> list[str]:
        which = own.add(tx, text="Breakfast is from 7.")
        row = tx.one("outbox_get", (which,))
        assert row is not None
        ask = (row[4], "Breakfast is from 7.")
        found = [messages.unsettled_with_words(tx, *ask)]
        found.append(messages.unsettled_with_words(tx, row[4], "Breakfast"))
        found.append(messages.unsettled_with_words(tx, "39", ask[1]))
        messages.unknown(tx, which, 1, "timeout", 1)
        found.append(messages.unsettled_with_words(tx, *ask))
        messages.settle(tx, which, S.SENT, 2)
        found.append(messages.unsettled_with_words(tx, *ask))
        return [one.replace(which, "found") for one in found]

    assert own.run(unit) == ["found", "", "", "found", ""]


def test_a_task_is_made_once_by_its_key_and_done_once(own: Books) -> None:
    task = NewTask(key=f"k{NOON_MS}", department="reception", reason="complaint", summary="x" * 5_000)

    def unit(tx: Tx) -> list[object]:
        made = [tasks.add(tx, one, task, None, 1) for one in ("t1", "t2")]
        return [made, tasks.done(tx, "t1", "desk", 2), tasks.done(tx, "t1", "desk", 3), tasks.open_tasks(tx)]

    assert own.run(unit) == [["t1", "t1"], True, False, []]
