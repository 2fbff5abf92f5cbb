"""The account's templates on a page: what each says, how it stands, and how old that knowledge is."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from nightporter.channels.whatsapp import WhatsApp
from nightporter.console.deeds import Deeds
from nightporter.console.pages import Pages
from nightporter.console.parts import Parts
from nightporter.console.visit import Visit, go
from nightporter.journal import templates
from nightporter.journal.templates import Reading
from nightporter.model.template import AccountTemplate
from nightporter.rounds.templates import STALE_MS

TEMPLATES = "/templates"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the page says. `missing`: why nothing can be read, a name in the catalogue; "" = it can."""

    templates: list[AccountTemplate]
    reading: Reading
    missing: str
    stale: bool


class TemplatePages:
    """The page, its live part, and reading them now."""

    def __init__(self, parts: Parts, pages: Pages, deeds: Deeds) -> None:
        self._parts = parts
        self._pages = pages
        self._deeds = deeds

    async def show(self, visit: Visit) -> Response:
        """All of them."""
        return self._pages.render("templates.html", visit, shown=self._shown())

    async def listing(self, visit: Visit) -> Response:
        """The list alone."""
        return self._pages.render("templates_list.html", visit, shown=self._shown())

    async def read_now(self, visit: Visit) -> Response:
        """Ask the provider now."""
        if self._parts.templates is not None:
            await self._parts.templates.read()
        return go(TEMPLATES)

    def _shown(self) -> Shown:
        view = self._parts.node.store.view
        last, missing = templates.reading(view, WhatsApp.name), ""
        if WhatsApp.name not in self._parts.roads:
            missing = "templates.no_channel"
        elif self._parts.templates is None:
            missing = "templates.no_account"
        return Shown(
            templates=templates.listed(view, WhatsApp.name),
            reading=last,
            missing=missing,
            stale=bool(last.read_ms) and self._pages.now_ms() - last.read_ms > STALE_MS,
        )
