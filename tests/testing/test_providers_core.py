"""The Cloud API core without network: failures, batches, repeats, retries, rates, the window, the ledger."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightporter.testing.providers.behaviour import Behaviour
from nightporter.testing.providers.chance import Dice
from nightporter.testing.providers.ledger import Ledger
from nightporter.testing.providers.meta import MetaProvider
from nightporter.testing.providers.wire import Action, Answer

NOW = 1_790_000_000_000
HOUR = 3_600_000
PHONE = "393331234567"


def provider(**behaviour: Any) -> MetaProvider:
    core = MetaProvider(Dice(11), behaviour=Behaviour(**behaviour))
    core.phones.open_window(PHONE, NOW)
    return core


def send(core: MetaProvider, now_ms: int = NOW, to: str = PHONE, **more: Any) -> Answer:
    request = {"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": "x"}, **more}
    headers = {"Authorization": f"Bearer {core.account.token}"}
    path = f"/{core.account.number}/messages"
    return core.handle("POST", path, headers, json.dumps(request).encode(), now_ms)


def code_of(answer: Answer) -> int:
    return json.loads(answer.body)["error"]["code"]


def messages_in(body: bytes) -> list[str]:
    return [
        one["id"]
        for entry in json.loads(body)["entry"]
        for change in entry["changes"]
        for one in [*change["value"].get("messages", []), *change["value"].get("statuses", [])]
    ]


@pytest.mark.parametrize(
    ("fault", "status", "action"),
    [
        ("reset_before", 200, Action.RESET_BEFORE),
        ("never_before", 200, Action.NEVER),
        ("error_before", 500, Action.ANSWER),
        ("unavailable_before", 500, Action.ANSWER),
        ("throughput_before", 429, Action.ANSWER),
        ("token_before", 401, Action.ANSWER),
    ],
)
def test_before_accepting_nothing_is_accepted(fault: str, status: int, action: Action) -> None:
    core = provider()
    core.fail_next([fault])
    answer = send(core)
    assert (answer.status, answer.action, answer.accepted_id) == (status, action, None)
    assert not core.ledger.accepted()
    assert len(core.ledger.refused()) + len(core.ledger.of_kind("failed")) == 1
    assert core.next_due_ms() is None
    assert send(core).status == 200


@pytest.mark.parametrize(
    ("fault", "status", "action"),
    [
        ("reset_after", 200, Action.RESET_AFTER),
        ("never_after", 200, Action.NEVER),
        ("error_after", 500, Action.ANSWER),
        ("slow_after", 200, Action.ANSWER),
        ("no_id_after", 200, Action.ANSWER),
    ],
)
def test_after_accepting_the_message_stands_in_the_ledger(fault: str, status: int, action: Action) -> None:
    core = provider(slow_ms=9_000)
    core.fail_next([fault])
    answer = send(core, biz_opaque_callback_data="o1")
    assert (answer.status, answer.action) == (status, action)
    (accepted,) = core.ledger.accepted(callback_data="o1")
    assert (accepted.id, accepted.fault) == (answer.accepted_id, fault)
    assert len(core.due(NOW)) == 3
    if fault == "slow_after":
        assert answer.delay_ms == 9_000
    if fault == "no_id_after":
        assert json.loads(answer.body)["messages"] == []


def test_chances_fail_about_as_often_as_they_say() -> None:
    core = provider(p_reset_after=0.3, per_second=0, pair_burst=0)
    faults = [send(core).action for _ in range(400)].count(Action.RESET_AFTER)
    assert 90 <= faults <= 150
    assert len(core.ledger.accepted()) == 400


def test_the_same_seed_gives_the_same_course() -> None:
    def course() -> list[object]:
        core = provider(p_reset_before=0.3, p_repeat=0.3, p_reorder=0.3, status_spread_ms=500)
        answers = [send(core, NOW + n * 10_000).action for n in range(30)]
        return [answers, [(w.id, w.body) for w in core.due(NOW + HOUR)]]

    assert course() == course()


def test_what_is_not_200_comes_again_later_and_later() -> None:
    core = provider(retry_base_ms=1_000, retry_max_ms=4_000, retry_for_ms=60_000)
    core.guest_sends(PHONE, "text", NOW)
    now, waits = NOW, list[int]()
    for status in (503, None, 429, 418, 500, 200):
        (webhook,) = core.due(now)
        core.webhook_result(webhook.id, status, now)
        due_ms = core.next_due_ms()
        waits.append(0 if due_ms is None else due_ms - now)
        now += waits[-1]
    assert waits == [1_000, 2_000, 4_000, 4_000, 4_000, 0]
    assert [record.data["http_status"] for record in core.ledger.webhooks()] == [
        503,
        None,
        429,
        418,
        500,
        200,
    ]
    assert core.waiting() == 0


def test_retries_end() -> None:
    core = provider(retry_base_ms=1_000, retry_for_ms=2_500)
    core.guest_sends(PHONE, "text", NOW)
    tried: list[int] = []
    while (now := core.next_due_ms()) is not None:
        (webhook,) = core.due(now)
        core.webhook_result(webhook.id, 500, now)
        tried.append(now - NOW)
    assert tried == [0, 1_000, 3_000]
    assert len(core.ledger.of_kind("given_up")) == 1


@pytest.mark.parametrize(
    ("shape", "entries", "changes"), [("value", 1, 1), ("changes", 1, 5), ("entries", 5, 1)]
)
def test_batches_fill_up_or_wait(shape: str, entries: int, changes: int) -> None:
    core = provider(batch_max=5, batch_wait_ms=100, batch_shape=shape)
    ids = [core.guest_sends(f"39333000000{n}", "text", NOW + n) for n in range(7)]
    (full,) = core.due(NOW + 50)
    assert messages_in(full.body) == ids[:5]
    entry = json.loads(full.body)["entry"]
    assert (len(entry), len(entry[0]["changes"])) == (entries, changes)
    assert core.next_due_ms() == NOW + 5 + 100
    (rest,) = core.due(NOW + 105)
    assert messages_in(rest.body) == ids[5:]


def test_a_mixed_batch_keeps_messages_and_statuses_apart() -> None:
    core = provider(batch_max=10, batch_wait_ms=10)
    core.guest_sends(PHONE, "text", NOW)
    send(core)
    core.phones.account_news("account_update", NOW)
    (webhook,) = core.due(NOW + 10)
    first, second = json.loads(webhook.body)["entry"]
    lists = [{"messages", "statuses"} & set(change["value"]) for change in first["changes"]]
    assert lists == [{"messages"}, {"statuses"}]
    assert len(first["changes"][1]["value"]["statuses"]) == 3
    assert (second["time"], second["changes"][0]["field"]) == (NOW // 1000, "account_update")


def test_repeats_in_the_same_and_in_other_bytes() -> None:
    core = provider(p_repeat=1.0, p_repeat_rewritten=1.0, p_concurrent=1.0, repeat_ms=500)
    message_id = core.guest_sends(PHONE, "text", NOW)
    at_once, later = core.due(NOW), core.due(NOW + 500)
    assert len({webhook.body for webhook in at_once}) == 1
    assert (len(at_once), len(later)) == (2, 2)
    assert len({webhook.body for webhook in [*at_once, *later]}) == 2
    assert {ids for w in [*at_once, *later] for ids in messages_in(w.body)} == {message_id}
    assert len({webhook.id for webhook in [*at_once, *later]}) == 4


def test_reordering() -> None:
    core = provider(p_reorder=0.5, reorder_ms=1_000)
    ids = [core.guest_sends(f"3933300000{n:02}", "text", NOW + n) for n in range(40)]
    arrived = [one for webhook in core.due(NOW + HOUR) for one in messages_in(webhook.body)]
    assert arrived != ids
    assert sorted(arrived) == sorted(ids)


def test_while_paused_nothing_leaves_and_nothing_is_lost() -> None:
    core = provider(webhooks_paused=True)
    core.guest_sends(PHONE, "text", NOW)
    assert core.next_due_ms() is None
    assert core.due(NOW + HOUR) == []
    core.behaviour.change({"webhooks_paused": False})
    assert len(core.due(NOW + HOUR)) == 1


def test_the_pair_rate_is_borrowed_and_paid_back() -> None:
    core = provider(pair_burst=3, statuses=False)
    assert [send(core, NOW + n).status for n in range(3)] == [200, 200, 200]
    assert code_of(send(core, NOW + 3)) == 131056
    assert code_of(send(core, NOW + 17_999)) == 131056
    assert send(core, NOW + 18_000).status == 200
    assert send(core, NOW + 24_000).status == 200


def test_the_rate_of_a_number_counts_in_and_out() -> None:
    core = provider(per_second=3, pair_burst=0)
    core.guest_sends(PHONE, "text", NOW)
    assert [send(core, NOW + 1).status for _ in range(3)] == [200, 200, 429]
    assert send(core, NOW + 1_001).status == 200


def test_the_window_closes_24_hours_after_the_providers_time() -> None:
    core = provider(pair_burst=0)
    core.guest_sends("393400000001", "text", NOW, {"at_ms": NOW - 23 * HOUR})
    assert send(core, NOW + HOUR - 1, "393400000001").status == 200
    assert code_of(send(core, NOW + HOUR, "393400000001")) == 131047
    core.behaviour.window_refused_in_status = True
    assert send(core, NOW + HOUR, "393400000001", biz_opaque_callback_data="late").status == 200
    bodies = b"".join(webhook.body for webhook in core.due(NOW + HOUR))
    assert b'"status":"failed"' in bodies
    assert b'"code":131047' in bodies


def test_to_wins_over_recipient() -> None:
    core = provider()
    assert send(core, recipient="IT.1").status == 200
    assert core.ledger.accepted()[0].to == PHONE


def test_unreachable_guests_fail_in_a_status() -> None:
    core = provider()
    core.account.unreachable.add(PHONE)
    assert send(core).status == 200
    (webhook,) = core.due(NOW)
    assert b'"code":131026' in webhook.body


def test_a_status_can_precede_the_answer_and_be_told_again() -> None:
    core = provider(answer_ms=5_000)
    answer = send(core)
    assert answer.delay_ms == 5_000
    assert len(core.due(NOW)) == 3
    assert answer.accepted_id is not None
    core.tell_status(answer.accepted_id, "played", NOW + 1)
    assert b'"status":"played"' in core.due(NOW + 1)[0].body


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b"\xff", b'{"messaging_product":1}', b'{"status":"read"}', b'{"text":"x","to":1}'],
)
def test_nonsense_is_refused_in_metas_words(body: bytes) -> None:
    core = provider()
    headers = {"authorization": f"Bearer {core.account.token}"}
    answer = core.handle("POST", f"/v26.0/{core.account.number}/messages", headers, body, NOW)
    assert answer.status in {400, 404}
    assert {"message", "type", "code", "fbtrace_id"} <= set(json.loads(answer.body)["error"])


KEYS = [
    *(
        "type",
        "body",
        "text",
        "action",
        "buttons",
        "reply",
        "id",
        "title",
        "sections",
        "rows",
        "header",
        "name",
    ),
    *("language", "code", "components", "parameters", "message_id", "latitude", "link"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner
            | st.sampled_from(["button", "list", "cta_url", "body", "text", "reply", "stay_message", "it"]),
            max_size=6,
        )
    ),
    max_leaves=12,
)
KINDS = ["text", "interactive", "template", "reaction", "image", "location", "contacts", "nonsense"]


@given(kind=st.sampled_from(KINDS), part=JSON, context=JSON)
def test_no_body_breaks_the_checks(kind: str, part: object, context: object) -> None:
    more: dict[str, Any] = {"type": kind, "context": context, kind: part}
    answer = send(provider(), **more)
    assert answer.status in {200, 400, 404}


def test_media_addresses_end_after_five_minutes_and_media_after_seven_days() -> None:
    core = provider()
    media = core.world.media.sample("audio", NOW)
    headers = {"Authorization": f"Bearer {core.account.token}", "Host": "localhost:1"}
    url = json.loads(core.handle("GET", f"/v26.0/{media.id}", headers, b"", NOW).body)["url"]
    path = url.removeprefix("http://localhost:1")
    assert core.handle("GET", path, headers, b"", NOW + 299_999).body == media.content
    assert core.handle("GET", path, headers, b"", NOW + 300_000).status == 400
    assert core.handle("GET", f"/{media.id}", headers, b"", NOW + 7 * 24 * HOUR).status == 400


def test_the_ledger_tells_what_left_and_what_was_taken() -> None:
    lines: list[str] = []
    core = MetaProvider(Dice(1), ledger=Ledger(lines.append))
    core.phones.open_window(PHONE, NOW)
    send(core, biz_opaque_callback_data="o1")
    sent, delivered, _read = core.due(NOW + 5)
    core.webhook_result(sent.id, 200, NOW + 6)
    core.webhook_result(delivered.id, 503, NOW + 7)
    (accepted,) = core.ledger.accepted(callback_data="o1")
    assert accepted.statuses == {"sent": NOW + 5, "delivered": NOW + 5, "read": NOW + 5}
    assert accepted.told == {"sent": NOW + 6}
    assert [json.loads(line)["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert json.loads(lines[0])["callback_data"] == "o1"
    assert core.ledger.after(len(lines) - 1)[0].data["http_status"] == 503


@pytest.mark.parametrize("change", [{"p_reset": 0.5}, {"slow_ms": "1"}, {"statuses": 1}, {"batch_max": True}])
def test_a_wrong_behaviour_changes_nothing(change: dict[str, Any]) -> None:
    behaviour = Behaviour()
    with pytest.raises(ValueError, match="behaviour"):
        behaviour.change({"p_repeat": 1, **change})
    assert behaviour == Behaviour()
