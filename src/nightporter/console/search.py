"""The page that searches: on a thread of its own, one search at a time, so that nobody else waits for it."""

from __future__ import annotations

import asyncio
import re

from starlette.responses import Response

from nightporter.console import finding
from nightporter.console.finding import NOW, QUERY_CHARS_MAX, Found, Known
from nightporter.console.pages import Pages
from nightporter.console.parts import Parts
from nightporter.console.visit import Visit
from nightporter.ops.running import reading

SEARCH = "/search"
_STAMP = re.compile(r"[0-9a-f]{12}")


class SearchPage:
    """`GET /search?q=`; `before` goes on from an earlier page."""

    def __init__(self, parts: Parts, pages: Pages) -> None:
        self._node = parts.node
        self._pages = pages
        self._one_at_a_time = asyncio.Lock()

    async def show(self, visit: Visit) -> Response:
        """What was found."""
        query = visit.request.query_params.get("q", "")[:QUERY_CHARS_MAX]
        before = visit.request.query_params.get("before", "")
        words = finding.words_of(query)
        short = bool(query.strip()) and sum(map(len, words)) < finding.LETTERS_MIN
        guests: list[Known] = []
        found = Found(hits=[], before="", back_ms=0)
        if words and not short:
            today = visit.words.date(self._pages.now_ms()).isoformat()
            first = not _STAMP.fullmatch(before)
            async with self._one_at_a_time:
                guests, found = await asyncio.to_thread(
                    self._look, query, words, NOW if first else before, today
                )
            if not first:
                guests = []
        return self._pages.render(
            "search.html",
            visit,
            query=query,
            asked=bool(words) and not short,
            short=short,
            guests=guests,
            found=found,
        )

    def _look(self, query: str, words: list[str], before: str, today: str) -> tuple[list[Known], Found]:
        seconds = self._node.clock.elapsed_seconds
        with reading(self._node.store.folder) as view:
            found = finding.messages(view, words, before, seconds)
            return finding.guests(view, query, words, today), found
