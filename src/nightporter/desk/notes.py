"""What the desk will remember, while it is still being written: `Memory` as a sheet that can be changed."""

from __future__ import annotations

from dataclasses import dataclass

from nightporter.model.conversation import Memory, Question


@dataclass(slots=True)
class Notes:
    """The fields of `Memory`."""

    question: Question | None
    answers_ms: tuple[int, ...]
    last_text: str
    last_text_times: int
    voice_told_ms: int
    handed_over_ms: int
    last_topics: tuple[str, ...]

    @classmethod
    def of(cls, memory: Memory) -> Notes:
        """A sheet that begins with what is remembered."""
        return cls(
            memory.question,
            memory.answers_ms,
            memory.last_text,
            memory.last_text_times,
            memory.voice_told_ms,
            memory.handed_over_ms,
            memory.last_topics,
        )

    def memory(self) -> Memory:
        """What is remembered from now on."""
        return Memory(
            question=self.question,
            answers_ms=self.answers_ms,
            last_text=self.last_text,
            last_text_times=self.last_text_times,
            voice_told_ms=self.voice_told_ms,
            handed_over_ms=self.handed_over_ms,
            last_topics=self.last_topics,
        )
