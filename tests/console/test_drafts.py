"""Drafts: what the machine was not sure of goes out once by a person's word, and never past what has happened since."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
from tests.console.staff import GUEST, Staff, colleague, seen_of, token_of, with_staff, words
from tests.console.web import AheadClock

from nightporter.journal import people
from nightporter.model.conversation import WINDOW_MS
from nightporter.outbox import tasks
from nightporter.outbox.tasks import Task

UNSURE = "Could we swim somewhere with kids?"
ASKED = "I would like to book a double room from 3 to 5 May for two adults"
POOL = "About the pool:"
BOOKING = "Thank you for your request."
HOSTILE = f"{ASKED} <b id=x>bold</b>"


def the_draft(staff: Staff) -> Task:
    (found,) = tasks.drafted(staff.node.node.store.view)
    return found


def road(task: Task, what: str) -> str:
    return f"/conversations/{task.conversation_id}/drafts/{task.task_id}/{what}"


async def press(staff: Staff, task: Task, what: str, **fields: str) -> httpx.Response:
    return await staff.press("/drafts", road(task, what), **fields)


async def says_more(staff: Staff, text: str) -> None:
    later_ms = staff.node.node.clock.now_ms() + 2_000
    staff.node.meta.guest_sends(GUEST, "text", later_ms, {"body": text, "at_ms": later_ms})
    view = staff.node.node.store.view
    conversation = await staff.conversation()
    heard = len(view.all("entries_conversation", (conversation, 1 << 62, 20)))
    staff.node.providers["whatsapp"].poke()
    await staff.node.until(lambda: len(view.all("entries_conversation", (conversation, 1 << 62, 20))) > heard)
    await staff.node.idle()


def test_a_draft_is_shown_with_why_and_goes_out_once(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        assert "No draft waits" in words(await staff.read("/drafts"))
        await staff.guest_writes(UNSURE)
        task = the_draft(staff)
        text = words(await staff.read("/drafts"))
        for told in (UNSURE, POOL, "Not sure enough", "Pool", " %", "can be answered for"):
            assert told in text, told
        assert "drafts wait" in await staff.read("/fragments/count")
        before = staff.sent()
        fields = {"token": token_of(await staff.read("/drafts"))}
        async with colleague(staff) as paul:
            theirs = {"token": token_of(await paul.read("/drafts"))}
            pressed = [staff.http.post(road(task, "send"), data=fields) for _ in range(2)]
            told = await asyncio.gather(*pressed, paul.http.post(road(task, "send"), data=theirs))
            assert sorted(answer.status_code for answer in told[:2]) in ([303, 303], [409, 409])
            await staff.node.until(lambda: task.draft in staff.sent())
            await staff.node.idle()
            again = await paul.http.post(road(task, "send"), data=theirs)
            mine = await staff.http.post(road(task, "send"), data=fields)
            assert sorted([again.status_code, mine.status_code]) == [303, 409]
            assert "has dealt with this draft already" in words(again.text + mine.text)
        await staff.node.idle()
        assert staff.sent()[len(before) :] == [task.draft]
        done = tasks.one(staff.node.node.store.view, task.task_id)
        assert done is not None
        assert (done.state, done.done_by in {"Marta", "Paul"}) == ("done", True)
        assert "No draft waits" in words(await staff.read("/drafts"))
        assert "sent a draft" in words(await staff.read("/house"))
        view = staff.node.node.store.view
        assert people.conversation(view, task.conversation_id or "").held_until_ms == 0, "not held"

    with_staff(tmp_path, story)


def test_a_draft_is_changed_first_inside_its_conversation(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(ASKED)
        task = the_draft(staff)
        assert "The hotel wants a person to look first" in words(await staff.read("/drafts"))
        page = await staff.read(f"/conversations/{conversation}?draft={task.task_id}")
        assert BOOKING in page.split("<textarea")[1]
        assert f'name="draft" value="{task.task_id}"' in page
        fields = {"token": token_of(page), "seen": seen_of(page), "form": "f9", "draft": task.task_id}
        path = f"/conversations/{conversation}/answer"
        empty = await staff.http.post(path, data=fields | {"text": " "})
        assert f'name="draft" value="{task.task_id}"' in empty.text, "what was begun goes on"
        sent = await staff.http.post(path, data=fields | {"text": "Yes, until 20:00. Marta"})
        assert sent.status_code == 303
        await staff.node.until(lambda: "Yes, until 20:00. Marta" in staff.sent())
        assert tasks.drafted(staff.node.node.store.view) == []
        assert task.draft not in staff.sent()
        late = await press(staff, task, "send")
        await staff.node.idle()
        assert late.status_code == 303
        assert task.draft not in staff.sent()

    with_staff(tmp_path, story)


def test_a_draft_made_stale_is_not_sent_blindly(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(ASKED)
        task = the_draft(staff)
        await says_more(staff, "Never mind, is breakfast included?")
        text = words(await staff.read("/drafts"))
        assert "This draft is out of date. The guest wrote meanwhile." in text
        assert "Send as it is" not in text
        refused = await press(staff, task, "send")
        assert refused.status_code == 409
        assert "Not sent. The guest wrote meanwhile." in words(refused.text)
        assert BOOKING in refused.text.split("<textarea")[1], "read first, then sent by hand"
        await staff.answer(conversation, "Marta here")
        assert "A colleague answered meanwhile." in words(await staff.read("/drafts"))
        await press(staff, task, "throw")
        done = tasks.one(staff.node.node.store.view, task.task_id)
        assert done is not None
        assert done.state == "done", "somebody has answered"
        await staff.node.idle()
        assert task.draft not in staff.sent()

    with_staff(tmp_path, story)


def test_thanks_do_not_make_a_draft_stale(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        await staff.guest_writes(ASKED)
        await says_more(staff, "thanks!")
        assert "Send as it is" in words(await staff.read("/drafts"))

    with_staff(tmp_path, story)


def test_a_draft_thrown_away_leaves_the_guest_with_staff(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(ASKED)
        task = the_draft(staff)
        back = await staff.press(f"/conversations/{conversation}", road(task, "throw"), **{"from": "talk"})
        assert back.headers["location"] == f"/conversations/{conversation}#end"
        assert "No draft waits" in words(await staff.read("/drafts"))
        assert "to look first" in words(await staff.read("/")), "still waits for a person"
        assert (await press(staff, task, "throw")).status_code == 409

    with_staff(tmp_path, story)


def test_while_a_colleague_holds_the_conversation_its_draft_waits(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(ASKED)
        task = the_draft(staff)
        async with colleague(staff) as paul:
            await paul.press(f"/conversations/{conversation}", f"/conversations/{conversation}/take")
            assert "Send as it is" not in words(await staff.read("/drafts"))
            refused = await press(staff, task, "send")
            assert refused.status_code == 409
            assert "Paul is speaking with the guest." in words(refused.text)
            assert "Send as it is" in words(await paul.read(f"/conversations/{conversation}"))

    with_staff(tmp_path, story)


def test_outside_the_window_a_draft_cannot_go_out(tmp_path: Path) -> None:
    clock = AheadClock()

    async def story(staff: Staff) -> None:
        await staff.guest_writes(ASKED, at_ms=clock.now_ms() - WINDOW_MS + 60_000)
        task = the_draft(staff)
        assert "Send as it is" in words(await staff.read("/drafts"))
        clock.ahead_seconds = 120
        text = words(await staff.read("/drafts"))
        assert "WhatsApp takes a free answer only within 24 hours" in text
        assert "Send as it is" not in text
        refused = await press(staff, task, "send")
        assert refused.status_code == 409
        assert "The 24 hours are over" in words(refused.text)
        assert task.draft not in staff.sent()

    with_staff(tmp_path, story, clock=clock)


def test_hostile_words_and_odd_addresses_do_nothing(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        await staff.guest_writes(HOSTILE)
        page = await staff.read("/drafts")
        assert "<b id=x>" not in page
        assert "bold" in words(page)
        task = the_draft(staff)
        token = token_of(page)
        for path in (
            f"/conversations/x/drafts/{task.task_id}",
            f"/conversations/{task.conversation_id}/drafts/x",
        ):
            for what in ("send", "throw"):
                answer = await staff.http.post(f"{path}/{what}", data={"token": token})
                assert answer.status_code == 404, path
        for what in ("send", "throw"):
            assert (await staff.http.post(road(task, what), data={"token": "x"})).status_code == 403
        staff.http.cookies.delete("nightporter")
        assert (await staff.http.get("/drafts")).headers["location"] == "/login"
        assert the_draft(staff) == task

    with_staff(tmp_path, story)
