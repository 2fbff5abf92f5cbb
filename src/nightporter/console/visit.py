"""One request: who comes, in which language, and what its form brought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from nightporter.config.hotel import Hotel
from nightporter.console.session import COOKIE, SESSION_MS, Sessions, Visitor
from nightporter.console.wording import Words, choose

LANGUAGE_COOKIE = "nightporter_language"
LANGUAGE_SECONDS = 365 * 86_400
FORM_FIELDS_MAX = 20
FORM_BYTES_MAX = 64 * 1024
TOKEN = "token"
REDIRECT = 303


@dataclass(frozen=True, slots=True)
class Visit:
    """A request with its visitor and words. `form` is empty but for a POST with a genuine token."""

    request: Request
    visitor: Visitor
    words: Words
    form: Mapping[str, str]
    genuine: bool

    @property
    def address(self) -> str:
        """Where it comes from, for the limit on wrong passwords."""
        return self.request.client.host if self.request.client else ""


async def receive(request: Request, sessions: Sessions, hotel: Hotel, now_ms: int) -> Visit:
    """Read cookie, language and form."""
    visitor = sessions.read(request.cookies.get(COOKIE, ""), now_ms)
    words = choose(request.cookies.get(LANGUAGE_COOKIE, ""), hotel)
    form: Mapping[str, str] = await _form(request) if request.method == "POST" else {}
    genuine = visitor is not None and sessions.genuine(visitor, form.get(TOKEN, ""))
    return Visit(request, visitor or sessions.begin(now_ms), words, form, genuine)


async def _form(request: Request) -> Mapping[str, str]:
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > FORM_BYTES_MAX:
        return {}
    async with request.form(max_files=0, max_fields=FORM_FIELDS_MAX, max_part_size=FORM_BYTES_MAX) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


def keep_session(response: Response, request: Request, sessions: Sessions, visitor: Visitor) -> None:
    """Put the visitor's cookie on the answer."""
    response.set_cookie(
        COOKIE,
        sessions.cookie(visitor),
        max_age=SESSION_MS // 1000,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )


def keep_language(response: Response, language: str) -> None:
    """Remember which language somebody reads."""
    response.set_cookie(LANGUAGE_COOKIE, language, max_age=LANGUAGE_SECONDS, httponly=True, samesite="strict")


def go(path: str) -> Response:
    """Look at a page of ours next."""
    return RedirectResponse(path, REDIRECT)
