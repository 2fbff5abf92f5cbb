"""Commands about what staff have to do."""

from __future__ import annotations

from typing import Annotated

import typer

from nightporter.cli import output
from nightporter.cli.reach import do, folder_view

Json = Annotated[bool, typer.Option("--json", help="as JSON")]


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    tasks = typer.Typer(help="What staff have to do.", no_args_is_help=True)
    tasks.command("list")(list_tasks)
    tasks.command("take")(take)
    tasks.command("done")(done)
    app.add_typer(tasks, name="tasks")


def list_tasks(as_json: Json = False) -> None:
    """Open tasks, oldest first.

    Example: nightporter tasks list --json
    """
    from nightporter.gateway.shapes import at
    from nightporter.outbox.tasks import open_tasks

    with folder_view() as view:
        found = [
            {
                "id": task.task_id,
                "urgency": task.urgency,
                "department": task.department,
                "reason": task.reason,
                "topic": task.topic,
                "summary": task.summary,
                "details": task.details,
                "draft": task.draft,
                "conversation": task.conversation_id,
                "created_at": at(task.created_ms),
            }
            for task in open_tasks(view)
        ]
    columns = ("id", "urgency", "department", "reason", "summary", "created_at")
    output.records(found, as_json=as_json, columns=columns, nothing="nothing to do")


def take(
    task_id: Annotated[str, typer.Argument(metavar="ID", help="from `tasks list`")], as_json: Json = False
) -> None:
    """A person looks after it: nobody else is told of it any more.

    Example: nightporter tasks take 019abc...
    """
    output.record(do("tasks.take", id=task_id), as_json=as_json)


def done(
    task_id: Annotated[str, typer.Argument(metavar="ID", help="from `tasks list`")], as_json: Json = False
) -> None:
    """A person did it.

    Example: nightporter tasks done 019abc...
    """
    output.record(do("tasks.done", id=task_id), as_json=as_json)
