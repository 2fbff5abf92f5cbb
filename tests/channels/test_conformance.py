"""Every channel before its provider: what comes in, what goes out, and every way in which that fails."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.channels.bodies import assert_storable
from tests.channels.rigs import GUEST, Rig, lower, offline, online

from nightporter.channels.outcome import (
    Accepted,
    Action,
    Fetched,
    FetchFailed,
    FetchFailure,
    Outcome,
    Refused,
    Released,
    Retry,
    Unknown,
)
from nightporter.channels.pieces import LIMITS
from nightporter.model.message import EntryKind, Media, MessageKind, StatusKind
from nightporter.model.outbox import Choice, Content, Template
from nightporter.testing.providers.media import SAMPLES

BOTH = pytest.mark.parametrize("kind", ["whatsapp", "spoki"])
LONG = 10.0
SOON = 0.15  # seconds: of a send that shall time out
TEXT = Content(text="Breakfast is from 07:00 to 10:30.")

KINDS = {
    "text": MessageKind.TEXT,
    "image": MessageKind.IMAGE,
    "video": MessageKind.VIDEO,
    "document": MessageKind.DOCUMENT,
    "sticker": MessageKind.STICKER,
    "button_reply": MessageKind.CHOICE,
    "list_reply": MessageKind.CHOICE,
    "location": MessageKind.LOCATION,
    "contacts": MessageKind.CONTACTS,
    "unknown": MessageKind.UNKNOWN,
}
META_KINDS = KINDS | {
    "audio": MessageKind.VOICE,
    "nfm_reply": MessageKind.FORM,
    "button": MessageKind.BUTTON,
    "order": MessageKind.ORDER,
    "unsupported": MessageKind.UNSUPPORTED,
    "call_permission_reply": MessageKind.UNKNOWN,
    "request_welcome": MessageKind.UNKNOWN,
}
SPOKI_KINDS = KINDS | {"audio": MessageKind.AUDIO, "reaction": MessageKind.REACTION}
ALL_KINDS = [("whatsapp", *item) for item in META_KINDS.items()] + [
    ("spoki", *item) for item in SPOKI_KINDS.items()
]


def template_of(rig: Rig) -> Content:
    name, parameters = ("flight_delay", ("AZ 12", "21:40")) if rig.is_meta else ("1001", ("FLIGHT=AZ 12",))
    return Content(template=Template(name=name, language="it", parameters=parameters))


# --- in -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "sent", "expected"), ALL_KINDS)
def test_every_kind_comes_in(kind: str, sent: str, expected: MessageKind) -> None:
    rig = offline(kind)
    provider_id = rig.core.guest_sends({"phone": GUEST, "name": "Anna"}, sent, rig.now_ms)
    (entry,) = rig.receive()
    assert_storable(entry)
    assert (entry.kind, entry.provider_id, entry.number) == (
        EntryKind.MESSAGE,
        provider_id,
        rig.channel.number,
    )
    assert rig.channel.ours(entry.number)
    assert entry.message is not None
    assert entry.message.kind is expected
    assert f"phone:{GUEST}" in [identity.key() for identity in entry.identities]
    assert (entry.message.media is not None) == (sent in SAMPLES)


@BOTH
def test_repeats_have_one_name(kind: str) -> None:
    rig = offline(kind, p_repeat=1.0, p_repeat_rewritten=1.0, p_concurrent=1.0, p_inbound_updated=1.0)
    ids = [rig.core.guest_sends(GUEST, "text", rig.now_ms, {"body": f"{n}"}) for n in range(5)]
    entries = rig.receive()
    assert len(entries) >= 20
    assert {entry.dedupe for entry in entries} == {f"m:{provider_id}" for provider_id in ids}
    assert len({entry.dedupe_key() for entry in entries}) == 5


@pytest.mark.parametrize("shape", ["value", "changes", "entries", "mixed"])
def test_a_batch_in_any_shape(shape: str) -> None:
    rig = offline("whatsapp", batch_max=50, batch_wait_ms=10, batch_shape=shape)
    guests = [f"39333000000{n}" for n in range(7)]
    ids = [rig.core.guest_sends(guest, "text", rig.now_ms, {"body": guest}) for guest in guests]
    entries = rig.receive()
    assert [entry.provider_id for entry in entries] == ids
    assert [entry.message.text for entry in entries if entry.message] == guests
    assert [entry.identities[0].value for entry in entries] == guests


def test_a_number_of_somebody_else() -> None:
    rig = offline("whatsapp")
    rig.core.guest_sends(GUEST, "text", rig.now_ms, {"number": "999"})
    (entry,) = rig.receive()
    assert entry.number == "999"
    assert not rig.channel.ours(entry.number)


@BOTH
def test_signatures(kind: str) -> None:
    rig = offline(kind)
    rig.core.guest_sends(GUEST, "text", rig.now_ms)
    (webhook,) = rig.webhooks()
    headers = lower(webhook.headers)
    name = "x-hub-signature-256" if rig.is_meta else "x-spoki-signature"
    said = headers[name]
    verify = rig.channel.verify
    assert verify(webhook.body, headers, rig.now_ms)
    assert not verify(webhook.body + b" ", headers, rig.now_ms)
    assert not verify(webhook.body, {}, rig.now_ms)
    for wrong in (
        "",
        "é",
        "sha256=",
        said[:-1],
        said[:-1] + ("0" if said[-1] != "0" else "1"),
        said.replace("=", ""),
    ):
        assert not verify(webhook.body, {name: wrong}, rig.now_ms)


def test_spokis_signature_has_a_time_and_several_secrets() -> None:
    rig = offline("spoki", unread_events=True)
    rig.core.guest_sends(GUEST, "text", rig.now_ms)
    webhooks = rig.webhooks()
    assert len({webhook.headers["X-Spoki-Signature"] for webhook in webhooks}) == 2
    for webhook in webhooks:
        headers = lower(webhook.headers)
        assert rig.channel.verify(webhook.body, headers, rig.now_ms + 290_000)
        assert not rig.channel.verify(webhook.body, headers, rig.now_ms + 302_000)
        assert not rig.channel.verify(webhook.body, headers, rig.now_ms - 302_000)
        moved = headers["x-spoki-signature"].replace("t=", "t=1")
        assert not rig.channel.verify(webhook.body, {"x-spoki-signature": moved}, rig.now_ms)
        twice = headers["x-spoki-signature"] + ",t=1"
        assert not rig.channel.verify(webhook.body, {"x-spoki-signature": twice}, rig.now_ms)


def test_the_handshake() -> None:
    channel = offline("whatsapp").channel
    query = {"hub.mode": "subscribe", "hub.verify_token": "verify-me", "hub.challenge": "42"}
    assert channel.handshake(query) == "42"
    assert channel.handshake(query | {"hub.verify_token": "no"}) is None
    assert channel.handshake(query | {"hub.mode": "unsubscribe"}) is None
    assert channel.handshake({}) is None
    assert offline("spoki").channel.handshake(query) is None


# --- out ----------------------------------------------------------------------------------------------------


def sent(
    kind: str, content: Content | None = TEXT, *faults: Any, seconds: float = LONG, **behaviour: Any
) -> Outcome:
    """The outcome of one send (None: of a template)."""
    found: list[Outcome] = []

    async def test(rig: Rig) -> None:
        rig.core.fail_next(faults)
        message = rig.message(template_of(rig) if content is None else content)
        found.append(await rig.channel.send(message, seconds))

    online(kind, test, **behaviour)
    return found[0]


BUTTONS = tuple(Choice(id=f"c{n}", title=f"A choice with a long name {n}") for n in range(12))
CONTENTS = [
    TEXT,
    Content(text="Is it right?", buttons=BUTTONS[:2]),
    Content(text="Which one?", rows=BUTTONS[:10], rows_title="Show me all of the rooms"),
    Content(text="Which one?", buttons=BUTTONS[:5]),
    Content(text="Which one?", rows=BUTTONS),
    Content(text="A long story. " * 700),
    Content(text="A long story 👩‍👩‍👧‍👦. " * 300, buttons=BUTTONS[:3]),
]


@BOTH
@pytest.mark.parametrize("content", CONTENTS, ids=range(len(CONTENTS)))
def test_the_provider_takes_every_piece(kind: str, content: Content) -> None:
    async def test(rig: Rig) -> None:
        pieces = rig.channel.parts(content)
        for ordinal, piece in enumerate(pieces):
            outcome = await rig.channel.send(rig.message(piece, ordinal), LONG)
            assert isinstance(outcome, Accepted)
            accepted = rig.core.ledger.find(outcome.provider_id)
            assert accepted is not None
            assert (accepted.callback_data, accepted.guest) == (f"019a8b-{ordinal}", GUEST)
        assert len(rig.core.ledger.accepted()) == len(pieces)

    online(kind, test)


@BOTH
def test_a_template_with_the_window_closed(kind: str) -> None:
    async def test(rig: Rig) -> None:
        message = rig.message(template_of(rig), to_phone="393339999999")
        assert isinstance(await rig.channel.send(message, LONG), Accepted)

    online(kind, test)


@BOTH
def test_statuses_bring_our_id_back(kind: str) -> None:
    async def test(rig: Rig) -> None:
        outcome = await rig.channel.send(rig.message(TEXT), LONG)
        assert isinstance(outcome, Accepted)
        entries = rig.receive()
        assert [entry.provider_id for entry in entries] == [outcome.provider_id] * 3
        assert len({entry.dedupe for entry in entries}) == 3
        told = [entry.status for entry in entries if entry.status]
        assert [status.kind for status in told] == [StatusKind.SENT, StatusKind.DELIVERED, StatusKind.READ]
        assert {status.outbox_id for status in told} == {"019a8b-0"}

    online(kind, test, metadata_echo=True)


@BOTH
def test_a_failed_status_has_the_tables_code(kind: str) -> None:
    async def test(rig: Rig) -> None:
        assert isinstance(await rig.channel.send(rig.message(TEXT), LONG), Accepted)
        (entry,) = rig.receive()
        assert entry.status is not None
        assert (entry.status.kind, entry.status.error_code) == (StatusKind.FAILED, "131026")

    online(kind, test, p_failed=1.0)


def test_a_guest_without_a_phone_number() -> None:
    async def test(rig: Rig) -> None:
        bsuid = "IT.13491208655302741918"
        rig.core.guest_sends({"bsuid": bsuid}, "text", rig.now_ms)
        (entry,) = rig.receive()
        assert [identity.key() for identity in entry.identities] == [f"bsuid:{bsuid}"]
        outcome = await rig.channel.send(rig.message(TEXT, to_phone="", to_id=bsuid), LONG)
        assert isinstance(outcome, Accepted)

    online("whatsapp", test)


@BOTH
def test_without_an_address_nothing_is_sent(kind: str) -> None:
    async def test(rig: Rig) -> None:
        outcome = await rig.channel.send(rig.message(TEXT, to_phone=""), LONG)
        assert isinstance(outcome, Refused)
        assert outcome.action is Action.NEED_PHONE
        assert rig.core.ledger.records == []

    online(kind, test)


FAILURES: list[tuple[str, type[Outcome]]] = [
    ("reset_before", Unknown),
    ("error_before", Unknown),
    ("never_before", Unknown),
    ("throughput_before", Retry),
    ("token_before", Refused),
    ("reset_after", Unknown),
    ("error_after", Unknown),
    ("never_after", Unknown),
    ("slow_after", Unknown),
    ("no_id_after", Unknown),
]


@BOTH
@pytest.mark.parametrize(("fault", "expected"), FAILURES)
def test_every_way_to_fail(kind: str, fault: str, expected: type[Outcome]) -> None:
    assert isinstance(
        sent(kind, TEXT, fault, seconds=SOON if fault[:4] in ("neve", "slow") else LONG), expected
    )


def test_unavailable() -> None:
    """With Meta's code it is retried, a bare 503 of Spoki is unknown (SD2)."""
    assert isinstance(sent("whatsapp", TEXT, "unavailable_before"), Retry)
    assert isinstance(sent("spoki", TEXT, "unavailable_before"), Unknown)


@BOTH
def test_a_wrong_token(kind: str) -> None:
    async def test(rig: Rig) -> None:
        outcome = await rig.channel.send(rig.message(TEXT), LONG)
        assert isinstance(outcome, Refused)
        assert outcome.action is Action.STOP_CHANNEL
        assert not await rig.channel.probe(LONG)

    online(kind, test, token="expired")


REFUSED: list[tuple[str, Content | None, str, Action]] = [
    ("whatsapp", Content(text="x" * (LIMITS.text + 1)), "100", Action.PERMANENT_BUG),
    ("whatsapp", Content(text="?", buttons=BUTTONS[:1]), "131009", Action.PERMANENT_BUG),
    ("whatsapp", Content(template=Template(name="nope", language="it")), "132001", Action.TEMPLATE_PROBLEM),
    (
        "whatsapp",
        Content(template=Template(name="flight_delay", language="it")),
        "132000",
        Action.TEMPLATE_PROBLEM,
    ),
    ("spoki", Content(text="x" * (LIMITS.text + 1)), "spoki::1044", Action.PERMANENT_BUG),
    ("spoki", Content(template=Template(name="9", language="it")), "spoki::3004", Action.PERMANENT_BUG),
]


@pytest.mark.parametrize(("kind", "content", "code", "action"), REFUSED, ids=range(len(REFUSED)))
def test_refusals(kind: str, content: Content, code: str, action: Action) -> None:
    outcome = sent(kind, content)
    assert isinstance(outcome, Refused)
    assert outcome.action is action
    assert outcome.code == code


@BOTH
def test_the_window_is_closed(kind: str) -> None:
    async def test(rig: Rig) -> None:
        outcome = await rig.channel.send(rig.message(TEXT, to_phone="393339999999"), LONG)
        assert isinstance(outcome, Refused)
        assert (outcome.code, outcome.action) == ("131047", Action.WINDOW_CLOSED)

    online(kind, test)


def test_spokis_credit_is_exhausted() -> None:
    outcome = sent("spoki", TEXT, "code:spoki::1029")
    assert isinstance(outcome, Refused)
    assert outcome.action is Action.STOP_ALERT


def test_spokis_retry_after() -> None:
    outcome = sent("spoki", TEXT, "throughput_before")
    assert isinstance(outcome, Retry)
    assert outcome.after_seconds == 1.0


@BOTH
def test_what_may_not_go_out_does_not(kind: str) -> None:
    async def test(rig: Rig) -> None:
        assert await rig.channel.send(rig.message(TEXT), LONG, lambda: False) == Released("stopped")
        assert await rig.channel.send(rig.message(TEXT), 0.0) == Released("timeout")
        assert rig.core.ledger.records == []

    online(kind, test)


@BOTH
def test_nobody_listens(kind: str) -> None:
    rig = offline(kind)

    async def test(_rig: Rig) -> None:
        assert await rig.channel.send(rig.message(TEXT), LONG) == Released("connect")

    online(kind, test)


def test_mark_as_read_with_typing() -> None:
    async def test(rig: Rig) -> None:
        provider_id = rig.core.guest_sends(GUEST, "text", rig.now_ms)
        assert await rig.channel.mark_read(provider_id, typing=True, timeout_seconds=LONG)
        assert await rig.channel.mark_read(provider_id, typing=False, timeout_seconds=LONG)
        reads = rig.core.ledger.of_kind("read")
        assert [record.data["typing"] for record in reads] == [True, False]
        assert not await rig.channel.mark_read("wamid.nobody", typing=True, timeout_seconds=LONG)

    online("whatsapp", test)


# --- media --------------------------------------------------------------------------------------------------


def with_media(kind: str, test: Callable[[Rig, Media], Awaitable[None]], **args: Any) -> None:
    async def whole(rig: Rig) -> None:
        rig.core.guest_sends(GUEST, "image", rig.now_ms, args)
        (entry,) = rig.receive()
        assert entry.message is not None
        assert entry.message.media is not None
        await test(rig, entry.message.media)

    online(kind, whole)


@BOTH
def test_a_photo_is_fetched(kind: str) -> None:
    async def test(rig: Rig, media: Media) -> None:
        taken: list[bytes] = []
        fetched = await rig.channel.fetch_media(media, MessageKind.IMAGE, taken.append, LONG)
        content = SAMPLES["image"][1]
        assert b"".join(taken) == content
        digest = hashlib.sha256(content).hexdigest()
        assert fetched == Fetched(len(content), "image/png", digest, as_stated=True)

    with_media(kind, test)


@BOTH
def test_a_photo_that_is_too_large(kind: str) -> None:
    async def test(rig: Rig, media: Media) -> None:
        failed = await rig.channel.fetch_media(media, MessageKind.IMAGE, bytes, LONG)
        assert isinstance(failed, FetchFailed)
        assert failed.failure is FetchFailure.TOO_LARGE

    with_media(kind, test, content=bytes((5 << 20) + 1))


def test_media_that_are_gone_or_never_were() -> None:
    async def test(rig: Rig, _media: Media) -> None:
        for media in (Media(id="404"), Media(id="../me"), Media()):
            failed = await rig.channel.fetch_media(media, MessageKind.IMAGE, bytes, LONG)
            assert isinstance(failed, FetchFailed)
            assert failed.failure is FetchFailure.GONE

    with_media("whatsapp", test)


@pytest.mark.parametrize(("fault", "route"), [("error_before", "media"), ("reset_before", "attachment")])
def test_media_that_fail_are_worth_another_try(fault: str, route: str) -> None:
    async def test(rig: Rig, media: Media) -> None:
        rig.core.fail_next([fault], route)
        failed = await rig.channel.fetch_media(media, MessageKind.IMAGE, bytes, LONG)
        assert isinstance(failed, FetchFailed)
        assert failed.failure is FetchFailure.AGAIN
        assert isinstance(await rig.channel.fetch_media(media, MessageKind.IMAGE, bytes, LONG), Fetched)

    with_media("whatsapp", test)


FORBIDDEN = [
    "https://user@lookaside.fbsbx.com/x",
    "http://lookaside.fbsbx.com/x",
    "https://10.0.0.1/x",
    "https://intranet/x",
    "ftp://lookaside.fbsbx.com/x",
    "file:///etc/passwd",
    "https://[::1",
]
FOREIGN = [
    "https://graph.facebook.com.evil.example/x",
    "https://evil.example/x?.fbsbx.com",
    "https://xfbsbx.com/x",
]
CASES = [(kind, url) for kind in ("whatsapp", "spoki") for url in FORBIDDEN] + [
    ("whatsapp", url) for url in FOREIGN
]


@pytest.mark.parametrize(("kind", "url"), CASES)
def test_the_bearer_goes_nowhere_else_and_nobody_leads_us_inside(kind: str, url: str) -> None:
    async def test(rig: Rig) -> None:
        failed = await rig.channel.fetch_media(Media(url=url), MessageKind.IMAGE, bytes, LONG)
        assert isinstance(failed, FetchFailed)
        assert failed.failure is FetchFailure.FORBIDDEN_HOST

    online(kind, test)
