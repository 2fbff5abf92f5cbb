"""One request: who comes, from where, in which language, and what its form brought."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from nightporter.config.hotel import Hotel
from nightporter.console.session import COOKIE, SESSION_MS, Sessions, Visitor, genuine, stranger
from nightporter.console.wording import Words, choose

LANGUAGE_COOKIE = "nightporter_language"
LANGUAGE_SECONDS = 365 * 86_400
FORM_FIELDS_MAX = 20
FORM_BYTES_MAX = 64 * 1024
TOKEN = "token"
NUMBER_DIGITS_MAX = 15
REDIRECT = 303
_PATH = re.compile(r"/[A-Za-z0-9/_-]*")
FROM_OURS = frozenset({"", "same-origin", "none"})  # what Sec-Fetch-Site says; "": an older browser

Networks = tuple[IPv4Network | IPv6Network, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request really comes from, when a reverse proxy that we trust stands before us."""

    address: str
    secure: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """A request with its visitor and words. `form`: of a POST; `genuine`: it came from a page of ours."""

    request: Request
    visitor: Visitor
    words: Words
    form: Mapping[str, str]
    genuine: bool
    origin: Origin


class Reception:
    """Takes requests in."""

    def __init__(self, sessions: Sessions, trusted_proxies: Networks) -> None:
        self._sessions = sessions
        self._trusted = trusted_proxies

    async def receive(self, request: Request, hotel: Hotel) -> Visit:
        """Read cookie, language and form."""
        visitor = self._sessions.read(request.cookies.get(COOKIE, ""))
        words = choose(request.cookies.get(LANGUAGE_COOKIE, ""), hotel)
        form: Mapping[str, str] = await _form(request) if request.method == "POST" else {}
        ours = (
            visitor is not None
            and request.headers.get("sec-fetch-site", "") in FROM_OURS
            and genuine(visitor, form.get(TOKEN, ""))
        )
        return Visit(request, visitor or stranger(), words, form, ours, self._origin(request))

    def _origin(self, request: Request) -> Origin:
        """As the proxy tells it, its own word being the last in the list; a stranger's word counts for nothing."""
        host = request.client.host if request.client else ""
        if not self._trusts(host):
            return Origin(host, request.url.scheme == "https")
        told = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        scheme = request.headers.get("x-forwarded-proto", request.url.scheme)
        return Origin(told or host, scheme == "https")

    def _trusts(self, host: str) -> bool:
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self._trusted)


async def _form(request: Request) -> Mapping[str, str]:
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > FORM_BYTES_MAX:
        return {}
    try:
        async with request.form(
            max_files=0, max_fields=FORM_FIELDS_MAX, max_part_size=FORM_BYTES_MAX
        ) as form:
            return {name: value for name, value in form.items() if isinstance(value, str)}
    except (HTTPException, UnicodeDecodeError):
        return {}


def keep_session(response: Response, visit: Visit, visitor: Visitor) -> None:
    """Put the visitor's cookie on the answer."""
    response.set_cookie(
        COOKIE,
        visitor.cookie,
        max_age=SESSION_MS // 1000,
        httponly=True,
        samesite="lax",  # a link in a colleague's mail finds them signed in; a form of another site never does
        secure=visit.origin.secure,
    )


def keep_language(response: Response, language: str) -> None:
    """Remember which language somebody reads."""
    response.set_cookie(LANGUAGE_COOKIE, language, max_age=LANGUAGE_SECONDS, httponly=True, samesite="strict")


def whole(text: str) -> int:
    """A number from an address or a form; 0 for anything odd."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= NUMBER_DIGITS_MAX else 0


def back_to(visit: Visit, otherwise: str) -> str:
    """The page of ours that a form came from."""
    back = visit.form.get("back", "")
    return back if _PATH.fullmatch(back) and not back.startswith("//") else otherwise


def go(path: str) -> Response:
    """Look at a page of ours next."""
    return RedirectResponse(path, REDIRECT)
