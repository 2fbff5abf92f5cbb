"""Ready answers over HTTP: kept per language, picked while writing, and never sent with a gap in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.console.staff import GUEST, PERSON, Staff, colleague, token_of, with_staff, words

from nightporter.journal import ready
from nightporter.journal.ready import ANSWERS_MAX, NAME_CHARS_MAX, TEXT_CHARS_MAX, Ready

WIFI = "Hello {guest}, the Wi-Fi in room {room} is Porter, yours, {staff} of {hotel}."


async def keep(staff: Staff, name: str, text: str, language: str = "en", **was: str) -> int:
    answer = await staff.press("/answers", "/answers", name=name, language=language, text=text, **was)
    return answer.status_code


def typed(page: str) -> str:
    """What stands in the field."""
    return page.partition('<textarea id="text"')[2].partition(">")[2].partition("</textarea>")[0]


async def lives_in(staff: Staff, room: str) -> None:
    stay = {"source": "test", "code": "K7Q2", "guest": GUEST, "room": room}
    days = {"arrival": "2000-01-01", "departure": "2099-01-01"}
    status, told = await staff.node.ask("POST", "/api/stays", stay | days)
    assert status in {200, 201}, told


def test_a_ready_answer_is_kept_shown_changed_and_deleted(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        assert "No ready answers yet" in words(await staff.read("/answers"))
        assert await keep(staff, "  Wi-Fi ", WIFI) == 303
        assert await keep(staff, "wi-fi", "Il Wi-Fi è Porter", "it") == 303
        page = await staff.read("/answers")
        assert "Marta" in words(page)
        assert words(page).count("Il Wi-Fi è Porter") == 1
        assert await keep(staff, "WI-FI", "again") == 409, "one of that name is there"
        form = await staff.read("/answers?name=wi-fi&language=it")
        moment = form.split('name="was_ms" value="')[1].split('"')[0]
        was = {"was_name": "wi-fi", "was_language": "it", "was_ms": moment}
        async with colleague(staff) as paul:
            assert await keep(paul, "wi-fi", "Rete Porter", "it", **was) == 303
        late = await staff.press("/answers", "/answers", name="wi-fi", language="it", text="Mine", **was)
        assert late.status_code == 409
        assert "A colleague changed" in words(late.text)
        assert ">Mine</textarea>" in late.text
        await staff.press("/answers", "/answers/drop", name="wi-fi", language="it")
        page = words(await staff.read("/answers"))
        assert "Rete Porter" not in page
        assert "the Wi-Fi in room" in page
        assert "Marta deleted a ready answer" in words(await staff.read("/house"))

    with_staff(tmp_path, story)


def test_a_renamed_one_leaves_its_old_name(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        await keep(staff, "Wifi", "Porter")
        await keep(staff, "Taxi", "Call 1")
        one = ready.find(staff.node.node.store.view, "wifi", "en")
        assert one is not None
        was = {"was_name": "wifi", "was_language": "en", "was_ms": str(one.changed_ms)}
        assert await keep(staff, "Taxi", "x", **was) == 409
        assert await keep(staff, "Internet", "Porter", **was) == 303
        names = [one.key for one in ready.listed(staff.node.node.store.view)]
        assert names == ["internet", "taxi"]

    with_staff(tmp_path, story)


def test_what_cannot_be_kept_is_told_in_a_line_and_nothing_is_lost(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        for name, text, language in (
            ("", "text", "en"),
            ("n" * (NAME_CHARS_MAX + 1), "text", "en"),
            ("name", "", "en"),
            ("name", "x" * (TEXT_CHARS_MAX + 1), "en"),
            ("name", "a { brace", "en"),
            ("name", "text", "xx"),
        ):
            answer = await staff.press("/answers", "/answers", name=name, language=language, text=text)
            assert answer.status_code == 422, (name, text)
            assert 'role="alert"' in answer.text
            assert f">{text}</textarea>" in answer.text
        for odd in ("9" * 5000, "x", "٣"):
            assert await keep(staff, "name", "text", was_ms=odd) == 409
        assert (await staff.http.post("/answers", data={"name": "n", "text": "t"})).status_code == 403
        assert ready.listed(staff.node.node.store.view) == []

    with_staff(tmp_path, story)


def test_there_is_a_limit(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        node = staff.node.node
        for number in range(ANSWERS_MAX):
            name = f"n{number}"
            one = Ready(key=name, language="en", name=name, text="t", changed_ms=1, changed_by="Marta")
            node.write(ready.keep(one, None))
        assert await keep(staff, "one more", "t") == 409
        assert len(ready.listed(node.store.view)) == ANSWERS_MAX

    with_staff(tmp_path, story)


def test_it_is_picked_in_the_guests_language_and_filled_in(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes("Ich möchte bitte mit einem Menschen sprechen")
        await keep(staff, "wifi", WIFI)
        await keep(staff, "wifi", "Hallo {guest}, Zimmer {room}, {when} kommt {staff}.", "de")
        page = await staff.read(f"/conversations/{conversation}")
        assert page.index('value="de:wifi"') < page.index('value="en:wifi"')
        fragment = f"/fragments/answers/{conversation}?pick="
        text = await staff.read(f"{fragment}de:wifi")
        assert text.endswith("Zimmer {room}, {when} kommt Marta.")
        await lives_in(staff, "214")
        assert "Zimmer 214" in await staff.read(f"{fragment}de:wifi")
        assert "214 is Porter" in await staff.read(f"{fragment}en:wifi")
        for odd in ("", "xx:wifi", "de:none", "wifi", "de:" + "x" * 9999):
            assert (await staff.http.get(fragment + odd)).status_code == 404
        assert (await staff.http.get("/fragments/answers/none?pick=de:wifi")).status_code == 404

    with_staff(tmp_path, story)


def test_without_scripts_the_button_puts_it_behind_what_was_typed(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(PERSON)
        await keep(staff, "wifi", "The <b>network</b> is {name}.")
        path = f"/conversations/{conversation}"
        picked = await staff.press(path, f"{path}/pick", pick="en:wifi", text="Good evening!")
        assert typed(picked.text) == "Good evening!\n\nThe &lt;b&gt;network&lt;/b&gt; is {name}."
        sent = await staff.answer(conversation, "The network is {name}.")
        assert sent.status_code == 422
        assert "fill in what stands in braces first" in words(sent.text)
        assert "{name}" in typed(sent.text)
        assert (await staff.answer(conversation, "The network is Porter.", form="f2")).status_code == 303
        await staff.node.until(lambda: staff.sent()[-1] == "The network is Porter.")

    with_staff(tmp_path, story)


def test_what_a_guest_calls_themselves_fills_in_nothing_else(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(PERSON)
        (guest_id,) = staff.node.node.store.view.one("identity_find", (f"phone:{GUEST}",)) or ("",)
        name = "{staff}\n\n{x}<i>"
        await staff.node.node.write(lambda tx: tx.run("guest_name", (name, guest_id, name)))
        await keep(staff, "hi", "Hi {guest}!")
        assert await staff.read(f"/fragments/answers/{conversation}?pick=en:hi") == "Hi staff x<i>!"
        form = await staff.read("/answers")
        assert token_of(form)

    with_staff(tmp_path, story)


@given(st.text(max_size=200), st.dictionaries(st.sampled_from(ready.PLACES), st.text(max_size=30)))
def test_any_text_is_filled_in_without_making_new_gaps(text: str, facts: dict[str, str]) -> None:
    assert set(ready.gaps(ready.filled(text, facts))) <= set(ready.gaps(text))


@pytest.mark.parametrize(
    ("text", "found"),
    [("{a} {b} {a}", ["{a}", "{b}"]), ("{}", []), ("{a\nb}", []), ("{{x}}", ["{x}"]), ("plain", [])],
)
def test_gaps(text: str, found: list[str]) -> None:
    assert ready.gaps(text) == found
