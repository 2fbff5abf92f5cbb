"""What Meta tells of account, number and templates: bad news is a task at once, good news ends it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.rounds.rig import Rig, in_house

BAD: list[tuple[str, dict[str, Any], str]] = [
    ("message_template_status_update", {"event": "PAUSED"}, "template_paused"),
    ("message_template_quality_update", {"new_quality_score": "RED"}, "quality_low"),
    ("phone_number_quality_update", {"event": "FLAGGED"}, "quality_low"),
    ("account_update", {"event": "ACCOUNT_RESTRICTION"}, "account_trouble"),
    ("account_alerts", {"alert_severity": "CRITICAL"}, "account_trouble"),
]


async def told(rig: Rig, name: str, value: dict[str, Any]) -> None:
    rig.meta.phones.account_news(name, rig.clock.now_ms(), value)
    await rig.bring()
    await rig.rest(2)


@pytest.mark.parametrize(("name", "value", "reason"), BAD)
def test_bad_news_is_a_task(name: str, value: dict[str, Any], reason: str) -> None:
    async def story(rig: Rig) -> None:
        await told(rig, name, value)
        assert rig.reasons() == [reason]

    in_house(story)


@pytest.mark.parametrize(
    ("name", "bad", "good"),
    [
        ("message_template_status_update", {"event": "PAUSED"}, {"event": "APPROVED"}),
        ("phone_number_quality_update", {"event": "FLAGGED"}, {"event": "UNFLAGGED"}),
    ],
)
def test_good_news_ends_it(name: str, bad: dict[str, Any], good: dict[str, Any]) -> None:
    async def story(rig: Rig) -> None:
        await told(rig, name, bad)
        await told(rig, name, good)
        assert rig.reasons() == []
        await rig.rest(1)
        await told(rig, name, bad)
        assert len(rig.reasons()) == 1

    in_house(story)


def test_other_news_changes_nothing() -> None:
    async def story(rig: Rig) -> None:
        await told(rig, "message_template_status_update", {"event": "SOMETHING_NEW"})
        await told(rig, "security", {"event": "PIN_CHANGED"})
        await told(rig, "account_update", {"event": ["odd"]})
        assert rig.reasons() == []

    in_house(story)
