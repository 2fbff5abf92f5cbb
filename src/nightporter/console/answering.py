"""Answers of staff: one form counts once, and two people do not answer over each other."""

from __future__ import annotations

from collections import OrderedDict

from starlette.responses import Response

from nightporter.console import actions, composer
from nightporter.console.actions import Deed, Result
from nightporter.console.pages import Pages
from nightporter.console.parts import Parts
from nightporter.console.thread import Seen
from nightporter.console.visit import Visit, go
from nightporter.errors import CannotKeep, StoreBroken
from nightporter.journal import people
from nightporter.journal.ready import gaps
from nightporter.model.conversation import Conversation
from nightporter.model.outbox import Content, OutboxMessage, Template, outbox_id
from nightporter.rounds.delivery import Delivery
from nightporter.store import View

ANSWER_CHARS_MAX = 8_000
FORMS_REMEMBERED = 2_000
FORM_ID_CHARS_MAX = 64
UNIT_BYTES = 2_048
_PROBLEMS = {Result.CLOSED: "problem.closed", Result.OPTED_OUT: "problem.opted_out"}


def meanwhile(seen: Seen, now: Conversation, who: str, now_ms: int) -> list[str]:
    """What has happened since, as names in the catalogue."""
    found: list[str] = []
    if now.last_guest_ms > seen.guest_ms:
        found.append("meanwhile.guest")
    if now.last_staff_ms > seen.staff_ms:
        found.append("meanwhile.staff")
    if now.last_answer_ms > seen.answer_ms:
        found.append("meanwhile.machine")
    if now.held(now_ms) and now.held_by != who:
        found.append("meanwhile.held")
    return found or ["meanwhile.changed"]


def _problem(text: str, form_id: str) -> str:
    if not form_id or len(form_id) > FORM_ID_CHARS_MAX:
        return "problem.form"
    if not text:
        return "problem.empty"
    if len(text) > ANSWER_CHARS_MAX:
        return "problem.long"
    return "problem.gaps" if gaps(text) else ""


def messages_of(
    view: View, conversation: Conversation, content: Content, road: Delivery, at_ms: int, unique: str
) -> list[OutboxMessage]:
    """The messages of one answer, as the channel splits it; their ids come from `at_ms` and `unique`."""
    phone, other = people.addresses(view, conversation.guest_id)
    return [
        OutboxMessage(
            outbox_id=outbox_id(at_ms, unique, number),
            channel=conversation.channel,
            number=conversation.number,
            conversation_id=conversation.conversation_id,
            to_phone=phone,
            to_id=other,
            content=part,
            expires_ms=0 if part.template else conversation.window_until_ms(),
        )
        for number, part in enumerate(road.channel.parts(content))
    ]


class Answering:
    """Sends what staff write."""

    def __init__(self, parts: Parts, pages: Pages) -> None:
        self._parts = parts
        self._pages = pages
        self._sent: OrderedDict[str, None] = OrderedDict()  # forms whose answer is in the outbox

    async def answer(self, visit: Visit, conversation_id: str, deed: Deed) -> Response:
        """Send it; else the page again, with the text and why it was not sent."""
        text = visit.form.get("text", "").replace("\r\n", "\n").strip()
        form_id = visit.form.get("form", "")
        if form_id in self._sent:
            return go(f"/conversations/{conversation_id}#end")
        if problem := _problem(text, form_id):
            return self._again(visit, text, problem, 422)
        return await self._send(visit, conversation_id, Content(text=text), deed)

    async def template(self, visit: Visit, conversation_id: str, deed: Deed) -> Response:
        """Send a template that staff filled in; the page again when something of it is missing."""
        form_id = visit.form.get("form", "")
        if form_id in self._sent:
            return go(f"/conversations/{conversation_id}#end")
        channel = self._conversation(conversation_id).channel
        chosen = composer.chosen(self._parts.node.store.view, channel, visit)
        if chosen is None:
            return self._again(visit, "", "problem.template", 422)
        values = composer.values(chosen, visit)
        problem = _problem("\n".join(values) or chosen.name, form_id)
        if not all(values):
            problem = "problem.values"
        if problem:
            return self._again(visit, "", problem, 422)
        names = chosen.parameters if chosen.named else ()
        template = Template(name=chosen.name, language=chosen.language, parameters=values, names=names)
        content = Content(text=chosen.filled(values), template=template)
        return await self._send(visit, conversation_id, content, deed)

    async def _send(self, visit: Visit, conversation_id: str, content: Content, deed: Deed) -> Response:
        form_id, text = visit.form.get("form", ""), visit.form.get("text", "").replace("\r\n", "\n").strip()
        road = self._parts.roads.get(self._conversation(conversation_id).channel)
        if road is None:
            return self._again(visit, text, "problem.channel", 422)
        self._remember(form_id)
        try:
            result = await self._say(visit, conversation_id, content, road, deed)
        except (CannotKeep, StoreBroken):
            self._sent.pop(form_id, None)
            return self._again(visit, text, "problem.cannot_keep", 503)
        if result is not Result.DONE:
            self._sent.pop(form_id, None)
            return self._refused(visit, conversation_id, text, result)
        self._parts.turns.look(conversation_id)
        road.bell.ring()
        return go(f"/conversations/{conversation_id}#end")

    def _refused(self, visit: Visit, conversation_id: str, text: str, result: Result) -> Response:
        if result in _PROBLEMS:
            return self._again(visit, text, _PROBLEMS[result], 409)
        seen = Seen.read(visit.form.get("seen", ""))
        now, name = self._conversation(conversation_id), visit.visitor.name
        happened = meanwhile(seen, now, name, self._pages.now_ms())
        return self._again(visit, text, "problem.meanwhile", 409, happened)

    def _again(
        self, visit: Visit, text: str, problem: str, status: int, happened: list[str] | None = None
    ) -> Response:
        return self._pages.conversation_page(
            visit,
            text=text,
            problem=problem,
            status=status,
            happened=happened or [],
            draft=visit.form.get("draft", ""),
        )

    async def _say(
        self, visit: Visit, conversation_id: str, content: Content, road: Delivery, deed: Deed
    ) -> Result:
        node, conversation = self._parts.node, self._conversation(conversation_id)
        unique = f"staff:{node.ids.new()}"
        version = Seen.read(visit.form.get("seen", "")).version
        parts = messages_of(node.store.view, conversation, content, road, deed.now_ms, unique)
        over, draft = bool(visit.form.get("over")), visit.form.get("draft", "")
        unit = actions.answer(deed, conversation_id, parts, version, over=over, draft=draft)
        return await node.write(unit, UNIT_BYTES + len(content.text))

    def _conversation(self, conversation_id: str) -> Conversation:
        return people.conversation(self._parts.node.store.view, conversation_id)

    def _remember(self, form_id: str) -> None:
        self._sent[form_id] = None
        while len(self._sent) > FORMS_REMEMBERED:
            self._sent.popitem(last=False)
