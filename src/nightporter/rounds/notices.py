"""Makes notices of tasks, in the staff's language. What leaves the house: department, reason, room, time, link."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from nightporter.channels.notice import Event, Notice, Severity
from nightporter.model.decision import Urgency
from nightporter.outbox.tellings import Open, Step

LINES_MAX = 10
TOLD = "/told"  # the page behind the link that acknowledges
ROOM_CHARS_MAX = 20
ROOM_DIGITS_MAX = 6  # a longer number is no room
ROOM_DETAILS = ("room", "rooms")
CODE_DETAILS = ("code",)  # of a provider

EVENTS = {Step.TOLD: Event.TRIGGER, Step.TAKEN: Event.ACKNOWLEDGE, Step.ENDED: Event.RESOLVE}
SEVERITIES = {
    Urgency.EMERGENCY: Severity.CRITICAL,
    Urgency.NOW: Severity.ERROR,
    Urgency.NORMAL: Severity.WARNING,
    Urgency.INFO: Severity.INFO,
}
_ROOM = re.compile(r"[\w .,/-]+")
_CODE = re.compile(r"[\w:.-]{1,40}")


class Says(Protocol):
    """The staff's words (`console.wording.Words`)."""

    def __call__(self, key: str, **values: str | int) -> str:
        """The sentence, filled in."""
        ...

    def of(self, section: str, name: str) -> str:
        """The sentence of a name that comes from elsewhere."""
        ...

    def clock(self, at_ms: int) -> str:
        """The time at the hotel."""
        ...


@dataclass(frozen=True, slots=True)
class Notices:
    """Makes them; `console_url` "" = no link."""

    words: Callable[[], Says]
    console_url: str = ""

    def of(self, step: Step, tasks: Sequence[Open], key: str, token: str = "") -> Notice:
        """One notice about these tasks, the most urgent first. `token`: of the link that acknowledges them."""
        say = self.words()
        ranks = [*SEVERITIES]
        ordered = sorted(tasks, key=lambda task: (ranks.index(task.urgency), task.created_ms))
        worst = ordered[0].urgency
        title = say(
            self._title(step, worst),
            what=say.of("reasons", ordered[0].reason),
            more=f" (+{len(ordered) - 1})" if len(ordered) > 1 else "",
        )
        lines = [self._line(say, task) for task in ordered[:LINES_MAX]]
        if len(ordered) > LINES_MAX:
            lines.append(say("telling.more", count=len(ordered) - LINES_MAX))
        if token and self.console_url and step is Step.TOLD:
            lines.append(say("telling.take", link=f"{self.console_url}{TOLD}/{token}"))
        return Notice(
            key=key,
            event=EVENTS[step],
            title=title,
            lines=tuple(lines),
            link=self._link(ordered),
            severity=SEVERITIES[worst],
        )

    def trouble(self, step: Step, reason: str, key: str) -> Notice:
        """About the node itself, while nothing can be written."""
        say = self.words()
        title = say(self._title(step, Urgency.NOW), what=say.of("reasons", reason), more="")
        link = f"{self.console_url}/house" if self.console_url else ""
        return Notice(key=key, event=EVENTS[step], title=title, link=link, severity=Severity.CRITICAL)

    @staticmethod
    def _title(step: Step, urgency: Urgency) -> str:
        if step is Step.ENDED:
            return "telling.ended"
        return "telling.emergency" if urgency is Urgency.EMERGENCY else "telling.task"

    @staticmethod
    def _line(say: Says, task: Open) -> str:
        parts = [say.of("departments", task.department), say.of("reasons", task.reason)]
        if room := _room(task):
            parts.append(say("telling.room", room=room))
        parts += [str(task.details[name]) for name in CODE_DETAILS if _CODE.fullmatch(_told(task, name))]
        parts.append(say.clock(task.created_ms))
        if task.times > 1 and not task.done:
            parts.append(say("telling.reminder"))
        return " · ".join(parts)

    def _link(self, tasks: Sequence[Open]) -> str:
        if not self.console_url:
            return ""
        conversations = {task.conversation_id for task in tasks}
        if len(conversations) > 1:
            return f"{self.console_url}/"
        (only,) = conversations
        return f"{self.console_url}/conversations/{only}" if only else f"{self.console_url}/house"


def _told(task: Open, name: str) -> str:
    return str(task.details.get(name, ""))


def _room(task: Open) -> str:
    """The room that the task names; what does not look like one stays in the house."""
    for name in ROOM_DETAILS:
        room = _told(task, name).strip()
        digits = re.findall(r"\d+", room)
        fits = _ROOM.fullmatch(room) and len(room) <= ROOM_CHARS_MAX
        if fits and digits and len("".join(digits)) <= ROOM_DIGITS_MAX:
            return room
    return ""
