"""Events to the desk: the guest whom a flight brings, nobody, nonsense, no route, a desk that crashes (G6, G7)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.rounds.rig import GUEST, Rig, in_house

from nightporter.clock import utc
from nightporter.config.hotel import loads
from nightporter.config.settings_values import Route
from nightporter.desk.context import Addressee
from nightporter.journal import events, stays
from nightporter.journal.events import NewEvent
from nightporter.journal.stays import NewStay
from nightporter.model.decision import Decision, NewTask, Saying
from nightporter.model.message import Entry
from nightporter.model.outbox import Content
from nightporter.rounds.events import DEFAULT_ROUTES, targets_of


async def send(rig: Rig, event_id: str, payload: Any, type_: str = "flight.delayed", **more: Any) -> None:
    new = NewEvent(event_id=event_id, type=type_, source="test", payload=payload, **more)
    await rig.write(events.accept(new, rig.clock.now_ms(), "test"))
    rig.parts.events.bell.ring()


def state(rig: Rig, event_id: str) -> str:
    found = events.get(rig.node.store.view, event_id)
    return found.state if found else ""


async def arriving(rig: Rig, phone: str = GUEST) -> None:
    day = utc(rig.clock.now_ms()).date().isoformat()
    new = NewStay(
        source="test", code="A1", arrival=day, departure="2030-01-01", phones=(phone,), flight="AZ 0123"
    )
    await rig.write(lambda tx: stays.put(tx, rig.node.ids, new, rig.clock.now_ms()))


def tell(event: Entry, who: Addressee | None) -> Decision:
    if who is None:
        return Decision()
    task = NewTask(key=f"late:{event.provider_id}", department="reception", reason="late", summary="")
    say = Saying(content=Content(text="We wait for you."))
    return Decision(sayings=(say,) if who.conversation else (), tasks=(task,))


def test_a_delay_is_told_to_the_guest_once() -> None:
    async def story(rig: Rig) -> None:
        rig.desk.reacts = tell
        await rig.guest_writes()
        await rig.until(lambda: rig.states() == ["sent"])
        await arriving(rig)
        for _ in range(2):
            await send(rig, "e1", {"flightNumber": "az123", "delayMinutes": 90})
        await rig.until(lambda: len(rig.line.sent) == 2)
        await rig.rest(10)
        assert [one.text for one in rig.line.sent] == ["answer", "We wait for you."]
        assert (state(rig, "e1"), rig.reasons()) == ("delivered", ["late"])
        steps = [step.what for step in events.steps(rig.node.store.view, "e1")]
        assert steps == ["accepted", "delivered"]

    in_house(story)


def test_a_guest_who_never_wrote_is_staff_s() -> None:
    async def story(rig: Rig) -> None:
        rig.desk.reacts = tell
        await arriving(rig)
        await send(rig, "e1", {"flightNumber": "AZ123"})
        await rig.until(lambda: state(rig, "e1") == "delivered")
        assert (rig.line.sent, rig.reasons()) == ([], ["late"])

    in_house(story)


@pytest.mark.parametrize("payload", [{"flightNumber": "LH1"}, {}, [], 7, None, "AZ123", {"flightNumber": 5}])
def test_what_concerns_nobody_is_still_shown_to_the_desk(payload: Any) -> None:
    async def story(rig: Rig) -> None:
        await arriving(rig)
        await send(rig, "e1", payload)
        await rig.until(lambda: state(rig, "e1") == "delivered")
        assert [who for _, who in rig.desk.events] == [None]

    in_house(story)


@pytest.mark.parametrize(
    ("arrival", "payload", "is_meant"),
    [
        ("2026-07-09", {}, False),
        ("2026-07-10", {}, True),
        ("2026-07-12", {}, True),
        ("2026-07-13", {}, False),
        ("2026-07-13", {"newArrivalTime": "2026-07-12T00:20"}, True),
        ("2026-07-13", {"newArrivalTime": "2026-07-11T23:20Z"}, True),
        ("2026-07-10", {"newArrivalTime": "2026-07-11T23:20Z"}, False),
    ],
)
def test_the_day_of_a_flight_is_the_hotel_s(arrival: str, payload: dict[str, Any], is_meant: bool) -> None:
    after_midnight = datetime(2026, 7, 11, 0, 30, tzinfo=ZoneInfo("Europe/Rome"))  # the day before in UTC

    async def story(rig: Rig) -> None:
        new = NewStay(
            source="t", code="A1", arrival=arrival, departure="2026-08-01", phones=(GUEST,), flight="AZ123"
        )
        await rig.write(lambda tx: stays.put(tx, rig.node.ids, new, rig.clock.now_ms()))
        moment = int(after_midnight.timestamp() * 1000)
        await send(rig, "e1", {"flightNumber": "AZ123", **payload}, occurred_ms=moment)
        await rig.until(lambda: state(rig, "e1") == "delivered")
        assert [who is not None for _, who in rig.desk.events] == [is_meant]

    in_house(story, hotel=loads("hotel:\n  id: faro\n  name: Albergo del Faro\n  timezone: Europe/Rome\n"))


def test_a_type_without_route_is_kept() -> None:
    async def story(rig: Rig) -> None:
        await send(rig, "e1", {}, "minibar.empty")
        await rig.until(lambda: state(rig, "e1") == "unrouted")
        assert rig.desk.events == []

    in_house(story)


def test_an_event_on_which_the_desk_crashes_is_dead_after_five_and_holds_up_nobody() -> None:
    async def story(rig: Rig) -> None:
        rig.crashes_expected = True

        def reacts(event: Entry, _: Addressee | None) -> Decision:
            if event.provider_id == "bad":
                raise ZeroDivisionError
            return Decision()

        rig.desk.reacts = reacts
        await send(rig, "bad", {})
        await send(rig, "good", {})
        await rig.until(lambda: state(rig, "bad") == "dead" and state(rig, "good") == "delivered")
        assert [event.provider_id for event, _ in rig.desk.events].count("bad") == 5
        assert rig.reasons() == ["event_dead"]
        rig.desk.reacts = tell
        await rig.write(events.replay("bad", rig.clock.now_ms(), "test"))
        rig.parts.events.bell.ring()
        await rig.until(lambda: state(rig, "bad") == "delivered")

    in_house(story)


def test_events_of_one_key_keep_their_order_while_one_is_tried_again() -> None:
    async def story(rig: Rig) -> None:
        rig.crashes_expected = True
        fails = iter([True, True])

        def reacts(event: Entry, _: Addressee | None) -> Decision:
            if event.provider_id == "z-first" and next(fails, False):
                raise ZeroDivisionError
            return Decision()

        rig.desk.reacts = reacts
        for event_id in ("z-first", "a-second"):
            await send(rig, event_id, {}, key="k")
        await rig.until(lambda: state(rig, "a-second") == "delivered")
        assert [event.provider_id for event, _ in rig.desk.events] == ["z-first"] * 3 + ["a-second"]

    in_house(story)


def test_a_dead_or_unrouted_event_holds_up_none_of_its_key() -> None:
    async def story(rig: Rig) -> None:
        rig.crashes_expected = True

        def reacts(event: Entry, _: Addressee | None) -> Decision:
            if event.provider_id == "bad":
                raise ZeroDivisionError
            return Decision()

        rig.desk.reacts = reacts
        await send(rig, "bad", {}, key="k")
        await send(rig, "nowhere", {}, "minibar.empty", key="k")
        await send(rig, "good", {}, key="k")
        await rig.until(lambda: state(rig, "good") == "delivered")
        assert (state(rig, "bad"), state(rig, "nowhere")) == ("dead", "unrouted")

    in_house(story)


ROUTES = (
    Route("pms.*", ("desk",)),
    Route("pms.room.**", ("trigger:rooms",), goes_on=True),
    Route("*.room.clean", ("desk", "webhook:https://hooks.example/s3cret")),
    Route("**", ("bullmq:rest",)),
)


@pytest.mark.parametrize(
    ("kind", "targets"),
    [
        ("pms.checkin", ("desk",)),
        ("pms.room", ("desk",)),
        ("pms.room.dirty", ("trigger:rooms", "bullmq:rest")),
        ("pms.room.clean", ("trigger:rooms", "desk", "webhook:https://hooks.example/s3cret")),
        ("spa.room.clean", ("desk", "webhook:https://hooks.example/s3cret")),
        ("room.clean", ("bullmq:rest",)),
        ("pms", ("bullmq:rest",)),
    ],
)
def test_the_first_route_that_matches_wins_unless_it_goes_on(kind: str, targets: tuple[str, ...]) -> None:
    assert targets_of(kind, ROUTES) == targets


def test_nothing_matches_without_a_route() -> None:
    assert targets_of("pms.checkin", ROUTES[1:3]) == ()
    assert targets_of("flight", DEFAULT_ROUTES) == ()
    assert targets_of("flight.delay.detected", DEFAULT_ROUTES) == ("desk",)


def test_the_hotel_s_routes_decide() -> None:
    async def story(rig: Rig) -> None:
        for event_id, kind in (("e1", "pms.checkin"), ("e2", "flight.delayed"), ("e3", "spa.room.clean")):
            await send(rig, event_id, {}, kind)
        await rig.until(lambda: state(rig, "e3") == "unrouted")
        told = [events.get(rig.node.store.view, event_id) for event_id in ("e1", "e2", "e3")]
        assert [(one.state, one.targets, one.last_error) for one in told if one] == [
            ("delivered", ["desk"], ""),
            ("unrouted", [], "no such target in this release: bullmq:rest"),
            ("unrouted", ["desk"], "no such target in this release: webhook:hooks.example"),
        ]
        assert [event.provider_id for event, _ in rig.desk.events] == ["e1", "e3"]
        for event_id in ("e1", "e3"):
            await rig.write(events.replay(event_id, rig.clock.now_ms(), "test"))
        rig.parts.events.bell.ring()
        await rig.until(lambda: state(rig, "e3") == "unrouted" and state(rig, "e1") == "delivered")
        assert [event.provider_id for event, _ in rig.desk.events] == ["e1", "e3", "e1"], "e3 was told twice"

    in_house(story, routes=ROUTES)
