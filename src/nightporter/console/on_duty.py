"""Who is on duty: staff say it of themselves, and see who is; telling people goes by it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from nightporter.console.deeds import Deeds
from nightporter.console.pages import Pages
from nightporter.console.parts import Parts
from nightporter.console.visit import Visit, back_to, go
from nightporter.journal import accounts, duty
from nightporter.journal.accounts import Standing, login_of
from nightporter.journal.duty import Said
from nightporter.rounds.roster import Roster
from nightporter.store import Tx

DUTY = "/duty"
WORDS = {"on": True, "off": False}
WORKING = frozenset({Standing.ACTIVE, Standing.START_PASSWORD})


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One of the staff. `said`: their own word; `planned`: by the roster, None = it does not name them."""

    name: str
    said: Said | None
    planned: bool | None
    departments: tuple[str, ...] = ()

    @property
    def on_duty(self) -> bool:
        """As telling people takes it."""
        return self.said.on_duty if self.said else bool(self.planned)


class DutyPages:
    """The page, and the button in everybody's menu."""

    def __init__(self, parts: Parts, pages: Pages, deeds: Deeds, roster: Roster) -> None:
        self._node = parts.node
        self._pages = pages
        self._deeds = deeds
        self._roster = roster

    async def show(self, visit: Visit) -> Response:
        """Everybody, who is there first."""
        return self._pages.render("duty.html", visit, members=self._members())

    async def listed(self, visit: Visit) -> Response:
        """The list alone."""
        return self._pages.render("duty_list.html", visit, members=self._members())

    async def say(self, visit: Visit) -> Response:
        """Somebody is on duty from now on, or off."""
        on_duty = WORDS.get(visit.form.get("duty", ""))
        if on_duty is None:
            return self._pages.problem(visit, "problem.form", 422)
        deed, account_id = self._deeds.deed(visit), visit.visitor.account_id
        say = duty.say(account_id, deed.now_ms, on_duty=on_duty)

        def unit(tx: Tx) -> None:
            say(tx)
            deed.note(tx, "on duty" if on_duty else "off duty", account_id)

        await self._node.write(unit)
        return go(back_to(visit, DUTY))

    def _members(self) -> list[Member]:
        now_ms, view = self._pages.now_ms(), self._node.store.view
        said = duty.said(view, now_ms)
        plan = {login_of(one.name): (one, there) for one, there in self._roster.plan(now_ms)}
        names = {login_of(one.name): one.name for one in accounts.listed(view) if one.standing in WORKING}
        names |= {login: one.name for login, (one, _) in plan.items()}
        members = [
            Member(
                name=name,
                said=said.get(login),
                planned=plan[login][1] if login in plan else None,
                departments=tuple(sorted(plan[login][0].departments)) if login in plan else (),
            )
            for login, name in names.items()
        ]
        return sorted(members, key=lambda one: (not one.on_duty, login_of(one.name)))
