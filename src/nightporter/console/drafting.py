"""The page of drafts, and what staff do with one: send it as it stands, change it first, or throw it away."""

from __future__ import annotations

from starlette.responses import Response

from nightporter.console import drafts
from nightporter.console.actions import Deed, Result
from nightporter.console.answering import UNIT_BYTES, messages_of
from nightporter.console.deeds import Deeds
from nightporter.console.pages import Pages
from nightporter.console.parts import Parts
from nightporter.console.visit import Visit, go
from nightporter.journal import people
from nightporter.model.outbox import Content
from nightporter.outbox import tasks
from nightporter.outbox.tasks import Task

DRAFTS = "/drafts"
THREAD = "talk"  # in a form: it was pressed inside the conversation


class Drafting:
    """Drafts at the console."""

    def __init__(self, parts: Parts, pages: Pages, deeds: Deeds) -> None:
        self._parts = parts
        self._node = parts.node
        self._pages = pages
        self._deeds = deeds

    async def show(self, visit: Visit) -> Response:
        """All drafts, oldest first."""
        return self._page("drafts.html", visit)

    async def listed(self, visit: Visit) -> Response:
        """The list alone."""
        return self._page("drafts_list.html", visit)

    def _page(self, template: str, visit: Visit) -> Response:
        now_ms = self._pages.now_ms()
        found = drafts.listed(self._node.store.view, visit.words.date(now_ms).isoformat())
        return self._pages.render(template, visit, found=found, roads=self._parts.roads)

    async def send(self, visit: Visit) -> Response:
        """Send it as it stands, once; else the conversation, with the reason why not."""
        task, deed = self._task(visit), self._deeds.deed(visit)
        if task is None or task.conversation_id is None:
            return self._pages.problem(visit, "problem.gone", 404)
        conversation = people.conversation(self._node.store.view, task.conversation_id)
        road = self._parts.roads.get(conversation.channel)
        if road is None:
            return self._refused(visit, task, "problem.channel")
        unique = f"draft:{task.task_id}"  # the ids are the draft's own: it cannot go out a second time
        said = messages_of(
            self._node.store.view, conversation, Content(text=task.draft), road, task.created_ms, unique
        )
        unit = drafts.send(deed, task.task_id, said)
        result = await self._node.write(unit, UNIT_BYTES + len(task.draft))
        if result is not Result.DONE:
            return self._not_sent(visit, task.task_id, result, deed)
        road.bell.ring()
        return self._back(visit)

    def _not_sent(self, visit: Visit, task_id: str, result: Result, deed: Deed) -> Response:
        task = tasks.one(self._node.store.view, task_id)
        assert task is not None, "tasks stay"
        assert task.conversation_id is not None, "of a conversation, as before"
        if result is Result.NOTHING:
            mine = task.state == "done" and task.done_by == deed.who
            return self._back(visit) if mine else self._refused(visit, task, "problem.draft_gone")
        if result is Result.CLOSED:
            return self._refused(visit, task, "problem.closed")
        now = people.conversation(self._node.store.view, task.conversation_id)
        happened = drafts.gone_on(self._node.store.view, task, now) or ("meanwhile.held",)
        return self._refused(visit, task, "problem.draft_stale", happened)

    async def throw_away(self, visit: Visit) -> Response:
        """Nobody says that."""
        task = self._task(visit)
        if task is None:
            return self._pages.problem(visit, "problem.gone", 404)
        result = await self._node.write(drafts.throw_away(self._deeds.deed(visit), task.task_id))
        if result is not Result.DONE:
            return self._refused(visit, task, "problem.draft_gone")
        return self._back(visit)

    def _task(self, visit: Visit) -> Task | None:
        """The one that the address names, of the conversation that it names."""
        asked = visit.request.path_params
        task = tasks.one(self._node.store.view, asked["task"])
        return task if task and task.conversation_id == asked["conversation"] else None

    def _refused(self, visit: Visit, task: Task, problem: str, happened: tuple[str, ...] = ()) -> Response:
        still = task.state == "open" and bool(task.draft)
        return self._pages.conversation_page(
            visit,
            text=task.draft if still else "",
            problem=problem,
            status=409,
            happened=happened,
            draft=task.task_id if still else "",
        )

    def _back(self, visit: Visit) -> Response:
        if visit.form.get("from") == THREAD:
            return go(f"/conversations/{visit.request.path_params['conversation']}#end")
        return go(DRAFTS)
