"""Who is in line for a department at a moment: people on duty first, then the house's own ways."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from nightporter.channels.ways import PAGERDUTY, fingerprint
from nightporter.config.hotel import Hotel
from nightporter.config.hotel.blocks import Department
from nightporter.config.hotel.hours import Day, Hours
from nightporter.config.hotel.values import DepartmentName
from nightporter.journal.accounts import login_of
from nightporter.journal.duty import Said
from nightporter.model.decision import Urgency
from nightporter.outbox.tellings import PAGED_DEPARTMENT, Open

HOUSE = "house"
REMIND_MINUTES = 10
PAGE_AGAIN_MINUTES = 3
MINUTE_MS = 60_000
TIMES_IN_A_ROW = 2  # somebody is told, and reminded; then it is the turn of the next in line


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One in line. `week` () = the department's own hours; `departments` empty = all."""

    name: str
    ways: tuple[str, ...]
    departments: frozenset[str] = frozenset()
    week: tuple[Day, ...] = ()
    order: int = 0


class Roster:
    """The people of the settings, what `staff:` of the hotel's file says, and the house's ways for everybody else."""

    def __init__(
        self,
        people: Iterable[Contact],
        house_ways: tuple[str, ...],
        hotel: Callable[[], Hotel],
        *,
        pagerduty: bool = False,
        duty: Callable[[int], Mapping[str, Said]] = lambda _: {},
    ) -> None:
        """`duty`: what people said of themselves at a moment, by the name as it is compared."""
        self._people = sorted(people, key=lambda one: one.order)
        self._house = Contact(name=HOUSE, ways=house_ways)
        self._hotel = hotel
        self._duty = duty
        self._pagerduty = pagerduty  # may `tell: [pagerduty]` of the hotel's file be followed?

    def anybody(self) -> bool:
        """False when nothing is configured: then nobody is told outside the console."""
        named = any(self._of_file(name) for name in self._hotel().staff)
        return bool(self._people or self._house.ways or named)

    def line(self, department: str) -> list[Contact]:
        """Everybody who is told of this department's tasks, in order."""
        people = [one for one in self._people if not one.departments or department in one.departments]
        house = [self._house] if self._house.ways else []
        return [*people, *self._of_file(department), *house]

    def address(self, wanted: str) -> str:
        """The way of that fingerprint; "" when it is configured no more."""
        return next((way for _, way in self.ways() if fingerprint(way) == wanted), "")

    def ways(self) -> Iterator[tuple[str, str]]:
        """Every way of everybody: who, and how."""
        lines = [self._people, *(self._of_file(str(name)) for name in self._hotel().staff), [self._house]]
        yield from ((one.name, way) for line in lines for one in line for way in one.ways)

    def turn(self, task: Open, now_ms: int) -> list[Contact]:
        """Who is told of the task now; empty: nobody is on duty, and it can wait."""
        now = datetime.fromtimestamp(now_ms / 1000, self._hotel().zone)
        line = self._fit(task, self.line(task.department))
        if task.pages:
            paged = {one.name: one for one in self._fit(task, self.line(PAGED_DEPARTMENT))}
            return [*({one.name: one for one in line} | paged).values()]
        said = self._duty(now_ms)
        on_duty = [one for one in line if self._on_duty(one, task.department, now, said)]
        if not on_duty and task.urgency is Urgency.NOW:
            on_duty = line
        if not on_duty:
            return []
        position = {one.name: number for number, one in enumerate(on_duty)}
        told = task.contacts
        return [
            min(on_duty, key=lambda one: (told.get(one.name, 0) // TIMES_IN_A_ROW, position[one.name])),
        ]

    def named(self, names: Iterable[str], department: str) -> list[Contact]:
        """Those of the names that are still in line for the department or for a page."""
        wanted = set(names)
        line = [*self.line(department), *self.line(PAGED_DEPARTMENT), *self._people]
        found = {one.name: one for one in line if one.name in wanted}
        return [*found.values()]

    def again_ms(self, task: Open) -> int:
        """How long until it is told again."""
        block = self._block(PAGED_DEPARTMENT if task.pages else task.department)
        if task.pages:
            return ((block and block.repeat_every_min) or PAGE_AGAIN_MINUTES) * MINUTE_MS
        return ((block and block.remind_after_min) or REMIND_MINUTES) * MINUTE_MS

    @staticmethod
    def _fit(task: Open, line: Sequence[Contact]) -> list[Contact]:
        """PagerDuty rings people out of bed: only for what cannot wait."""
        if task.urgency in (Urgency.NOW, Urgency.EMERGENCY):
            return [*line]
        quiet = (replace(one, ways=tuple(way for way in one.ways if way != PAGERDUTY)) for one in line)
        return [one for one in quiet if one.ways]

    def _of_file(self, department: str) -> list[Contact]:
        """`staff.<department>.tell` of the hotel's file: console and phone numbers need nothing from us."""
        block = self._block(department)
        ways = [str(tell) for tell in block.tell] if block else []
        return [
            Contact(name=f"{department}-{number}", ways=(way,))
            for number, way in enumerate(ways, 1)
            if "://" in way or (way == PAGERDUTY and self._pagerduty)
        ]

    def _block(self, department: str) -> Department | None:
        names = {str(name): name for name in DepartmentName}
        return self._hotel().staff.get(names[department]) if department in names else None

    def plan(self, now_ms: int) -> list[tuple[Contact, bool]]:
        """The people of the settings in order, each with whether they are on duty now for any of their departments."""
        now, said = datetime.fromtimestamp(now_ms / 1000, self._hotel().zone), self._duty(now_ms)
        every = tuple(str(name) for name in DepartmentName)
        return [
            (one, any(self._on_duty(one, name, now, said) for name in one.departments or every))
            for one in self._people
        ]

    def _on_duty(self, contact: Contact, department: str, now: datetime, said: Mapping[str, Said]) -> bool:
        """By their own word, else by their hours, else by the department's."""
        own = said.get(login_of(contact.name))
        if own:
            return own.on_duty
        hotel = self._hotel()
        if contact.week:
            return Hours(hotel.zone, contact.week).open_at(now)
        if department not in {str(name) for name in DepartmentName}:
            return True
        path = hotel.desk_path(department)
        return not hotel.has_hours(path) or hotel.open_at(path, now)
