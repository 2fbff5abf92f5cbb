"""The page behind the link of a message to staff: what it is about, and one button; nobody need sign in for it.

The link is the permission: it is sealed, ends after a day, and can do nothing but acknowledge.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from nightporter.console import head
from nightporter.console.actions import Deed
from nightporter.console.pages import Pages
from nightporter.console.parts import Parts
from nightporter.console.rendering import page
from nightporter.console.visit import Visit, go, keep_session
from nightporter.errors import CannotKeep, StoreBroken
from nightporter.outbox import tellings
from nightporter.outbox.tellings import Open
from nightporter.rounds.links import Links
from nightporter.rounds.notices import TOLD
from nightporter.store import Tx

ONE = f"{TOLD}/{{token}}"


@dataclass(frozen=True, slots=True)
class _Message:
    """What a link stands for."""

    contact: str
    tasks: list[Open]

    @property
    def waiting(self) -> list[Open]:
        """What nobody looks after yet."""
        return [task for task in self.tasks if not task.done and not task.taken_ms]


class ToldPages:
    """Read and pressed by whoever has the link."""

    def __init__(self, parts: Parts, pages: Pages) -> None:
        self._node = parts.node
        self._pages = pages
        self._links = Links(parts.node.store.view)

    async def show(self, request: Request) -> Response:
        """What it is about. Programs that look at links before people do change nothing."""
        visit = await self._pages.receive(request)
        message = self._message(request)
        if message is None:
            return self._page(visit, None, 404)
        return self._page(visit, message, 200)

    async def take(self, request: Request) -> Response:
        """Whoever was told looks after it."""
        visit = await self._pages.receive(request)
        message = self._message(request)
        if message is None:
            return self._page(visit, None, 404)
        deed = Deed(self._node.ids.new(), message.contact, self._node.clock.now_ms())
        task_ids = [task.task_id for task in message.waiting]

        def unit(tx: Tx) -> None:
            taken = [one for one in task_ids if tellings.take(tx, one, deed.who, deed.now_ms)]
            if taken:
                deed.note(tx, "task taken", taken[0], "by a link")

        try:
            await self._node.write(unit)
        except (CannotKeep, StoreBroken):
            return self._pages.problem(visit, "problem.cannot_keep", 503)
        return go(request.url.path)

    def _message(self, request: Request) -> _Message | None:
        view = self._node.store.view
        telling_id = self._links.read(request.path_params["token"], self._node.clock.now_ms())
        found = tellings.told(view, telling_id) if telling_id else None
        return _Message(found[0], tellings.known(view, found[1])) if found else None

    def _page(self, visit: Visit, message: _Message | None, status: int) -> Response:
        if visit.visitor.works:
            return self._pages.render("told.html", visit, status=status, message=message)
        now_ms = self._pages.now_ms()
        response = page("told.html", visit, now_ms, status=status, message=message, **head.NOTHING)
        keep_session(response, visit, visit.visitor)
        return response
