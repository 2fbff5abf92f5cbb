"""What staff do: every POST of the console, each with a genuine token, each one unit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from nightporter.console import actions
from nightporter.console.actions import Deed, Unit
from nightporter.console.answering import Answering
from nightporter.console.pages import Pages, way_in
from nightporter.console.parts import Parts
from nightporter.console.session import Sessions
from nightporter.console.visit import Visit, back_to, go, keep_language
from nightporter.console.wording import LANGUAGES
from nightporter.errors import CannotKeep, StoreBroken

Handler = Callable[[Request], Awaitable[Response]]
Act = Callable[[Visit], Awaitable[Response]]


class Deeds:
    """Everything that changes something."""

    def __init__(self, parts: Parts, sessions: Sessions, pages: Pages) -> None:
        self._parts = parts
        self._sessions = sessions
        self._pages = pages
        self._answering = Answering(parts, pages)

    def genuine(self, act: Act, *, signed_in: bool = True, owner: bool = False) -> Handler:
        """Only from a page of ours, by somebody who gave the password; `owner`: only by an owner."""

        async def handler(request: Request) -> Response:
            visit = await self._pages.receive(request)
            if signed_in and (elsewhere := way_in(visit, request.url.path)):
                return go(elsewhere)
            if not visit.genuine:
                return self._pages.problem(visit, "problem.form", 403)
            if owner and not visit.visitor.is_owner:
                return self._pages.problem(visit, "problem.owner", 403)
            await self._sessions.seen(visit.visitor)
            try:
                return await act(visit)
            except (CannotKeep, StoreBroken):
                return self._pages.problem(visit, "problem.cannot_keep", 503)

        return handler

    async def language(self, visit: Visit) -> Response:
        """Read the pages in another language."""
        response = go(back_to(visit, "/"))
        wanted = visit.form.get("language", "")
        if wanted in LANGUAGES:
            keep_language(response, wanted)
        return response

    # -- conversations

    async def take(self, visit: Visit) -> Response:
        """Hold it."""
        return await self._change(visit, actions.take)

    async def release(self, visit: Visit) -> Response:
        """Give it back to the machine."""
        return await self._change(visit, actions.release)

    async def finish(self, visit: Visit) -> Response:
        """All is done here."""
        await self._change(visit, actions.finish)
        return go("/")

    async def _change(self, visit: Visit, action: Callable[[Deed, str], Unit]) -> Response:
        conversation_id = visit.request.path_params["conversation"]
        if not self._known(conversation_id):
            return self._pages.problem(visit, "problem.gone", 404)
        await self._parts.node.write(action(self.deed(visit), conversation_id))
        self._parts.turns.look(conversation_id)
        return go(f"/conversations/{conversation_id}")

    async def answer(self, visit: Visit) -> Response:
        """Send what staff wrote."""
        conversation_id = visit.request.path_params["conversation"]
        if not self._known(conversation_id):
            return self._pages.problem(visit, "problem.gone", 404)
        return await self._answering.answer(visit, conversation_id, self.deed(visit))

    async def template(self, visit: Visit) -> Response:
        """Send a template that staff filled in."""
        conversation_id = visit.request.path_params["conversation"]
        if not self._known(conversation_id):
            return self._pages.problem(visit, "problem.gone", 404)
        return await self._answering.template(visit, conversation_id, self.deed(visit))

    # -- tasks and messages

    async def task_done(self, visit: Visit) -> Response:
        """A person did it."""
        await self._parts.node.write(actions.task_done(self.deed(visit), visit.request.path_params["task"]))
        return self._back(visit)

    async def task_taken(self, visit: Visit) -> Response:
        """Somebody looks after it."""
        await self._parts.node.write(actions.task_taken(self.deed(visit), visit.request.path_params["task"]))
        return self._back(visit)

    async def settle(self, visit: Visit) -> Response:
        """Say what became of a maybe sent message."""
        state = actions.SETTLED.get(visit.form.get("outcome", ""))
        if state is None:
            return self._pages.problem(visit, "problem.form", 422)
        message = visit.request.path_params["message"]
        await self._parts.node.write(actions.settle(self.deed(visit), message, state))
        return self._back(visit)

    async def send_again(self, visit: Visit) -> Response:
        """Send a message once more that was refused or given up."""
        message = visit.request.path_params["message"]
        await self._parts.node.write(actions.send_again(self.deed(visit), message))
        for road in self._parts.roads.values():
            road.bell.ring()
        return self._back(visit)

    def _back(self, visit: Visit) -> Response:
        conversation_id = visit.form.get("conversation", "")
        return go(f"/conversations/{conversation_id}" if self._known(conversation_id) else "/house")

    def _known(self, conversation_id: str) -> bool:
        return self._parts.node.store.view.one("conversation_version", (conversation_id,)) is not None

    def deed(self, visit: Visit) -> Deed:
        """Who does it, and when."""
        return Deed(self._parts.node.ids.new(), visit.visitor.name, self._pages.now_ms())
