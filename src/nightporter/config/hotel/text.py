"""Text that a hotelier wrote: one sentence per language.

A language that is missing has no text; the caller then makes a sentence of its own from the values.
"""

from __future__ import annotations

from dataclasses import dataclass, field

TEXT_CHARS_MAX = 1_000  # a free note, not a brochure


@dataclass(frozen=True, slots=True)
class Text:
    """A free note by language (ISO 639-1)."""

    by_language: dict[str, str] = field(default_factory=dict[str, str])

    def get(self, language: str) -> str:
        """The note in that language, "" when there is none."""
        return self.by_language.get(language, "")

    def any(self) -> str:
        """The note in whatever language comes first: for staff, never for a guest."""
        return next(iter(self.by_language.values()), "")
