"""What staff look at: each page, and the parts of it that are fetched again when something changes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse

from nightporter.console import composer, drafts, files, head, house, news, thread
from nightporter.console.composer import Composer
from nightporter.console.inbox import InboxReader
from nightporter.console.parts import Parts
from nightporter.console.rendering import page
from nightporter.console.session import Sessions
from nightporter.console.streams import Streams
from nightporter.console.thread import Seen, Thread
from nightporter.console.visit import Reception, Visit, go, whole
from nightporter.journal import remarks
from nightporter.journal.remarks import LABEL_CHARS_MAX
from nightporter.ops.questions import DAYS, unanswered
from nightporter.store import View

LOGIN = "/login"
PASSWORD = "/password"
FILE_SECONDS = 600
FRAGMENTS = "/fragments/"
BY_THEMSELVES = (FRAGMENTS, "/changes")  # what an open page asks for when nobody touches it
ON_THE_WAY = frozenset({PASSWORD, "/logout", "/logout/everywhere"})
SANDBOX = "default-src 'none'; sandbox"

Handler = Callable[[Request], Awaitable[Response]]
Look = Callable[[Visit], Awaitable[Response]]


def way_in(visit: Visit, path: str) -> str:
    """Where somebody must go first: to sign in, or to choose a password of their own; "" when they may stay."""
    if not visit.visitor.signed_in:
        return LOGIN
    return PASSWORD if visit.visitor.must_choose and path not in ON_THE_WAY else ""


def _redirected(request: Request, elsewhere: str) -> Response:
    if request.url.path.startswith(FRAGMENTS):
        return PlainTextResponse("", 401, {"HX-Redirect": elsewhere})
    return go(elsewhere)


class Pages:
    """Everything that only reads."""

    def __init__(self, parts: Parts, sessions: Sessions, reception: Reception, streams: Streams) -> None:
        self._parts = parts
        self._sessions = sessions
        self._reception = reception
        self._streams = streams

    @property
    def _view(self) -> View:
        return self._parts.node.store.view

    def now_ms(self) -> int:
        """The node's time."""
        return self._parts.node.clock.now_ms()

    async def receive(self, request: Request) -> Visit:
        """Who comes, and with what."""
        return await self._reception.receive(request, self._parts.hotel())

    def behind_password(self, look: Look, *, owner: bool = False) -> Handler:
        """The page, or the way to the login. `owner`: only for owners."""

        async def handler(request: Request) -> Response:
            visit = await self.receive(request)
            by_itself = request.url.path.startswith(BY_THEMSELVES)
            if elsewhere := way_in(visit, request.url.path):
                return _redirected(request, elsewhere)
            if not by_itself:
                await self._sessions.seen(visit.visitor)
            if owner and not visit.visitor.is_owner:
                return self.problem(visit, "problem.owner", 403)
            return await look(visit)

        return handler

    def render(self, template: str, visit: Visit, *, status: int = 200, **values: Any) -> Response:
        """A page with the number of waiting conversations in its head."""
        return page(
            template,
            visit,
            self.now_ms(),
            status=status,
            **head.read(self._view, visit.visitor, self.now_ms(), self._today(visit)),
            **values,
        )

    async def inbox(self, visit: Visit) -> Response:
        """The list of conversations."""
        return self._inbox("inbox.html", visit)

    async def inbox_list(self, visit: Visit) -> Response:
        """The list alone."""
        return self._inbox("inbox_list.html", visit)

    def _inbox(self, template: str, visit: Visit) -> Response:
        query = visit.request.query_params
        label = remarks.label_key(query.get("label", ""))[:LABEL_CHARS_MAX]
        show_all = query.get("show") == "all" or bool(label)
        before = query.get("before", "")
        reader = self._reader(visit)
        inbox = reader.all(whole(before), label) if show_all else reader.waiting()
        return self.render(
            template,
            visit,
            inbox=inbox,
            show_all=show_all,
            before=before,
            current=query.get("current", ""),
            label=label,
            used=remarks.labels_used(self._view) if template == "inbox.html" else [],
        )

    async def count(self, visit: Visit) -> Response:
        """How many wait, for the head of the page."""
        return self.render("count_live.html", visit)

    async def conversation(self, visit: Visit) -> Response:
        """One conversation."""
        return self.conversation_page(visit)

    def conversation_page(
        self,
        visit: Visit,
        *,
        text: str = "",
        note: str = "",
        problem: str = "",
        status: int = 200,
        happened: Sequence[str] = (),
        draft: str = "",
    ) -> Response:
        """The conversation with what was typed, why it was not sent, and what has `happened` meanwhile.

        `draft`: the task whose draft was taken up.
        """
        return self._thread(
            "conversation.html",
            visit,
            status=status,
            text=text,
            note=note,
            problem=problem,
            happened=happened,
            draft=draft,
        )

    async def thread(self, visit: Visit) -> Response:
        """What was said, alone."""
        return self._thread("thread.html", visit, draft="")

    def _thread(self, template: str, visit: Visit, *, status: int = 200, **values: Any) -> Response:
        whole_page = template == "conversation.html"
        conversation_id = visit.request.path_params["conversation"]
        if self._view.one("conversation_version", (conversation_id,)) is None:
            return self.problem(visit, "problem.gone", 404)
        query, now_ms = visit.request.query_params, self.now_ms()
        today = self._today(visit)
        before = query.get("before", "")
        found = thread.read(
            self._view,
            conversation_id,
            now_ms,
            today,
            whole(before),
        )
        drafted = drafts.of_tasks(self._view, found.open_tasks, today)
        if (wanted := query.get("draft", "")) in drafted:
            values |= {"text": values.get("text") or drafted[wanted].task.draft, "draft": wanted}
        values.setdefault("text", "")
        return self.render(
            template,
            visit,
            status=status,
            thread=found,
            before=before,
            seen=Seen.of(found.conversation),
            form_id=self._parts.node.ids.new(),
            channel_known=found.conversation.channel in self._parts.roads,
            composer=self._composer(found, visit) if whole_page else None,
            drafts=drafted,
            **values,
        )

    def _composer(self, found: Thread, visit: Visit) -> Composer:
        return composer.read(self._view, found, visit, self.now_ms())

    async def house(self, visit: Visit) -> Response:
        """The state of the house."""
        return self.render("house.html", visit, house=house.read(self._parts))

    async def house_state(self, visit: Visit) -> Response:
        """The state alone."""
        return self.render("house_state.html", visit, house=house.read(self._parts))

    async def news(self, visit: Visit) -> Response:
        """What belongs to no conversation."""
        before = visit.request.query_params.get("before", "")
        items = news.read(self._view, before)
        older = items[-1].key if len(items) == news.PAGE_NEWS else ""
        return self.render("news.html", visit, items=items, older=older)

    async def questions(self, visit: Visit) -> Response:
        """What guests asked and the hotel has no answer for."""
        found = unanswered(self._view, self._parts.hotel(), self.now_ms())
        return self.render("questions.html", visit, topics=found, days=DAYS)

    async def file(self, visit: Visit) -> Response:
        """A file that a guest sent."""
        kept = files.find(self._view, self._parts.node.store.folder, visit.request.path_params["entry"])
        if kept is None:
            return self.problem(visit, "problem.gone", 404)
        headers = {
            "cache-control": f"private, max-age={FILE_SECONDS}",
            "content-security-policy": SANDBOX,
        }
        place = "inline" if kept.shown else "attachment"
        return FileResponse(
            kept.path,
            media_type=kept.media_type,
            headers=headers,
            filename="file",
            content_disposition_type=place,
        )

    async def changes(self, visit: Visit) -> Response:
        """The event stream of an open page."""
        if self._streams.full:
            return PlainTextResponse("too many open pages", 503)
        cookie = visit.visitor.cookie
        events: AsyncIterator[bytes] = self._streams.follow(lambda: self._sessions.read(cookie) is not None)
        return StreamingResponse(events, media_type="text/event-stream", headers={"x-accel-buffering": "no"})

    def problem(self, visit: Visit, words: str, status: int) -> Response:
        """A page that says what is wrong."""
        return page("problem.html", visit, self.now_ms(), status=status, words=words, **head.NOTHING)

    def _today(self, visit: Visit) -> str:
        return visit.words.date(self.now_ms()).isoformat()

    def _reader(self, visit: Visit) -> InboxReader:
        now_ms = self.now_ms()
        return InboxReader(self._view, now_ms, self._today(visit))
