"""Notes and labels on a guest: written, taken away, and shown in the conversation."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response

from nightporter.console.deeds import Deeds
from nightporter.console.pages import Pages
from nightporter.console.parts import Parts
from nightporter.console.visit import Visit, go
from nightporter.journal import people, remarks
from nightporter.journal.ready import clean
from nightporter.journal.remarks import LABEL_CHARS_MAX, NOTE_CHARS_MAX, Note, Said
from nightporter.store import Tx

STAYS = (
    "x-stay"  # a script that keeps the page as it is asks so; done is then 204, everything else is for a page
)


class Remarks:
    """Each POST is one unit; none of them changes what a colleague who is answering has read."""

    def __init__(self, parts: Parts, pages: Pages, deeds: Deeds) -> None:
        self._node = parts.node
        self._pages = pages
        self._deeds = deeds

    async def note(self, visit: Visit) -> Response:
        """Write a note."""
        text = visit.form.get("note", "").replace("\r\n", "\n").strip()
        problem = "problem.empty" if not text else "problem.long" if len(text) > NOTE_CHARS_MAX else ""
        if problem:
            return self._pages.conversation_page(visit, note=text, problem=problem, status=422)
        deed = self._deeds.deed(visit)
        note = Note(note_id=self._node.ids.new(), author=deed.who, text=text, at_ms=deed.now_ms)
        return await self._do(visit, lambda guest_id: remarks.add_note(guest_id, note), "note written")

    async def drop_note(self, visit: Visit) -> Response:
        """Take a note away."""
        which, who, any_ = visit.form.get("which", ""), visit.visitor.name, visit.visitor.is_owner
        return await self._do(
            visit, lambda guest_id: remarks.drop_note(guest_id, which, who, anyones=any_), "note deleted"
        )

    async def label(self, visit: Visit) -> Response:
        """Put a word on the guest."""
        text = clean(visit.form.get("label", ""))
        if not text or len(text) > LABEL_CHARS_MAX:
            return self._pages.conversation_page(visit, problem="problem.label", status=422)
        deed = self._deeds.deed(visit)
        return await self._do(
            visit, lambda guest_id: remarks.add_label(guest_id, text, deed.who, deed.now_ms), "label added"
        )

    async def drop_label(self, visit: Visit) -> Response:
        """Take a word away."""
        key = visit.form.get("which", "")

        def unit_for(guest_id: str) -> Callable[[Tx], Said]:
            return lambda tx: Said.DONE if tx.run("label_drop", (guest_id, key)) else Said.NOTHING

        return await self._do(visit, unit_for, "label taken off")

    async def labels(self, visit: Visit) -> Response:
        """The words alone."""
        view, conversation_id = self._node.store.view, visit.request.path_params["conversation"]
        if view.one("conversation_version", (conversation_id,)) is None:
            return self._pages.problem(visit, "problem.gone", 404)
        guest_id = people.conversation(view, conversation_id).guest_id
        found = remarks.labels_of(view, guest_id)
        return self._pages.render("labels.html", visit, labels=found, conversation_id=conversation_id)

    async def _do(self, visit: Visit, unit_for: Callable[[str], Callable[[Tx], Said]], what: str) -> Response:
        """Change it and write down who did, in one unit; the guest is looked up there: it may just be merged."""
        conversation_id, deed = visit.request.path_params["conversation"], self._deeds.deed(visit)
        if self._node.store.view.one("conversation_version", (conversation_id,)) is None:
            return self._pages.problem(visit, "problem.gone", 404)

        def unit(tx: Tx) -> Said:
            if tx.one("conversation_version", (conversation_id,)) is None:
                return Said.NOTHING
            said = unit_for(people.conversation(tx, conversation_id).guest_id)(tx)
            if said is Said.DONE:
                deed.note(tx, what, conversation_id)
            return said

        said = await self._node.write(unit)
        if said in {Said.NOT_YOURS, Said.FULL}:
            problem = "problem.not_yours" if said is Said.NOT_YOURS else "problem.labels_full"
            return self._pages.conversation_page(visit, problem=problem, status=409)
        stays = STAYS in visit.request.headers
        return Response(status_code=204) if stays else go(f"/conversations/{conversation_id}#end")
