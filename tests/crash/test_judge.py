from __future__ import annotations

import pytest

from nightporter.testing.crash.judge import Case, Kill, MaybeSent, judge
from nightporter.testing.crash.logs import Logs
from nightporter.testing.crash.stages import Stage, count_stages

ANSWER_MS = 100
WORKERS = 5
KILL_MS = 2_000
NEXT_START_MS = 2_050


def post(n: int, at_ms: int, told_ms: int | None) -> list[dict[str, object]]:
    messages = [[f"39{n}", f"wamid.{n}"]]
    lines: list[dict[str, object]] = [{"t_ms": at_ms, "event": "post", "post": n, "messages": messages}]
    if told_ms is not None:
        lines.append({"t_ms": told_ms, "event": "told", "post": n, "status": 200, "messages": messages})
    return lines


def accepted(n: int, at_ms: int, which: str = "") -> dict[str, object]:
    return {"kind": "accepted", "t_ms": at_ms, "id": which or f"out.{n}", "to": f"39{n}"}


def told(n: int, at_ms: int, status: int = 200) -> dict[str, object]:
    contents = [["status", f"out.{n}", "sent"]]
    return {"kind": "webhook", "t_ms": at_ms, "http_status": status, "contents": contents}


def maybe(n: int) -> MaybeSent:
    return MaybeSent(outbox_id=f"o{n}", to=f"39{n}", covers=(f"wamid.{n}",))


class Story:
    """Six guests: 1 answered before the kill, 2 to 4 being sent at it, 5 and 6 afterwards."""

    def __init__(self) -> None:
        self.posts = [
            *post(1, 100, 110), *post(2, 1_900, 1_910), *post(3, 1_900, 1_910), *post(4, 1_900, 1_910),
            *post(5, 1_990, None), *post(5, 2_500, 2_510), *post(6, 2_500, 2_510),
        ]  # fmt: skip
        self.ledger: list[dict[str, object]] = [
            accepted(1, 200), told(1, 300), accepted(2, 1_950), accepted(3, 1_960),
            accepted(5, 2_600), accepted(6, 2_600), told(2, 2_700),
        ]  # fmt: skip
        self.states = {"wamid.1": "sent", "wamid.2": "sending", "wamid.3": "sending", "wamid.4": "sending"}
        self.maybe = [maybe(3), maybe(4)]  # 3: accepted, no status told; 4: never arrived

    def logs(self) -> Logs:
        logs = Logs()
        logs.take_posts(self.posts)
        logs.take_ledger(self.ledger)
        return logs

    def case(self, workers: int = WORKERS) -> Case:
        kill = Kill(number=1, moment="", at_ms=KILL_MS, next_start_ms=NEXT_START_MS, states=self.states)
        return Case(
            logs=self.logs(), kills=[kill], maybe_sent=self.maybe, workers=workers, answer_ms=ANSWER_MS
        )

    def complaints(self, workers: int = WORKERS) -> list[str]:
        return judge(self.case(workers))


def the_only(complaints: list[str]) -> str:
    assert len(complaints) == 1, complaints
    return complaints[0]


def test_a_good_run_passes() -> None:
    story = Story()
    assert story.complaints() == []
    assert story.case().bound() == 4, "2, 3, 4 and 5 were posted and unanswered, with 5 workers"


def test_a_missing_answer_is_seen() -> None:
    story = Story()
    story.ledger.remove(accepted(6, 2_600))
    assert "396 (wamid.6): told 200 at 2510, never answered" in the_only(story.complaints())


@pytest.mark.parametrize("n", [1, 3, 6])
def test_a_second_answer_is_seen_also_where_it_is_maybe_sent(n: int) -> None:
    story = Story()
    story.ledger.append(accepted(n, 2_900, "out.again"))
    assert f"guest 39{n} (wamid.{n}): answered 2 times" in the_only(story.complaints())


def test_a_second_answer_without_200_is_seen() -> None:
    story = Story()
    story.posts += post(7, 2_600, None)
    story.ledger += [accepted(7, 2_800), accepted(7, 2_900, "out.again")]
    twice, not_told = story.complaints()
    assert "answered 2 times" in twice
    assert "never got a 200" in not_told


def test_maybe_sent_although_a_status_was_told_is_seen() -> None:
    story = Story()
    story.ledger.append(told(3, 2_800))
    assert "maybe sent, although the node was told 'sent' of out.3" in the_only(story.complaints())


def test_a_status_that_the_node_did_not_take_is_not_told() -> None:
    story = Story()
    story.ledger.append(told(3, 2_800, status=503))
    assert story.complaints() == []


def test_too_many_maybe_sent_are_seen() -> None:
    story = Story()
    assert "2 maybe sent, at most 1 were in flight" in the_only(story.complaints(workers=1))


def test_maybe_sent_of_what_was_in_flight_at_no_kill_is_seen() -> None:
    story = Story()
    story.ledger.remove(accepted(6, 2_600))
    story.maybe.append(maybe(6))
    assert "396 (wamid.6): maybe sent, and was in flight at no kill" in the_only(story.complaints())


def test_maybe_sent_of_what_was_not_claimed_is_seen() -> None:
    story = Story()
    story.states["wamid.4"] = "waiting"
    assert "394 (wamid.4): maybe sent, and was claimed on disk at no kill" in the_only(story.complaints())


def test_maybe_sent_of_a_message_nobody_wrote_is_seen() -> None:
    story = Story()
    story.maybe.append(maybe(9))
    assert "o9 is maybe sent and covers ['wamid.9']" in the_only(story.complaints())


@pytest.mark.parametrize("state", ["pending", "waiting", None])
def test_a_send_before_its_claim_is_seen(state: str | None) -> None:
    story = Story()
    story.maybe.remove(maybe(3))
    story.states["wamid.2"] = state or ""
    if state is None:
        del story.states["wamid.2"]
    assert "392 (wamid.2): accepted as out.2 by kill 1, on disk it was" in the_only(story.complaints())


def test_an_answer_to_a_stranger_and_a_given_up_webhook_are_seen() -> None:
    story = Story()
    story.ledger.append(accepted(9, 2_900))
    story.ledger.append({"kind": "given_up", "webhook": 3, "contents": []})
    assert [line.split(":")[0] for line in story.complaints()] == [
        "399 got an answer and never wrote",
        "the provider gave up on 1 webhooks",
    ]


def test_open_messages_are_those_between_200_and_the_provider_s_answer() -> None:
    logs = Story().logs()
    assert {one.wamid for one in logs.open_at(KILL_MS, ANSWER_MS)} == {"wamid.2", "wamid.3", "wamid.4"}
    assert {one.wamid for one in logs.open_at(2_055, ANSWER_MS)} == {"wamid.3", "wamid.4"}
    assert {one.wamid for one in logs.owed()} == {"wamid.4"}


def test_each_stage_has_its_name() -> None:
    story = Story()
    logs = story.logs()
    states = {
        "wamid.1": "read",
        "wamid.2": "sending",
        "wamid.3": "pending",
        "wamid.4": "sending",
        "wamid.5": "waiting",
    }
    assert count_stages(logs.written.values(), states, logs, KILL_MS) == {
        Stage.RECORDED: 1, Stage.ACCEPTED: 1, Stage.READ: 1, Stage.CLAIMED: 1, Stage.WAITING: 1, Stage.KEPT: 1,
    }  # fmt: skip
