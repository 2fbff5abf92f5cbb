"""The documents of the repository, as these tests read them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class Page:
    path: Path

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    @property
    def prose(self) -> str:
        """The text without its blocks."""
        return _FENCE.sub("", self.text)

    def blocks(self) -> list[tuple[str, str]]:
        """(language, text) of each block."""
        return _FENCE.findall(self.text)

    def anchors(self) -> set[str]:
        """What a link may point to, made as GitHub makes it."""
        headings = _HEADING.findall(self.prose)
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}

    def codes(self) -> list[str]:
        """What stands in backticks, in prose and in the lines of blocks that a person types."""
        typed = [
            line
            for language, text in self.blocks()
            if language in {"sh", "console"}
            for line in text.splitlines()
        ]
        return _CODE.findall(self.prose) + typed


def pages() -> list[Page]:
    """Every document that a reader may open, written or generated."""
    found = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md"]
    return [Page(path) for path in [*found, *sorted((ROOT / "docs").rglob("*.md"))]]


def page(name: str) -> Page:
    return Page(ROOT / name)
