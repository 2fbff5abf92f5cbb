"""Templates: read page by page, told as they stand and how old that is, and sent when the window is over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.console.staff import GUEST, PERSON, Staff, colleague, seen_of, token_of, with_staff, words
from tests.console.web import AheadClock

from nightporter.channels.whatsapp_templates import PAGE_TEMPLATES, template_of
from nightporter.journal import people, templates
from nightporter.model.conversation import WINDOW_MS
from nightporter.model.template import AccountTemplate, places
from nightporter.rounds.templates import ASKED_AGAIN_MS, STALE_MS
from nightporter.testing.providers.chance import Dice
from nightporter.testing.providers.meta import MetaProvider
from nightporter.testing.providers.meta_templates import Template

WHATSAPP = "whatsapp"


def known(staff: Staff) -> dict[tuple[str, str], AccountTemplate]:
    found = templates.listed(staff.node.node.store.view, WHATSAPP)
    return {(one.name, one.language): one for one in found}


async def read(staff: Staff) -> None:
    """The first reading is the round's own."""
    view = staff.node.node.store.view
    await staff.node.until(lambda: templates.reading(view, WHATSAPP).tried_ms > 0)


async def read_again(staff: Staff, clock: AheadClock) -> str:
    clock.ahead_seconds += ASKED_AGAIN_MS // 1000 + 1
    assert (await staff.press("/templates", "/templates/read")).status_code == 303
    return await staff.read("/templates")


async def after_the_window(staff: Staff) -> str:
    late_ms = staff.node.node.clock.now_ms() - WINDOW_MS - 60_000
    return await staff.guest_writes(PERSON, at_ms=late_ms)


async def send(staff: Staff, conversation: str, template: str, form: str = "f1", **fields: str) -> Any:
    page = await staff.read(f"/conversations/{conversation}?template={template}")
    given = {"token": token_of(page), "seen": seen_of(page), "form": form, "template": template} | fields
    return await staff.http.post(f"/conversations/{conversation}/template", data=given)


def sent(staff: Staff) -> list[Any]:
    accepted = staff.node.meta.ledger.accepted(to=GUEST)
    return [message.body["template"] for message in accepted if message.type == "template"]


def test_each_template_with_its_state_reason_and_quality(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        await read(staff)
        text = words(await staff.read("/templates"))
        for said in (
            "flight_delay English utility approved",
            "winter_offer Deutsch marketing rejected promotional",
            "late_checkout Français utility pending",
            "spa_news Italiano marketing paused",
            "Quality: low",
            "As of ",
            "Your flight {{1}} is late.",
        ):
            assert said in text, said
        assert words(await staff.read("/fragments/templates")) in text

    with_staff(tmp_path, story, templates=True)


def test_without_an_account_a_line_says_what_to_set(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        page = await staff.read("/templates")
        assert "Set WHATSAPP_BUSINESS_ACCOUNT_ID" in words(page)
        assert "/templates/read" not in page
        assert (await staff.press("/answers", "/templates/read")).status_code == 303

    with_staff(tmp_path, story)


def test_without_the_channel_too(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        assert "which is not set up here" in words(await staff.read("/templates"))

    with_staff(tmp_path, story, channels=("spoki",))


def test_many_come_in_pages_and_those_that_are_gone_go(tmp_path: Path) -> None:
    clock = AheadClock()

    async def story(staff: Staff) -> None:
        account = staff.node.meta.account
        account.templates = {f"t{number}": Template() for number in range(30)}
        await read_again(staff, clock)
        assert len(known(staff)) == 150 > 2 * PAGE_TEMPLATES
        account.templates = {"only": Template(header="image"), "<b>odd": Template(button_parameters=1)}
        page = await read_again(staff, clock)
        assert {name for name, _ in known(staff)} == {"only", "<b>odd"}
        assert "Cannot be filled in here" in words(page)
        assert "<b>odd" not in page
        account.templates = {}
        assert "The account has no templates" in words(await read_again(staff, clock))

    with_staff(tmp_path, story, templates=True, clock=clock)


def test_what_fails_is_told_and_what_was_known_stays_and_grows_stale(tmp_path: Path) -> None:
    clock = AheadClock()

    async def story(staff: Staff) -> None:
        await read(staff)
        meta, whole = staff.node.meta, len(known(staff))
        meta.fail_next(["code:4"], "templates")
        assert "4 (#4) Application request limit reached" in words(await read_again(staff, clock))
        meta.fail_next(["reset_before"], "templates")
        assert "no_answer" in words(await read_again(staff, clock))
        meta.set_token("another")
        page = words(await read_again(staff, clock))
        assert "Could not be read at" in page
        assert "190 Error validating access token" in page
        assert len(known(staff)) == whole
        clock.ahead_seconds += STALE_MS // 1000
        await staff.sign_in()
        assert "Old: read last at" in words(await staff.read("/fragments/templates"))
        meta.set_token("fake-access-token")
        page = words(await read_again(staff, clock))
        assert "As of" in page
        assert "Could not be read" not in page

    with_staff(tmp_path, story, templates=True, clock=clock)


def test_webhooks_change_what_is_known(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        await read(staff)
        meta, clock = staff.node.meta, staff.node.node.clock

        def tell(field: str, **more: str) -> None:
            value = {"message_template_name": "flight_delay", "message_template_language": "it", **more}
            meta.act("account_news", clock.now_ms(), {"name": field, "value": value})
            staff.node.providers[WHATSAPP].poke()

        tell("message_template_status_update", event="PAUSED", reason="NONE")
        await staff.node.until(lambda: known(staff)["flight_delay", "it"].state == "paused")
        tell("message_template_quality_update", new_quality_score="RED", previous_quality_score="GREEN")
        await staff.node.until(lambda: known(staff)["flight_delay", "it"].quality == "red")
        tell("template_category_update", new_category="MARKETING", previous_category="UTILITY")
        await staff.node.until(lambda: known(staff)["flight_delay", "it"].category == "marketing")
        tell("message_template_status_update", event="REINSTATED")
        await staff.node.until(lambda: known(staff)["flight_delay", "it"].sendable)
        assert known(staff)["flight_delay", "en"].category == "utility"
        view = staff.node.node.store.view
        tell("message_template_status_update", event="APPROVED", message_template_name="brand_new")
        await staff.node.until(lambda: templates.reading(view, WHATSAPP).tried_ms == 1)

    with_staff(tmp_path, story, templates=True)


def test_an_old_word_about_a_template_changes_nothing(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        await read(staff)
        node = staff.node.node
        value = {
            "message_template_name": "flight_delay",
            "message_template_language": "it",
            "event": "DISABLED",
        }
        old_ms = templates.reading(node.store.view, WHATSAPP).read_ms - 60_000
        field = "message_template_status_update"
        await node.write(lambda tx: templates.heard(tx, WHATSAPP, field, value, old_ms))
        assert known(staff)["flight_delay", "it"].state == "approved"

    with_staff(tmp_path, story, templates=True)


def test_when_the_window_is_over_a_template_is_filled_in_and_sent_once(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        await read(staff)
        conversation = await after_the_window(staff)
        page = await staff.read(f"/conversations/{conversation}")
        assert "An approved template may still be sent." in words(page)
        for name in ("spa_news", "winter_offer", "late_checkout"):
            assert name not in page
        assert page.index("template=en:flight_delay") < page.index("template=de:flight_delay"), (
            "English first"
        )
        form = await staff.read(f"/conversations/{conversation}?template=en:flight_delay")
        assert "{{1}}" in words(form)
        missing = await send(staff, conversation, "en:flight_delay", p0="AZ 1234", p1=" ")
        assert missing.status_code == 422
        assert "fill in every field" in words(missing.text)
        assert 'value="AZ 1234"' in missing.text
        assert (await send(staff, conversation, "en:flight_delay", p0="{x}", p1="9")).status_code == 422
        values = {"p0": "AZ\n1234", "p1": '"><i>21:00'}
        for _ in range(2):
            assert (await send(staff, conversation, "en:flight_delay", **values)).status_code == 303
        await staff.node.until(lambda: len(sent(staff)) == 1)
        (told,) = sent(staff)
        assert (told["name"], told["language"]) == ("flight_delay", {"code": "en"})
        parameters = told["components"][0]["parameters"]
        assert [one["text"] for one in parameters] == ["AZ 1234", '"><i>21:00']
        shown = await staff.read(f"/conversations/{conversation}")
        assert "Your flight AZ 1234 is late. We expect you about &#34;&gt;&lt;i&gt;21:00 and" in shown
        assert "<i>21:00" not in shown

    with_staff(tmp_path, story, templates=True)


def test_named_places_go_out_with_their_names_and_none_without_any(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        await read(staff)
        conversation = await after_the_window(staff)
        answer = await send(staff, conversation, "en:found_thing", p0="Anna", p1="scarf")
        assert answer.status_code == 303
        assert (await send(staff, conversation, "en:hello_world", form="f2")).status_code == 303
        await staff.node.until(lambda: len(sent(staff)) == 2)
        by_name = {one["name"]: one for one in sent(staff)}
        parameters = by_name["found_thing"]["components"][0]["parameters"]
        assert [(one["parameter_name"], one["text"]) for one in parameters] == [
            ("guest", "Anna"),
            ("thing", "scarf"),
        ]
        assert "components" not in by_name["hello_world"]

    with_staff(tmp_path, story, templates=True)


def test_a_template_does_not_go_over_a_colleague_or_to_who_opted_out(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        await read(staff)
        conversation = await after_the_window(staff)
        path = f"/conversations/{conversation}"
        async with colleague(staff) as paul:
            await paul.press(path, f"{path}/take")
        held = await send(staff, conversation, "en:hello_world")
        assert held.status_code == 409
        assert "Paul is speaking with the guest" in words(held.text)
        over = await send(staff, conversation, "en:hello_world", over="yes")
        assert over.status_code == 303
        node = staff.node.node
        form = await staff.read(f"{path}?template=en:hello_world")
        guest_id = people.conversation(node.store.view, conversation).guest_id
        await node.write(lambda tx: tx.run("guest_opt", (1, guest_id)))
        fields = {"token": token_of(form), "seen": seen_of(form), "form": "f9", "template": "en:hello_world"}
        refused = await staff.http.post(f"{path}/template", data=fields)
        assert refused.status_code == 409
        assert "wants no messages that were not asked for" in words(refused.text)
        assert "template=en:hello_world" not in await staff.read(path)

    with_staff(tmp_path, story, templates=True)


def test_what_is_not_approved_or_not_there_is_not_sent(tmp_path: Path) -> None:
    async def story(staff: Staff) -> None:
        await read(staff)
        conversation = await after_the_window(staff)
        for odd in ("it:spa_news", "de:winter_offer", "en:nothing", "", "x" * 5_000):
            answer = await send(staff, conversation, odd)
            assert answer.status_code == 422, odd
            assert "cannot be sent now" in words(answer.text)
        gone = await staff.press("/answers", "/conversations/none/template", template="en:hello_world")
        assert gone.status_code == 404
        assert sent(staff) == []

    with_staff(tmp_path, story, templates=True)


# --- the fake, as strict as the real one


def asked(path: str, token: str = "fake-access-token") -> tuple[int, Any]:
    import orjson

    meta = MetaProvider(Dice(1))
    answer = meta.handle("GET", f"/v26.0/{path}", {"Authorization": f"Bearer {token}"}, b"", 0)
    return answer.status, orjson.loads(answer.body)


@pytest.mark.parametrize(
    ("path", "token", "status", "code"),
    [
        ("102290129340398/message_templates", "wrong", 401, 190),
        ("999/message_templates", "fake-access-token", 400, 100),
        ("102290129340398/message_templates?fields=id,nonsense", "fake-access-token", 400, 100),
        ("102290129340398/message_templates?limit=0", "fake-access-token", 400, 100),
        ("102290129340398/message_templates?after=none", "fake-access-token", 400, 100),
    ],
)
def test_the_fake_refuses_what_meta_refuses(path: str, token: str, status: int, code: int) -> None:
    got, body = asked(path, token)
    assert (got, body["error"]["code"]) == (status, code)


def test_the_fake_gives_pages_with_the_fields_that_were_asked_for() -> None:
    names: list[str] = []
    after = ""
    while True:
        _, body = asked(f"102290129340398/message_templates?fields=name,status&limit=7{after}")
        assert {key for one in body["data"] for key in one} == {"name", "status"}
        names += [one["name"] for one in body["data"]]
        if "next" not in body["paging"]:
            break
        after = f"&after={body['paging']['cursors']['after']}"
    assert len(names) == len(asked("102290129340398/message_templates?limit=1000")[1]["data"]) > 14


# --- reading whatever comes

JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
)
ITEMS = st.fixed_dictionaries(
    {},
    optional={
        "name": JSONS,
        "language": JSONS,
        "status": JSONS,
        "quality_score": JSONS,
        "components": st.lists(
            st.dictionaries(st.sampled_from(["type", "text", "format", "buttons", "url"]), JSONS), max_size=3
        )
        | JSONS,
    },
)


@given(ITEMS)
def test_any_item_is_a_template_or_nothing(item: dict[str, Any]) -> None:
    one = template_of(item)
    assert one is None or (one.name and one.language and one.parameters == places(one.body))


@given(st.text(max_size=200), st.text(max_size=20))
def test_any_body_can_be_filled_in(body: str, value: str) -> None:
    item = {"name": "n", "language": "it", "components": [{"type": "BODY", "text": body}]}
    one = template_of(item)
    assert one is not None
    assert one.filled([value] * len(one.parameters)) is not None
