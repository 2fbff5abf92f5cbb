"""Duty, and what stands above every page: who is there, and emergencies until somebody looks after them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tests.console.staff import FIRE, PERSON, Staff, colleague, with_staff, words
from tests.console.web import AheadClock

from nightporter.config.hotel import Hotel
from nightporter.journal import duty
from nightporter.model.decision import NewTask, Urgency
from nightporter.outbox import tasks, tellings
from nightporter.rounds.roster import Contact, Roster

MARTA = Contact(name="Marta", ways=("tgram://marta",), week=((),) * 7, order=1)  # by her hours never there
PAUL = Contact(name="paul", ways=("tgram://paul",), order=2)


def test_ones_own_word_counts_for_some_hours_then_the_roster_again(tmp_path: Path) -> None:
    clock = AheadClock()

    async def story(staff: Staff) -> None:
        node = staff.node.node
        hotel = Hotel()
        roster = Roster((MARTA, PAUL), (), lambda: hotel, duty=partial(duty.said, node.store.view))
        task = NewTask(key="k", department="reception", reason="call", summary="", urgency=Urgency.NOW)
        await node.write(lambda tx: tasks.add(tx, node.ids.new(), task, None, clock.now_ms()))

        def told() -> list[str]:
            (open_task,) = tellings.open_tasks(node.store.view)
            return [one.name for one in roster.turn(open_task, clock.now_ms())]

        assert told() == ["paul"], "Marta's hours say that she is not there"
        assert "Nobody is on duty" in words(await staff.read("/duty"))
        assert (await staff.press("/", "/duty", duty="on", back="/house")).headers["location"] == "/house"
        assert told() == ["Marta"]
        text = " ".join(words(await staff.read("/fragments/duty")).split())
        assert text.startswith("Marta on duty said so at"), text
        assert "Paul off duty not in the roster" in text
        assert "I am off duty" in await staff.read("/"), "the button offers the other thing"
        async with colleague(staff) as paul:
            await paul.press("/", "/duty", duty="off")
            await staff.press("/", "/duty", duty="off")
            assert told() == ["Marta"], "nobody is there: the first in line hears what cannot wait"
        assert "Marta is off duty" in words(await staff.read("/house"))
        clock.ahead_seconds = duty.SAID_MS // 1000 + 60
        assert told() == ["paul"], "a word does not count for ever"

    with_staff(tmp_path, story, clock=clock)


def test_odd_words_of_duty_change_nothing(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        for word in ("", "maybe", "ON"):
            assert (await staff.press("/", "/duty", duty=word)).status_code == 422
        assert (await staff.http.post("/duty", data={"duty": "on"})).status_code == 403
        assert (await staff.press("/", "/duty", duty="on", back="//evil.example")).headers[
            "location"
        ] == "/duty"
        staff.http.cookies.delete("nightporter")
        assert (await staff.http.get("/duty")).headers["location"] == "/login"

    with_staff(tmp_path, story)


def test_an_emergency_stands_on_every_page_until_somebody_takes_it(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        await staff.guest_writes(PERSON, guest="393339999999")
        calm = await staff.read("/fragments/count")
        assert 'data-waiting="1"' in calm
        assert 'data-alarms="0"' in calm
        conversation = await staff.guest_writes(FIRE)
        for path in ("/", "/house", "/drafts", "/duty", "/ask", "/news", f"/conversations/{conversation}"):
            page = await staff.read(path)
            assert 'class="alarm" role="alert"' in page, path
            assert f'href="/conversations/{conversation}"' in page, path
        live = await staff.read("/fragments/count")
        assert 'data-alarms="1"' in live
        assert 'data-waiting="2"' in live
        (alarm,) = tellings.alarms(staff.node.node.store.view, staff.node.node.clock.now_ms())
        await staff.press("/", f"/tasks/{alarm.task_id}/take", conversation=conversation)
        assert 'class="alarm"' not in await staff.read("/")
        assert 'data-alarms="0"' in await staff.read("/fragments/count")

    with_staff(tmp_path, story)
