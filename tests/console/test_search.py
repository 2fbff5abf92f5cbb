"""Search: guests by what is known of them, words in messages of both sides, accents aside; bounded, nothing lost."""

from __future__ import annotations

import re
from pathlib import Path

import apsw
from hypothesis import given
from hypothesis import strategies as st
from tests.console.staff import GUEST, PERSON, Staff, with_staff, words

from nightporter.console import finding
from nightporter.console.finding import HITS_PAGE, NOW
from nightporter.ops.running import reading
from nightporter.store.sql import queries

OTHER = "393337654321"
CARD = "4111 1111 1111 1111"


def hits(page: str) -> list[str]:
    """Where the links of the messages lead."""
    return re.findall(r'href="(/conversations/[^"]+#b-[^"]+)"', page)


def test_words_of_both_sides_are_found_without_their_accents(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(f"{PERSON}. Wann gibt es FRÜHSTÜCK an der Straße? <b>x</b>")
        await staff.answer(conversation, "Früh, ab sieben, auch glutenfrei; así mañana.")
        await staff.node.idle()
        for query in ("fruhstuck", "FRUHSTÜCK strasse", "früh wann", "glutenfrei", "manana asi"):
            page = await staff.read(f"/search?q={query}")
            assert len(hits(page)) >= 1, query
        page = await staff.read("/search?q=fruhstuck")
        assert "<mark>FRÜHSTÜCK</mark>" in page
        assert "<b>x</b>" not in page
        (link,) = hits(page)
        target = await staff.read(link.partition("#")[0])
        assert f'id="{link.partition("#")[2]}"' in target
        for noise in ("payload", "kind", "provider_id", "zzz"):
            assert hits(await staff.read(f"/search?q={noise}")) == [], noise
        assert "Nothing found" in words(await staff.read("/search?q=zzz"))

    with_staff(tmp_path, story)


def test_guests_by_name_last_digits_booking_code_and_room(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        conversation = await staff.guest_writes(PERSON)
        await staff.guest_writes(PERSON, OTHER)
        view = staff.node.node.store.view
        (guest_id,) = view.one("identity_find", (f"phone:{GUEST}",)) or ("",)
        await staff.node.node.write(lambda tx: tx.run("guest_name", ("Zoë Müller", guest_id, "Zoë Müller")))
        stay = {"source": "t", "code": "K7Q2", "guest": GUEST, "room": "214", "departure": "2099-01-01"}
        today = staff.node.parts.hotel().zone
        from datetime import datetime

        arrival = datetime.fromtimestamp(staff.node.node.clock.now_ms() / 1000, today).date().isoformat()
        status, told = await staff.node.ask("POST", "/api/stays", stay | {"arrival": arrival})
        assert status == 201, told
        line = f'<a href="/conversations/{conversation}">'
        for query in ("zoe muller", "MÜLLER", "4567", "+39 333 123", "k7q2", "K7Q2", "214", "room 214"):
            page = await staff.read(f"/search?q={query.replace('+', '%2B')}")
            assert (line in page) == (query != "+39 333 123"), query
        page = await staff.read("/search?q=4321")
        assert line not in page
        assert "+39 333 765 4321" in words(page)
        assert 'href="/search"' in await staff.read("/")

    with_staff(tmp_path, story)


def test_card_numbers_are_neither_shown_nor_found(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        await staff.guest_writes(f"{PERSON} mycard {CARD}")
        assert hits(await staff.read("/search?q=41111111")) == []
        page = await staff.read("/search?q=mycard")
        assert len(hits(page)) == 1
        assert CARD not in page

    with_staff(tmp_path, story)


def test_what_is_too_short_or_odd_is_told_in_a_line(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        await staff.guest_writes(PERSON)
        assert "At least two letters" in words(await staff.read("/search?q=x"))
        for odd in (
            "%25%25",
            "__",
            "'; drop",
            '"',
            "\\",
            "%00ab",
            "x" * 5_000,
            "ab&before=zz",
            "ab&before=" + "f" * 99,
        ):
            assert (await staff.http.get(f"/search?q={odd}")).status_code == 200, odd
        assert "Nothing found" not in words(await staff.read("/search"))
        staff.http.cookies.clear()
        assert (await staff.http.get("/search?q=person")).status_code == 303

    with_staff(tmp_path, story)


def test_many_come_in_pages_newest_first_and_none_is_lost(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        await staff.guest_writes(PERSON)
        node = staff.node.node
        view = node.store.view
        (conversation,) = [row[0] for row in view.all("conversations_recent", (1 << 62, 5))]
        now_ms = node.clock.now_ms()
        payload = '{"message": {"kind": "text", "text": "früher Wunsch %d"}}'

        def unit(tx: object) -> None:
            from nightporter.store import Tx

            assert isinstance(tx, Tx)
            for number in range(3 * HITS_PAGE):
                at_ms = now_ms + number // 3  # three of each moment
                key = f"{at_ms:012x}{number:016x}"
                row = (
                    key, number.to_bytes(8), "message", "whatsapp", "1", 1, key, conversation, at_ms, at_ms, key, 0,
                    payload % number, 0,
                )  # fmt: skip
                tx.run("entry_add", row)
                tx.run("entry_dispose", ("silent", "stop", "", at_ms, None, key))

        await node.write(unit)
        path, seen, pages = "/search?q=wunsch", list[str](), 0
        while path:
            page = await staff.read(path)
            seen += hits(page)
            pages += 1
            further = re.search(r'href="(/search\?q=wunsch&before=[0-9a-f]{12})"', page)
            path = further[1] if further else ""
        assert len(seen) == len(set(seen)) == 3 * HITS_PAGE
        assert pages <= 5
        moments = [int(re.search(r"before=(\d+)", link)[1]) for link in seen]  # type: ignore[index]
        assert moments == sorted(moments, reverse=True)

    with_staff(tmp_path, story)


def test_a_search_ends_after_its_time_and_goes_on_where_it_was(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        await staff.guest_writes(PERSON)
        with reading(staff.node.node.store.folder) as view:
            ticks = iter(range(0, 100, 10))
            found = finding.messages(view, ["zzz"], NOW, lambda: float(next(ticks)))
            assert (found.hits, found.before) == ([], NOW)
            assert finding.messages(view, ["zzz"], NOW, lambda: 0.0).before == ""

    with_staff(tmp_path, story)


LETTERS = st.text(alphabet="aàäçeéiïnñoöœsßuüzAÉÜÑ .%_'\"\\x1", max_size=30)


@given(LETTERS, LETTERS)
def test_whatever_is_marked_holds_the_words(text: str, query: str) -> None:
    asked = finding.words_of(query)
    parts = finding.marked(text, asked) if asked else None
    held = bool(asked) and all(word in finding.plain(text) for word in asked)
    assert (parts is not None) == held
    if parts:
        assert "".join(part for part, _ in parts).strip("…") in text


@given(LETTERS, LETTERS)
def test_sql_lets_through_whatever_holds_the_words(text: str, query: str) -> None:
    """The rough look may let through too much, never too little, for letters of our languages."""
    asked = finding.words_of(query)
    if asked and all(word in finding.plain(text) for word in asked):
        body = queries()["search_names"]
        assert LIKE(text, asked), (text, asked, body)


def LIKE(text: str, asked: list[str]) -> bool:  # noqa: N802 - SQLite's own
    found = finding.patterns(asked)
    strict, loose = found[:3], found[3:]
    ask = apsw.Connection(":memory:").execute

    def all_of(patterns: tuple[str, ...]) -> bool:
        return all(next(iter(ask("SELECT ? LIKE ?", (text, one))))[0] for one in patterns)

    return all_of(strict) or (not text.isascii() and all_of(loose))
