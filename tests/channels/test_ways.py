"""The ways to people, before strict servers on loopback: Slack, PagerDuty, mail by apprise, a monitor."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.mail import post_office

from nightporter.channels.http import HttpWire
from nightporter.channels.notice import Event, Notice, Severity, pagerduty_body, slack_body
from nightporter.channels.ways import PAGERDUTY, SLACK, Ways, fingerprint
from nightporter.testing.alarms import ROUTING_KEY, AlarmServers, event_errors

NOTICE = Notice(
    key="task-1",
    event=Event.TRIGGER,
    title="Nightporter: <fire> & smoke",
    lines=("On call · Emergency · room 204 · 23:15",),
    link="https://console.example/conversations/1",
    severity=Severity.CRITICAL,
)


def at(event: Event) -> Notice:
    return Notice(key=NOTICE.key, event=event, title="Over: fire")


def with_ways(story: Callable[[Ways, AlarmServers], Awaitable[None]], **more: str) -> None:
    async def main() -> None:
        async with AlarmServers() as servers:
            given: dict[str, str] = {
                "slack_url": servers.slack_url,
                "pagerduty_key": ROUTING_KEY,
                "pagerduty_url": servers.pagerduty_url,
                **more,
            }
            ways = Ways(HttpWire(), **given)
            try:
                await story(ways, servers)
            finally:
                await ways.close()

    asyncio.run(main())


def test_slack_takes_it() -> None:
    async def story(ways: Ways, servers: AlarmServers) -> None:
        assert (await ways.send(SLACK, NOTICE)).good
        (said,) = servers.said
        assert said.splitlines() == [
            "*Nightporter: &lt;fire&gt; &amp; smoke*",
            "On call · Emergency · room 204 · 23:15",
            "<https://console.example/conversations/1>",
        ]
        assert (await ways.send(SLACK, at(Event.ACKNOWLEDGE))).good
        assert len(servers.said) == 1

    with_ways(story)


def test_an_incident_is_opened_taken_and_resolved_under_one_key() -> None:
    async def story(ways: Ways, servers: AlarmServers) -> None:
        states: list[str] = []
        for notice in (NOTICE, NOTICE, at(Event.ACKNOWLEDGE), at(Event.RESOLVE)):
            assert (await ways.send(PAGERDUTY, notice)).good, servers.refused
            states.append(servers.incidents["task-1"])
        assert states == ["triggered", "triggered", "acknowledged", "resolved"]
        assert servers.events[0]["payload"]["severity"] == "critical"
        assert "payload" not in servers.events[-1]

    with_ways(story)


@pytest.mark.parametrize(
    ("trouble", "again", "after"),
    [({"down": 1}, True, 0.0), ({"slow_down": 1}, True, 1.0), ({"gone": True}, False, 0.0)],
)
def test_what_is_not_taken(trouble: dict[str, Any], again: bool, after: float) -> None:
    async def story(ways: Ways, servers: AlarmServers) -> None:
        for name, value in trouble.items():
            setattr(servers, name, value)
        took = await ways.send(SLACK, NOTICE)
        assert (took.good, took.again, took.after_seconds) == (False, again, after)

    with_ways(story)


def test_a_wrong_key_is_refused_for_good() -> None:
    async def story(ways: Ways, servers: AlarmServers) -> None:
        took = await ways.send(PAGERDUTY, NOTICE)
        assert (took.good, took.again) == (False, False)
        assert "routing_key" in servers.refused[0]

    with_ways(story, pagerduty_key="short")


def test_nobody_listens() -> None:
    async def story(ways: Ways, _: AlarmServers) -> None:
        took = await ways.send(SLACK, NOTICE)
        assert (took.good, took.again, took.detail) == (False, True, "connect")

    with_ways(story, slack_url="http://127.0.0.1:9/services/x")


def test_a_monitor_hears_the_heart() -> None:
    async def story(ways: Ways, servers: AlarmServers) -> None:
        assert (await ways.beat(f"{servers.url}/beat")).good
        assert not (await ways.beat(f"{servers.url}/none")).good
        assert servers.beats == 1

    with_ways(story)


def test_mail_goes_by_apprise() -> None:
    async def main() -> None:
        async with post_office() as post:
            ways = Ways(HttpWire())
            assert (await ways.send(post.url, NOTICE)).good
            assert post.to == ["desk@hotel.example"]
            assert "smoke" in str(post.letters[0]["subject"])
            assert "room 204" in post.text()
            assert NOTICE.link in post.text()
            took = await ways.send("nosuchservice://secret", NOTICE)
            assert (took.good, took.detail) == (False, "apprise does not know this address")
            await ways.close()

    asyncio.run(main())


def test_a_node_never_imports_apprise() -> None:
    program = "import nightporter.app.serve, sys; sys.exit('apprise' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_fingerprint_tells_nothing_but_the_kind() -> None:
    shown = fingerprint("tgram://123456:secret/42")
    assert shown.startswith("tgram:")
    assert "secret" not in shown
    assert (fingerprint(SLACK), fingerprint(PAGERDUTY)) == (SLACK, PAGERDUTY)


words = st.text(max_size=5_000)


@given(title=words.filter(bool), lines=st.lists(words, max_size=12), link=st.sampled_from(["", NOTICE.link]))
def test_any_notice_fits_both(title: str, lines: list[str], link: str) -> None:
    import orjson

    notice = Notice(key="k" * 300, event=Event.TRIGGER, title=title, lines=tuple(lines), link=link)
    try:
        slack, pagerduty = slack_body(notice), pagerduty_body(notice, ROUTING_KEY, "node")
    except (TypeError, orjson.JSONEncodeError):  # lone surrogates: no catalogue has them
        return
    assert len(orjson.loads(slack)["text"]) <= 4_000
    assert event_errors(orjson.loads(pagerduty)) == []
