"""The official protocol's independent client sends through the fake: what is right goes, what is wrong is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from pywa import errors
from pywa.types import Button, Contact, Section, SectionList, SectionRow, URLButton
from pywa.types.templates import BodyText, TemplateLanguage
from pywa_async import WhatsApp

from nightporter.testing.providers.chance import Dice
from nightporter.testing.providers.meta import MetaProvider
from nightporter.testing.providers.server import ProviderServer

PHONE = "393331234567"
Act = Callable[[WhatsApp, MetaProvider], Awaitable[Any]]


def run(act: Act, *, window: bool = True) -> MetaProvider:
    """Let pywa act through a running fake, with a guest who has just written unless told otherwise."""

    async def main() -> MetaProvider:
        core = MetaProvider(Dice(7))
        async with ProviderServer(core) as server, httpx.AsyncClient() as session:
            if window:
                core.phones.sends(PHONE, "text", server.now_ms(), {"id": "wamid.guest"})
            wa = WhatsApp(phone_id=core.account.number, token=core.account.token, session=session)
            session.base_url = f"{server.base_url}/v26.0"
            await act(wa, core)
        return core

    return asyncio.run(main())


def filled(*words: str) -> Any:
    """Parameters of a template's body (pywa leaves them untyped)."""
    params: Any = BodyText.params
    return params(*words)


SENDS: dict[str, Act] = {
    "text": lambda wa, _: wa.send_message(PHONE, "Guten Abend, 22 °C", tracker="outbox-1"),
    "reply": lambda wa, _: wa.send_message(PHONE, "Yes", reply_to_message_id="wamid.guest"),
    "buttons": lambda wa, _: wa.send_message(PHONE, "Late?", buttons=[Button("Yes", "y"), Button("No", "n")]),
    "url": lambda wa, _: wa.send_message(PHONE, "Book", buttons=URLButton("Open", "https://example.org/x")),
    "list": lambda wa, _: wa.send_message(
        PHONE,
        "Which?",
        footer="Spa",
        buttons=SectionList("Open", [Section("Massage", [SectionRow("60 min", "m60", "Full body")])]),
    ),
    "template": lambda wa, _: wa.send_template(
        PHONE, "flight_delay", TemplateLanguage.ITALIAN, [filled("AZ123", "21:10")]
    ),
    "image": lambda wa, _: wa.send_image(PHONE, "https://example.org/pool.jpg", "The pool"),
    "upload": lambda wa, _: wa.send_document(PHONE, b"%PDF-1.4", "menu.pdf", mime_type="application/pdf"),
    "sticker": lambda wa, core: wa.send_sticker(PHONE, core.world.media.sample("sticker", 10**14).id),
    "reaction": lambda wa, _: wa.send_reaction(PHONE, "👍", "wamid.guest"),
    "unreact": lambda wa, _: wa.remove_reaction(PHONE, "wamid.guest"),
    "location": lambda wa, _: wa.send_location(PHONE, 46.5, 11.35, "Hotel", "Piazza 1"),
    "ask for location": lambda wa, _: wa.request_location(PHONE, "Where are you?"),
    "contact": lambda wa, _: wa.send_contact(PHONE, Contact(name=Contact.Name(formatted_name="Taxi"))),
}


@pytest.mark.parametrize("name", SENDS)
def test_what_is_right_is_accepted(name: str) -> None:
    core = run(SENDS[name])
    (accepted,) = core.ledger.accepted(to=PHONE)
    assert accepted.fault == "none"
    assert not core.ledger.refused()


def test_the_callback_data_comes_back_in_every_status() -> None:
    core = run(SENDS["text"])
    (accepted,) = core.ledger.accepted(callback_data="outbox-1")
    bodies = [webhook.body for webhook in core.due(10**15)]
    statuses = [body for body in bodies if b'"statuses"' in body]
    assert len(statuses) == 3
    assert all(b'"biz_opaque_callback_data":"outbox-1"' in body for body in statuses)
    assert list(accepted.statuses) == ["sent", "delivered", "read"]


def test_a_guest_without_a_phone_is_reached_by_business_scoped_id() -> None:
    bsuid = "IT.13491208655302741918"

    async def act(wa: WhatsApp, core: MetaProvider) -> None:
        core.phones.open_window(bsuid, core.ledger.records[0].t_ms)
        sent = await wa.send_message(bsuid, "Good evening")
        assert sent.chat.id == bsuid

    core = run(act)
    (accepted,) = core.ledger.accepted(to=bsuid)
    assert accepted.body["recipient"] == bsuid


def test_read_and_typing_are_one_call_each() -> None:
    async def act(wa: WhatsApp, _: MetaProvider) -> None:
        assert (await wa.mark_message_as_read("wamid.guest")).success
        assert (await wa.indicate_typing("wamid.guest")).success

    core = run(act)
    assert [record.data["typing"] for record in core.ledger.of_kind("read")] == [False, True]


def test_media_are_fetched_by_id_then_address_with_the_bearer() -> None:
    async def act(wa: WhatsApp, core: MetaProvider) -> None:
        now_ms = core.ledger.records[0].t_ms
        media = core.world.media.add(b"\x89PNG photo", "image/png", now_ms)
        found = await wa.get_media_url(media.id)
        assert (found.mime_type, found.file_size, found.sha256) == ("image/png", 10, media.sha256_hex)
        assert await wa.get_media_bytes(found.url) == b"\x89PNG photo"
        async with httpx.AsyncClient() as stranger:
            assert (await stranger.get(found.url)).status_code == 401

    run(act)


LONG_TEMPLATE = [filled("only one")]
REFUSALS: dict[str, tuple[Act, type[Exception], int]] = {
    "text too long": (lambda wa, _: wa.send_message(PHONE, "x" * 4097), errors.WhatsAppError, 100),
    "empty text": (lambda wa, _: wa.send_message(PHONE, " "), errors.MissingRequiredParameter, 131008),
    "button title": (
        lambda wa, _: wa.send_message(PHONE, "?", buttons=[Button("x" * 21, "y")]),
        errors.InvalidParameter,
        131009,
    ),
    "four buttons": (
        lambda wa, _: wa.send_message(PHONE, "?", buttons=[Button(f"b{n}", f"{n}") for n in range(4)]),
        errors.InvalidParameter,
        131009,
    ),
    "two buttons alike": (
        lambda wa, _: wa.send_message(PHONE, "?", buttons=[Button("Yes", "1"), Button("Yes", "2")]),
        errors.InvalidParameter,
        131009,
    ),
    "body too long": (
        lambda wa, _: wa.send_message(PHONE, "x" * 1025, buttons=[Button("Yes", "1")]),
        errors.InvalidParameter,
        131009,
    ),
    "eleven rows": (
        lambda wa, _: wa.send_message(
            PHONE,
            "?",
            buttons=SectionList("Open", [Section("S", [SectionRow(f"r{n}", f"{n}") for n in range(11)])]),
        ),
        errors.InvalidParameter,
        131009,
    ),
    "row title": (
        lambda wa, _: wa.send_message(
            PHONE, "?", buttons=SectionList("Open", [Section("S", [SectionRow("x" * 25, "1")])])
        ),
        errors.InvalidParameter,
        131009,
    ),
    "row description": (
        lambda wa, _: wa.send_message(
            PHONE, "?", buttons=SectionList("Open", [Section("S", [SectionRow("r", "1", "x" * 73)])])
        ),
        errors.InvalidParameter,
        131009,
    ),
    "unknown template": (
        lambda wa, _: wa.send_template(PHONE, "no_such", TemplateLanguage.ITALIAN, []),
        errors.TemplateNotExists,
        132001,
    ),
    "template language": (
        lambda wa, _: wa.send_template(PHONE, "stay_message", TemplateLanguage.ZULU, [filled("x")]),
        errors.TemplateNotExists,
        132001,
    ),
    "template parameters": (
        lambda wa, _: wa.send_template(PHONE, "flight_delay", TemplateLanguage.ITALIAN, LONG_TEMPLATE),
        errors.TemplateParamCountMismatch,
        132000,
    ),
    "unknown media": (lambda wa, _: wa.send_image(PHONE, "123456789012345"), errors.WhatsAppError, 100),
    "unknown number of ours": (
        lambda wa, _: wa.send_message(PHONE, "x", sender="999"),
        errors.WhatsAppError,
        100,
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_is_wrong_is_refused_with_metas_code(name: str) -> None:
    act, kind, code = REFUSALS[name]

    async def refused(wa: WhatsApp, core: MetaProvider) -> None:
        with pytest.raises(kind) as caught:
            await act(wa, core)
        assert isinstance(caught.value, errors.WhatsAppError)
        assert caught.value.code == code
        assert caught.value.fbtrace_id

    core = run(refused)
    assert len(core.ledger.refused(code)) == 1
    assert not core.ledger.accepted()


def test_a_closed_window_is_refused_and_a_template_opens_it_not() -> None:
    async def act(wa: WhatsApp, core: MetaProvider) -> None:
        with pytest.raises(errors.ReEngagementMessage):
            await wa.send_message(PHONE, "Hello?")
        await SENDS["template"](wa, core)
        with pytest.raises(errors.ReEngagementMessage):
            await wa.send_message(PHONE, "Hello?")

    assert len(run(act, window=False).ledger.accepted()) == 1


def test_a_changed_token_is_refused_until_it_is_right_again() -> None:
    async def act(wa: WhatsApp, core: MetaProvider) -> None:
        token = core.account.token
        core.set_token("another")
        with pytest.raises(errors.ExpiredAccessToken) as caught:
            await wa.send_message(PHONE, "x")
        assert caught.value.status_code == 401
        core.set_token(token)
        await wa.send_message(PHONE, "x")

    assert len(run(act).ledger.accepted()) == 1


def test_rates_are_refused_with_their_own_codes() -> None:
    async def act(wa: WhatsApp, core: MetaProvider) -> None:
        core.behaviour.change({"pair_burst": 1})
        await wa.send_message(PHONE, "1")
        with pytest.raises(errors.TooManyMessages):
            await wa.send_message(PHONE, "2")
        core.behaviour.change({"per_second": 1})
        with pytest.raises(errors.RateLimitHit):
            await wa.send_message(PHONE, "3")

    run(act)


def test_any_code_can_be_scripted() -> None:
    async def act(wa: WhatsApp, core: MetaProvider) -> None:
        core.fail_next(["code:131016", {"kind": "code_before", "code": 133010}, "unavailable_before", "none"])
        for code in (131016, 133010, 131016):
            with pytest.raises(errors.WhatsAppError) as caught:
                await wa.send_message(PHONE, "x")
            assert caught.value.code == code
        await wa.send_message(PHONE, "x")

    assert len(run(act).ledger.accepted()) == 1
