"""Reads the message templates of an account from the Cloud API, page by page.

Fields: Meta, "WhatsApp Business Account, Message Templates". Our own address is asked for each page, with the cursor
that the page before told: the bearer never goes to an address out of an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

import orjson

from nightporter.channels.clean import JSON, identifier, mapping, name_of, sequence, text
from nightporter.channels.wire import Response, Wire
from nightporter.model.template import AccountTemplate, places

FIELDS = "id,name,language,status,category,quality_score,rejected_reason,parameter_format,components"
PAGE_TEMPLATES = 50
PAGES_MAX = 120  # an account has 6,000 templates at most
BODY_CHARS_MAX = 4_096
WORD_CHARS_MAX = 60
CURSOR_CHARS_MAX = 2_000
DETAIL_CHARS_MAX = 200
STILL_BUTTONS = frozenset({"QUICK_REPLY", "PHONE_NUMBER", "URL"})  # nothing to fill in, but for an address


@dataclass(frozen=True, slots=True)
class Unread:
    """The account did not tell them all. `code`: the provider's, or `no_answer`, `no_sense`."""

    code: str
    detail: str


class TemplateReader:
    """The templates of one account."""

    def __init__(self, wire: Wire, *, api_url: str, account_id: str, access_token: str) -> None:
        self._wire = wire
        self._url = f"{api_url.rstrip('/')}/{account_id}/message_templates"
        self._headers = {"authorization": f"Bearer {access_token}", "accept": "application/json"}

    async def read(self, timeout_seconds: float) -> tuple[AccountTemplate, ...] | Unread:
        """All of them, or why not; `timeout_seconds` for each page."""
        found: list[AccountTemplate] = []
        after, seen = "", {""}
        for _ in range(PAGES_MAX):
            page = await self._page(after, timeout_seconds)
            if isinstance(page, Unread):
                return page
            found += [one for item in sequence(page.get("data")) if (one := template_of(mapping(item)))]
            paging = mapping(page.get("paging"))
            if not paging.get("next"):
                return tuple(found)
            after = text(mapping(paging.get("cursors")).get("after"), CURSOR_CHARS_MAX)
            if after in seen:
                return Unread("no_sense", "the pages of templates go round")
            seen.add(after)
        return Unread("no_sense", f"more than {PAGES_MAX} pages of templates")

    async def _page(self, after: str, timeout_seconds: float) -> dict[str, JSON] | Unread:
        query = {"fields": FIELDS, "limit": str(PAGE_TEMPLATES)} | ({"after": after} if after else {})
        url = f"{self._url}?{urlencode(query)}"
        answer = await self._wire.request("GET", url, self._headers, timeout_seconds=timeout_seconds)
        if not isinstance(answer, Response):
            return Unread("no_answer", answer.reason)
        try:
            body = mapping(orjson.loads(answer.body))
        except orjson.JSONDecodeError:
            body = {}
        if answer.status != 200:
            error = mapping(body.get("error"))
            code = identifier(error.get("code")) or f"http_{answer.status}"
            return Unread(code, text(error.get("message"), DETAIL_CHARS_MAX))
        return body if "data" in body else Unread("no_sense", "no list of templates")


def template_of(item: dict[str, JSON]) -> AccountTemplate | None:
    """One template of a page; None for what has no name or language."""
    name, language = name_of(item.get("name")), name_of(item.get("language"))
    if not name or not language:
        return None
    parts = [mapping(part) for part in sequence(item.get("components"))]
    body = next((text(part.get("text"), BODY_CHARS_MAX) for part in parts if part.get("type") == "BODY"), "")
    category, reason = _word(item.get("category")), _word(item.get("rejected_reason"))
    return AccountTemplate(
        name=name,
        language=language,
        provider_id=identifier(item.get("id")),
        category=category,
        state=_word(item.get("status")),
        reason="" if reason == "none" else reason,
        quality=_word(mapping(item.get("quality_score")).get("score")),
        body=body,
        parameters=places(body),
        named=_word(item.get("parameter_format")) == "named",
        plain=bool(body) and category != "authentication" and all(_still(part) for part in parts),
    )


def _word(value: JSON) -> str:
    return text(value, WORD_CHARS_MAX).lower()


def _still(part: dict[str, JSON]) -> bool:
    """True for a part besides the body in which nothing is to be filled in."""
    kind = part.get("type")
    if kind in {"BODY", "FOOTER"}:
        return True
    if kind == "HEADER":
        return part.get("format") == "TEXT" and not places(text(part.get("text"), BODY_CHARS_MAX))
    if kind != "BUTTONS":
        return False
    buttons = [mapping(button) for button in sequence(part.get("buttons"))]
    return all(
        button.get("type") in STILL_BUTTONS and not places(text(button.get("url"), BODY_CHARS_MAX))
        for button in buttons
    )
