"""Facts check: staff ask what a guest might, and see the answer, how sure it is, and where in the file it stands.

Nothing is written and nothing is sent.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from starlette.responses import Response

from nightporter.config.hotel.places import Place, Places
from nightporter.console.pages import Pages
from nightporter.console.parts import Parts
from nightporter.console.visit import Visit
from nightporter.desk.recogniser import level
from nightporter.model.decision import Decision, DispositionKind
from nightporter.ops.asking import STAYS, Asking, Questions
from nightporter.rounds.turns import Answers

ASK = "/ask"
QUESTION_CHARS_MAX = 2_000
YEARS_MAX = 2
OWN, OTHER = "own:", "other:"
DAYS_OF_YEAR = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the desk would do. `verdict`: alone, partly, draft, staff, emergency, silent, optout."""

    verdict: str
    language: str
    answer: str
    drafts: tuple[str, ...]
    topics: tuple[tuple[str, int, str], ...]  # name, confidence in per cent, level
    reasons: tuple[tuple[str, str], ...]  # department and reason of each task
    asks: str
    silence: str
    places: tuple[Place, ...]


def verdict(decision: Decision) -> str:
    """In one word how far the machine goes by itself."""
    if decision.trace.emergency:
        return "emergency"
    if decision.trace.opt_out:
        return "optout"
    kinds = {disposition.kind for disposition in decision.dispositions}
    if kinds == {DispositionKind.SILENT}:
        return "silent"
    if DispositionKind.STAFF in kinds:
        return "draft" if any(task.draft for task in decision.tasks) else "staff"
    return "partly" if decision.tasks else "alone"


class FactsCheck:
    """The page."""

    def __init__(self, parts: Parts, pages: Pages, desk: Answers, file: Path) -> None:
        self._parts = parts
        self._pages = pages
        self._questions = Questions(parts.hotel, desk)
        self._places = Places(file)

    async def show(self, visit: Visit) -> Response:
        """An empty page."""
        return self._page(visit)

    async def ask(self, visit: Visit) -> Response:
        """The desk's answer to a question."""
        text = visit.form.get("text", "").replace("\r\n", "\n").strip()
        stay, day = visit.form.get("stay", ""), self._day(visit)
        if not text or len(text) > QUESTION_CHARS_MAX:
            return self._page(visit, problem="facts.no_question" if not text else "facts.long", status=422)
        if stay not in STAYS or day is None:
            return self._page(visit, problem="facts.odd_day" if day is None else "problem.form", status=422)
        asking = Asking(now_ms=self._pages.now_ms(), stay=stay, day=day)
        decision = await self._questions.decide(text, asking)
        places = await asyncio.to_thread(self._places.of, decision.trace.sources)
        return self._page(visit, checked=_checked(decision, places))

    def _day(self, visit: Visit) -> date | None:
        """The day asked on, today where none is given; None: none that the calendar of a hotel has."""
        today = visit.words.date(self._pages.now_ms())
        given = visit.form.get("day", "").strip()
        try:
            day = date.fromisoformat(given) if given else today
        except ValueError:
            return None
        return day if abs((day - today).days) <= YEARS_MAX * DAYS_OF_YEAR else None

    def _page(
        self, visit: Visit, *, checked: Checked | None = None, problem: str = "", status: int = 200
    ) -> Response:
        today = visit.words.date(self._pages.now_ms()).isoformat()
        return self._pages.render(
            "facts.html",
            visit,
            status=status,
            checked=checked,
            problem=problem,
            text=visit.form.get("text", "")[:QUESTION_CHARS_MAX],
            stay=visit.form.get("stay", "none"),
            day=visit.form.get("day", "") or today,
            stays=STAYS[::-1],
            file=self._places.path.name,
            known=self._parts.hotel().known,
        )


def _checked(decision: Decision, places: list[Place]) -> Checked:
    memory, trace = decision.memory, decision.trace
    own = [(name, 1.0) for name in (memory.last_topics if memory else ()) if name.startswith(OWN)]
    silences = [str(one.reason) for one in decision.dispositions if one.reason]
    return Checked(
        verdict=verdict(decision),
        language=trace.language,
        answer="\n\n".join(saying.content.text for saying in decision.sayings),
        drafts=tuple(task.draft for task in decision.tasks if task.draft),
        topics=tuple((name, round(sure * 100), _level(name, sure)) for name, sure in (*own, *trace.topics)),
        reasons=tuple((task.department, task.reason) for task in decision.tasks),
        asks=memory.question.topic if memory and memory.question else "",
        silence=silences[0] if silences else "",
        places=tuple(places),
    )


def _level(name: str, sure: float) -> str:
    """As the desk takes it: high answers, middle drafts, low is for staff; what is no topic of ours always."""
    if name.startswith(OWN):
        return "high"
    return "low" if name.startswith(OTHER) else str(level(name, sure))
