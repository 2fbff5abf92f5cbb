"""Slack, PagerDuty and a monitor as strict servers on loopback: what their documentation does not allow they refuse.

Sources: Slack, "Sending messages using incoming webhooks" and its list of errors; PagerDuty, "Events API v2" (send an
event): required fields, lengths, severities, one incident for each `dedup_key`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, cast

import orjson
from aiohttp import web

SLACK_PATH = "/services/T00000000/B00000000/abcdefghijklmnop"
SLACK_CHARS_MAX = 40_000
ROUTING_KEY = "0123456789abcdef0123456789abcdef"
KEY_CHARS, DEDUP_CHARS_MAX, SUMMARY_CHARS_MAX = 32, 255, 1_024
SEVERITIES = frozenset({"critical", "error", "warning", "info"})
ACTIONS = frozenset({"trigger", "acknowledge", "resolve"})
FIELDS = frozenset(
    {"routing_key", "event_action", "dedup_key", "payload", "client", "client_url", "links", "images"}
)
PAYLOAD = frozenset(
    {"summary", "source", "severity", "timestamp", "component", "group", "class", "custom_details"}
)
SLACK_FIELDS = frozenset(
    {"text", "blocks", "attachments", "thread_ts", "mrkdwn", "unfurl_links", "unfurl_media"}
)


@dataclass
class AlarmServers:
    """All three on one port. `down` and `refusing` turn what they answer."""

    said: list[str] = field(default_factory=list[str])  # texts that Slack took
    events: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])  # that PagerDuty took
    incidents: dict[str, str] = field(default_factory=dict[str, str])  # dedup key -> state
    beats: int = 0
    refused: list[str] = field(default_factory=list[str])  # what was wrong with what was not taken
    tries: int = 0
    down: int = 0  # so many requests are answered with 503
    slow_down: int = 0  # so many with 429 and Retry-After: 1
    gone: bool = False  # Slack: the webhook was taken away

    async def __aenter__(self) -> Self:
        """Listen on a free port."""
        app = web.Application(middlewares=[self._troubled])
        app.add_routes(
            [
                web.post(SLACK_PATH, self._slack),
                web.post("/v2/enqueue", self._pagerduty),
                web.get("/beat", self._beat),
            ]
        )
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    @property
    def slack_url(self) -> str:
        """For SLACK_WEBHOOK_URL."""
        return self.url + SLACK_PATH

    @property
    def pagerduty_url(self) -> str:
        """For `alerts.pagerduty_url`."""
        return f"{self.url}/v2/enqueue"

    @web.middleware
    async def _troubled(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.tries += 1
        if self.down > 0:
            self.down -= 1
            return web.Response(status=503, text="down")
        if self.slow_down > 0:
            self.slow_down -= 1
            return web.Response(status=429, text="rate_limited", headers={"Retry-After": "1"})
        return await handler(request)

    async def _slack(self, request: web.Request) -> web.Response:
        if self.gone:
            return web.Response(status=404, text="no_service")
        body = _object(await request.read())
        if request.content_type != "application/json" or body is None:
            return self._no("invalid_payload", 400)
        text = body.get("text")
        if set(body) - SLACK_FIELDS or not isinstance(text, str):
            return self._no("invalid_payload", 400)
        if not text.strip():
            return self._no("no_text", 400)
        if len(text) > SLACK_CHARS_MAX:
            return self._no("msg_too_long", 400)
        self.said.append(text)
        return web.Response(text="ok")

    def _no(self, why: str, status: int) -> web.Response:
        self.refused.append(why)
        return web.Response(status=status, text=why)

    async def _pagerduty(self, request: web.Request) -> web.Response:
        body = _object(await request.read())
        errors = ["the body is no JSON object"] if body is None else event_errors(body)
        if request.content_type != "application/json":
            errors.append("Content-Type is not application/json")
        if body is None or errors:
            self.refused += errors
            answer = {"status": "invalid event", "message": "Event object is invalid", "errors": errors}
            return web.json_response(answer, status=400)
        self.events.append(body)
        key, action = body["dedup_key"], body["event_action"]
        if action == "trigger":
            self.incidents[key] = "triggered" if self.incidents.get(key) != "acknowledged" else "acknowledged"
        elif key in self.incidents:
            self.incidents[key] = "acknowledged" if action == "acknowledge" else "resolved"
        answer = {"status": "success", "message": "Event processed", "dedup_key": key}
        return web.json_response(answer, status=202)

    async def _beat(self, _: web.Request) -> web.Response:
        self.beats += 1
        return web.Response(text="OK")


def event_errors(body: dict[str, Any]) -> list[str]:
    """What the Events API would say is wrong with an event; empty: nothing."""
    errors = [f"'{name}' is no field of an event" for name in sorted(set(body) - FIELDS)]
    if not isinstance(body.get("routing_key"), str) or len(body["routing_key"]) != KEY_CHARS:
        errors.append("'routing_key' is not 32 characters long")
    action = body.get("event_action")
    if action not in ACTIONS:
        errors.append("'event_action' is missing or unknown")
    key = body.get("dedup_key")
    if not isinstance(key, str) or not 0 < len(key) <= DEDUP_CHARS_MAX:
        errors.append("'dedup_key' is missing or too long")
    if action == "trigger":
        errors += _payload_errors(body.get("payload"))
        errors += _link_errors(body.get("links", []))
    return errors


def _object(raw: bytes) -> dict[str, Any] | None:
    try:
        body: Any = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return cast("dict[str, Any]", body) if isinstance(body, dict) else None


def _payload_errors(given: Any) -> list[str]:
    if not isinstance(given, dict):
        return ["'payload' is missing"]
    payload = cast("dict[str, Any]", given)
    errors = [f"'payload.{name}' is unknown" for name in sorted(set(payload) - PAYLOAD)]
    summary, source = payload.get("summary"), payload.get("source")
    if not isinstance(summary, str) or not 0 < len(summary) <= SUMMARY_CHARS_MAX:
        errors.append("'payload.summary' is missing or too long")
    if not isinstance(source, str) or not source:
        errors.append("'payload.source' is missing")
    if payload.get("severity") not in SEVERITIES:
        errors.append("'payload.severity' is unknown")
    return errors


def _link_errors(links: Any) -> list[str]:
    found = cast("list[Any]", links) if isinstance(links, list) else [None]
    good = all(isinstance(link, dict) and cast("dict[str, Any]", link).get("href") for link in found)
    return [] if good else ["'links' is wrong"]
