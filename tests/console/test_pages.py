"""What staff see: who waits and why, who said what, the state of the house; in five languages, cards masked."""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from pathlib import Path

import pytest
from tests.console.staff import FIRE, GUEST, PERSON, Staff, with_staff, words

from nightporter.console.wording import LANGUAGES, catalogue
from nightporter.model.decision import DispositionKind, NewTask, SilentReason, Urgency
from nightporter.model.message import MessageKind
from nightporter.model.outbox import OutboxState
from nightporter.outbox import tasks

OTHER = "393337654321"
CARD = "4111 1111 1111 1111"


def test_whoever_needs_a_person_waits_in_the_inbox_the_most_urgent_first(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        await staff.guest_writes(PERSON)
        await staff.guest_writes(FIRE, OTHER)
        text = words(await staff.read("/"))
        assert "EMERGENCY" in text
        assert "The guest asks for a person" in text
        assert text.index("EMERGENCY") < text.index("The guest asks for a person")
        assert "can be answered for 23 h 59 min" in text
        assert "waiting for 0 min" in text
        assert '<b class="badge">2</b>' in await staff.read("/fragments/count")

    with_staff(tmp_path, story)


def test_an_empty_inbox_says_so(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        assert "Nobody is waiting" in words(await staff.read("/"))
        assert "No conversations yet" in words(await staff.read("/?show=all"))
        assert "Nothing new" in words(await staff.read("/news"))

    with_staff(tmp_path, story)


def test_a_conversation_shows_who_spoke_its_ticks_and_why_it_is_here(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(PERSON)
        page = await staff.read(f"/conversations/{conversation}")
        text = words(page)
        assert PERSON in text
        assert text.index("Guest ") < text.index("Machine ")
        assert "To staff: The guest asks for a person" in text
        assert any(f"#tick-{state}" in page for state in ("sent", "delivered", "read"))
        assert "How the machine came to it" in text

    with_staff(tmp_path, story)


def test_card_numbers_are_masked_everywhere(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(f"{FIRE} My card is {CARD}")
        for path in (
            "/",
            "/?show=all",
            f"/conversations/{conversation}",
            f"/fragments/thread/{conversation}",
        ):
            page = await staff.read(path)
            assert CARD not in page, path
            assert "411111111111" not in page.replace(" ", "")
        assert "••••1111" in await staff.read(f"/conversations/{conversation}")

    with_staff(tmp_path, story)


def test_what_guests_write_is_text_and_nothing_else(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(f'<script>alert(1)</script> "onload=x {FIRE}')
        for path in ("/", f"/conversations/{conversation}"):
            assert "<script>alert" not in await staff.read(path)
        assert "&lt;script&gt;" in await staff.read(f"/conversations/{conversation}")

    with_staff(tmp_path, story)


def test_a_picture_is_shown_and_a_document_is_only_saved(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        view = staff.node.node.store.view
        for kind, args in (
            ("image", {"caption": "the tap"}),
            ("document", {"filename": "x.html", "content": b"<script>", "mime_type": "text/html"}),
        ):
            staff.node.meta.guest_sends(GUEST, kind, staff.node.node.clock.now_ms(), args)
            staff.node.providers["whatsapp"].poke()
        conversation = await staff.conversation()
        rows = view.all("entries_conversation", (conversation, 1 << 62, 10))
        await staff.node.until(
            lambda: all((view.one("media_get", (row[0],)) or [""] * 5)[4] == "kept" for row in rows)
        )
        page = await staff.read(f"/conversations/{conversation}")
        assert "x.html" in page
        answers = {row[0]: await staff.http.get(f"/files/{row[0]}") for row in rows}
        types = {answer.headers["content-type"]: answer for answer in answers.values()}
        assert set(types) == {"image/png", "application/octet-stream"}
        assert types["image/png"].headers["content-disposition"].startswith("inline")
        assert types["application/octet-stream"].headers["content-disposition"].startswith("attachment")
        for answer in answers.values():
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "sandbox" in answer.headers["content-security-policy"]
        for path in ("/files/nothing", "/files/..%2f..%2fhotel.db"):
            assert (await staff.http.get(path)).status_code == 404

    with_staff(tmp_path, story)


def test_long_talks_come_in_pages_and_lose_nothing(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        now_ms = staff.node.node.clock.now_ms()
        for number in range(90):
            at_ms = now_ms - 3_600_000 * 20 + number // 5 * 60_000  # five in the same second
            args = {"body": f"message number {number:03d} {FIRE}", "at_ms": at_ms}
            staff.node.meta.guest_sends(GUEST, "text", now_ms, args)
        staff.node.providers["whatsapp"].poke()
        conversation = await staff.conversation()
        first = path = f"/conversations/{conversation}"
        seen = ""
        for _ in range(6):
            page = await staff.read(path)
            seen += page
            older = re.search(r"before=(\d+)", page)
            if older is None:
                break
            path = f"{first}?before={older[1]}"
        assert [number for number in range(90) if f"message number {number:03d}" not in seen] == []

    with_staff(tmp_path, story)


def test_the_house_tells_its_health_and_what_needs_a_person(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        await staff.guest_writes(FIRE)
        node = staff.node.node
        await node.alert("odd:1", "odd_delivery", "whatsapp 0001: ValueError", Urgency.NOW)
        text = words(await staff.read("/house"))
        assert "A delivery that could not be read" in text
        assert "Health fine" in text
        assert "WhatsApp 106540352242922" in text
        assert "Staff Marta" not in text

    with_staff(tmp_path, story)


def test_a_stopped_channel_is_told_with_its_reason(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        staff.node.meta.set_token("another")
        staff.node.meta.guest_sends(GUEST, "text", staff.node.node.clock.now_ms(), {"body": FIRE})
        staff.node.providers["whatsapp"].poke()
        await staff.node.until(lambda: bool(staff.node.parts.roads["whatsapp"].lane.stopped))
        await staff.node.until(lambda: bool(staff.node.node.store.view.one("channel_state", ("whatsapp",))))
        text = words(await staff.read("/house"))
        assert "The provider refuses everything (code 190)" in text
        assert "The provider refuses our access: nothing is sent" in text

    with_staff(tmp_path, story)


def test_news_of_the_account_are_kept_and_shown(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        now_ms = staff.node.node.clock.now_ms()
        staff.node.meta.act("account_news", now_ms, {"name": "account_alerts"})
        staff.node.providers["whatsapp"].poke()
        view = staff.node.node.store.view
        await staff.node.until(lambda: bool(view.all("entries_apart", ("~", 5))))
        text = words(await staff.read("/news"))
        assert "Our account" in text
        assert "account_alerts" in text

    with_staff(tmp_path, story)


def test_what_the_hotel_has_no_answer_for_is_a_page_behind_the_house(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        assert "Every question had an answer" in words(await staff.read("/questions"))
        conversation = await staff.guest_writes(PERSON)
        node = staff.node.node
        task = NewTask(
            key="k",
            department="reception",
            reason="not_understood",
            summary=f"xyzzy? {CARD}",
            topic="other:offtopic",
        )
        await node.write(lambda tx: tasks.add(tx, node.ids.new(), task, conversation, node.clock.now_ms()))
        page = await staff.read("/questions")
        assert "not understood asked: 1" in words(page)
        assert f'href="/conversations/{conversation}"' in page
        assert CARD not in page
        assert "own_answers: [{name: question, ask:" in words(page), "a line of the file would answer it"
        assert 'href="/questions"' in await staff.read("/house")

    with_staff(tmp_path, story)


@pytest.mark.parametrize("language", LANGUAGES)
def test_staff_read_their_own_language(tmp_path: Path, language: str) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(PERSON)
        answer = await staff.press("/", "/language", language=language, back="/house")
        assert (answer.status_code, answer.headers["location"]) == (303, "/house")
        for path in ("/", "/house", "/news", "/questions", f"/conversations/{conversation}"):
            page = await staff.read(path)
            assert f'<html lang="{language}">' in page
        reason = catalogue()["reasons.asked_for_person"][language]
        assert reason in words(await staff.read("/"))

    with_staff(tmp_path, story)


@pytest.mark.parametrize("back", ["//evil.example/", "https://evil.example", "/\\evil.example", "x"])
def test_the_way_back_never_leads_away(tmp_path: Path, back: str) -> None:
    async def story(staff: Staff) -> None:
        answer = await staff.press("/", "/language", language="de", back=back)
        assert answer.headers["location"] == "/"

    with_staff(tmp_path, story)


def test_without_a_choice_staff_read_the_hotels_language(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        staff.http.cookies.delete("nightporter_language")
        assert '<html lang="it">' in await staff.read("/")

    with_staff(tmp_path, story)


def test_pages_that_are_not_there_say_so(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        for path in ("/conversations/nobody", "/fragments/thread/nobody"):
            answer = await staff.http.get(path)
            assert answer.status_code == 404
            assert "not here" in words(answer.text)

    with_staff(tmp_path, story)


def test_every_sentence_stands_in_every_language() -> None:
    for key, by_language in catalogue().items():
        assert set(by_language) == set(LANGUAGES), key
        assert all(text.strip() for text in by_language.values()), key
    places = {key: {text.count("{") for text in found.values()} for key, found in catalogue().items()}
    assert [key for key, counts in places.items() if len(counts) > 1] == []


def test_every_state_kind_and_reason_has_words() -> None:
    known = catalogue()
    for section, names in {
        "states": OutboxState,
        "kinds": MessageKind,
        "silences": SilentReason,
        "dispositions": DispositionKind,
    }.items():
        assert [name for name in names if f"{section}.{name}" not in known] == []


def test_every_reason_for_a_task_has_words() -> None:
    """Reasons are written as `reason="..."` in code, or in the desk's catalogues; none may be missing there."""
    root = Path(str(resources.files("nightporter")))
    sources = [file.read_text("utf-8") for file in root.rglob("*.py") if "testing" not in file.parts]
    told = {
        reason
        for pattern in (r'\breason="([a-z_]+)"', r'\.alert\(\s*[^,]+,\s*"([a-z_]+)"')
        for source in sources
        for reason in re.findall(pattern, source)
    }
    assert {"maybe_sent", "odd_delivery", "request"} <= told
    only_in_the_log = {"store_broken"}  # the node ends with it: there is no inbox any more
    assert {reason for reason in told if f"reasons.{reason}" not in catalogue()} == only_in_the_log


def test_catalogue_is_plain_toml() -> None:
    text = (resources.files("nightporter.console") / "strings.toml").read_text("utf-8")
    assert tomllib.loads(text)


def test_a_task_without_words_is_shown_by_its_name(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        node = staff.node.node
        task = NewTask(key="x", department="reception", reason="brand_new", summary="")
        await node.write(lambda tx: tasks.add(tx, node.ids.new(), task, None, node.clock.now_ms()))
        assert "brand new" in words(await staff.read("/house"))

    with_staff(tmp_path, story)
