"""Delivery: what each outcome of a send leads to, order, rates, pauses, stopping (SD1 to SD6, G3, G4)."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.rounds.rig import OTHER, Held, Rig, answer_all, in_house

from nightporter.channels.outcome import Accepted, Action, Outcome, Refused, Released, Retry, Scope, Unknown
from nightporter.gateway import pauses
from nightporter.model.decision import Trace
from nightporter.model.lease import Lease
from nightporter.model.outbox import OutboxMessage

TOKEN = Refused("190", "token expired", Action.STOP_CHANNEL)
DAY_SECONDS = 86_400.0


def pair_rate() -> Retry:
    return Retry(None, "131056", Scope.CONVERSATION, Action.SLOW_CONVERSATION)


def gaps(rig: Rig, conversation: str = "") -> list[float]:
    """Seconds between the sends (of one conversation)."""
    times = [sent.seconds for sent in rig.line.sent if conversation in {"", sent.conversation_id}]
    return [after - before for before, after in itertools.pairwise(times)]


def attempts(rig: Rig) -> list[str]:
    which = rig.line.sent[0].outbox_id
    return [row[4] for row in rig.rows("attempts_of", which)]


def test_accepted_is_sent() -> None:
    async def story(rig: Rig) -> None:
        rig.line.says(Accepted("p1"))
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["sent"])
        assert rig.rows("outbox_get", rig.line.sent[0].outbox_id)[0][13] == "p1"
        assert len(rig.node.counts.reply_seconds) == 1

    in_house(story)


def test_a_pair_rate_slows_only_its_conversation_by_powers_of_four() -> None:
    async def story(rig: Rig) -> None:
        slow: list[str] = []

        def verdict(message: OutboxMessage) -> Outcome:
            slow[:] = slow or [message.conversation_id]
            refused = message.conversation_id == slow[0] and message.attempts < 3
            return pair_rate() if refused else Accepted(f"p:{message.outbox_id}")

        rig.line.default = verdict
        await rig.guest_writes()
        await rig.until(lambda: rig.line.sent)
        for number in range(6):
            await rig.guest_writes(guest=f"39333000000{number}")
        await rig.until(lambda: sorted(rig.states()) == ["sent"] * 6 + ["waiting"], 3)
        await rig.until(lambda: rig.states() == ["sent"] * 7, 120)
        for waited, least in zip(gaps(rig, slow[0]), (4, 16, 64), strict=True):
            assert least <= waited < least + 2

    in_house(story)


def test_a_number_s_limit_pauses_the_lane() -> None:
    async def story(rig: Rig) -> None:
        rig.line.says(Retry(20.0, "130429", Scope.NUMBER))
        await rig.guest_writes()
        await rig.until(lambda: rig.line.sent)
        await rig.guest_writes(guest=OTHER)
        await rig.rest(19)
        assert len(rig.line.sent) == 1
        await rig.until(lambda: rig.states() == ["sent", "sent"], 5)
        assert attempts(rig) == ["retry", "accepted"]

    in_house(story)


def test_what_never_left_is_released_and_tried_again_ever_later() -> None:
    async def story(rig: Rig) -> None:
        rig.line.says(*[Released("no connection")] * 6)
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["sent"], 120)
        assert attempts(rig) == ["released"] * 6 + ["accepted"]
        assert "maybe_sent" not in rig.reasons()
        for number, waited in enumerate(gaps(rig)):
            assert 0.1 <= waited <= 2**number + 2

    in_house(story)


def test_an_unknown_outcome_is_settled_by_a_status() -> None:
    async def story(rig: Rig) -> None:
        rig.line.says(Unknown("timeout"))
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["unknown"])
        await rig.rest(100)
        assert len(rig.line.sent) == 1, "it was sent again"
        await rig.tell("delivered", echo=rig.line.sent[0].outbox_id, provider_id="late")
        await rig.until(lambda: rig.states() == ["delivered"])
        await rig.rest(700)
        assert (rig.reasons(), len(rig.line.sent)) == ([], 1)

    in_house(story)


def test_an_unknown_outcome_that_nobody_tells_is_maybe_sent() -> None:
    async def story(rig: Rig) -> None:
        rig.line.says(Unknown("reset"))
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["unknown"])
        await rig.rest(25)
        assert rig.states() == ["unknown"]
        await rig.until(lambda: rig.states() == ["maybe_sent"], 8)
        assert (rig.reasons(), len(rig.line.sent)) == (["maybe_sent"], 1)
        await rig.tell("read", echo=rig.line.sent[0].outbox_id, provider_id="much later")
        await rig.until(lambda: rig.states() == ["read"])

    in_house(story, send_settle_seconds=30)


def test_only_time_with_an_open_door_counts_for_settling() -> None:
    async def story(rig: Rig) -> None:
        rig.line.says(Unknown("reset"))
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["unknown"])
        settling = rig.parts.settling
        await settling.look(0)
        await settling.look(29)
        assert rig.states() == ["unknown"]
        rig.node.store._writer.close_door(rig.node.store.trouble.FULL)
        await settling.look(1_000)
        rig.node.store._writer.open_door()
        await settling.look(0)
        assert rig.states() == ["unknown"]
        await settling.look(1)
        assert rig.states() == ["maybe_sent"]

    async def only_send(rig: Rig) -> None:
        tasks = [asyncio.ensure_future(one) for one in (rig.parts.intake.run(), rig.parts.turns.run())]
        await story(rig)
        for task in tasks:
            task.cancel()

    in_house(only_send, send_settle_seconds=30, begin=False)


def test_a_result_that_cannot_be_kept_is_an_unknown_one() -> None:
    async def story(rig: Rig) -> None:
        rig.crashes_expected = True
        rig.line.says(Accepted("the same"), Accepted("the same"))
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["sent"])
        await rig.guest_writes(guest=OTHER)
        await rig.until(lambda: sorted(rig.states()) == ["sent", "unknown"])
        assert rig.count("round_crashes", "delivery-whatsapp") == 1
        await rig.until(lambda: sorted(rig.states()) == ["maybe_sent", "sent"], 40)
        assert (rig.reasons(), len(rig.line.sent)) == (["maybe_sent"], 2)

    in_house(story, send_settle_seconds=30)


def test_a_send_that_crashes_is_unknown_and_holds_up_nobody() -> None:
    async def crash() -> Outcome:
        raise ZeroDivisionError

    async def story(rig: Rig) -> None:
        rig.crashes_expected = True
        rig.line.says(crash)
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["unknown"])
        await rig.guest_writes(guest=OTHER)
        await rig.until(lambda: sorted(rig.states()) == ["sent", "unknown"])
        await rig.tell("delivered", echo=rig.line.sent[0].outbox_id, provider_id="late")
        await rig.until(lambda: sorted(rig.states()) == ["delivered", "sent"])

    in_house(story, worker_concurrency=1)


def test_a_channel_without_echo_is_not_waited_for() -> None:
    async def story(rig: Rig) -> None:
        rig.line.echoes = False
        rig.line.says(Unknown("timeout"))
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["maybe_sent"], 3)

    in_house(story)


def test_the_first_echo_turns_waiting_on() -> None:
    async def story(rig: Rig) -> None:
        rig.line.echoes = False
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["sent"])
        await rig.tell("sent", echo=rig.line.sent[0].outbox_id, provider_id="p")
        await rig.until(lambda: rig.line.echoes)

    in_house(story)


def test_a_refusal_for_good_goes_to_staff() -> None:
    async def story(rig: Rig) -> None:
        rig.line.says(Refused("131026", "undeliverable", Action.UNDELIVERABLE))
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["failed"])
        await rig.rest(20)
        assert (rig.reasons(), len(rig.line.sent)) == (["not_delivered"], 1)

    in_house(story)


def test_a_failed_status_goes_to_staff_once() -> None:
    async def story(rig: Rig) -> None:
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["sent"])
        which = rig.line.sent[0].outbox_id
        for _ in range(2):
            await rig.tell("failed", echo=which, provider_id=f"p:{which}", error=131026)
        await rig.until(lambda: rig.states() == ["failed"])
        await rig.rest(2)
        assert rig.reasons() == ["not_delivered"]

    in_house(story)


def test_a_failure_told_before_our_own_result_goes_to_staff() -> None:
    async def story(rig: Rig) -> None:
        held = Held(Accepted("wamid.late"))
        rig.line.says(held)
        await rig.guest_writes()
        await rig.until(lambda: rig.line.sent)
        await rig.tell("failed", provider_id="wamid.late", error=131026)
        await rig.rest(2)
        held.end.set()
        await rig.until(lambda: rig.states() == ["failed"])
        assert rig.reasons() == ["not_delivered"]

    in_house(story)


def test_a_refused_token_stops_all_keeps_all_and_goes_on_by_itself(tmp_path: Path) -> None:
    async def refused(rig: Rig) -> None:
        rig.line.token_good = False
        rig.line.says(TOKEN)
        await rig.guest_writes()
        await rig.until(lambda: rig.line.sent and rig.states() == ["waiting"])
        await rig.guest_writes(guest=OTHER)
        await rig.rest(200)
        assert (rig.states(), len(rig.line.sent), rig.reasons()) == (
            ["waiting"] * 2,
            1,
            ["channel_stopped"],
        )
        assert len(rig.line.probes) >= 3

    def still_refused(rig: Rig) -> None:
        rig.line.token_good = False

    async def later(rig: Rig) -> None:
        assert rig.road.lane.stopped == "190"
        await rig.rest(100)
        assert rig.line.sent == []
        rig.line.token_good = True
        await rig.until(lambda: rig.states() == ["sent", "sent"], 70)
        assert (rig.road.lane.stopped, rig.rows("channel_state", "whatsapp")[0][1]) == ("", "")

    in_house(refused, folder=tmp_path)
    in_house(later, folder=tmp_path, seed=2, prepare=still_refused)


@pytest.mark.parametrize("action", [Action.PERMISSION, Action.STOP_ALERT])
def test_other_refusals_of_everything_stop_too(action: Action) -> None:
    async def story(rig: Rig) -> None:
        rig.line.token_good = False
        rig.line.says(Refused("368", "blocked", action))
        await rig.guest_writes()
        await rig.until(lambda: rig.reasons() == ["channel_stopped"])
        assert rig.states() == ["waiting"]

    in_house(story)


def test_what_waits_past_the_window_is_dead_and_told() -> None:
    async def story(rig: Rig) -> None:
        await pauses.pause(rig.node, rig.parts.roads, (pauses.DELIVERY,), "staff")
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["waiting"])
        await rig.rest(DAY_SECONDS)
        await pauses.resume(rig.node, rig.parts.roads, (pauses.DELIVERY,), "staff")
        await rig.until(lambda: rig.states() == ["dead"])
        assert (rig.reasons(), rig.line.sent) == (["not_delivered"], [])

    async def jumps(rig: Rig) -> None:
        loop = asyncio.get_running_loop()
        rest = rig.rest

        async def jump(seconds: float) -> None:
            loop.start_at(loop.time() + seconds - 2)  # type: ignore[attr-defined]
            await rest(2)

        rig.rest = jump  # type: ignore[method-assign]
        await story(rig)

    in_house(jumps)


def test_a_conversation_keeps_its_order_and_others_do_not_wait() -> None:
    async def story(rig: Rig) -> None:
        held = Held(Accepted("p-slow"))
        rig.line.says(held)
        rig.desk.decides = lambda turn, _: answer_all(turn, turn.entries[0].message.text)
        await rig.guest_writes("first")
        await rig.until(lambda: rig.line.sent)
        slow = rig.line.sent[0].conversation_id
        await rig.guest_writes("second")
        await rig.rest(1)
        await rig.guest_writes("third")
        for number in range(5):
            await rig.guest_writes("other", guest=f"39333000000{number}")
        await rig.until(lambda: rig.states().count("sent") == 5, 2)
        assert [one.text for one in rig.line.sent if one.conversation_id == slow] == ["first"]
        held.end.set()
        await rig.until(lambda: rig.states() == ["sent"] * 8, 5)
        assert [one.text for one in rig.line.sent if one.conversation_id == slow] == [
            "first",
            "second",
            "third",
        ]

    in_house(story)


def test_two_answers_of_one_second_go_out_in_the_order_of_their_turns() -> None:
    async def story(rig: Rig) -> None:
        rig.desk.decides = lambda turn, _: answer_all(turn, turn.entries[0].message.text)
        await pauses.pause(rig.node, rig.parts.roads, (pauses.DELIVERY,), "staff")
        guests = [f"39333000000{number}" for number in range(8)]
        for number, guest in enumerate(guests):
            for half in ("first", "second"):
                waiting = number * 2 + (half == "second")
                await rig.guest_writes(half, guest=guest)
                await rig.until(lambda waiting=waiting: len(rig.states()) == waiting + 1)
        moments = {row[0].partition("-")[0] for row in rig.rows("outbox_list", "", "", 500)}
        assert len(moments) < len(rig.states()), "no two turns are of one second"
        await pauses.resume(rig.node, rig.parts.roads, (pauses.DELIVERY,), "staff")
        await rig.until(lambda: rig.states() == ["sent"] * 16)
        said: dict[str, list[str]] = {}
        for sent in rig.line.sent:
            said.setdefault(sent.conversation_id, []).append(sent.text)
        assert list(said.values()) == [["first", "second"]] * len(guests)

    in_house(story)


def test_a_long_answer_goes_out_in_order_piece_by_piece() -> None:
    async def story(rig: Rig) -> None:
        rig.line.says(Accepted("p0"), Released("no connection"))
        text = " ".join(f"word{number:04}" for number in range(1_200))
        rig.desk.decides = lambda turn, _: answer_all(turn, text)
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["sent"] * 3)
        said = [one.text for one in rig.line.sent]
        assert said[1] == said[2], "the released piece is sent again before the third"
        assert " ".join([said[0], *said[2:]]).split() == text.split()

    in_house(story)


def test_the_number_s_rate_is_kept() -> None:
    async def story(rig: Rig) -> None:
        for number in range(12):
            await rig.guest_writes(guest=f"3933300000{number:02}")
        await rig.until(lambda: rig.states() == ["sent"] * 12, 30)
        assert all(gap >= 0.4 for gap in gaps(rig)[2:]), "but for the time of a commit"
        assert rig.line.sent[-1].seconds - rig.line.sent[0].seconds >= 4.9

    in_house(story, messages_per_second=2)


def test_senders_are_bounded_and_nothing_is_claimed_without_one() -> None:
    async def story(rig: Rig) -> None:
        held = [Held(Accepted(f"p{number}")) for number in range(2)]
        rig.line.says(*held)
        for number in range(5):
            await rig.guest_writes(guest=f"39333000000{number}")
        await rig.rest(2)
        assert sorted(rig.states()) == ["sending"] * 2 + ["waiting"] * 3
        for one in held:
            one.end.set()
        await rig.until(lambda: rig.states() == ["sent"] * 5)

    in_house(story, worker_concurrency=2)


def test_an_ill_provider_is_left_alone_then_probed_by_one_message() -> None:
    async def story(rig: Rig) -> None:
        down: Callable[[object], Outcome] = lambda _: Released("no connection")  # noqa: E731
        rig.line.default = down
        for number in range(20):
            await rig.guest_writes(guest=f"3933300000{number:02}")
        await rig.until(lambda: rig.road.lane.breaker.opened == 1)
        await rig.rest(1)
        sent = len(rig.line.sent)
        await rig.rest(3)
        assert len(rig.line.sent) == sent
        held = Held(Accepted("p-probe"))
        rig.line.says(held)
        await rig.rest(6)
        assert len(rig.line.sent) == sent + 1, "one probe"
        rig.line.default = lambda message: Accepted(f"p:{message.outbox_id}")
        held.end.set()
        await rig.until(lambda: rig.states() == ["sent"] * 20)

    in_house(story)


def test_stopping_finishes_what_is_being_sent_and_begins_nothing() -> None:
    async def story(rig: Rig) -> None:
        held = Held(Accepted("p-last"))
        rig.line.says(held)
        await rig.guest_writes()
        await rig.until(lambda: rig.line.sent)
        rig.node.stopping = True
        await rig.guest_writes(guest=OTHER)
        await rig.rest(3)
        finish = asyncio.ensure_future(rig.parts.finish(rig.parts.tasks))
        await rig.rest(1)
        assert not finish.done()
        held.end.set()
        await finish
        assert rig.states() == ["sent"]
        assert len(rig.line.sent) == 1

    in_house(story)


def test_a_lease_that_is_gone_sends_nothing() -> None:
    async def story(rig: Rig) -> None:
        await pauses.pause(rig.node, rig.parts.roads, (pauses.DELIVERY,), "staff")
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["waiting"])
        await pauses.resume(rig.node, rig.parts.roads, (pauses.DELIVERY,), "staff")
        ends = rig.clock.elapsed_seconds()
        rig.node.lease = Lease("rig", rig.node.lease.epoch, ends)
        await rig.rest(5)
        assert (rig.line.sent, rig.states()) == ([], ["waiting"])
        rig.node.lease = replace(rig.node.lease, deadline_seconds=None)
        await rig.until(lambda: rig.states() == ["sent"])

    in_house(story)


def urgent(rig: Rig) -> None:
    rig.desk.decides = lambda turn, _: answer_all(
        turn, turn.entries[0].message.text, trace=Trace(emergency=turn.entries[0].message.text == "FIRE")
    )


def test_an_emergency_passes_a_pause() -> None:
    async def story(rig: Rig) -> None:
        urgent(rig)
        await pauses.pause(rig.node, rig.parts.roads, (pauses.DELIVERY,), "staff")
        await rig.guest_writes("breakfast?", guest=OTHER)
        await rig.guest_writes("FIRE")
        await rig.until(lambda: rig.line.sent)
        await rig.rest(5)
        assert [one.text for one in rig.line.sent] == ["FIRE"]

    in_house(story)


def test_an_emergency_passes_what_the_pause_holds_back_in_its_own_conversation() -> None:
    async def story(rig: Rig) -> None:
        urgent(rig)
        await pauses.pause(rig.node, rig.parts.roads, (pauses.DELIVERY,), "staff")
        await rig.guest_writes("breakfast?")
        await rig.until(lambda: rig.states() == ["waiting"])
        await rig.rest(2)
        await rig.guest_writes("FIRE")
        await rig.until(lambda: [one.text for one in rig.line.sent] == ["FIRE"], 5)
        await pauses.resume(rig.node, rig.parts.roads, (pauses.DELIVERY,), "staff")
        await rig.until(lambda: rig.states() == ["sent", "sent"])
        assert len(rig.line.sent) == 2

    in_house(story)


def test_an_emergency_that_found_no_sender_passes_pauses_and_whatever_waits() -> None:
    async def story(rig: Rig) -> None:
        urgent(rig)
        held = Held(Accepted("p-slow"))
        rig.line.says(held)
        await rig.guest_writes("breakfast?", guest=OTHER)
        await rig.until(lambda: rig.line.sent)
        await rig.guest_writes("wifi?")
        await rig.until(lambda: sorted(rig.states()) == ["sending", "waiting"])
        await rig.guest_writes("FIRE")
        await rig.until(lambda: sorted(rig.states()) == ["sending", "waiting", "waiting"])
        await pauses.pause(rig.node, rig.parts.roads, (pauses.DELIVERY,), "staff")
        held.end.set()
        await rig.until(lambda: len(rig.line.sent) == 2, 5)
        await rig.rest(5)
        assert [one.text for one in rig.line.sent] == ["breakfast?", "FIRE"]

    in_house(story, worker_concurrency=1)


def test_an_emergency_is_the_first_when_a_sender_is_free() -> None:
    async def story(rig: Rig) -> None:
        urgent(rig)
        held = Held(Accepted("p-slow"))
        rig.line.says(held)
        await rig.guest_writes("breakfast?", guest=OTHER)
        await rig.until(lambda: rig.line.sent)
        for number in range(5):
            await rig.guest_writes("wifi?", guest=f"39333000000{number}")
        await rig.rest(2)
        await rig.guest_writes("FIRE", guest="393330000000")
        await rig.until(lambda: len(rig.states()) == 7)
        held.end.set()
        await rig.until(lambda: rig.states() == ["sent"] * 7)
        assert [one.text for one in rig.line.sent][:2] == ["breakfast?", "FIRE"]

    in_house(story, worker_concurrency=1)


def test_a_crash_during_a_send_is_unknown_after_the_start(tmp_path: Path) -> None:
    async def story(rig: Rig) -> None:
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["sent"])
        which = rig.line.sent[0].outbox_id
        rig.node.store._connection.execute(
            "UPDATE outbox SET state = 'sending' WHERE outbox_id = ?", (which,)
        )

    async def later(rig: Rig) -> None:
        assert rig.states() == ["unknown"]
        await rig.rest(5)
        assert (rig.states(), rig.line.sent) == (["unknown"], [])

    in_house(story, folder=tmp_path)
    in_house(later, folder=tmp_path, seed=2)
