"""Intake: everything once, nothing dropped, whoever it is from; files; names that belong together (IN3, G2, G7)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.outbox.books import Books, books
from tests.rounds.rig import GUEST, OTHER, Held, Rig, answer_all, in_house, sha256_of, waits_for_more
from tests.support.node import RunningNode, on_node

from nightporter.channels.outcome import Action as Do
from nightporter.channels.outcome import FetchFailed, FetchFailure, Refused, Unknown
from nightporter.clock import Ids
from nightporter.gateway import pauses
from nightporter.journal import entries, people, stays
from nightporter.journal.deliveries import BODY_BYTES_MAX, Bodies, Delivery, keep
from nightporter.journal.people import addresses, guest_of
from nightporter.journal.stays import NewStay
from nightporter.model.guest import Identity, IdentityKind
from nightporter.model.message import Entry, EntryKind, Media, Message, MessageKind
from nightporter.rounds.media import ATTEMPTS_MAX, path_of
from nightporter.store import Tx
from nightporter.testing.providers.chance import Dice

SPOKI_GUEST = "+393331112233"


def all_entries(rig: Rig) -> list[tuple[Any, ...]]:
    return [row for one in rig.conversations() for row in rig.rows("entries_conversation", one, 2**62, 500)]


def inbound(number: str, *messages: dict[str, Any], contacts: Any = ()) -> bytes:
    value = {"metadata": {"phone_number_id": number}, "messages": list(messages), "contacts": list(contacts)}
    change = {"field": "messages", "value": value}
    return orjson.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]})


def text(rig: Rig, wamid: str, words: str = "hello", **more: Any) -> dict[str, Any]:
    at = str(rig.clock.now_ms() // 1000)
    return {"id": wamid, "timestamp": at, "type": "text", "text": {"body": words}, **more}


async def read(rig: Rig) -> None:
    await rig.until(lambda: not rig.rows("deliveries_new", "", 1))


def test_a_repeat_in_other_bytes_is_one_entry() -> None:
    async def story(rig: Rig) -> None:
        await rig.deliver(body := inbound(rig.line.number, text(rig, "w1", **{"from": GUEST})))
        await rig.deliver(body)
        await rig.deliver(json.dumps(json.loads(body), indent=3).encode())
        both = [text(rig, wamid, **{"from": GUEST}) for wamid in ("w1", "w2")]
        await rig.deliver(inbound(rig.line.number, *both))
        await read(rig)
        await rig.until(lambda: dict(rig.rows("dispositions_count")) == {"answered": 2})
        assert len(all_entries(rig)) == 2
        assert rig.count("messages_received", "whatsapp") == 2

    in_house(story)


def test_what_is_no_json_is_kept_as_odd() -> None:
    async def story(rig: Rig) -> None:
        for body in (b"", b"\xff\x00", b"[]", b'{"object": 1}', b"{"):
            await rig.deliver(body)
        await rig.guest_writes()
        await read(rig)
        assert len(rig.rows("deliveries_kept_odd", "", 9)) == 5
        await rig.until(lambda: rig.states() == ["sent"])

    in_house(story)


def test_an_unknown_kind_makes_a_long_delivery_odd_wherever_it_stands() -> None:
    async def story(rig: Rig) -> None:
        rig.desk.decides = waits_for_more
        strange = {"field": "hologram", "value": {"a": 1}}
        value = {
            "metadata": {"phone_number_id": rig.line.number},
            "messages": [text(rig, f"w{n}", **{"from": GUEST}) for n in range(150)],
        }
        changes = [strange, {"field": "messages", "value": value}]
        root = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}
        found = rig.line.split(orjson.dumps(root), rig.clock.now_ms())
        if not any(entry.kind is EntryKind.UNKNOWN for entry in found[:100]):
            found = (unknown_entry(rig), *found)
        rig.line.split = lambda body, received_ms: found  # type: ignore[method-assign]
        await rig.deliver(b"{}")
        await read(rig)
        assert len(rig.rows("deliveries_kept_odd", "", 9)) == 1

    in_house(story)


def unknown_entry(rig: Rig) -> Entry:
    return Entry(kind=EntryKind.UNKNOWN, channel="whatsapp", dedupe="u:1", at_ms=rig.clock.now_ms())


def test_a_delivery_that_cannot_be_read_is_put_aside_with_an_alert() -> None:
    async def story(rig: Rig) -> None:
        rig.crashes_expected = False
        good = rig.line.split

        def split(body: bytes, received_ms: int) -> tuple[Entry, ...]:
            if body == b"bad":
                raise ZeroDivisionError
            return good(body, received_ms)

        rig.line.split = split  # type: ignore[method-assign]
        await rig.deliver(b"bad")
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["sent"])
        await rig.until(lambda: rig.reasons() == ["odd_delivery"])
        assert len(rig.rows("deliveries_kept_odd", "", 9)) == 1

    in_house(story)


def test_a_message_of_nobody_goes_to_staff_once() -> None:
    async def story(rig: Rig) -> None:
        body = inbound(rig.line.number, text(rig, "w1", "help"))
        await rig.deliver(body)
        await rig.deliver(json.dumps(json.loads(body), indent=1).encode())
        await read(rig)
        assert rig.reasons() == ["no_sender"]
        assert dict(rig.rows("dispositions_count")) == {"staff": 1}

    in_house(story)


def test_a_large_body_is_read_apart(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        for number in range(40):
            node.meta.guest_sends(
                f"39333{number:07}", "text", node.node.clock.now_ms(), {"body": "wifi? " * 1_100}
            )
        bodies = [webhook.body for webhook in node.meta.due(node.node.clock.now_ms() + 60_000)]
        root = json.loads(bodies[0])
        root["entry"] = [entry for body in bodies for entry in json.loads(body)["entry"]]
        packed = orjson.dumps(root)
        assert len(packed) > 256 * 1024
        channel = node.parts.channels["whatsapp"]
        delivery_id = node.node.ids.new()
        delivery = Delivery(delivery_id, channel.name, node.node.clock.now_ms(), packed)
        await node.node.write(keep(delivery, Bodies(node.node.store.view).pack(packed)))
        assert await node.parts.intake.read_new()
        assert node.node.store.view.all("deliveries_kept", ("", 9)) == [(delivery_id, 40)]
        assert node.node.store.view.scalar("entries_pending_count") == 40

    on_node(tmp_path, story, channels=("whatsapp",), rounds=False)


def test_staff_who_write_on_the_phone_hold_the_conversation() -> None:
    async def story(rig: Rig) -> None:
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["sent"])
        now_ms = rig.clock.now_ms()
        rig.meta.phones.staff_sends(GUEST, now_ms)
        await rig.bring()
        await read(rig)
        line = rig.rows("conversation_get", rig.conversations()[0])[0]
        assert line[5] == "phone app"
        assert abs(line[6] - now_ms - 2 * 3_600_000) < 2_000
        assert rig.rows("dispositions_count") == [("answered", 1)]

    in_house(story)


def test_an_echo_that_comes_hours_later_holds_nothing() -> None:
    async def story(rig: Rig) -> None:
        rig.meta.phones.staff_sends(GUEST, rig.clock.now_ms() - 5 * 3_600_000)
        await rig.bring()
        await read(rig)
        [conversation] = rig.conversations()
        assert rig.rows("conversation_get", conversation)[0][6] <= rig.clock.now_ms()

    in_house(story)


def outbound(rig: Rig, uuid: str, status: str, words: str, **more: Any) -> bytes:
    contact = {"id": 7, "phone": SPOKI_GUEST}
    data = {"uuid": uuid, "send_status": status, "text": words, "content_type": "text", "contact": contact}
    stamp = rig.clock.now_ms() // 1000
    return orjson.dumps({"event": "message.outbound", "timestamp": stamp, "data": data | more})


def test_spoki_tells_of_our_own_words_without_our_id() -> None:
    async def story(rig: Rig) -> None:
        rig.spoki_line.says(Unknown("timeout"))
        rig.desk.decides = lambda turn, _: answer_all(turn, "Breakfast is from 7.")
        rig.spoki.guest_sends(SPOKI_GUEST, "text", rig.clock.now_ms(), {"body": "breakfast?"})
        await rig.bring()
        await rig.until(lambda: rig.states() == ["unknown"])
        await rig.deliver(outbound(rig, "s1", "Sent", "Breakfast is from 7."), "spoki")
        await rig.until(lambda: rig.states() == ["sent"])
        await rig.deliver(outbound(rig, "s1", "Read", "Breakfast is from 7."), "spoki")
        await rig.until(lambda: rig.states() == ["read"])
        [conversation] = rig.conversations()
        assert rig.rows("conversation_get", conversation)[0][5] == ""
        await rig.deliver(outbound(rig, "s2", "Sent", "Shall I book a table?"), "spoki")
        await rig.deliver(outbound(rig, "s2", "Read", "Shall I book a table?"), "spoki")
        await read(rig)
        assert rig.rows("conversation_get", conversation)[0][5] == "phone app"
        assert sorted(row[1] for row in all_entries(rig)) == ["echo", "message"]

    in_house(story)


# --- files


def picture(rig: Rig, wamid: str = "w1") -> bytes:
    image = {"id": "m1", "mime_type": "image/jpeg"}
    return inbound(
        rig.line.number, {**text(rig, wamid), "from": GUEST, "type": "image", "image": image, "text": None}
    )


def media_state(rig: Rig) -> str:
    found = [row for entry in all_entries(rig) for row in rig.rows("media_get", entry[0])]
    return found[0][4] if found else ""


def test_a_file_is_tried_again_and_kept_by_its_content() -> None:
    async def story(rig: Rig) -> None:
        again = [FetchFailed(FetchFailure.AGAIN, "503"), FetchFailed(FetchFailure.REFUSED, "401", 90.0)]
        rig.line.files.extend([*again, b"a picture"])
        await rig.deliver(picture(rig))
        await rig.until(lambda: rig.rows("entries_pending_count") == [(0,)])
        await rig.until(lambda: media_state(rig) == "kept", 150)
        folder = rig.node.store.folder / "media"
        assert path_of(folder, sha256_of(b"a picture")).read_bytes() == b"a picture"
        assert [path.name for path in folder.iterdir()] == [sha256_of(b"a picture")]
        assert rig.clock.elapsed_seconds() >= 95

    in_house(story)


@pytest.mark.parametrize("failure", [FetchFailure.GONE, FetchFailure.TOO_LARGE, FetchFailure.FORBIDDEN_HOST])
def test_a_file_that_never_comes_is_dead(failure: FetchFailure) -> None:
    async def story(rig: Rig) -> None:
        rig.line.files.append(FetchFailed(failure, "no"))
        await rig.deliver(picture(rig))
        await rig.until(lambda: media_state(rig) == "dead")
        assert list((rig.node.store.folder / "media").iterdir()) == []
        assert rig.count("media_dead") == 1

    in_house(story)


def test_a_file_is_not_asked_for_for_ever() -> None:
    async def story(rig: Rig) -> None:
        rig.line.files.extend([FetchFailed(FetchFailure.AGAIN)] * (ATTEMPTS_MAX + 5))
        await rig.deliver(picture(rig))
        await read(rig)
        fetch, loop = rig.parts.media, asyncio.get_running_loop()
        for _ in range(ATTEMPTS_MAX):
            await fetch.fetch_due()
            loop.start_at(loop.time() + 3_601)  # type: ignore[attr-defined]
        assert media_state(rig) == "dead"
        assert len(rig.line.files) == 5

    async def bare(rig: Rig) -> None:
        (rig.node.store.folder / "media").mkdir()
        rounds = asyncio.ensure_future(rig.parts.intake.run())
        await story(rig)
        rounds.cancel()

    in_house(bare, begin=False)


def test_a_file_that_a_repeat_brings_is_fetched() -> None:
    async def story(rig: Rig) -> None:
        told = Message(kind=MessageKind.IMAGE, text="look")
        whole = Message(kind=MessageKind.IMAGE, text="look", media=Media(id="m1", mime_type="image/png"))
        at_ms = rig.clock.now_ms()
        for later, message in enumerate((told, whole)):
            entry = Entry(
                kind=EntryKind.MESSAGE,
                channel="whatsapp",
                dedupe="m:w1",
                at_ms=at_ms + later * 1_000,
                number=rig.line.number,
                provider_id="w1",
                identities=(Identity(IdentityKind.PHONE, GUEST),),
                message=message,
            )
            rig.line.split = lambda body, received_ms, entry=entry: (entry,)  # type: ignore[method-assign]
            rig.line.files.append(b"png")
            await rig.deliver(b"{}")
            await read(rig)
        await rig.until(lambda: media_state(rig) == "kept")

    in_house(story)


@pytest.mark.parametrize("name", ["", "..", "../hotel.db", "a" * 63, "A" * 64, "a" * 63 + "/", "g" * 64])
def test_a_path_is_of_a_hash_only(name: str) -> None:
    with pytest.raises(ValueError, match="hash"):
        path_of(Path("media"), name)


# --- who is who


def both_names(rig: Rig, wamid: str) -> bytes:
    contact = {"wa_id": GUEST, "user_id": "IT.1", "profile": {"name": "Guest"}}
    return inbound(
        rig.line.number, text(rig, wamid, **{"from": GUEST, "from_user_id": "IT.1"}), contacts=[contact]
    )


def test_two_guests_who_are_one_are_merged_with_all_they_have() -> None:
    async def story(rig: Rig) -> None:
        by_phone = NewStay(
            source="test",
            code="A1",
            arrival="2027-01-14",
            departure="2027-01-20",
            phones=(GUEST,),
        )
        await pauses.pause(rig.node, rig.parts.roads, (pauses.DELIVERY,), "staff")
        await rig.guest_writes("by id", guest={"bsuid": "IT.1"})
        await rig.rest(1)
        await rig.guest_writes("by phone")
        await rig.write(lambda tx: stays.put(tx, rig.node.ids, by_phone, rig.clock.now_ms()))
        await rig.until(lambda: rig.states() == ["waiting"] * 2)
        assert len(rig.conversations()) == 2
        await rig.rest(1)
        await rig.deliver(both_names(rig, "w-both"))
        await rig.until(lambda: rig.states() == ["waiting"] * 3)
        [conversation] = rig.conversations()
        assert {row[11] for row in rig.rows("outbox_list", "", "", 9)} == {conversation}
        assert len(all_entries(rig)) == 3
        guest_id = rig.rows("conversation_get", conversation)[0][1]
        assert [row[2] for row in rig.rows("stays_guest", guest_id, 9)] == ["A1"]
        assert addresses(rig.node.store.view, guest_id)[0] == GUEST
        assert "bsuid:IT.1" in {row[0] for row in rig.rows("identity_list", guest_id)}
        assert rig.node.store._connection.execute("PRAGMA foreign_key_check").fetchall() == []

    in_house(story)


def test_what_was_pending_in_a_merged_conversation_is_answered() -> None:
    async def story(rig: Rig) -> None:
        await rig.guest_writes("first", guest={"bsuid": "IT.1"})
        await rig.until(lambda: rig.states() == ["sent"])
        older = rig.desk.turns[0].guest.guest_id
        rig.desk.decides = waits_for_more
        await rig.guest_writes("Hallo")
        await rig.until(lambda: len(rig.desk.turns) == 2)
        names = (Identity(IdentityKind.PHONE, GUEST), Identity(IdentityKind.BSUID, "IT.1"))
        merged = await rig.write(lambda tx: guest_of(tx, rig.node.ids, names, "", rig.clock.now_ms()))
        assert merged == older
        await rig.until(lambda: dict(rig.rows("dispositions_count")) == {"answered": 2}, 15)

    in_house(story)


def test_a_refusal_after_a_merge_still_reaches_staff() -> None:
    async def story(rig: Rig) -> None:
        await rig.guest_writes("first", guest={"bsuid": "IT.1"})
        await rig.until(lambda: rig.states() == ["sent"])
        await rig.rest(1)
        held = Held(Refused("131026", "no", Do.UNDELIVERABLE))
        rig.line.says(held)
        await rig.guest_writes("Hallo")
        await rig.until(lambda: len(rig.line.sent) == 2)
        await rig.deliver(both_names(rig, "w-both"))
        await rig.rest(1)
        held.end.set()
        await rig.until(lambda: "failed" in rig.states())
        assert rig.reasons() == ["not_delivered"]

    in_house(story)


def test_a_new_number_keeps_the_guest() -> None:
    async def story(rig: Rig) -> None:
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["sent"])
        rig.meta.phones.changes_number(GUEST, OTHER, rig.clock.now_ms())
        await rig.bring()
        await read(rig)
        await rig.guest_writes("it is me", guest=OTHER)
        await rig.until(lambda: rig.states() == ["sent"] * 2)
        assert len(rig.conversations()) == 1

    in_house(story)


def test_the_provider_s_preference_sets_and_clears_the_opt_out() -> None:
    async def story(rig: Rig) -> None:
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["sent"])
        guest_id = rig.desk.turns[0].guest.guest_id
        for value, opted_out in (("stop", True), ("resume", False)):
            rig.meta.phones.prefers(GUEST, value, rig.clock.now_ms())
            await rig.bring()
            await read(rig)
            assert (rig.rows("guest_get", guest_id)[0][5] > 0) is opted_out
            await rig.rest(2)
        await rig.rest(2)
        assert len(rig.line.sent) == 1

    in_house(story)


def test_a_merged_guest_stays_opted_out_and_told() -> None:
    def unit(tx: Tx) -> tuple[Any, ...]:
        ids = own.ids
        older = guest_of(tx, ids, (Identity(IdentityKind.BSUID, "IT.9"),), "", 1)
        own.clock.ms += 5
        younger = guest_of(tx, ids, (Identity(IdentityKind.PHONE, "39999"),), "Anna", 2)
        tx.run("guest_learn", ("Anna", "it", "heard", "", 77, younger))
        tx.run("guest_told", (88, younger))
        names = (Identity(IdentityKind.BSUID, "IT.9"), Identity(IdentityKind.PHONE, "39999"))
        assert guest_of(tx, ids, names, "", 3) == older
        return tx.all("guest_get", (older,))[0][1:]

    with books() as own:
        assert own.run(unit) == ("Anna", "it", "heard", "", 77, 88)


@pytest.mark.parametrize("phones", [("39998", "39999"), ("39999", "39998")])
def test_a_merged_guest_who_booked_stays_the_booker(phones: tuple[str, str]) -> None:
    booking = NewStay(source="t", code="A1", arrival="2026-07-01", departure="2026-07-03", phones=phones)

    def unit(tx: Tx) -> list[str]:
        guest_of(tx, own.ids, (Identity(IdentityKind.PHONE, "39999"),), "", 1)
        own.clock.ms += 5
        stays.put(tx, own.ids, booking, 2)
        names = tuple(Identity(IdentityKind.PHONE, phone) for phone in phones)
        roles = [str(one.role) for one in people.stays(tx, guest_of(tx, own.ids, names, "", 3))]
        stays.put(tx, own.ids, booking, 4)  # told again: both numbers are one guest's now
        return roles + [one.role for one in people.stays(tx, guest_of(tx, own.ids, names, "", 5))]

    with books() as own:
        assert own.run(unit) == ["booker", "booker"]


def test_a_body_comes_back_as_it_came() -> None:
    def check(own: Books, body: bytes) -> None:
        bodies = Bodies(own.store.view)
        assert bodies.unpack(1, bodies.pack(body)) == body

    with books() as own:
        from nightporter.journal.deliveries import bring_dictionary

        own.run(bring_dictionary)
        for body in (b"", b"{}", Dice(1).getrandbits(80_000).to_bytes(10_000, "big"), b"x" * BODY_BYTES_MAX):
            check(own, body)


def test_the_same_entry_has_the_same_id_on_every_node() -> None:
    entry = Entry(kind=EntryKind.ACCOUNT, channel="whatsapp", dedupe="a:1", at_ms=5, data={"a": 1})
    found: list[list[Any]] = []
    for seed in (1, 2):
        with books() as own:
            delivery = Delivery(f"d{seed}", "whatsapp", 1_000 + seed, b"")

            def unit(tx: Tx, own: Books = own, seed: int = seed, delivery: Delivery = delivery) -> list[Any]:
                ids = Ids(own.clock, Dice(seed))
                assert entries.add(tx, ids, delivery, 0, entry, ours=True) is None
                assert entries.add(tx, ids, delivery, 1, entry, ours=True) is None
                return [row[0] for row in tx.all("entries_apart", ("g", 9))]

            found.append(own.run(unit))
    assert found[0] == found[1]
    assert len(found[0]) == 1
