"""What holds for every turn, however odd: one outcome each, one voice, nothing leaked, nobody forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.desk.flow.kit import (
    GUEST,
    HOUR,
    IN_HOUSE,
    MINUTE,
    NIGHT,
    NIGHT_CODE,
    NOON,
    PASSWORD,
    ZONE,
    PlainEars,
    decide,
    said,
)

from nightporter.desk.privacy import match_of
from nightporter.desk.understanding import Match
from nightporter.model.conversation import Conversation, Memory, Question, Turn, TurnEntry
from nightporter.model.decision import Decision, DispositionKind, SilentReason, Urgency
from nightporter.model.guest import Stay
from nightporter.model.message import Media, Message, MessageKind

EVERY_MS = 24 * HOUR
WORDS = [
    "Ciao", "camera 204", "wifi password?", "when is breakfast?", "perhaps parking", "grazie", "👍", "", "  ",
    "stop", "there is fire", "human please", "this is disgusting", "refund", "204", "annulla", "towels", "e domani?",
    "is the pool open now?", "pool in March", "This is an automated reply. We are closed.", "locked out",
    "breakfast, dog, parking and a refund", "4111 1111 1111 1111",
]  # fmt: skip

moments = st.integers(0, 30 * HOUR) | st.sampled_from([0, 1, 3_999, 4_000, 12_000, 10 * MINUTE, 24 * HOUR])


@st.composite
def messages(draw: st.DrawFn) -> Message:
    kind = draw(st.sampled_from(MessageKind) | st.just(MessageKind.TEXT))
    media = Media(id="m") if kind in (MessageKind.IMAGE, MessageKind.VOICE) else None
    return Message(
        kind=kind,
        text=draw(st.sampled_from(WORDS) | st.text(max_size=40)),
        target=draw(st.sampled_from(["", "wamid.0", "wamid.1", "wamid.2"])),
        choice=draw(st.sampled_from(["", "yes", "204"])),
        group=draw(st.sampled_from(["", "", "", "family"])),
        media=media,
    )


@st.composite
def turns(draw: st.DrawFn) -> Turn:
    now = draw(st.sampled_from([NOON, NIGHT]))
    ages = sorted(draw(st.lists(moments, min_size=1, max_size=5)), reverse=True)
    entries = tuple(
        TurnEntry(
            entry_id=f"e{number}",
            at_ms=now - age - draw(st.just(0) | moments),
            received_ms=now - age,
            provider_id=draw(st.just(f"wamid.{number}") | st.just("")),
            message=draw(messages()),
            ours=draw(st.sampled_from([True, True, True, False])),
            refers_to=draw(st.sampled_from(["", "The pool is open"])),
            answered_elsewhere=draw(st.sampled_from([False, False, False, True])),
        )
        for number, age in enumerate(ages)
    )
    question = Question(topic="housekeeping", slot="room", asked_ms=now - draw(moments), choices=("204",))
    memory = Memory(
        question=draw(st.none() | st.just(question)),
        answers_ms=tuple(sorted(now - ago for ago in draw(st.lists(moments, max_size=25)))),
        last_topics=draw(st.sampled_from([(), ("pool",), ("angry",)])),
        handed_over_ms=now - draw(moments),
    )
    stay = Stay(stay_id="s", source="t", code="C", arrival="2026-07-12", departure="2026-07-14", room="31")
    conversation = Conversation(
        conversation_id="c1",
        guest_id="g1",
        channel="whatsapp",
        number="1",
        held_until_ms=draw(st.just(0) | moments.map(lambda ms: now + ms)),
        last_answer_ms=now - draw(moments),
        memory=memory,
    )
    return Turn(
        conversation=conversation,
        guest=replace(
            GUEST,
            told_machine_ms=draw(st.sampled_from([0, NOON])),
            opted_out_ms=draw(st.sampled_from([0, 1])),
        ),
        entries=entries,
        stays=draw(st.sampled_from([(), (IN_HOUSE,), (stay,), (IN_HOUSE, replace(IN_HOUSE, room="31"))])),
        staff_wrote_ms=draw(st.just(0) | moments.map(lambda ago: now - ago)),
    )


@given(turns(), st.sampled_from([NOON, NIGHT]))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_turn(turn: Turn, now: int) -> None:
    now = max(now, *(entry.received_ms for entry in turn.entries))
    decision = decide(turn, now)
    covers_all_or_waits(turn, decision, now)
    speaks_at_most_once(decision)
    pages_emergencies(turn, decision, now)
    keeps_secrets(turn, decision, now)
    assert decision == decide(turn, now), "the same turn, decided otherwise"


def covers_all_or_waits(turn: Turn, decision: Decision, now: int) -> None:
    if decision.wait_until_ms:
        assert not decision.dispositions
        assert not decision.sayings
        assert decision.wait_until_ms > now
        first = min(entry.received_ms for entry in turn.entries)
        assert decision.wait_until_ms <= first + 12_000 or turn.conversation.held(now)
        return
    assert [one.entry_id for one in decision.dispositions] == [entry.entry_id for entry in turn.entries]
    for one in decision.dispositions:
        assert (one.reason is not None) == (one.kind is DispositionKind.SILENT)
        if one.kind is DispositionKind.STAFF:
            assert 0 <= one.task < len(decision.tasks)


def speaks_at_most_once(decision: Decision) -> None:
    assert len(decision.sayings) <= 1
    kinds = {one.kind for one in decision.dispositions}
    reasons = {one.reason for one in decision.dispositions}
    if DispositionKind.ANSWERED in kinds:
        assert decision.sayings
    if kinds == {DispositionKind.SILENT} and decision.sayings:
        assert SilentReason.OPT_OUT_CONFIRMED in reasons
    for saying in decision.sayings:
        assert saying.content.text.strip()
        assert "{" not in saying.content.text
    assert len({task.key for task in decision.tasks}) == len(decision.tasks)


def pages_emergencies(turn: Turn, decision: Decision, now: int) -> None:
    asked = [entry for entry in turn.entries if is_private_emergency(turn, entry)]
    if not asked:
        return
    pages = [task for task in decision.tasks if task.urgency is Urgency.EMERGENCY]
    assert pages
    newest = max(entry.at_ms for entry in turn.entries)
    if now < newest + EVERY_MS:
        assert "112" in said(decision)


def is_private_emergency(turn: Turn, entry: TurnEntry) -> bool:
    message = entry.message
    skipped = (MessageKind.REACTION, MessageKind.STICKER, MessageKind.REVOKE)
    changed = any(
        other.message.kind in (MessageKind.EDIT, MessageKind.REVOKE) and other.message.target
        for other in turn.entries
    )
    if not entry.ours or message.group or entry.answered_elsewhere or message.kind in skipped or changed:
        return False
    return PlainEars().understand(message.text, languages=("en",)).emergency


def keeps_secrets(turn: Turn, decision: Decision, now: int) -> None:
    match = match_of(turn.stays, datetime.fromtimestamp(now / 1000, ZONE).date())
    texts = [said(decision), *(task.draft for task in decision.tasks)]
    if match is not Match.IN_HOUSE:
        assert not any(PASSWORD in text or NIGHT_CODE in text for text in texts)
    assert not any("4111 1111" in task.summary for task in decision.tasks)
    assert PASSWORD not in texts[0].partition("\n")[0]
