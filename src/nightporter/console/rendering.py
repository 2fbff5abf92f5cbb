"""Pages from templates: one environment, everything escaped, and the words that every page needs."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources
from typing import Any, cast

import jinja2
from starlette.responses import HTMLResponse

from nightporter.console.session import token
from nightporter.console.visit import TOKEN, Visit
from nightporter.console.wording import LANGUAGES

VERSION_BYTES = 5
STRICT_TRANSPORT = "max-age=2592000"  # 30 days: once behind TLS, never without


@cache
def environment() -> jinja2.Environment:
    """The templates of the console."""
    found = jinja2.Environment(
        loader=jinja2.PackageLoader("nightporter.console"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    words: dict[str, Any] = {"languages": LANGUAGES, "token_name": TOKEN, "version": static_version()}
    cast("dict[str, Any]", found.globals).update(words)
    return found


def static_version() -> str:
    """Changes when a file under static/ does, so that browsers may keep them."""
    digest = hashlib.blake2b(digest_size=VERSION_BYTES)
    folder = resources.files("nightporter.console") / "static"
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def page(template: str, visit: Visit, now_ms: int, *, status: int = 200, **values: Any) -> HTMLResponse:
    """The page for this visit."""
    text = (
        environment()
        .get_template(template)
        .render(
            t=visit.words,
            visitor=visit.visitor,
            token=token(visit.visitor),
            path=visit.request.url.path,
            hotel_name=visit.words.hotel.house.name or "Nightporter",
            now_ms=now_ms,
            **values,
        )
    )
    headers = {"strict-transport-security": STRICT_TRANSPORT} if visit.origin.secure else {}
    return HTMLResponse(text, status, headers)
