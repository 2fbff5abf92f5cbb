"""Telling people: who hears of what, when again, who is next, when it ends; in virtual time."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.rounds.rig import GUEST
from tests.rounds.staffing import (
    DOWN,
    EMERGENCY,
    GONE,
    INFO,
    NORMAL,
    NOW,
    Staffed,
    staffed,
)

from nightporter.channels.notice import Event, Severity
from nightporter.channels.outcome import Action, Refused, Unknown
from nightporter.channels.ways import PAGERDUTY, SLACK, Took
from nightporter.config.hotel import Hotel
from nightporter.config.hotel.blocks import Department, House
from nightporter.config.hotel.hours import Hours, read_day
from nightporter.config.hotel.values import DepartmentName, Tell
from nightporter.console.actions import Deed, take
from nightporter.model.decision import Decision, Disposition, DispositionKind, NewTask
from nightporter.outbox import tellings
from nightporter.outbox.tellings import Step
from nightporter.rounds.roster import Contact
from nightporter.testing.sim.loop import START_MS

ANNA = Contact(name="Anna", ways=("tgram://anna",), departments=frozenset({"reception"}), order=1)
BRUNO = Contact(name="Bruno", ways=("tgram://bruno",), departments=frozenset({"reception"}), order=2)
MINUTE = 60.0


def hotel(reception: str = "24h", *, remind_min: int = 10, **tell: tuple[str, ...]) -> Hotel:
    """A hotel in UTC; virtual time begins on a Friday at 08:00."""
    zone = ZoneInfo("UTC")
    staff = {
        DepartmentName(name): Department(
            hours=Hours(zone, (read_day("24h"),) * 7), tell=tuple(map(Tell, ways))
        )
        for name, ways in tell.items()
    }
    staff.setdefault(
        DepartmentName.RECEPTION,
        Department(hours=Hours(zone, (read_day(reception),) * 7), remind_after_min=remind_min),
    )
    return Hotel(house=House(timezone="UTC"), staff=staff)


def test_time_begins_where_these_tests_think() -> None:
    assert START_MS == 1_800_000_000_000  # 2027-01-15T08:00Z


def test_tasks_of_a_minute_are_one_message() -> None:
    async def story(staff: Staffed) -> None:
        for room in ("101", "102", "103"):
            await staff.task("request", details={"room": room, "words": "towels for Mrs Rossi"})
            await staff.rig.rest(10)
        assert staff.ways.heard == []
        (only,) = await staff.heard(1)
        assert 60 <= only.seconds <= 63
        assert len(only.notice.lines) == 3
        assert "room 102" in only.notice.text
        assert "Rossi" not in only.notice.text + only.notice.title
        assert "words of a guest" not in only.notice.text
        await staff.rig.rest(5 * MINUTE)
        assert len(staff.ways.heard) == 1

    staffed(story, hotel=hotel())


def test_what_cannot_wait_is_told_at_once_and_reminded_until_done() -> None:
    async def story(staff: Staffed) -> None:
        task = await staff.task("event_dead", urgency=NOW)
        first, second = await staff.heard(2, 11 * MINUTE)
        assert first.seconds <= 2
        assert 600 <= second.seconds <= 603
        assert (first.notice.severity, first.notice.event) == (Severity.ERROR, Event.TRIGGER)
        assert "reminder" not in first.notice.text
        assert "reminder" in second.notice.text
        await staff.done(task)
        last = (await staff.heard(3))[-1]
        assert last.notice.event is Event.RESOLVE
        assert last.notice.title.startswith("Over: ")
        await staff.rig.rest(15 * MINUTE)
        assert len(staff.ways.heard) == 3

    staffed(story, hotel=hotel())


def test_told_reminded_then_the_next_in_line_and_round_again() -> None:
    async def story(staff: Staffed) -> None:
        await staff.task(urgency=NOW)
        heard = await staff.heard(8, 9 * MINUTE)
        ways = [one.way for one in heard[:8]]
        anna, bruno = ANNA.ways[0], BRUNO.ways[0]
        assert ways == [anna, anna, bruno, bruno, SLACK, SLACK, anna, anna]

    staffed(story, people=(BRUNO, ANNA), hotel=hotel(remind_min=1))


def test_whoever_is_on_duty_is_told_first() -> None:
    late = Contact(name="Anna", ways=ANNA.ways, week=(read_day("08:30-23:00"),) * 7, order=1)
    early = Contact(name="Bruno", ways=BRUNO.ways, week=(read_day("07:00-08:30"),) * 7, order=2)

    async def story(staff: Staffed) -> None:
        await staff.task(urgency=NOW)
        assert (await staff.heard(1))[0].way == early.ways[0]
        await staff.rig.rest(31 * MINUTE)
        staff.ways.heard.clear()
        await staff.task(urgency=NOW)
        await staff.until(lambda: staff.ways.to(late.ways[0]))

    staffed(story, people=(late, early), house=(), hotel=hotel())


def test_what_can_wait_waits_until_the_department_opens() -> None:
    async def story(staff: Staffed) -> None:
        await staff.task()
        await staff.rig.rest(19 * MINUTE)
        assert staff.ways.heard == []
        (only,) = await staff.heard(1, 2 * MINUTE)
        assert 20 * MINUTE <= only.seconds <= 20 * MINUTE + 35

    staffed(story, hotel=hotel("08:20-18:00"))


def test_what_cannot_wait_wakes_the_first_in_line_when_nobody_is_there() -> None:
    async def story(staff: Staffed) -> None:
        await staff.task(urgency=NOW)
        assert (await staff.heard(1))[0].way == ANNA.ways[0]

    staffed(story, people=(ANNA, BRUNO), hotel=hotel("10:00-18:00"))


def test_an_emergency_pages_everybody_in_line_whatever_the_hours_until_one_takes_it() -> None:
    night = Contact(name="Night", ways=("tgram://night",), departments=frozenset({"on_call"}))

    async def story(staff: Staffed) -> None:
        task = await staff.task(
            "emergency", department="on_call", urgency=EMERGENCY, details={"rooms": "204", "phone": "+39333"}
        )
        heard = await staff.heard(3)
        assert {one.way for one in heard} == {night.ways[0], SLACK, PAGERDUTY}
        assert all(one.seconds <= 2 for one in heard)
        assert heard[0].notice.title.startswith("EMERGENCY")
        assert "room 204" in heard[0].notice.text
        assert "+39333" not in heard[0].notice.text
        assert heard[0].notice.severity is Severity.CRITICAL
        heard = await staff.heard(6, 4 * MINUTE)
        assert 180 <= heard[3].seconds <= 183
        now_ms = staff.rig.clock.now_ms()
        assert await staff.rig.write(lambda tx: tellings.take(tx, task, "Anna", now_ms))
        assert not await staff.rig.write(lambda tx: tellings.take(tx, task, "Bruno", now_ms))
        await staff.rig.rest(15 * MINUTE)
        taken = staff.ways.heard[6:]
        assert [(one.way, one.notice.event) for one in taken] == [(PAGERDUTY, Event.ACKNOWLEDGE)]
        await staff.done(task)
        await staff.heard(10)
        assert {one.notice.event for one in staff.ways.heard[7:]} == {Event.RESOLVE}
        keys = {one.notice.key for one in staff.ways.to(PAGERDUTY)}
        assert keys == {task}

    staffed(story, people=(ANNA, night), house=(SLACK, PAGERDUTY), hotel=hotel("10:00-18:00"))


def test_pagerduty_is_not_rung_for_what_can_wait() -> None:
    async def story(staff: Staffed) -> None:
        await staff.task()
        await staff.rig.rest(30 * MINUTE)
        assert {one.way for one in staff.ways.heard} == {SLACK}
        await staff.task(urgency=NOW)
        await staff.until(lambda: staff.ways.to(PAGERDUTY))

    staffed(story, house=(SLACK, PAGERDUTY), hotel=hotel())


def test_what_is_only_to_be_read_stays_in_the_console() -> None:
    async def story(staff: Staffed) -> None:
        await staff.task(urgency=INFO)
        await staff.rig.rest(15 * MINUTE)
        assert staff.ways.heard == []

    staffed(story, hotel=hotel())


def test_the_hotels_file_says_whom_a_department_tells() -> None:
    async def story(staff: Staffed) -> None:
        await staff.task(department="housekeeping", urgency=NOW)
        assert (await staff.heard(1))[0].way == "tgram://linen"
        await staff.task(department="maintenance", urgency=NOW)
        assert (await staff.heard(2))[1].way == SLACK

    told = hotel(housekeeping=("console", "tgram://linen"), maintenance=("console", "+393330000000"))
    staffed(story, hotel=told)


def test_a_number_that_is_no_room_stays_in_the_house() -> None:
    async def story(staff: Staffed) -> None:
        await staff.task(urgency=NOW, details={"room": "4111 1111 1111 1111"})
        await staff.task(urgency=NOW, details={"room": "please call me, room 12"})
        (only,) = await staff.heard(1)
        assert len(only.notice.lines) == 2
        assert "room" not in only.notice.text
        assert "4111" not in only.notice.text

    staffed(story, hotel=hotel())


def test_who_takes_the_conversation_acknowledges() -> None:
    async def story(staff: Staffed) -> None:
        rig = staff.rig

        def hands_over(turn: object, _: object) -> Decision:
            entries = turn.entries  # type: ignore[attr-defined]
            task = NewTask(
                key=entries[0].entry_id, department="reception", reason="human", summary="x", urgency=NOW
            )
            disposed = tuple(Disposition(one.entry_id, DispositionKind.STAFF) for one in entries)
            return Decision(dispositions=disposed, tasks=(task,))

        rig.desk.decides = hands_over
        await rig.guest_writes("A person please", GUEST)
        (first,) = await staff.heard(1)
        (conversation,) = rig.conversations()
        assert first.notice.link == f"https://console.example/conversations/{conversation}"
        deed = Deed(rig.node.ids.new(), "Anna", rig.clock.now_ms())
        await rig.write(take(deed, conversation))
        await rig.rest(15 * MINUTE)
        assert len(staff.ways.heard) == 1

    staffed(story, guests=True, hotel=hotel())


def test_an_emergency_rings_though_a_colleague_had_the_conversation_before(tmp_path: Path) -> None:
    async def story(staff: Staffed) -> None:
        rig = staff.rig
        await rig.guest_writes("Hello", GUEST)
        await rig.rest(5)
        (conversation,) = rig.conversations()
        await rig.write(take(Deed(rig.node.ids.new(), "Anna", rig.clock.now_ms()), conversation))
        await rig.rest(MINUTE)
        await staff.task(conversation=conversation)
        await staff.task("emergency", department="on_call", urgency=EMERGENCY, conversation=conversation)
        (only,) = await staff.heard(1)
        assert len(only.notice.lines) == 1  # the ordinary task is hers anyway
        await rig.rest(2 * MINUTE)
        assert len(staff.ways.heard) == 1
        await rig.write(take(Deed(rig.node.ids.new(), "Anna", rig.clock.now_ms()), conversation))
        await rig.rest(15 * MINUTE)
        assert len(staff.ways.heard) == 1

    staffed(story, guests=True, folder=tmp_path, hotel=hotel())


def test_a_message_that_was_maybe_sent_is_over_when_the_provider_says_so() -> None:
    async def story(staff: Staffed) -> None:
        rig = staff.rig
        rig.line.says(Unknown("timeout"))
        await rig.guest_writes("Hello", GUEST)
        await staff.until(lambda: "maybe_sent" in rig.reasons(), 700)
        await staff.heard(1)
        (row,) = rig.rows("outbox_list", "", "", 5)
        await rig.tell("delivered", echo=row[0], provider_id="p1")
        await staff.until(lambda: rig.reasons() == [])
        await staff.heard(2)
        assert staff.ways.heard[-1].notice.event is Event.RESOLVE

    staffed(story, guests=True, hotel=hotel())


def test_a_way_that_fails_is_tried_again_later_each_time() -> None:
    async def story(staff: Staffed) -> None:
        staff.ways.verdicts[SLACK] = deque([DOWN, DOWN, Took(good=False, after_seconds=30.0)])
        await staff.task(urgency=NOW)
        (only,) = await staff.heard(1, 5 * MINUTE)
        assert only.seconds >= 1 + 2 + 30
        await staff.until(lambda: staff.rig.count("tellings", SLACK, "told") == 1)
        assert staff.rig.count("tellings", SLACK, "waiting") == 3

    staffed(story, hotel=hotel())


def test_a_way_that_is_gone_is_told_by_the_others() -> None:
    async def story(staff: Staffed) -> None:
        staff.ways.verdicts[SLACK] = deque([GONE, GONE])
        await staff.task(urgency=NOW)
        await staff.until(lambda: "telling_failed" in staff.rig.reasons())
        heard = await staff.heard(2)
        assert {one.way for one in heard} == {"mailto://desk"}
        assert heard[1].notice.title.endswith("Staff could not be reached by one of the ways")
        await staff.until(lambda: staff.ways.to(SLACK), 15 * MINUTE)  # the reminder goes there again
        await staff.until(lambda: "telling_failed" not in staff.rig.reasons())

    staffed(story, house=(SLACK, "mailto://desk"), hotel=hotel())


def test_what_was_done_before_it_could_be_told_is_not_told() -> None:
    async def story(staff: Staffed) -> None:
        staff.ways.verdicts[SLACK] = deque([DOWN] * 3)
        task = await staff.task(urgency=NOW)
        await staff.until(lambda: staff.ways.tried)
        await staff.done(task)
        await staff.rig.rest(10 * MINUTE)
        assert {one.notice.event for one in staff.ways.heard} <= {Event.RESOLVE}
        assert [row[3] for row in staff.rig.rows("tellings_of_state", "", "moot", 9)] == [Step.TOLD]

    staffed(story, hotel=hotel())


def test_a_refused_token_rings_and_its_end_is_told() -> None:
    async def story(staff: Staffed) -> None:
        rig = staff.rig
        rig.line.token_good = False
        rig.line.says(Refused("190", "token", Action.STOP_CHANNEL))
        await rig.guest_writes("Hello")
        await staff.until(lambda: staff.ways.to(PAGERDUTY))
        assert staff.ways.heard[0].notice.title.endswith("refuses our access: nothing is sent")
        rig.line.token_good = True
        await staff.until(
            lambda: any(one.notice.event is Event.RESOLVE for one in staff.ways.to(PAGERDUTY)), 200
        )
        assert "channel_stopped" not in rig.reasons()

    staffed(story, guests=True, house=(SLACK, PAGERDUTY), hotel=hotel())


def test_a_paused_template_is_told() -> None:
    async def story(staff: Staffed) -> None:
        staff.rig.line.says(Refused("132015", "paused", Action.SWITCH_TEMPLATE))
        await staff.rig.guest_writes("Hello")
        await staff.until(lambda: "template_paused" in staff.rig.reasons())
        await staff.heard(1)
        assert "132015" in "".join(one.notice.text for one in staff.ways.heard)

    staffed(story, guests=True, hotel=hotel())


def test_a_disk_that_takes_nothing_is_told_from_memory() -> None:
    async def story(staff: Staffed) -> None:
        staff.ways.verdicts[SLACK] = deque([DOWN])
        staff.telling.trouble(Step.TOLD, "cannot_keep")
        (first,) = await staff.heard(1)
        assert "disk" in first.notice.title
        staff.telling.trouble(Step.ENDED, "cannot_keep")
        second = (await staff.heard(2))[1]
        assert (second.notice.event, second.notice.key) == (Event.RESOLVE, first.notice.key)
        assert staff.rig.rows("tellings_of_state", "", "told", 9) == []

    staffed(story, hotel=hotel())


def test_nobody_configured_means_no_work_and_no_rows() -> None:
    async def story(staff: Staffed) -> None:
        await staff.task(urgency=NOW)
        await staff.rig.rest(5 * MINUTE)
        assert staff.ways.tried == []
        assert staff.rig.rows("tellings_of_state", "", "waiting", 9) == []

    staffed(story, house=(), hotel=hotel())


def test_a_way_that_was_taken_out_of_the_settings_is_given_up(tmp_path: Path) -> None:
    async def before(staff: Staffed) -> None:
        staff.ways.verdicts[SLACK] = deque([DOWN] * 50)
        await staff.task(urgency=NOW)
        await staff.until(lambda: len(staff.ways.tried) > 1)

    async def after(staff: Staffed) -> None:
        await staff.until(lambda: staff.rig.rows("tellings_of_state", "", "dead", 9))
        assert staff.rig.rows("tellings_of_state", "", "dead", 9)[0][6] == "no longer configured"

    staffed(before, folder=tmp_path, hotel=hotel())
    staffed(after, folder=tmp_path, house=("mailto://desk",), hotel=hotel())


def test_a_crash_at_any_moment_loses_no_telling(tmp_path: Path) -> None:
    """The rounds are cut off at each of many moments; the next start tells what was not told, twice at most."""
    for number in range(12):
        folder = tmp_path / str(number)
        folder.mkdir()
        told: list[str] = []

        async def before(staff: Staffed, cut: float = number * 0.1, told: list[str] = told) -> None:
            await staff.task(urgency=NOW)
            await staff.rig.rest(cut)
            told += [one.notice.key for one in staff.ways.heard]

        async def after(staff: Staffed, told: list[str] = told) -> None:
            await staff.rig.rest(5)
            told += [one.notice.key for one in staff.ways.heard]

        staffed(before, folder=folder, hotel=hotel())
        staffed(after, folder=folder, hotel=hotel())
        assert 1 <= len(told) <= 2, number
        assert len(set(told)) == 1


def test_normal_tasks_stop_after_a_while() -> None:
    async def story(staff: Staffed) -> None:
        await staff.task(urgency=NORMAL)
        await staff.rig.rest(20 * MINUTE)
        assert len(staff.ways.heard) == 12

    staffed(story, hotel=hotel(remind_min=1))
