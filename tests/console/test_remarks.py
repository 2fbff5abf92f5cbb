"""Notes and labels: for colleagues only, never sent, the guest's wherever they write, gone when they are old."""

from __future__ import annotations

from pathlib import Path

from tests.console.staff import GUEST, PERSON, Staff, colleague, token_of, with_staff, words

from nightporter.journal import people, remarks
from nightporter.journal.remarks import LABELS_OF_GUEST_MAX, NOTE_CHARS_MAX
from nightporter.model.guest import Identity, IdentityKind

OTHER = "393337654321"
NOTE = "Is allergic to nuts & <b>shouts</b>"


async def press(staff: Staff, conversation: str, what: str, **fields: str) -> int:
    path = f"/conversations/{conversation}"
    return (await staff.press(path, f"{path}/{what}", **fields)).status_code


def note_of(staff: Staff, conversation: str) -> str:
    view = staff.node.node.store.view
    guest_id = people.conversation(view, conversation).guest_id
    return remarks.notes_of(view, guest_id, 1 << 62, 1)[0].note_id


def test_a_note_is_seen_by_colleagues_never_sent_and_deleted_by_its_author_or_an_owner(
    tmp_path: Path,
) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(PERSON)
        before = staff.sent()
        form = await staff.read(f"/conversations/{conversation}")
        assert await press(staff, conversation, "note", note=NOTE) == 303
        assert await press(staff, conversation, "note", note=NOTE) == 303, "a second tap"
        async with colleague(staff) as paul:
            page = await paul.read(f"/fragments/thread/{conversation}")
            assert page.count("Is allergic") == 1
            assert "<b>shouts" not in page
            assert "Note for colleagues · Marta" in words(page)
            assert "note/drop" not in page, "it is not Paul's"
            note = note_of(staff, conversation)
            assert await press(paul, conversation, "note/drop", which=note) == 409
            fields = {
                "token": token_of(form),
                "seen": form.split('name="seen" form="answer" value="')[1][:60],
            }
            fields["seen"] = fields["seen"].partition('"')[0]
            path = f"/conversations/{conversation}"
            sent = await staff.http.post(f"{path}/answer", data=fields | {"form": "f", "text": "Coming"})
            assert sent.status_code == 303, "a note does not hold up an answer"
        await staff.node.until(lambda: staff.sent() == [*before, "Coming"])
        assert await press(staff, conversation, "note/drop", which=note) == 303
        assert "Is allergic" not in await staff.read(f"/conversations/{conversation}")
        assert "Marta deleted a note" in words(await staff.read("/house"))

    with_staff(tmp_path, story)


def test_a_script_that_stays_on_the_page_is_told_that_it_is_done(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(PERSON)
        path = f"/conversations/{conversation}"
        token = token_of(await staff.read(path))
        stay = {"x-stay": "yes"}
        for what, fields in (("note", {"note": "x"}), ("label", {"label": "VIP"})):
            done = await staff.http.post(f"{path}/{what}", data={"token": token, **fields}, headers=stay)
            assert done.status_code == 204
        bad = await staff.http.post(f"{path}/note", data={"token": token, "note": ""}, headers=stay)
        assert bad.status_code == 422
        forged = await staff.http.post(f"{path}/note", data={"note": "y"}, headers=stay)
        assert forged.status_code == 403

    with_staff(tmp_path, story)


def test_what_is_odd_is_refused_with_its_reason(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(PERSON)
        path = f"/conversations/{conversation}"
        long = "x" * (NOTE_CHARS_MAX + 1)
        answer = await staff.press(path, f"{path}/note", note=long)
        assert answer.status_code == 422
        assert f">{long}</textarea>" in answer.text
        for label in ("", "   ", "x" * 31):
            assert await press(staff, conversation, "label", label=label) == 422
        for number in range(LABELS_OF_GUEST_MAX):
            assert await press(staff, conversation, "label", label=f"l{number}") == 303
        full = await staff.press(path, f"{path}/label", label="one more")
        assert (full.status_code, "take one off first" in words(full.text)) == (409, True)
        for what in ("note/drop", "label/drop"):
            assert await press(staff, conversation, what, which="nothing") == 303
        gone = await staff.press(path, "/conversations/none/note", note="x")
        assert gone.status_code == 404
        assert (await staff.http.get("/fragments/labels/none")).status_code == 404

    with_staff(tmp_path, story)


def test_labels_are_suggested_shown_and_filter_the_inbox(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        first, second = await staff.guest_writes(PERSON), await staff.guest_writes(PERSON, OTHER)
        assert 'aria-label="Guests by label"' not in await staff.read("/")
        assert await press(staff, first, "label", label=" VIP ") == 303
        assert await press(staff, second, "label", label="vip") == 303, "spelt as it is in use"
        assert await press(staff, second, "label", label='"><i>nut</i>') == 303
        page = await staff.read(f"/conversations/{first}")
        assert '<option value="VIP">' in page
        assert "<i>nut" not in page
        assert "VIP" in await staff.read(f"/fragments/labels/{first}")
        inbox = await staff.read("/")
        assert words(inbox).count("VIP") == 3, "the filter, and both lines"
        assert "VIP <small>2</small>" in inbox
        only = await staff.read("/?label=VIP")
        assert only.count('id="line-') == 2
        assert "label=vip" in only, "the part that is read again keeps the filter"
        nut = await staff.read("/fragments/inbox?label=%22%3E%3Ci%3Enut%3C/i%3E")
        assert (f"line-{second}" in nut, f"line-{first}" in nut) == (True, False)
        assert await press(staff, second, "label/drop", which="vip") == 303
        assert (await staff.read("/fragments/inbox?label=vip")).count('id="line-') == 1
        assert "No guest has this label" in words(await staff.read("/?label=nothing"))

    with_staff(tmp_path, story)


def test_two_guests_who_are_one_person_keep_all_of_it(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        first, second = await staff.guest_writes(PERSON), await staff.guest_writes(PERSON, OTHER)
        for conversation in (first, second):
            assert await press(staff, conversation, "note", note=f"of {conversation}") == 303
            assert await press(staff, conversation, "label", label="VIP") == 303
        assert await press(staff, second, "label", label="allergy") == 303
        both = [Identity(IdentityKind.PHONE, phone) for phone in (GUEST, OTHER)]
        node = staff.node.node
        kept = await node.write(lambda tx: people.guest_of(tx, node.ids, both, "", node.clock.now_ms()))
        assert len(remarks.notes_of(node.store.view, kept, 1 << 62, 10)) == 2
        assert [label.text for label in remarks.labels_of(node.store.view, kept)] == ["allergy", "VIP"]

    with_staff(tmp_path, story)


def test_many_notes_come_in_pages_with_the_talk(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(PERSON)
        node = staff.node.node
        guest_id = people.conversation(node.store.view, conversation).guest_id
        now_ms = node.clock.now_ms()
        for number in range(130):
            note = remarks.Note(
                note_id=node.ids.new(), author="Marta", text=f"no{number};", at_ms=now_ms + number
            )
            await node.write(remarks.add_note(guest_id, note))
        seen: list[str] = []
        path = f"/conversations/{conversation}"
        for _ in range(9):
            page = await staff.read(path)
            seen.append(page)
            if "?before=" not in page:
                break
            path = f"/conversations/{conversation}?before=" + page.split("?before=")[1].split('"')[0]
        whole = "".join(seen)
        assert [number for number in range(130) if whole.count(f"no{number};") != 1] == []
        assert PERSON in whole

    with_staff(tmp_path, story)
