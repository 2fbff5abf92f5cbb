"""Facts check: the desk's own answer with its topic, its certainty and the file's line; nothing is kept or sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.console.staff import Staff, words
from tests.console.staff import with_staff as staffed

from nightporter.config.hotel.places import Places
from nightporter.testing.demo import HOTEL_FILE


async def ask(staff: Staff, text: str, **fields: str) -> str:
    answer = await staff.press("/ask", "/ask", **({"text": text, "stay": "none", "day": ""} | fields))
    assert answer.status_code == 200, words(answer.text)
    return answer.text


def with_staff(folder: Path, story: Any) -> None:
    """Nothing may have been written by the story."""

    async def watched(staff: Staff) -> None:
        view = staff.node.node.store.view
        before = view.all("audit_list", ("~", 20))
        await story(staff)
        assert view.all("audit_list", ("~", 20)) == before
        assert view.scalar("outbox_next", ("whatsapp",)) is None
        assert view.scalar("tasks_count") == 0
        assert staff.sent() == []

    staffed(folder, watched)


def test_each_verdict_with_its_line_language_and_certainty(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        assert "Ask what a guest might" in words(await staff.read("/ask"))
        page = await ask(staff, "Bis wann gibt es Frühstück?")
        text = words(page)
        file = HOTEL_FILE.read_text("utf-8")
        block = next(
            number for number, one in enumerate(file.splitlines(), 1) if one.startswith("breakfast:")
        )
        line = block + 1  # its hours
        for told in ("Answers by itself", "Deutsch", "breakfast", "% sure", f"hotel.yaml, line {line}"):
            assert told in text, told
        assert 'lang="de"' in page
        assert "breakfast:" in text.split(f"line {line}")[1], "the file's own text around it"
        drafted = words(await ask(staff, "Could we swim somewhere with kids?"))
        assert "Draft: a person looks first" in drafted
        assert "Staff see this draft About the pool" in drafted
        assert "not sure: a draft" in drafted
        assert "pool.hours hotel.yaml, line" in drafted
        staff_only = words(await ask(staff, "Puis-je avoir un remboursement ?"))
        assert "For staff" in staff_only
        assert "Nothing in the hotel file answers this." in staff_only
        assert "Français" in staff_only
        assert "Emergency: answers at once" in words(
            await ask(staff, "¡Socorro, hay fuego en mi habitación!")
        )
        assert "Says nothing:" in words(await ask(staff, "grazie mille"))
        own = words(await ask(staff, "Is there a ferry to Malcesine?"))
        assert "ferries 100 % sure" in own
        assert "own_answers[0].say" in own

    with_staff(tmp_path, story)


def test_who_asks_and_when_count(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        asked = "What is the wifi password?"
        password = next(
            line.split("password:")[1].split(",")[0].strip(' }"')
            for line in HOTEL_FILE.read_text("utf-8").splitlines()
            if "password:" in line
        )
        stranger, guest = await ask(staff, asked), await ask(staff, asked, stay="in_house")
        assert password not in stranger.split("facts-form")[1].split("<h2>")[0]
        assert password in guest
        assert 'value="in_house" selected' in guest
        summer = words(await ask(staff, "When does the pool open?", day="2027-07-15"))
        winter = words(await ask(staff, "When does the pool open?", day="2027-01-15"))
        assert summer.split("The guest reads")[1] != winter.split("The guest reads")[1]

    with_staff(tmp_path, story)


def test_odd_questions_are_refused_in_one_line_and_words_are_only_words(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        odd = [
            ({"text": "  "}, "Write a question first."),
            ({"text": "x" * 2_001}, "too long"),
            ({"text": "wifi?", "day": "2999-01-01"}, "within two years"),
            ({"text": "wifi?", "day": "tomorrow"}, "within two years"),
            ({"text": "wifi?", "stay": "king"}, "form"),
        ]
        for fields, told in odd:
            answer = await staff.press("/ask", "/ask", **({"stay": "none"} | fields))
            assert answer.status_code == 422, fields
            assert told in words(answer.text), fields
        assert "<b id=x>" not in await ask(
            staff, "<b id=x>wifi</b>?\x00 \ud83d".encode("utf-8", "replace").decode()
        )
        assert (await staff.http.post("/ask", data={"text": "wifi?"})).status_code == 403

    with_staff(tmp_path, story)


def test_lines_follow_the_file_and_say_when_it_is_gone(tmp_path: Path) -> None:
    file = tmp_path / "hotel.yaml"
    file.write_text(
        "wifi:\n  network: A\n  price: free\nparking:\n  - kind: garage\n    height_cm: 190\n", "utf-8"
    )
    places = Places(file)
    found = places.of(("wifi.price", "parking[0].height_cm", "parking[7].x", "pool.hours", "", "[[x"))
    assert [one.line for one in found] == [3, 6, 5, 0, 0, 0]
    assert found[0].around == ((2, "  network: A"), (3, "  price: free"), (4, "parking:"))
    file.write_text("# new\nwifi:\n  network: A\n  price: free\n", "utf-8")
    assert places.of(("wifi.price",))[0].line == 4
    file.write_text("wifi: [", "utf-8")
    assert places.of(("wifi.price",))[0].line == 0
    file.unlink()
    assert places.of(("wifi.price",))[0].around == ()
