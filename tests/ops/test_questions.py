"""What guests asked and the hotel has no answer for: grouped, counted, masked, with a line that the file takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.node import RunningNode, on_node

from nightporter.config.hotel import loads
from nightporter.desk.own import own_answer
from nightporter.desk.topics import TOPICS
from nightporter.model.decision import NewTask
from nightporter.ops.questions import BLOCKS, DAY_MS, EXAMPLES_MAX, NOT_UNDERSTOOD, suggestion, unanswered
from nightporter.outbox import tasks
from nightporter.store import Tx

HOTEL = loads("hotel: {language: it}")
CARD = "4111 1111 1111 1111"


async def asked(node: RunningNode, *told: tuple[str, str, str], days_ago: int = 0) -> None:
    """Tasks of (topic, reason, words), as the desk makes them."""
    ids, now_ms = node.node.ids, node.node.clock.now_ms() - days_ago * DAY_MS

    def unit(tx: Tx) -> None:
        for number, (topic, reason, words) in enumerate(told):
            key = f"{topic}:{reason}:{words}:{number}:{days_ago}"
            task = NewTask(key=key, department="reception", reason=reason, summary=words, topic=topic)
            task_id = f"{now_ms + number:012x}{ids.new()[12:]}"
            tasks.add(tx, task_id, task, None, now_ms + number)

    await node.node.write(unit)


def test_what_had_no_answer_is_grouped_by_topic_the_most_asked_first(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        await asked(
            node,
            ("pool", "not_in_file", "how deep is the pool?"),
            ("pool", "unsure", "pool for babies?"),
            ("pool", "not_in_file", "How deep is the pool?"),
            ("other:laundry", "unsure", "washing machine?"),
            ("wifi", NOT_UNDERSTOOD, "xyzzy"),
            ("pool", "asked_for_person", "a person please"),
            ("complaint", "policy", "the soup was cold"),
        )
        now_ms = node.node.clock.now_ms()
        pool, *rest = unanswered(node.node.store.view, HOTEL, now_ms)
        assert (pool.topic, pool.count, pool.reasons) == ("pool", 3, {"not_in_file": 2, "unsure": 1})
        assert [one.text for one in pool.examples] == ["How deep is the pool?", "pool for babies?"]
        assert {one.topic for one in rest} == {"laundry", NOT_UNDERSTOOD}
        assert pool.suggestion == 'pool: {text: {it: "..."}}'

    on_node(tmp_path, story)


def test_cards_are_masked_and_examples_are_few(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        await asked(node, *[("spa", "not_in_file", f"massage {number}, card {CARD}") for number in range(9)])
        (spa,) = unanswered(node.node.store.view, HOTEL, node.node.clock.now_ms())
        assert (spa.count, len(spa.examples)) == (9, EXAMPLES_MAX)
        assert not any(CARD in one.text for one in spa.examples)
        assert "••••" in spa.examples[0].text

    on_node(tmp_path, story)


def test_only_the_days_asked_for_count(tmp_path: Path) -> None:
    async def story(node: RunningNode) -> None:
        await asked(node, ("gym", "not_in_file", "is there a rowing machine?"), days_ago=40)
        view, now_ms = node.node.store.view, node.node.clock.now_ms()
        assert unanswered(view, HOTEL, now_ms) == []
        assert [one.topic for one in unanswered(view, HOTEL, now_ms, days=60)] == ["gym"]

    on_node(tmp_path, story)


@pytest.mark.parametrize("topic", sorted(BLOCKS))
def test_a_suggested_line_is_one_that_the_file_takes(topic: str) -> None:
    assert loads(suggestion(topic, HOTEL)).known


def test_where_no_line_would_help_none_is_suggested() -> None:
    assert set(TOPICS) >= set(BLOCKS)
    assert suggestion(NOT_UNDERSTOOD, HOTEL) == suggestion("complaint", HOTEL) == ""


def test_what_is_no_topic_becomes_an_own_answer_that_the_desk_then_reads() -> None:
    asked = 'Is there a "ferry" to Malcesine: today?'
    line = suggestion("other:boats", HOTEL, ["where is it", asked])
    found = own_answer(loads(line.replace("...", "Dal molo.")), asked)
    assert found is not None
    assert found.answer.name == "boats"
    assert suggestion("complaint", HOTEL, [asked]) == "", "nothing there is for the machine"
    assert suggestion(NOT_UNDERSTOOD, HOTEL, ["???", "where is it"]) == "", "no words that tell anything"
