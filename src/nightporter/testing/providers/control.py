"""The control API of a provider server under /_fake/: what tests in another process tell it and ask it."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from aiohttp import web

from nightporter.clock import Clock
from nightporter.testing.providers.core import ProviderCore
from nightporter.testing.providers.guests import Guest
from nightporter.testing.providers.ledger import JsonObject
from nightporter.testing.providers.meta import MetaProvider
from nightporter.testing.providers.shapes import as_object, as_objects, parse_object

PREFIX = "/_fake/"
RECORDS_MAX = 10_000
Handler = Callable[[web.Request], Awaitable[web.Response]]


class ControlApi:
    """Routes that change the core or read its ledger; a wrong request is 400 with the reason."""

    def __init__(self, core: ProviderCore, clock: Clock, poke: Callable[[], None]) -> None:
        self._core = core
        self._clock = clock
        self._poke = poke

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        posts: dict[str, Callable[[JsonObject], object]] = {
            "guest": self._guest,
            "act": self._act,
            "behaviour": self._behaviour,
            "fail_next": self._fail_next,
            "token": self._token,
            "webhook_url": self._webhook_url,
        }
        for name, change in posts.items():
            app.router.add_post(PREFIX + name, self._changing(change))
        app.router.add_get(PREFIX + "ledger", self._ledger)
        app.router.add_get(PREFIX + "accepted", self._accepted)
        app.router.add_get(PREFIX + "state", self._state)

    def _changing(self, change: Callable[[JsonObject], object]) -> Handler:
        async def handler(request: web.Request) -> web.Response:
            body = parse_object(await request.read())
            if body is None:
                return web.json_response({"error": "the body must be a JSON object"}, status=400)
            try:
                answer = change(body)
            except (KeyError, TypeError, ValueError) as error:
                return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)
            self._poke()
            return web.json_response(answer)

        return handler

    def _guest(self, body: JsonObject) -> object:
        """`{"guest", "kind", "args"?}`, or `{"burst": [such objects]}`; media as `args.content_base64`."""
        burst = as_objects(body["burst"]) if "burst" in body else [body]
        now_ms = self._clock.now_ms()
        return {"ids": [self._one_guest(one, now_ms) for one in burst]}

    def _one_guest(self, body: JsonObject, now_ms: int) -> str:
        args = dict(as_object(body.get("args")))
        if "content_base64" in args:
            args["content"] = base64.b64decode(args.pop("content_base64"))
        return self._core.guest_sends(body["guest"], str(body.get("kind", "text")), now_ms, args)

    def _act(self, body: JsonObject) -> object:
        """`{"action", "args"}`: see `MetaProvider.act` and `SpokiProvider.act`."""
        result = self._core.act(str(body["action"]), self._clock.now_ms(), as_object(body.get("args")))
        return {"result": asdict(result) if isinstance(result, Guest) else result}

    def _behaviour(self, body: JsonObject) -> object:
        """Fields of `Behaviour` to change; answers with all of them."""
        self._core.behaviour.change(body)
        return asdict(self._core.behaviour)

    def _fail_next(self, body: JsonObject) -> object:
        """`{"faults": [...], "route"?}`, or for the Cloud API `{"statuses": [codes]}`."""
        if "statuses" in body:
            if not isinstance(self._core, MetaProvider):
                msg = "only the Cloud API fake fails statuses by script"
                raise ValueError(msg)
            self._core.fail_status_next([int(code) for code in body["statuses"]])
        self._core.fail_next(body.get("faults", []), str(body.get("route", "messages")))
        return {"ok": True}

    def _token(self, body: JsonObject) -> object:
        """`{"token"}`: from now on only this one is valid."""
        self._core.set_token(str(body["token"]))
        return {"ok": True}

    def _webhook_url(self, body: JsonObject) -> object:
        """`{"url"}`: where webhooks go from now on; null holds them back."""
        url: Any = body["url"]
        self._core.webhook_url = None if url is None else str(url)
        return {"ok": True}

    async def _ledger(self, request: web.Request) -> web.Response:
        """`?after=&limit=&kind=` -> `{"records", "next"}`."""
        after = int(request.query.get("after", "0"))
        limit = min(int(request.query.get("limit", "1000")), RECORDS_MAX)
        records = self._core.ledger.after(after, limit)
        kind = request.query.get("kind")
        shown = [record.as_json() for record in records if kind is None or record.kind == kind]
        return web.json_response({"records": shown, "next": after + len(records)})

    async def _accepted(self, request: web.Request) -> web.Response:
        """`?to=&callback_data=&phone_number_id=` -> `{"accepted": [...]}` with statuses."""
        names = ("to", "callback_data", "phone_number_id")
        wanted = {name: request.query[name] for name in names if name in request.query}
        return web.json_response({"accepted": [asdict(one) for one in self._core.ledger.accepted(**wanted)]})

    async def _state(self, _request: web.Request) -> web.Response:
        """How many records and accepted messages there are, and how much is still to be told."""
        core = self._core
        state = {
            "records": len(core.ledger.records),
            "accepted": len(core.ledger.accepted()),
            "waiting": core.waiting(),
            "in_flight": len(core.in_flight()),
            "webhook_url": core.webhook_url,
        }
        return web.json_response(state)
