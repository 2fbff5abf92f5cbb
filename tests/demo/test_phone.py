"""The phone page and the simulated world: everything a guest can do, and everything that can go wrong around them."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from tests.demo.play import Play, on_stage

from nightporter.testing.demo import HOTEL_FILE
from nightporter.testing.demo.cast import PLAYERS
from nightporter.testing.demo.wording import LANGUAGES, catalogue

FIRE = "Help, there is a fire in my room!"
BY_HAND = "Reception here, somebody is coming."
HOUR_MS = 3_600_000


def test_the_page_has_a_chat_phrases_and_switches(tmp_path: Path) -> None:
    async def story(play: Play) -> None:
        for who in PLAYERS:
            text = await play.read(f"/?guest={who.key}")
            assert who.name in text
            assert catalogue()["phrases.breakfast"][who.language] in text
        assert "Is breakfast included?" in await play.read("/?guest=anna&lang=en")

    on_stage(tmp_path, story)


def test_a_message_is_answered_and_read_and_its_json_is_shown(tmp_path: Path) -> None:
    async def story(play: Play) -> None:
        await play.press("text", text=FIRE)
        await play.until(lambda: len(play.said()) == 1)
        await play.quiet()
        mine, answer = play.chat().bubbles
        assert (mine.text, mine.tick in {"delivered", "read"}) == (FIRE, True)
        assert answer.tick == "read"
        assert "112" in answer.text
        page = await play.read("/fragments/chat?guest=anna&lang=en")
        assert '"messaging_product": "whatsapp"' in page
        assert '"biz_opaque_callback_data"' in page

    on_stage(tmp_path, story)


def test_the_guest_sees_that_the_hotel_writes(tmp_path: Path) -> None:
    async def story(play: Play) -> None:
        await play.press("text", text="Hello")
        await play.until(lambda: play.chat().typing)
        assert "The hotel is writing" in await play.read("/fragments/chat?guest=anna&lang=en")
        assert play.chat().bubbles[0].tick == "read"
        await play.until(lambda: len(play.said()) == 1)
        assert not play.chat().typing

    on_stage(tmp_path, story)


def test_each_guest_reaches_the_hotel_on_their_own_way(tmp_path: Path) -> None:
    async def story(play: Play) -> None:
        for who in PLAYERS:
            await play.press("text", guest=who.key, text=FIRE)
        for who in PLAYERS:
            await play.until(lambda key=who.key: len(play.said(key)) == 1)
        assert [message.to for message in play.world.spoki.ledger.accepted()] == ["+34600000204"]
        hidden = play.world.meta.ledger.accepted(to="US.4711471147114711")
        assert "recipient" in hidden[0].body, "a guest whose number is hidden is written to by their id"

    on_stage(tmp_path, story)


@pytest.mark.parametrize(
    ("what", "kinds"),
    [
        ("burst", ["text", "text", "text"]),
        ("photo", ["image"]),
        ("voice", ["audio"]),
        ("sticker", ["sticker"]),
        ("phrase:thanks", ["text"]),
    ],
)
def test_what_a_guest_can_send(tmp_path: Path, what: str, kinds: list[str]) -> None:
    async def story(play: Play) -> None:
        for guest in ("anna", "lucia"):
            await play.press(what, guest=guest, text="look" if what == "photo" else "")
            await play.until(lambda guest=guest: len(play.chat(guest).bubbles) >= len(kinds))
            mine = [bubble for bubble in play.chat(guest).bubbles if bubble.who == "me"]
            assert [bubble.kind for bubble in mine] == kinds
            await play.until(lambda mine=mine: play.world.waiting() == 0)
        view = play.live.parts.node.store.view
        if what in {"photo", "voice", "sticker"}:
            await play.until(lambda: not view.all("media_due", (play.world.now_ms() + HOUR_MS, 5)))
            files = sorted(file for file in (tmp_path / "demo" / "media").iterdir() if file.suffix != ".part")
            assert len(files) == 1, "the same bytes from two guests are one file"

    on_stage(tmp_path, story)


def test_a_message_is_changed_deleted_and_reacted_to(tmp_path: Path) -> None:
    async def story(play: Play) -> None:
        await play.press("text", text=FIRE)
        await play.until(lambda: len(play.said()) == 1)
        for what, text in (("edit", "Sorry, no fire"), ("revoke", ""), ("react", "")):
            await play.press(what, text=text)
        await play.quiet()
        mine = [bubble for bubble in play.chat().bubbles if bubble.who == "me"]
        assert [bubble.kind for bubble in mine] == ["text", "edit", "revoke", "reaction"]
        assert mine[-1].quoted in {bubble.text for bubble in play.said()}

    on_stage(tmp_path, story)


def test_what_comes_two_hours_late_is_known_as_late(tmp_path: Path) -> None:
    async def story(play: Play) -> None:
        await play.press("text", text="Can you wake me in ten minutes?", late="on")
        await play.until(lambda: play.world.waiting() == 0)
        rows = play.live.parts.node.store.view.all("conversations_recent", (1 << 62, 5))
        await play.until(
            lambda: bool(play.live.parts.node.store.view.all("conversations_recent", (1 << 62, 5)))
        )
        rows = play.live.parts.node.store.view.all("conversations_recent", (1 << 62, 5))
        late_ms = play.world.now_ms() - rows[0][8]
        assert 2 * HOUR_MS < late_ms < 3 * HOUR_MS

    on_stage(tmp_path, story)


def test_staff_answer_from_the_phone_app(tmp_path: Path) -> None:
    async def story(play: Play) -> None:
        await play.press("text", text=FIRE)
        await play.until(lambda: len(play.said()) == 1)
        await play.turn("app", text=BY_HAND)
        view = play.live.parts.node.store.view
        await play.until(
            lambda: any(row[6] == "phone app" for row in view.all("conversations_recent", (1 << 62, 5)))
        )
        assert [bubble.text for bubble in play.chat().bubbles if bubble.who == "app"] == [BY_HAND]

    on_stage(tmp_path, story)


def test_an_unavailable_provider_gets_the_answer_later(tmp_path: Path) -> None:
    async def story(play: Play) -> None:
        await play.turn("fail:refuses")
        await play.press("text", text=FIRE)
        await play.until(lambda: bool(play.chat().tried))
        assert not play.said()
        assert "131016" in await play.read("/fragments/panel?guest=anna&lang=en")
        await play.turn("fail:none")
        await play.until(lambda: len(play.said()) == 1)
        await play.quiet()
        assert len(play.said()) == 1

    on_stage(tmp_path, story)


def test_a_provider_that_tells_nothing_leaves_a_maybe_sent(tmp_path: Path) -> None:
    async def story(play: Play) -> None:
        await play.turn("fail:mute")
        await play.press("text", text=FIRE)
        view = play.live.parts.node.store.view
        await play.until(lambda: dict(view.all("outbox_counts")).get("maybe_sent") == 1)
        assert len(play.said()) == 1

    on_stage(tmp_path, story, SEND_TIMEOUT_SECONDS="0.3", SEND_SETTLE_SECONDS="1")


def test_a_refused_token_stops_the_channel(tmp_path: Path) -> None:
    async def story(play: Play) -> None:
        await play.turn("fail:token")
        await play.press("text", text=FIRE)
        await play.until(lambda: play.live.parts.roads["whatsapp"].lane.stopped == "190")

    on_stage(tmp_path, story)


def test_a_cut_line_holds_messages_back_and_lets_them_through(tmp_path: Path) -> None:
    async def story(play: Play) -> None:
        await play.turn("hold:on")
        await play.press("text", text=FIRE)
        assert play.world.waiting() == 1
        await play.turn("hold:off")
        await play.until(lambda: len(play.said()) == 1)

    on_stage(tmp_path, story)


def test_the_clock_can_be_turned_and_goes_back(tmp_path: Path) -> None:
    async def story(play: Play) -> None:
        before_ms = play.world.now_ms()
        await play.turn("clock:hour")
        assert play.live.parts.node.clock.now_ms() - before_ms >= HOUR_MS
        await play.turn("clock:night")
        assert " 23:30" in await play.read("/fragments/panel?guest=anna&lang=en")
        await play.press("text", text=FIRE)
        await play.until(lambda: len(play.said()) == 1)
        await play.turn("hold:on")
        await play.press("text", guest="jonas", text=FIRE)
        refused = await play.http.post(
            "/world",
            data={"what": "clock:real", "guest": "anna", "lang": "en"},
            headers={"HX-Request": "true"},
        )
        assert "Let them through first" in refused.text
        await play.turn("hold:off")
        await play.quiet()
        await play.turn("clock:real")
        assert play.world.clock.shift_ms == 0

    on_stage(tmp_path, story)


def test_a_late_flight_leads_to_a_message(tmp_path: Path) -> None:
    async def story(play: Play) -> None:
        await play.turn("clock:morning")
        await play.press("text", guest="claire", text=FIRE)
        await play.until(lambda: len(play.said("claire")) == 1)
        await play.turn("flight", guest="claire")
        await play.until(lambda: len(play.said("claire")) == 2)
        assert "AF1234" in play.said("claire")[-1].text

    on_stage(tmp_path, story)


def test_only_pages_of_this_machine_may_act(tmp_path: Path) -> None:
    async def story(play: Play) -> None:
        data = {"what": "text", "guest": "anna", "lang": "en", "text": FIRE}
        answers: list[httpx.Response] = [
            await play.http.post("/send", data=data, headers={"sec-fetch-site": "cross-site"}),
            await play.http.post("/send", data=data, headers={"host": "evil.example"}),
            await play.http.post(
                "/world", data={"what": "fail:token"}, headers={"sec-fetch-site": "same-site"}
            ),
        ]
        assert [answer.status_code for answer in answers] == [403, 400, 403]
        assert not play.chat().bubbles

    on_stage(tmp_path, story)


def test_the_hotels_file_is_its_own_and_every_sentence_is_in_every_language() -> None:
    assert HOTEL_FILE.is_file()
    for key, by_language in catalogue().items():
        assert set(by_language) == set(LANGUAGES), key
