"""Joins what tells people: the ways, who is in line, and the words, by the settings."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from nightporter.channels.ways import PAGERDUTY, SLACK, Ways, fingerprint
from nightporter.channels.wire import Wire
from nightporter.clock import Chance
from nightporter.config.hotel import Hotel
from nightporter.config.settings import AlertSettings, Settings
from nightporter.console.wording import choose
from nightporter.journal import duty
from nightporter.rounds.node import Node
from nightporter.rounds.notices import Notices
from nightporter.rounds.roster import Contact, Roster
from nightporter.rounds.telling import Telling
from nightporter.store import View


def ways_of(settings: Settings, wire: Wire) -> Ways:
    """The ways out of the house."""
    alerts = settings.alerts
    return Ways(
        wire,
        slack_url=alerts.slack_webhook_url,
        pagerduty_key=alerts.pagerduty_routing_key,
        pagerduty_url=alerts.pagerduty_url,
        source=settings.node,
    )


def house_ways(alerts: AlertSettings) -> tuple[str, ...]:
    """The ways of everybody: what SLACK_WEBHOOK_URL, PAGERDUTY_ROUTING_KEY and ALERT_URLS give."""
    slack = (SLACK,) if alerts.slack_webhook_url else ()
    pagerduty = (PAGERDUTY,) if alerts.pagerduty_routing_key else ()
    return (*slack, *pagerduty, *alerts.urls)


def roster_of(alerts: AlertSettings, hotel: Callable[[], Hotel], view: View | None = None) -> Roster:
    """Who is in line. `view`: of the file where people say whether they are on duty."""
    people = [
        Contact(
            name=person.name,
            ways=person.urls,
            departments=person.departments,
            week=person.week,
            order=person.order,
        )
        for person in alerts.people
    ]
    return Roster(
        people,
        house_ways(alerts),
        hotel,
        pagerduty=bool(alerts.pagerduty_routing_key),
        duty=partial(duty.said, view) if view else lambda _: {},
    )


def telling_of(
    node: Node, ways: Ways, alerts: AlertSettings, hotel: Callable[[], Hotel], roster: Roster, chance: Chance
) -> Telling:
    """The round that tells."""
    notices = Notices(lambda: choose("", hotel()), alerts.console_url)
    return Telling(node, ways, roster, notices, chance)


def each_way(alerts: AlertSettings, hotel: Hotel) -> dict[str, str]:
    """Every way that is configured, each once, by a name for who is reached: what the doctor tries."""
    found: dict[str, str] = {}
    for who, way in roster_of(alerts, lambda: hotel).ways():
        if way not in found.values():
            found[f"{who} ({fingerprint(way)})"] = way
    return found
