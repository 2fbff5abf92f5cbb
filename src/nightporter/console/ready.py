"""Ready answers: the page where staff keep them, and picking one while writing to a guest."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import PlainTextResponse, Response

from nightporter.console.composer import facts, picks
from nightporter.console.deeds import Deeds
from nightporter.console.pages import Pages
from nightporter.console.parts import Parts
from nightporter.console.visit import Visit, go, whole
from nightporter.console.wording import LANGUAGES
from nightporter.journal import people, ready
from nightporter.journal.ready import NAME_CHARS_MAX, PLACES, TEXT_CHARS_MAX, Kept, Ready
from nightporter.store import Tx

READY = "/answers"
PICK_CHARS_MAX = 200
FIELDS = ("name", "language", "text", "was_name", "was_language", "was_ms")
KEPT_PROBLEMS = {
    Kept.TAKEN: "ready.taken",
    Kept.CHANGED: "ready.changed",
    Kept.FULL: "ready.full",
}


class ReadyPages:
    """The page, its forms, and the picking."""

    def __init__(self, parts: Parts, pages: Pages, deeds: Deeds) -> None:
        self._node = parts.node
        self._pages = pages
        self._deeds = deeds

    async def show(self, visit: Visit) -> Response:
        """All of them, and a form; `name` and `language` in the address: for changing that one."""
        query = visit.request.query_params
        found = ready.find(self._node.store.view, query.get("name", ""), query.get("language", ""))
        return self._page(visit, _fields(found) if found else {})

    async def keep(self, visit: Visit) -> Response:
        """A new one, or a changed one."""
        form, deed = visit.form, self._deeds.deed(visit)
        name = ready.clean(form.get("name", ""))
        text = form.get("text", "").replace("\r\n", "\n").strip()
        answer = Ready(
            key=ready.key_of(name),
            language=form.get("language", ""),
            name=name,
            text=text,
            changed_ms=deed.now_ms,
            changed_by=deed.who,
        )
        if problem := _problem(answer):
            return self._page(visit, form, problem=problem, status=422)
        keep = ready.keep(answer, _was(form))

        def unit(tx: Tx) -> Kept:
            kept = keep(tx)
            if kept is Kept.DONE:
                deed.note(tx, "ready answer kept", answer.key, answer.language)
            return kept

        kept = await self._node.write(unit)
        if kept is not Kept.DONE:
            return self._page(visit, form, problem=KEPT_PROBLEMS[kept], status=409)
        return go(READY)

    async def drop(self, visit: Visit) -> Response:
        """Nobody needs it any more."""
        deed = self._deeds.deed(visit)
        key, language = visit.form.get("name", ""), visit.form.get("language", "")

        def unit(tx: Tx) -> None:
            if tx.run("ready_answer_drop", (key, language)):
                deed.note(tx, "ready answer dropped", key, language)

        await self._node.write(unit)
        return go(READY)

    async def pick(self, visit: Visit) -> Response:
        """The page of the conversation with the text behind what was typed (for browsers without scripts)."""
        text = self._picked(visit, visit.form.get("pick", ""))
        if text is None:
            return self._pages.problem(visit, "problem.gone", 404)
        typed = visit.form.get("text", "").replace("\r\n", "\n").strip()
        return self._pages.conversation_page(visit, text=f"{typed}\n\n{text}".strip())

    async def text(self, visit: Visit) -> Response:
        """The text alone, filled in as far as we know."""
        text = self._picked(visit, visit.request.query_params.get("pick", ""))
        return PlainTextResponse("", 404) if text is None else PlainTextResponse(text)

    def _picked(self, visit: Visit, pick: str) -> str | None:
        view, conversation_id = self._node.store.view, visit.request.path_params["conversation"]
        language, _, key = pick[:PICK_CHARS_MAX].partition(":")
        found = ready.find(view, key, language)
        if found is None or view.one("conversation_version", (conversation_id,)) is None:
            return None
        today = visit.words.date(self._pages.now_ms()).isoformat()
        guest_id = people.conversation(view, conversation_id).guest_id
        return ready.filled(found.text, facts(view, guest_id, visit, today))

    def _page(
        self, visit: Visit, fields: Mapping[str, str], *, problem: str = "", status: int = 200
    ) -> Response:
        words = visit.words
        return self._pages.render(
            "ready.html",
            visit,
            status=status,
            picks=picks(self._node.store.view, words.language, words.hotel.language),
            fields=dict.fromkeys(FIELDS, "") | {"language": words.hotel.language} | dict(fields),
            problem=problem,
            places=PLACES,
            name_max=NAME_CHARS_MAX,
            text_max=TEXT_CHARS_MAX,
        )


def _problem(answer: Ready) -> str:
    if not answer.key or len(answer.name) > NAME_CHARS_MAX or answer.language not in LANGUAGES:
        return "ready.bad_name"
    if not answer.text:
        return "problem.empty"
    if len(answer.text) > TEXT_CHARS_MAX:
        return "problem.long"
    return "ready.braces" if ready.odd_braces(answer.text) else ""


def _fields(one: Ready) -> Mapping[str, str]:
    """What the form holds when this one is changed."""
    values = (one.name, one.language, one.text, one.key, one.language, str(one.changed_ms))
    return dict(zip(FIELDS, values, strict=True))


def _was(form: Mapping[str, str]) -> tuple[str, str, int] | None:
    """Which one the form was opened for; None for a new one."""
    moment = form.get("was_ms", "")
    if not moment:
        return None
    return form.get("was_name", ""), form.get("was_language", ""), whole(moment)
