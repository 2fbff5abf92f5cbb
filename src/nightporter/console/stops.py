"""A provider's stop, lifted by an owner: what the hotel put right with the provider, the node cannot know."""

from __future__ import annotations

from starlette.responses import Response

from nightporter.console.deeds import Deeds
from nightporter.console.pages import Pages
from nightporter.console.parts import Parts
from nightporter.console.visit import Visit, go
from nightporter.outbox import tasks
from nightporter.store import Tx

LIFT = "/channels/{channel}/lift"


class Stops:
    """For owners only."""

    def __init__(self, parts: Parts, pages: Pages, deeds: Deeds) -> None:
        self._parts = parts
        self._pages = pages
        self._deeds = deeds

    async def lift(self, visit: Visit) -> Response:
        """Send over that channel again, until the provider refuses again; the alerts of it are over."""
        name = visit.request.path_params["channel"]
        road = self._parts.roads.get(name)
        if road is None:
            return self._pages.problem(visit, "problem.gone", 404)
        if visit.form.get("sure") != "yes":
            return self._pages.problem(visit, "problem.form", 422)
        deed, stops, alerts = self._deeds.deed(visit), road.stops(), road.alerts()

        def unit(tx: Tx) -> None:
            for stop in stops:
                tx.run("channel_go", (deed.now_ms, stop))
            for prefix in alerts:
                tasks.end(tx, prefix, deed.now_ms)
            deed.note(tx, "stop lifted", name)

        if stops:
            await self._parts.node.write(unit)
            road.lift()
        return go("/house")
