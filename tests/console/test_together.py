"""Two members of staff and one conversation: nobody answers over somebody else, no text is lost, each has a name."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.console.staff import GUEST, PERSON, Staff, colleague, seen_of, token_of, with_staff, words

from nightporter.console.actions import HOLD_MS
from nightporter.model.conversation import WINDOW_MS

MINE = "Marta here, I am on my way."
THEIRS = "Paul here, the towels are coming."


async def form_of(staff: Staff, conversation: str, text: str) -> dict[str, str]:
    """The form as it stands on the page that this person has open now."""
    page = await staff.read(f"/conversations/{conversation}")
    form = page.split('name="form" value="')[1].split('"')[0]
    return {"token": token_of(page), "seen": seen_of(page), "form": form, "text": text}


def said_by(staff: Staff, conversation: str) -> list[str]:
    rows = staff.node.node.store.view.all("outbox_conversation", (conversation, 1 << 62, 20))
    return [row[3] for row in reversed(rows) if row[3].startswith("staff")]


def test_who_comes_second_is_told_what_happened_and_keeps_the_text(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(PERSON)
        path = f"/conversations/{conversation}/answer"
        async with colleague(staff) as paul:
            mine, theirs = await form_of(staff, conversation, MINE), await form_of(paul, conversation, THEIRS)
            assert (await staff.http.post(path, data=mine)).status_code == 303
            refused = await paul.http.post(path, data=theirs)
            assert refused.status_code == 409
            text = words(refused.text)
            assert "Not sent." in text
            assert "A colleague answered meanwhile." in text
            assert "Marta is speaking with the guest." in text
            assert f">{THEIRS}</textarea>" in refused.text
            assert "Take over and send" in text
            again = {
                "token": token_of(refused.text),
                "seen": seen_of(refused.text),
                "text": THEIRS,
                "form": "f2",
            }
            assert (await paul.http.post(path, data=again)).status_code == 409, "held: looking is not enough"
            assert (await paul.http.post(path, data=again | {"over": "yes"})).status_code == 303
        await staff.node.until(lambda: staff.sent()[-2:] == [MINE, THEIRS])
        assert said_by(staff, conversation) == ["staff:Marta", "staff:Paul"]
        page = words(await staff.read(f"/conversations/{conversation}"))
        assert "Staff · Marta Marta here" in page
        assert "Staff · Paul Paul here" in page
        assert "with Paul until" in page

    with_staff(tmp_path, story)


def test_of_two_who_send_at_once_one_is_refused(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(PERSON)
        path = f"/conversations/{conversation}/answer"
        async with colleague(staff) as paul:
            mine, theirs = await form_of(staff, conversation, MINE), await form_of(paul, conversation, THEIRS)
            told = await asyncio.gather(staff.http.post(path, data=mine), paul.http.post(path, data=theirs))
        assert sorted(answer.status_code for answer in told) == [303, 409]
        await staff.node.idle()
        assert len(said_by(staff, conversation)) == 1

    with_staff(tmp_path, story)


def test_an_answer_to_what_the_guest_has_gone_on_from_is_shown_first(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(PERSON)
        await staff.press(f"/conversations/{conversation}", f"/conversations/{conversation}/take")
        form = await form_of(staff, conversation, MINE)
        later_ms = staff.node.node.clock.now_ms() + 2_000  # providers count in seconds
        args = {"body": "Never mind, I found it", "at_ms": later_ms}
        staff.node.meta.guest_sends(GUEST, "text", later_ms, args)
        staff.node.providers["whatsapp"].poke()
        view = staff.node.node.store.view
        await staff.node.until(lambda: view.scalar("entries_pending_count") == 1)
        refused = await staff.http.post(f"/conversations/{conversation}/answer", data=form)
        assert refused.status_code == 409
        assert "The guest wrote meanwhile." in words(refused.text)
        assert "Never mind, I found it" in refused.text
        assert MINE in refused.text
        assert MINE not in staff.sent()
        assert (await staff.answer(conversation, MINE)).status_code == 303

    with_staff(tmp_path, story)


def test_a_page_that_is_open_learns_how_the_conversation_is(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(PERSON)
        form = await form_of(staff, conversation, MINE)
        await staff.press(f"/conversations/{conversation}", f"/conversations/{conversation}/take")
        fragment = await staff.read(f"/fragments/thread/{conversation}")
        assert seen_of(fragment) != form["seen"]
        form["seen"] = seen_of(fragment)
        answer = await staff.http.post(f"/conversations/{conversation}/answer", data=form)
        assert answer.status_code == 303

    with_staff(tmp_path, story)


def test_odd_marks_of_what_was_seen_are_older_than_everything(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(PERSON)
        for seen in ("", "x", "1.2.3", "-1.0.0.0", "9" * 99 + ".0.0.0", "٣.0.0.0"):
            answer = await staff.answer(conversation, MINE, seen=seen)
            assert answer.status_code == 409, seen
            assert MINE in answer.text
        for form in ("", "f" * 65):
            assert (await staff.answer(conversation, MINE, form=form)).status_code == 422
        assert said_by(staff, conversation) == []

    with_staff(tmp_path, story)


def test_whoever_finishes_a_task_or_settles_is_named(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(PERSON)
        async with colleague(staff) as paul:
            await paul.press(f"/conversations/{conversation}", f"/conversations/{conversation}/done")
        view = staff.node.node.store.view
        assert [(row[2], row[3]) for row in view.all("audit_list", ("~", 5))] == [
            ("Paul", "conversation done")
        ]
        assert "Paul finished a conversation" in words(await staff.read("/house"))

    with_staff(tmp_path, story)


def test_outside_the_window_there_is_a_reason_and_a_telephone_instead_of_a_field(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        late_ms = staff.node.node.clock.now_ms() - WINDOW_MS - HOLD_MS
        conversation = await staff.guest_writes(PERSON, at_ms=late_ms)
        page = await staff.read(f"/conversations/{conversation}")
        assert "WhatsApp takes a free answer only within 24 hours" in words(page)
        assert f'href="tel:+{GUEST}"' in page
        assert '<textarea id="text"' not in page

    with_staff(tmp_path, story)
