"""Turns: exactly one disposition each, decided again when something changed, crashes to staff, waits (G2, G3, SD4)."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from dataclasses import replace
from pathlib import Path

from tests.rounds.rig import GUEST, OTHER, Rig, answer_all, in_house, waits_for_more

from nightporter.desk.context import Context
from nightporter.model.conversation import Turn
from nightporter.model.decision import Decision, Disposition, DispositionKind, NewTask, SilentReason
from nightporter.model.guest import LanguageSource
from nightporter.model.outbox import outbox_id
from nightporter.rounds.supervisor import keep_running


def texts(turn: Turn) -> list[str]:
    return [entry.message.text for entry in turn.entries]


def dispositions(rig: Rig) -> dict[str, int]:
    return dict(rig.rows("dispositions_count"))


class Thinking:
    """A desk that takes its time over the first turn."""

    def __init__(self) -> None:
        self.begun, self.end = asyncio.Event(), asyncio.Event()
        self.first: Decision | None = None

    def __call__(self, turn: Turn, _: Context) -> Decision | asyncio.Future[Decision]:
        if self.begun.is_set():
            return answer_all(turn)
        self.begun.set()
        return asyncio.ensure_future(self._think(turn))

    async def _think(self, turn: Turn) -> Decision:
        await self.end.wait()
        return self.first or answer_all(turn)


def test_a_message_during_the_decision_makes_it_stale_and_both_are_looked_at() -> None:
    async def story(rig: Rig) -> None:
        rig.desk.decides = desk = Thinking()
        await rig.guest_writes("first")
        await desk.begun.wait()
        await rig.guest_writes("second")
        await rig.rest(1)
        desk.end.set()
        await rig.until(lambda: rig.states() == ["sent"])
        await rig.rest(2)
        assert [texts(turn) for turn in rig.desk.turns] == [["first"], ["first", "second"]]
        assert (dispositions(rig), len(rig.line.sent)) == ({"answered": 2}, 1)
        assert rig.count("turns_stale") == 1

    in_house(story)


def test_staff_who_write_during_the_decision_make_it_stale() -> None:
    async def story(rig: Rig) -> None:
        rig.desk.decides = desk = Thinking()
        await rig.guest_writes("first")
        await desk.begun.wait()
        rig.meta.phones.staff_sends(GUEST, rig.clock.now_ms())
        await rig.bring()
        await rig.rest(1)
        desk.end.set()
        await rig.until(lambda: len(rig.desk.turns) == 2)
        assert [turn.staff_wrote_ms > 0 for turn in rig.desk.turns] == [False, True]

    in_house(story)


def test_an_opt_out_during_the_decision_is_not_lost() -> None:
    async def story(rig: Rig) -> None:
        rig.desk.decides = desk = Thinking()
        await rig.guest_writes("first")
        await desk.begun.wait()
        guest = replace(rig.desk.turns[0].guest, language="it", language_source=LanguageSource.HEARD)
        desk.first = answer_all(rig.desk.turns[0], guest=guest)
        rig.meta.phones.prefers(GUEST, "stop", rig.clock.now_ms())
        await rig.bring()
        await rig.rest(1)
        desk.end.set()
        await rig.until(lambda: rig.states() == ["sent"])
        assert rig.desk.turns[-1].guest.opted_out_ms > 0
        assert rig.rows("guest_get", guest.guest_id)[0][5] > 0

    in_house(story)


def test_two_conversations_of_one_guest_do_not_undo_what_the_other_learned() -> None:
    async def story(rig: Rig) -> None:
        rig.desk.decides = desk = Thinking()
        await rig.guest_writes("first")
        await desk.begun.wait()
        read = rig.desk.turns[0].guest
        desk.first = answer_all(rig.desk.turns[0], guest=replace(read, language="it", language_rival="de"))
        rig.desk.decides = lambda turn, _: answer_all(
            turn,
            guest=replace(turn.guest, opted_out_ms=77, language="fr", language_source=LanguageSource.CHOSEN),
        )
        rig.spoki.guest_sends(f"+{GUEST}", "text", rig.clock.now_ms(), {"body": "second"})
        await rig.bring()
        await rig.until(lambda: rig.spoki_line.sent)
        desk.end.set()
        await rig.until(lambda: rig.line.sent)
        assert {turn.guest.guest_id for turn in rig.desk.turns} == {read.guest_id}
        assert rig.rows("guest_get", read.guest_id)[0][2:6] == ("fr", "chosen", "", 77)
        rig.desk.decides = lambda turn, _: answer_all(turn, guest=replace(turn.guest, opted_out_ms=0))
        await rig.guest_writes("third")
        await rig.until(lambda: len(rig.line.sent) == 2)
        assert rig.rows("guest_get", read.guest_id)[0][2:6] == ("fr", "chosen", "", 0)

    in_house(story)


def test_a_desk_that_crashes_three_times_gives_the_turn_to_staff() -> None:
    def crash(turn: Turn, _: Context) -> Decision:
        if texts(turn) == ["bad"]:
            raise ZeroDivisionError
        return answer_all(turn)

    async def story(rig: Rig) -> None:
        rig.crashes_expected = True
        rig.desk.decides = crash
        await rig.guest_writes("bad")
        await rig.guest_writes("good", guest=OTHER)
        await rig.until(lambda: rig.reasons() == ["machine_failed"])
        await rig.rest(10)
        assert dispositions(rig) == {"staff": 1, "answered": 1}
        assert Counter(texts(turn)[0] for turn in rig.desk.turns) == {"bad": 3, "good": 1}
        await rig.guest_writes("fine again")
        await rig.until(lambda: dispositions(rig) == {"staff": 1, "answered": 2})

    in_house(story)


def test_a_crash_that_passes_is_nobody_s_task() -> None:
    async def story(rig: Rig) -> None:
        rig.crashes_expected = True
        failures = [ZeroDivisionError(), ValueError()]

        def decides(turn: Turn, _: Context) -> Decision:
            if failures:
                raise failures.pop()
            return answer_all(turn)

        rig.desk.decides = decides
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["sent"])
        assert rig.reasons() == []

    in_house(story)


def test_a_fragment_waits_and_typing_is_shown_once() -> None:
    async def story(rig: Rig) -> None:
        rig.desk.decides = waits_for_more
        await rig.guest_writes("Ciao")
        await rig.rest(3)
        assert (rig.line.sent, len(rig.line.typing)) == ([], 1)
        await rig.guest_writes("camera 204")
        await rig.rest(3)
        newest = await rig.guest_writes("wifi?")
        await rig.rest(3.5)
        assert rig.line.sent == []
        await rig.until(lambda: rig.states() == ["sent"], 2)
        assert texts(rig.desk.turns[-1]) == ["Ciao", "camera 204", "wifi?"]
        assert len(rig.line.typing) == len(set(rig.line.typing)) == 3
        assert rig.line.typing[-1] == newest

    in_house(story)


def test_what_waited_at_a_stop_is_looked_at_after_the_start(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        rig.desk.decides = waits_for_more
        await rig.guest_writes("Ciao")
        await rig.rest(1)

    async def later(rig: Rig) -> None:
        await rig.until(lambda: rig.states() == ["sent"])

    in_house(story, folder=tmp_path)
    in_house(later, folder=tmp_path, seed=2)


def test_many_entries_are_covered_each_once() -> None:
    async def story(rig: Rig) -> None:
        rig.desk.decides = waits_for_more
        for number in range(120):
            rig.meta.guest_sends(GUEST, "text", rig.clock.now_ms() + number * 1_000, {"body": str(number)})
        await rig.bring()
        await rig.until(lambda: dispositions(rig) == {"answered": 120}, 60)
        covering = [turn for turn in rig.desk.turns if len(turn.entries) in {50, 20}]
        assert {entry.entry_id for turn in covering for entry in turn.entries} == {
            row[0] for row in rig.rows("entries_conversation", rig.conversations()[0], 2**62, 500)
        }
        assert len(rig.line.sent) == 3

    in_house(story)


def test_entries_are_shown_in_the_order_of_the_provider_s_time() -> None:
    async def story(rig: Rig) -> None:
        rig.desk.decides = waits_for_more
        now_ms = rig.clock.now_ms()
        for offset, text in ((3_000, "third"), (1_000, "first"), (2_000, "second")):
            rig.meta.guest_sends(GUEST, "text", now_ms + offset, {"body": text})
        for body in reversed(rig.told()):
            await rig.deliver(body)
        await rig.until(lambda: rig.states() == ["sent"])
        assert texts(rig.desk.turns[-1]) == ["first", "second", "third"]

    in_house(story)


def test_a_slow_conversation_does_not_hold_up_another() -> None:
    async def story(rig: Rig) -> None:
        rig.desk.decides = desk = Thinking()
        await rig.guest_writes("slow")
        await desk.begun.wait()
        await rig.guest_writes("quick", guest=OTHER)
        await rig.until(lambda: rig.states() == ["sent"], 2)
        desk.end.set()
        await rig.until(lambda: rig.states() == ["sent", "sent"])

    in_house(story)


def elsewhere(turn: Turn, _: Context) -> Decision:
    if not turn.entries[0].answered_elsewhere:
        return waits_for_more(turn, _)
    silent = SilentReason.STAFF_SPEAKING
    return Decision(
        dispositions=tuple(
            Disposition(entry.entry_id, DispositionKind.SILENT, silent) for entry in turn.entries
        )
    )


def test_a_status_of_an_answer_that_nobody_here_gave_marks_its_message() -> None:
    async def after(rig: Rig) -> None:
        rig.desk.decides = elsewhere
        wamid = await rig.guest_writes()
        await rig.until(lambda: rig.desk.turns)
        at_ms = rig.desk.turns[0].entries[0].at_ms
        await rig.tell("sent", echo=outbox_id(at_ms, wamid, 1), provider_id="theirs")
        await rig.until(lambda: dispositions(rig) == {"silent": 1})
        assert rig.line.sent == []

    async def before(rig: Rig) -> None:
        rig.desk.decides = elsewhere
        wamid = rig.meta.guest_sends(GUEST, "text", rig.clock.now_ms(), {"body": "hello"})
        [body] = rig.told()
        at_ms = rig.clock.now_ms() // 1000 * 1000
        await rig.tell("sent", echo=outbox_id(at_ms, wamid, 0), provider_id="theirs")
        await rig.rest(1)
        await rig.deliver(body)
        await rig.until(lambda: dispositions(rig) == {"silent": 1})
        assert rig.line.sent == []

    in_house(after)
    in_house(before)


def test_an_answer_from_elsewhere_during_the_decision_makes_it_stale() -> None:
    async def story(rig: Rig) -> None:
        rig.desk.decides = desk = Thinking()
        wamid = await rig.guest_writes("first")
        await desk.begun.wait()
        rig.desk.decides = elsewhere
        which = outbox_id(rig.desk.turns[0].entries[0].at_ms, wamid, 0)
        for kind in ("sent", "delivered"):
            await rig.tell(kind, echo=which, provider_id="theirs")
        await rig.rest(1)
        desk.end.set()
        await rig.until(lambda: dispositions(rig))
        assert (dispositions(rig), rig.states(), rig.count("turns_stale")) == ({"silent": 1}, [], 1)

    in_house(story)


def test_ids_of_nobody_are_kept_and_harm_nothing() -> None:
    async def story(rig: Rig) -> None:
        for number, echo in enumerate(("", "campaign 7", "zz-1", "-", "ffffffffffffffff-x-0", "-1-2-3")):
            await rig.tell("sent", echo=echo, provider_id=f"p{number}")
        await rig.until(lambda: not rig.rows("deliveries_new", "", 1))
        assert rig.rows("deliveries_kept_odd", "", 10) == []

    in_house(story)


def test_a_task_without_words_to_the_guest() -> None:
    def to_staff(turn: Turn, _: Context) -> Decision:
        task = NewTask(key="once", department="reception", reason="complaint", summary=texts(turn)[0])
        each = tuple(Disposition(entry.entry_id, DispositionKind.STAFF) for entry in turn.entries)
        return Decision(dispositions=each, tasks=(task,))

    async def story(rig: Rig) -> None:
        rig.desk.decides = to_staff
        await rig.guest_writes("too loud")
        await rig.guest_writes("still too loud", guest=OTHER)
        await rig.until(lambda: dispositions(rig) == {"staff": 2})
        assert (rig.reasons(), rig.line.sent) == (["complaint"], [])
        references = {
            row[8]
            for conversation in rig.conversations()
            for row in rig.rows("entries_conversation", conversation, 2**62, 9)
        }
        assert references == {rig.rows("tasks_open", 9)[0][0]}

    in_house(story)


def test_a_closed_store_is_tried_again_and_nothing_is_lost() -> None:
    async def story(rig: Rig) -> None:
        rig.desk.decides = desk = Thinking()
        await rig.guest_writes()
        await desk.begun.wait()
        store = rig.node.store
        store._writer.close_door(store.trouble.FULL)
        desk.end.set()
        await rig.until(lambda: rig.states() == ["sent"])
        assert dispositions(rig) == {"answered": 1}

    in_house(story)


def test_stopping_does_not_spin() -> None:
    async def story(rig: Rig) -> None:
        rig.node.stopping = True
        await rig.guest_writes()
        await rig.rest(3)
        assert (rig.desk.turns, dispositions(rig)) == ([], {})

    in_house(story)


def test_a_round_that_crashes_is_started_again_later_each_time() -> None:
    async def story(rig: Rig) -> None:
        rig.crashes_expected = True
        begun: list[float] = []

        async def failing() -> None:
            begun.append(rig.clock.elapsed_seconds())
            if len(begun) < 5:
                raise ZeroDivisionError

        await keep_running(rig.node, "test", failing)
        pauses = [after - before for before, after in itertools.pairwise(begun)]
        assert [round(pause, 3) for pause in pauses] == [0.1, 0.2, 0.4, 0.8]
        assert rig.count("round_crashes", "test") == 4

    in_house(story)
