"""Routes: the operations of the gateway, in one table that routes requests and makes the OpenAPI document."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from nightporter.gateway.fields import Field
from nightporter.gateway.gate import Gate
from nightporter.gateway.problem import Code, Problem
from nightporter.gateway.sending import JSON
from nightporter.journal.keys import Key, Scope
from nightporter.model.message import JSONObject

BODY_BYTES_MAX = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request, read and allowed: what a handler is given."""

    gate: Gate
    key: Key | None = None
    path: Mapping[str, str] = field(default_factory=dict[str, str])
    query: Mapping[str, Any] = field(default_factory=dict[str, Any])
    body: JSONObject = field(default_factory=dict[str, Any])

    @property
    def who(self) -> str:
        """Who asks, for timelines and the audit."""
        return f"key {self.key.name}" if self.key else "anybody"


@dataclass(frozen=True, slots=True)
class Reply:
    """A good answer: a value that becomes JSON, or bytes of another type."""

    value: object
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    media_type: bytes = JSON


Handler = Callable[[Ask], Awaitable[Reply | Problem]]


@dataclass(frozen=True, slots=True)
class Told:
    """An answer as the document describes it."""

    what: str
    schema: JSONObject
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path. `{name}` in the path is one segment, percent-decoded."""

    method: str
    path: str
    summary: str
    handle: Handler
    scope: Scope | None = None  # None: no key is asked for
    query: Mapping[str, Field[Any]] = field(default_factory=dict[str, Field[Any]])
    body: Field[JSONObject] | None = None
    answers: Mapping[int, Told]
    problems: tuple[Code, ...] = ()  # of its own; those of key, limits and reading come by themselves

    def segments(self) -> tuple[str, ...]:
        """The path in pieces."""
        return tuple(self.path.split("/"))


@dataclass(frozen=True, slots=True)
class Match:
    """What a path leads to: its operations by method, and the values of its `{names}`."""

    operations: Mapping[str, Operation]
    names: Mapping[str, str]
    allow: str  # the methods, as the `Allow` header lists them


def allowed(methods: Iterable[str]) -> str:
    """The `Allow` header; who may GET may ask for the head alone."""
    known = set(methods)
    return ", ".join(sorted(known | ({"HEAD"} if "GET" in known else set())))


class Routes:
    """Finds operations by path."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._exact: dict[str, dict[str, Operation]] = {}
        self._open: dict[int, list[tuple[tuple[str, ...], dict[str, Operation]]]] = {}
        for operation in operations:
            self._table(operation)[operation.method] = operation

    def find(self, raw_path: str) -> Match | None:
        """What the path, still percent-encoded, leads to; an exact path wins, method by method, over one with names."""
        exact = self._exact.get(raw_path, {})
        parts = raw_path.split("/")
        for pattern, operations in self._open.get(len(parts), ()):
            names = _names(pattern, parts)
            if names is not None:
                return Match({**operations, **exact}, names, allowed(exact or operations))
        return Match(exact, {}, allowed(exact)) if exact else None

    def _table(self, operation: Operation) -> dict[str, Operation]:
        segments = operation.segments()
        if not any(map(_is_name, segments)):
            return self._exact.setdefault(operation.path, {})
        alike = self._open.setdefault(len(segments), [])
        for pattern, table in alike:
            if pattern == segments:
                return table
        alike.append((segments, {}))
        return alike[-1][1]


def _is_name(segment: str) -> bool:
    return segment.startswith("{")


def _names(pattern: tuple[str, ...], parts: list[str]) -> dict[str, str] | None:
    names: dict[str, str] = {}
    for segment, part in zip(pattern, parts, strict=True):
        if not _is_name(segment):
            if segment != part:
                return None
        elif not part:
            return None
        else:
            try:
                names[segment[1:-1]] = unquote(part, errors="strict")
            except UnicodeDecodeError:
                return None
    return names
