"""What staff do: every POST of the console, each with a genuine token, each one unit."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from nightporter.console import actions
from nightporter.console.actions import Deed, Result, Unit
from nightporter.console.login import Attempts, Password
from nightporter.console.pages import LOGIN, Pages
from nightporter.console.parts import Parts
from nightporter.console.rendering import page
from nightporter.console.session import Sessions
from nightporter.console.visit import Visit, go, keep_language, keep_session, receive
from nightporter.console.wording import LANGUAGES
from nightporter.errors import CannotKeep, StoreBroken
from nightporter.journal import people
from nightporter.model.outbox import Content, OutboxMessage, outbox_id
from nightporter.rounds.delivery import Delivery

ANSWER_CHARS_MAX = 8_000
FORMS_REMEMBERED = 2_000
UNIT_BYTES = 2_048
_PATH = re.compile(r"/[A-Za-z0-9/_-]*")

Handler = Callable[[Request], Awaitable[Response]]
Act = Callable[[Visit], Awaitable[Response]]


class Deeds:
    """Everything that changes something."""

    def __init__(
        self, parts: Parts, sessions: Sessions, pages: Pages, password: Password, attempts: Attempts
    ) -> None:
        self._parts = parts
        self._sessions = sessions
        self._pages = pages
        self._password = password
        self._attempts = attempts
        self._sent: OrderedDict[str, None] = OrderedDict()  # forms whose answer is in the outbox

    def genuine(self, act: Act, *, signed_in: bool = True) -> Handler:
        """Only from a page of ours, and only by somebody who gave the password."""

        async def handler(request: Request) -> Response:
            now_ms = self._pages.now_ms()
            visit = await receive(request, self._sessions, self._parts.hotel(), now_ms)
            if signed_in and not visit.visitor.signed_in:
                return go(LOGIN)
            if not visit.genuine:
                return self._pages.problem(visit, "problem.form", 403)
            try:
                return await act(visit)
            except (CannotKeep, StoreBroken):
                return self._pages.problem(visit, "problem.cannot_keep", 503)

        return handler

    # -- coming and going

    async def login_page(self, request: Request) -> Response:
        """Ask for the password."""
        visit = await receive(request, self._sessions, self._parts.hotel(), self._pages.now_ms())
        return go("/") if visit.visitor.signed_in else self._login(visit, "", 200)

    async def login(self, visit: Visit) -> Response:
        """Check the password; a wrong one is counted."""
        if not self._attempts.begin(visit.address):
            return self._login(visit, "login.too_many", 429)
        if not await self._password.matches(visit.form.get("password", "")):
            return self._login(visit, "login.wrong", 401)
        self._attempts.succeeded(visit.address)
        now_ms = self._pages.now_ms()
        name = " ".join(visit.form.get("name", "").split()) or visit.words("login.nobody")
        visitor = self._sessions.begin(now_ms, name)
        self._sessions.end(visit.visitor, now_ms)
        response = go("/")
        keep_session(response, visit.request, self._sessions, visitor)
        return response

    def _login(self, visit: Visit, problem: str, status: int) -> Response:
        response = page(
            "login.html", visit, self._sessions, self._pages.now_ms(), status=status, problem=problem
        )
        keep_session(response, visit.request, self._sessions, visit.visitor)
        return response

    async def logout(self, visit: Visit) -> Response:
        """End the session."""
        self._sessions.end(visit.visitor, self._pages.now_ms())
        return go(LOGIN)

    async def language(self, visit: Visit) -> Response:
        """Read the pages in another language."""
        back = visit.form.get("back", "")
        response = go(back if _PATH.fullmatch(back) and not back.startswith("//") else "/")
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
        await self._parts.node.write(action(self._deed(visit), conversation_id))
        self._parts.turns.look(conversation_id)
        return go(f"/conversations/{conversation_id}")

    async def answer(self, visit: Visit) -> Response:
        """Send what staff wrote; a form counts once, however often it is sent."""
        conversation_id = visit.request.path_params["conversation"]
        if not self._known(conversation_id):
            return self._pages.problem(visit, "problem.gone", 404)
        text = visit.form.get("text", "").replace("\r\n", "\n").strip()
        form_id, back = visit.form.get("form", ""), f"/conversations/{conversation_id}#end"
        if form_id in self._sent:
            return go(back)
        problem = "problem.empty" if not text else "problem.long" if len(text) > ANSWER_CHARS_MAX else ""
        road = self._parts.roads.get(
            people.conversation(self._parts.node.store.view, conversation_id).channel
        )
        if problem or road is None:
            return self._pages.conversation_page(
                visit, text=text, problem=problem or "problem.channel", status=422
            )
        self._remember(form_id)
        try:
            result = await self._say(visit, conversation_id, text, road)
        except (CannotKeep, StoreBroken):
            self._sent.pop(form_id, None)
            return self._pages.conversation_page(visit, text=text, problem="problem.cannot_keep", status=503)
        if result is Result.CLOSED:
            self._sent.pop(form_id, None)
            return self._pages.conversation_page(visit, text=text, problem="problem.closed", status=409)
        self._parts.turns.look(conversation_id)
        road.bell.ring()
        return go(back)

    async def _say(self, visit: Visit, conversation_id: str, text: str, road: Delivery) -> Result:
        node, deed = self._parts.node, self._deed(visit)
        conversation = people.conversation(node.store.view, conversation_id)
        phone, other = people.addresses(node.store.view, conversation.guest_id)
        unique = f"staff:{node.ids.new()}"
        parts = [
            OutboxMessage(
                outbox_id=outbox_id(deed.now_ms, unique, number),
                channel=conversation.channel,
                number=conversation.number,
                conversation_id=conversation_id,
                to_phone=phone,
                to_id=other,
                content=part,
                expires_ms=conversation.window_until_ms(),
            )
            for number, part in enumerate(road.channel.parts(Content(text=text)))
        ]
        return await node.write(actions.answer(deed, conversation_id, parts), UNIT_BYTES + len(text))

    def _remember(self, form_id: str) -> None:
        self._sent[form_id] = None
        while len(self._sent) > FORMS_REMEMBERED:
            self._sent.popitem(last=False)

    # -- tasks and messages

    async def task_done(self, visit: Visit) -> Response:
        """A person did it."""
        await self._parts.node.write(actions.task_done(self._deed(visit), visit.request.path_params["task"]))
        return self._back(visit)

    async def task_taken(self, visit: Visit) -> Response:
        """Somebody looks after it."""
        await self._parts.node.write(actions.task_taken(self._deed(visit), visit.request.path_params["task"]))
        return self._back(visit)

    async def settle(self, visit: Visit) -> Response:
        """Say what became of a maybe sent message."""
        state = actions.SETTLED.get(visit.form.get("outcome", ""))
        if state is None:
            return self._pages.problem(visit, "problem.form", 422)
        message = visit.request.path_params["message"]
        await self._parts.node.write(actions.settle(self._deed(visit), message, state))
        return self._back(visit)

    async def send_again(self, visit: Visit) -> Response:
        """Send a message once more that was refused or given up."""
        message = visit.request.path_params["message"]
        await self._parts.node.write(actions.send_again(self._deed(visit), message))
        for road in self._parts.roads.values():
            road.bell.ring()
        return self._back(visit)

    def _back(self, visit: Visit) -> Response:
        conversation_id = visit.form.get("conversation", "")
        return go(f"/conversations/{conversation_id}" if self._known(conversation_id) else "/house")

    def _known(self, conversation_id: str) -> bool:
        return self._parts.node.store.view.one("conversation_version", (conversation_id,)) is not None

    def _deed(self, visit: Visit) -> Deed:
        return Deed(self._parts.node.ids.new(), visit.visitor.name, self._pages.now_ms())
