"""The console as one application: routes, headers that browsers must obey, and what watchers read without a key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nightporter.console.coming import Coming
from nightporter.console.deeds import Deeds
from nightporter.console.drafting import DRAFTS, Drafting
from nightporter.console.facts import ASK, FactsCheck
from nightporter.console.login import Entrance, Start
from nightporter.console.on_duty import DUTY, DutyPages
from nightporter.console.pages import LOGIN, PASSWORD, Pages
from nightporter.console.parts import Parts
from nightporter.console.passwords import Passwords
from nightporter.console.ready import READY, ReadyPages
from nightporter.console.remarks import Remarks
from nightporter.console.search import SEARCH, SearchPage
from nightporter.console.session import Sessions
from nightporter.console.staff import ACCOUNTS, StaffPages
from nightporter.console.stops import LIFT, Stops
from nightporter.console.streams import Streams
from nightporter.console.templates import TEMPLATES, TemplatePages
from nightporter.console.told import ONE, ToldPages
from nightporter.console.visit import Networks, Reception
from nightporter.journal import accounts
from nightporter.ops.health import health
from nightporter.rounds.node import Node
from nightporter.rounds.roster import Roster
from nightporter.rounds.turns import Answers

STATIC = "/static"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
}


class StrictHeaders:
    """Adds the headers that an answer does not set itself."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str] = HEADERS) -> None:
        self._app = app
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                names = {name.lower() for name, _ in given}
                message["headers"] = given + [pair for pair in self._headers if pair[0] not in names]
            await send(message)

        await self._app(scope, receive, add if scope["type"] == "http" else send)


class StaticForLong(StaticFiles):
    """Files whose address changes with their content: browsers may keep them."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """The file, to be kept for a day."""
        response = super().file_response(*args, **kwargs)  # pyright: ignore[reportArgumentType]
        response.headers["cache-control"] = "public, max-age=86400"
        return response


def application(
    parts: Parts,
    *,
    desk: Answers,
    hotel_file: Path,
    roster: Roster,
    password: str,
    start: Start = Start.SETTING,
    trusted_proxies: Networks = (),
) -> Starlette:
    """The staff's pages, behind the accounts; `password` opens the owner's as `start` says.

    `desk` is asked by the facts check, which shows the lines of `hotel_file`; `roster`: who is told of what, and when.
    `parts.closing` ends the event streams (SD6).
    """
    store, sessions, passwords = parts.node.store, Sessions(parts.node), Passwords()
    streams = Streams(lambda: store.groups, parts.closing)
    pages = Pages(parts, sessions, Reception(sessions, trusted_proxies), streams)
    deeds = Deeds(parts, sessions, pages)
    entrance = Entrance(parts.node, passwords, password, start)
    coming = Coming(parts, sessions, pages, deeds, passwords, entrance)
    staff = StaffPages(parts, pages, deeds, passwords)
    return Starlette(
        routes=[
            *_watchers(parts),
            *_reading(pages),
            *_writing(deeds),
            *_coming(pages, deeds, coming),
            *_owners(pages, deeds, staff),
            *_ready(pages, deeds, ReadyPages(parts, pages, deeds)),
            *_remarks(pages, deeds, Remarks(parts, pages, deeds)),
            *_templates(pages, deeds, TemplatePages(parts, pages, deeds)),
            Route(SEARCH, pages.behind_password(SearchPage(parts, pages).show), methods=["GET"]),
            *_drafts(pages, deeds, Drafting(parts, pages, deeds)),
            Route(LIFT, deeds.genuine(Stops(parts, pages, deeds).lift, owner=True), methods=["POST"]),
            *_told(ToldPages(parts, pages)),
            *_duty(pages, deeds, DutyPages(parts, pages, deeds, roster)),
            *_facts(pages, deeds, FactsCheck(parts, pages, desk, hotel_file)),
            _static(),
        ],
        middleware=[Middleware(StrictHeaders)],
    )


async def bring_owner(node: Node) -> None:
    """The owner's account exists from the first start on."""
    if accounts.named(node.store.view, accounts.OWNER) is None:
        await node.write(accounts.bring_owner(node.ids.new(), node.clock.now_ms()))


def _watchers(parts: Parts) -> list[BaseRoute]:
    async def show_health(_: Request) -> Response:
        body = health(parts)
        return JSONResponse(body, 503 if body["status"] == "down" else 200)

    async def show_metrics(_: Request) -> Response:
        from nightporter.ops.metrics import (  # a node that nobody scrapes does not load it
            CONTENT_TYPE,
            metrics,
        )

        return Response(metrics(parts), headers={"content-type": CONTENT_TYPE})

    return [Route("/health", show_health), Route("/metrics", show_metrics)]


def _reading(pages: Pages) -> list[BaseRoute]:
    looks = {
        "/": pages.inbox,
        "/fragments/inbox": pages.inbox_list,
        "/fragments/count": pages.count,
        "/conversations/{conversation}": pages.conversation,
        "/fragments/thread/{conversation}": pages.thread,
        "/house": pages.house,
        "/fragments/house": pages.house_state,
        "/news": pages.news,
        "/questions": pages.questions,
        "/files/{entry}": pages.file,
        "/changes": pages.changes,
    }
    return [Route(path, pages.behind_password(look), methods=["GET"]) for path, look in looks.items()]


def _writing(deeds: Deeds) -> list[BaseRoute]:
    acts = {
        "/conversations/{conversation}/take": deeds.take,
        "/conversations/{conversation}/answer": deeds.answer,
        "/conversations/{conversation}/release": deeds.release,
        "/conversations/{conversation}/done": deeds.finish,
        "/tasks/{task}/take": deeds.task_taken,
        "/tasks/{task}/done": deeds.task_done,
        "/outbox/{message}/settle": deeds.settle,
        "/outbox/{message}/retry": deeds.send_again,
    }
    return [
        Route("/language", deeds.genuine(deeds.language, signed_in=False), methods=["POST"]),
        *(Route(path, deeds.genuine(act), methods=["POST"]) for path, act in acts.items()),
    ]


def _coming(pages: Pages, deeds: Deeds, coming: Coming) -> list[BaseRoute]:
    acts = {
        "/logout": coming.logout,
        "/logout/everywhere": coming.logout_everywhere,
        PASSWORD: coming.change_password,
    }
    return [
        Route(LOGIN, coming.login_page, methods=["GET"]),
        Route(LOGIN, deeds.genuine(coming.login, signed_in=False), methods=["POST"]),
        Route(PASSWORD, pages.behind_password(coming.password_page), methods=["GET"]),
        *(Route(path, deeds.genuine(act), methods=["POST"]) for path, act in acts.items()),
    ]


def _owners(pages: Pages, deeds: Deeds, staff: StaffPages) -> list[BaseRoute]:
    acts = {
        ACCOUNTS: staff.add,
        f"{ACCOUNTS}/disable": staff.disable,
        f"{ACCOUNTS}/password": staff.give_password,
    }
    return [
        Route(ACCOUNTS, pages.behind_password(staff.show, owner=True), methods=["GET"]),
        *(Route(path, deeds.genuine(act, owner=True), methods=["POST"]) for path, act in acts.items()),
    ]


def _ready(pages: Pages, deeds: Deeds, ready: ReadyPages) -> list[BaseRoute]:
    looks = {READY: ready.show, "/fragments/answers/{conversation}": ready.text}
    acts = {READY: ready.keep, f"{READY}/drop": ready.drop, "/conversations/{conversation}/pick": ready.pick}
    return [
        *(Route(path, pages.behind_password(look), methods=["GET"]) for path, look in looks.items()),
        *(Route(path, deeds.genuine(act), methods=["POST"]) for path, act in acts.items()),
    ]


def _remarks(pages: Pages, deeds: Deeds, remarks: Remarks) -> list[BaseRoute]:
    acts = {
        "note": remarks.note,
        "note/drop": remarks.drop_note,
        "label": remarks.label,
        "label/drop": remarks.drop_label,
    }
    look = pages.behind_password(remarks.labels)
    here = "/conversations/{conversation}"
    return [
        Route("/fragments/labels/{conversation}", look, methods=["GET"]),
        *(Route(f"{here}/{path}", deeds.genuine(act), methods=["POST"]) for path, act in acts.items()),
    ]


def _templates(pages: Pages, deeds: Deeds, templates: TemplatePages) -> list[BaseRoute]:
    looks = {TEMPLATES: templates.show, "/fragments/templates": templates.listing}
    acts = {
        f"{TEMPLATES}/read": templates.read_now,
        "/conversations/{conversation}/template": deeds.template,
    }
    return [
        *(Route(path, pages.behind_password(look), methods=["GET"]) for path, look in looks.items()),
        *(Route(path, deeds.genuine(act), methods=["POST"]) for path, act in acts.items()),
    ]


def _drafts(pages: Pages, deeds: Deeds, drafting: Drafting) -> list[BaseRoute]:
    one = "/conversations/{conversation}/drafts/{task}"
    return [
        Route(DRAFTS, pages.behind_password(drafting.show), methods=["GET"]),
        Route("/fragments/drafts", pages.behind_password(drafting.listed), methods=["GET"]),
        Route(f"{one}/send", deeds.genuine(drafting.send), methods=["POST"]),
        Route(f"{one}/throw", deeds.genuine(drafting.throw_away), methods=["POST"]),
    ]


def _duty(pages: Pages, deeds: Deeds, duty: DutyPages) -> list[BaseRoute]:
    return [
        Route(DUTY, pages.behind_password(duty.show), methods=["GET"]),
        Route("/fragments/duty", pages.behind_password(duty.listed), methods=["GET"]),
        Route(DUTY, deeds.genuine(duty.say), methods=["POST"]),
    ]


def _told(told: ToldPages) -> list[BaseRoute]:
    return [Route(ONE, told.show, methods=["GET"]), Route(ONE, told.take, methods=["POST"])]


def _facts(pages: Pages, deeds: Deeds, facts: FactsCheck) -> list[BaseRoute]:
    return [
        Route(ASK, pages.behind_password(facts.show), methods=["GET"]),
        Route(ASK, deeds.genuine(facts.ask), methods=["POST"]),
    ]


def _static() -> BaseRoute:
    return Mount(STATIC, StaticForLong(packages=[("nightporter.console", "static")]))
