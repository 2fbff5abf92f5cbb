"""The named queries: every SQL statement of the program has one name and one home in `queries/*.sql`.

A query begins with a line `-- name: why it exists`; the statement follows until the next such line.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_HEAD = re.compile(r"^-- ([a-z_]+): (.+)$", re.MULTILINE)


def parse(text: str) -> dict[str, str]:
    """The statements of one file by name; a name that stands twice is an error."""
    found: dict[str, str] = {}
    heads = list(_HEAD.finditer(text))
    for head, after in zip(heads, [*heads[1:], None], strict=True):
        name = head[1]
        if name in found:
            raise ValueError(f"query {name} stands twice")
        found[name] = text[head.end() : after.start() if after else len(text)].strip().rstrip(";")
    return found


@cache
def queries() -> dict[str, str]:
    """All named queries."""
    found: dict[str, str] = {}
    for file in sorted(files("nightporter.store").joinpath("queries").iterdir(), key=lambda f: f.name):
        for name, statement in parse(file.read_text("utf-8")).items():
            if name in found:
                raise ValueError(f"query {name} stands twice")
            found[name] = statement
    return found


@cache
def migrations() -> tuple[tuple[int, str], ...]:
    """The schema steps in order: (version, SQL text)."""
    folder = files("nightporter.store").joinpath("schema")
    steps = sorted(
        (int(f.name[:4]), f.read_text("utf-8")) for f in folder.iterdir() if f.name.endswith(".sql")
    )
    if [version for version, _ in steps] != list(range(1, len(steps) + 1)):
        raise ValueError("schema steps must be numbered without a gap")
    return tuple(steps)
