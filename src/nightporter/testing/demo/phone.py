"""The phone simulator: a page like a guest's chat, and the switches of the simulated world. Only for this machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
from starlette.applications import Starlette
from starlette.datastructures import FormData
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from nightporter.clock import utc
from nightporter.console.application import StrictHeaders
from nightporter.console.streams import Streams
from nightporter.testing.demo import chat
from nightporter.testing.demo.cast import META, PLAYERS, Player, player
from nightporter.testing.demo.wording import LANGUAGES, Words, words
from nightporter.testing.demo.world import Outage, World

HOSTS = ["127.0.0.1", "localhost", "[::1]"]
TEXT_CHARS_MAX = 4_096
FORM_FIELDS_MAX = 20
FORM_BYTES_MAX = 64 * 1024
FILES = {
    "photo": ("image", "photo.jpg", "image/jpeg"),
    "voice": ("audio", "voice.ogg", "audio/ogg; codecs=opus"),
    "sticker": ("sticker", "sticker.webp", "image/webp"),
}
THUMB = "👍"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What the page plays on."""

    world: World
    streams: Streams
    zone: Callable[[], ZoneInfo]
    console_url: str
    clock_turned: Callable[[], None]  # the node must look again at what it waits for
    flight_delayed: Callable[[str], Any]  # awaitable: the flight comes late


@cache
def environment() -> jinja2.Environment:
    """The page's templates; the head, icons and script are the console's."""
    return jinja2.Environment(
        loader=jinja2.PackageLoader("nightporter.testing.demo"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def file_bytes(name: str) -> bytes:
    """A file that guests send."""
    return (resources.files("nightporter.testing.demo") / "static" / name).read_bytes()


class Phone:
    """The page's handlers."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._world = stage.world

    async def page(self, request: Request) -> Response:
        """The whole page."""
        return self._render("phone.html", request.query_params)

    async def chat(self, request: Request) -> Response:
        """The chat alone."""
        return self._render("chat.html", request.query_params)

    async def panel(self, request: Request) -> Response:
        """The switches alone."""
        return self._render("panel.html", request.query_params)

    async def changes(self, _: Request) -> Response:
        """The event stream of an open page."""
        if self._stage.streams.full:
            return PlainTextResponse("too many open pages", 503)
        events = self._stage.streams.follow(lambda: True)
        return StreamingResponse(events, media_type="text/event-stream")

    async def send(self, request: Request) -> Response:
        """The guest does something."""
        form = await _form(request)
        if form is None:
            return PlainTextResponse("not from this page", 403)
        who = player(_text(form, "guest"))
        self._do(who, _text(form, "what"), form, words(_text(form, "lang"), who.language))
        return self._answer(request, form, "composer.html")

    async def switch(self, request: Request) -> Response:
        """Something in the world changes."""
        form = await _form(request)
        if form is None:
            return PlainTextResponse("not from this page", 403)
        what, _, value = _text(form, "what").partition(":")
        problem = ""
        if what == "clock":
            problem = "" if self._world.turn_clock(value, self._stage.zone()) else "panel.not_back"
            self._stage.clock_turned()
        elif what == "fail" and value in set(Outage):
            self._world.fail(Outage(value))
        elif what == "hold":
            self._world.hold(held=value == "on")
        elif what == "flight":
            await self._stage.flight_delayed(player(_text(form, "guest")).flight)
        elif what == "app" and (text := _text(form, "text").strip()):
            self._world.staff_write(player(_text(form, "guest")), text)
        return self._answer(request, form, "panel.html", problem)

    def _do(self, who: Player, what: str, form: FormData, t: Words) -> None:
        world, text, late = self._world, _text(form, "text").strip()[:TEXT_CHARS_MAX], "late" in form
        kind, _, name = what.partition(":")
        now = chat.read(world.core(who), who, world.now_ms())
        if kind == "phrase" and name in t.phrases():
            world.writes(who, "text", {"body": t.phrases()[name]}, late=late)
        elif kind == "burst":
            for line in t("burst.lines").split("|"):
                world.writes(who, "text", {"body": line}, late=late)
        elif kind in FILES:
            sent, file, mime_type = FILES[kind]
            words_with = (
                {"caption" if who.channel == META else "body": text} if text and kind == "photo" else {}
            )
            content = {"content": file_bytes(file), "mime_type": mime_type}
            world.writes(who, sent, {**content, **words_with}, late=late)
        elif kind == "edit" and now.last_mine and text:
            world.writes(who, "edit", {"original_message_id": now.last_mine, "body": text})
        elif kind == "revoke" and now.last_mine:
            world.writes(who, "revoke", {"original_message_id": now.last_mine})
        elif kind == "react" and now.last_hotel:
            more = {"message_id": now.last_hotel, "emoji": THUMB}
            world.writes(who, "reaction", more if who.channel == META else {"body": THUMB})
        elif kind == "tap":
            row = "list_reply" if _text(form, "row") == "list_reply" else "button_reply"
            title = {"title" if who.channel == META else "body": _text(form, "title")}
            world.writes(who, row, {"key": _text(form, "id"), "reply_to": _text(form, "of"), **title})
        elif kind == "text" and text:
            world.writes(who, "text", {"body": text}, late=late)

    def _answer(self, request: Request, form: FormData, template: str, problem: str = "") -> Response:
        if "hx-request" in request.headers:
            response = self._render(template, form, problem)
            response.headers["hx-trigger"] = "changed"
            return response
        return RedirectResponse(
            f"/?guest={player(_text(form, 'guest')).key}&lang={_text(form, 'lang')[:2]}", 303
        )

    def _render(self, template: str, asked: Any, problem: str = "") -> Response:
        world = self._world
        who = player(_text(asked, "guest"))
        t = words(_text(asked, "lang"), who.language)
        now_ms = world.now_ms()
        local = utc(now_ms).astimezone(self._stage.zone())
        text = (
            environment()
            .get_template(template)
            .render(
                t=t,
                languages=LANGUAGES,
                players=PLAYERS,
                who=who,
                chat=chat.read(world.core(who), who, now_ms),
                now_ms=now_ms,
                clock=f"{local:%d.%m. %H:%M}",
                at=self._local_time,
                shift_minutes=world.clock.shift_ms // 60_000,
                outages=list(Outage),
                outage=world.outage,
                held=world.held,
                waiting=world.waiting(),
                console_url=self._stage.console_url,
                problem=problem,
                fresh=template == "phone.html",
            )
        )
        return HTMLResponse(text)

    def _local_time(self, at_ms: int) -> str:
        return f"{utc(at_ms).astimezone(self._stage.zone()):%H:%M}"


def _text(asked: Any, name: str) -> str:
    value = asked.get(name, "")
    return value if isinstance(value, str) else ""


async def _form(request: Request) -> FormData | None:
    """The form; None when another site's page sent it, or when it is too large."""
    length = request.headers.get("content-length", "")
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return None
    if not length.isdecimal() or int(length) > FORM_BYTES_MAX:
        return None
    return await request.form(max_files=0, max_fields=FORM_FIELDS_MAX)


def phone_application(stage: Stage) -> Starlette:
    """The phone simulator as an application of its own."""
    phone = Phone(stage)
    gets = {
        "/": phone.page,
        "/fragments/chat": phone.chat,
        "/fragments/panel": phone.panel,
        "/changes": phone.changes,
    }
    packages: list[str | tuple[str, str]] = [
        ("nightporter.testing.demo", "static"),
        ("nightporter.console", "static"),
    ]
    return Starlette(
        routes=[
            *(Route(path, look, methods=["GET"]) for path, look in gets.items()),
            Route("/send", phone.send, methods=["POST"]),
            Route("/world", phone.switch, methods=["POST"]),
            Mount("/static", StaticFiles(packages=packages)),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS),
            Middleware(StrictHeaders),
        ],
    )
