"""What staff do: take, answer, release, done, settle; each once, each written down."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
from tests.console.staff import FIRE, GUEST, PERSON, Staff, seen_of, token_of, with_staff, words

from nightporter.app.build import Pace
from nightporter.model.outbox import OutboxState
from nightporter.store import Trouble

ANSWER = "Marta here, I am on my way."
LATER_MS = 25 * 3_600_000


def dispositions(staff: Staff, conversation: str) -> list[tuple[str, str]]:
    rows = staff.node.node.store.view.all("entries_conversation", (conversation, 1 << 62, 20))
    return [(row[6], row[7]) for row in rows if row[1] == "message"]


def audit(staff: Staff) -> list[tuple[str, str]]:
    return [(row[2], row[3]) for row in reversed(staff.node.node.store.view.all("audit_list", ("~", 50)))]


def test_an_answer_goes_out_once_and_holds_the_conversation(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(PERSON)
        path = f"/conversations/{conversation}"
        page = await staff.read(path)
        form = page.split('name="form" value="')[1].split('"')[0]
        fields = {"token": token_of(page), "seen": seen_of(page), "form": form, "text": f"  {ANSWER}\r\n"}
        answers = await asyncio.gather(*(staff.http.post(f"{path}/answer", data=fields) for _ in range(3)))
        assert {answer.status_code for answer in answers} == {303}
        await staff.node.until(lambda: ANSWER in staff.sent())
        await staff.node.idle()
        assert staff.sent().count(ANSWER) == 1
        text = words(await staff.read(path))
        assert "with Marta until" in text
        assert "Staff · Marta Marta here" in text
        assert audit(staff) == [("Marta", "conversation answered")]

    with_staff(tmp_path, story)


def test_while_staff_write_the_machine_keeps_quiet(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(PERSON)
        path = f"/conversations/{conversation}"
        before = len(staff.sent())
        await staff.press(path, f"{path}/take")
        staff.node.meta.guest_sends(
            GUEST, "text", staff.node.node.clock.now_ms(), {"body": "Is the pool open?"}
        )
        staff.node.providers["whatsapp"].poke()
        view = staff.node.node.store.view
        await staff.node.until(lambda: view.scalar("entries_pending_count") == 1)
        assert "with Marta until" in words(await staff.read("/"))
        await staff.answer(conversation, ANSWER)
        await staff.node.idle()
        assert staff.sent()[before:] == [ANSWER]
        assert ("silent", "staff_speaking") in dispositions(staff, conversation)

    with_staff(tmp_path, story)


def test_a_released_conversation_is_the_machines_again(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(PERSON)
        path = f"/conversations/{conversation}"
        await staff.press(path, f"{path}/take")
        staff.node.meta.guest_sends(
            GUEST, "text", staff.node.node.clock.now_ms(), {"body": "Is the pool open?"}
        )
        staff.node.providers["whatsapp"].poke()
        view = staff.node.node.store.view
        await staff.node.until(lambda: view.scalar("entries_pending_count") == 1)
        await staff.press(path, f"{path}/release")
        await staff.node.idle()
        newest, _ = dispositions(staff, conversation)
        assert newest[0] in {"answered", "staff"}
        assert "with Marta" not in words(await staff.read(path))
        assert audit(staff) == [("Marta", "conversation taken"), ("Marta", "conversation released")]

    with_staff(tmp_path, story)


def test_done_closes_the_tasks_and_empties_the_inbox(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(PERSON)
        path = f"/conversations/{conversation}"
        answer = await staff.press(path, f"{path}/done")
        assert answer.headers["location"] == "/"
        assert "Nobody is waiting" in words(await staff.read("/"))
        assert audit(staff) == [("Marta", "conversation done")]
        assert "Marta finished a conversation" in words(await staff.read("/house"))

    with_staff(tmp_path, story)


def test_one_task_is_done_once(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(PERSON)
        page = await staff.read(f"/conversations/{conversation}")
        task = page.split('action="/tasks/')[1].split("/")[0]
        for _ in range(2):
            answer = await staff.press(
                f"/conversations/{conversation}", f"/tasks/{task}/done", conversation=conversation
            )
            assert answer.headers["location"] == f"/conversations/{conversation}"
        assert audit(staff) == [("Marta", "task done")]

    with_staff(tmp_path, story)


def test_an_alert_is_looked_after_by_one(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        await staff.node.node.alert("odd:1", "odd_delivery", "whatsapp 0001: ValueError")
        page = await staff.read("/house")
        assert "I look after it" in words(page)
        task = page.split('action="/tasks/')[1].split("/")[0]
        for _ in range(2):
            assert (await staff.press("/house", f"/tasks/{task}/take")).headers["location"] == "/house"
        text = words(await staff.read("/house"))
        assert "I look after it" not in text
        assert "Marta looks after a task" in text
        assert audit(staff) == [("Marta", "task taken")]

    with_staff(tmp_path, story)


def test_after_24_hours_nothing_can_be_sent(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        late_ms = staff.node.node.clock.now_ms() - LATER_MS
        conversation = await staff.guest_writes(PERSON, at_ms=late_ms)
        path = f"/conversations/{conversation}"
        assert "24 hours over: please call" in words(await staff.read(path))
        answer = await staff.answer(conversation, ANSWER)
        assert answer.status_code == 409
        assert "The 24 hours are over" in words(answer.text)
        assert ANSWER in answer.text, "what was typed is not lost"
        assert ANSWER not in staff.sent()
        assert audit(staff) == []

    with_staff(tmp_path, story)


def test_an_empty_answer_and_an_endless_one_are_refused(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(PERSON)
        for text in (" \n ", "x" * 8_001):
            assert (await staff.answer(conversation, text)).status_code == 422
        assert audit(staff) == []

    with_staff(tmp_path, story)


def test_what_cannot_be_kept_is_not_sent_and_may_be_tried_again(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(PERSON)
        path = f"/conversations/{conversation}"
        writer = staff.node.node.store._writer
        writer.close_door(Trouble.FULL)
        refused = await staff.answer(conversation, ANSWER)
        assert refused.status_code == 503
        assert ANSWER in refused.text
        assert (await staff.press(path, f"{path}/take")).status_code == 503
        writer.open_door()
        assert (await staff.answer(conversation, ANSWER)).status_code == 303
        await staff.node.until(lambda: staff.sent().count(ANSWER) == 1)

    with_staff(tmp_path, story)


async def _maybe_sent(staff: Staff) -> tuple[str, str]:
    """A conversation with a message that nobody tells us about; its id and the message's."""
    staff.node.meta.behaviour.change({"p_never_after": 1.0, "statuses": False})
    view = staff.node.node.store.view
    staff.node.meta.guest_sends(GUEST, "text", staff.node.node.clock.now_ms(), {"body": FIRE})
    staff.node.providers["whatsapp"].poke()
    state = OutboxState.MAYBE_SENT
    await staff.node.until(lambda: bool(view.all("outbox_in_state", (state, "", 5))))
    (row,) = view.all("outbox_in_state", (state, "", 5))
    return row[1], row[0]


async def _settle(staff: Staff, outcome: str) -> tuple[httpx.Response, str, str]:
    conversation, message = await _maybe_sent(staff)
    path = f"/conversations/{conversation}"
    assert "Maybe sent: please check and settle" in words(await staff.read("/"))
    assert "was it sent?" in words(await staff.read(path))
    answer = await staff.press(path, f"/outbox/{message}/settle", outcome=outcome, conversation=conversation)
    return answer, conversation, message


def test_a_maybe_sent_message_is_settled(tmp_path: Path) -> None:
    for outcome, state in (("sent", "sent"), ("not-sent", "failed")):

        async def story(staff: Staff, outcome: str = outcome, state: str = state) -> None:
            answer, conversation, message = await _settle(staff, outcome)
            assert answer.headers["location"] == f"/conversations/{conversation}"
            row = staff.node.node.store.view.one("outbox_state", (message,))
            assert row is not None
            assert row[0] == state
            assert "Maybe sent" not in words(await staff.read("/"))
            assert audit(staff) == [("Marta", f"outbox {state}")]
            again = await staff.press("/", f"/outbox/{message}/settle", outcome="sent")
            assert again.status_code == 303
            assert audit(staff) == [("Marta", f"outbox {state}")]

        pace = Pace(messages_per_second=1e6, send_timeout_seconds=0.2, send_settle_seconds=0.1)
        with_staff(tmp_path / outcome, story, pace=pace)


def test_a_refused_message_is_sent_again_and_only_such_a_one(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        staff.node.meta.fail_next(["code:131026"])
        view = staff.node.node.store.view
        staff.node.meta.guest_sends(GUEST, "text", staff.node.node.clock.now_ms(), {"body": FIRE})
        staff.node.providers["whatsapp"].poke()
        await staff.node.until(lambda: bool(view.all("outbox_in_state", (OutboxState.FAILED, "", 5))))
        [(message, conversation, *_)] = view.all("outbox_in_state", (OutboxState.FAILED, "", 5))
        path = f"/conversations/{conversation}"
        assert "Send again" in words(await staff.read(path))
        for _ in range(2):
            answer = await staff.press(path, f"/outbox/{message}/retry", conversation=conversation)
            assert answer.headers["location"] == path
        await staff.node.until(
            lambda: view.all("outbox_state", (message,))[0][0] not in ("failed", "waiting")
        )
        assert "Send again" not in words(await staff.read(path))
        assert audit(staff) == [("Marta", "outbox waiting")]

    with_staff(tmp_path, story)


def test_odd_settlements_are_refused(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        assert (await staff.press("/", "/outbox/x/settle", outcome="perhaps")).status_code == 422
        assert (await staff.press("/", "/conversations/nobody/take")).status_code == 404
        assert (await staff.press("/", "/conversations/nobody/answer", text="x")).status_code == 404

    with_staff(tmp_path, story)
