"""From nodes to blocks: follows the fields of the dataclasses in `blocks`, and refuses what is not there.

The type of a field says how its value is read, so the schema is written once.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from nightporter.config.hotel import scalars
from nightporter.config.hotel.document import Kind, Mapping, Node, Scalar, Sequence
from nightporter.config.hotel.exceptions import Once, Period, When
from nightporter.config.hotel.hours import Hours
from nightporter.config.hotel.money import CURRENCIES, Money
from nightporter.config.hotel.scalars import Scope
from nightporter.config.hotel.text import Text
from nightporter.config.hotel.values import NO, Minutes, No, Phone, Position, Tell, Url, Verbatim

LIST_ITEMS_MAX = 200
EXCEPTIONS_MAX = 50

Read = Callable[[Scope, Node, str], Any]

_CONDITIONS = ("season", "from", "to", "dates")
_SCALARS: dict[Any, Read] = {
    bool: scalars.read_flag,
    str: scalars.read_word,
    int: scalars.read_int,
    Decimal: scalars.read_decimal,
    date: scalars.read_day_of_calendar,
    Text: scalars.read_text,
    Money: scalars.read_money,
    Hours: scalars.read_hours,
    Period: scalars.period_of,
    Minutes: scalars.read_time,
    Phone: scalars.read_phone,
    Position: scalars.read_position,
    Tell: scalars.read_tell,
    Url: scalars.read_url,
    Verbatim: scalars.read_verbatim,
}


@dataclasses.dataclass(frozen=True, slots=True)
class _Plan:
    """How a dataclass is read: by key of the file the field's name and its reader."""

    fields: dict[str, tuple[str, Read]]
    required: tuple[str, ...]
    money: str  # the field that currency keys of the block itself fill, "" none


@cache
def _plan(kind: type) -> _Plan:
    hints = get_type_hints(kind)
    keys: dict[str, str] = {name: key for key, name in getattr(kind, "KEYS", {}).items()}
    fields: dict[str, tuple[str, Read]] = {}
    required: list[str] = []
    for item in dataclasses.fields(kind):
        key = keys.get(item.name, item.name.removesuffix("_"))
        if item.name == "when":
            continue
        fields[key] = (item.name, reader_of(hints[item.name]))
        if item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING:
            required.append(key)
    return _Plan(fields, tuple(required), getattr(kind, "MONEY", ""))


def reader_of(hint: Any) -> Read:
    """The reader of a field's type."""
    if hint in _SCALARS:
        return _SCALARS[hint]
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _union(tuple(arg for arg in get_args(hint) if arg is not type(None)))
    if origin is tuple:
        return _list_of(reader_of(get_args(hint)[0]))
    if origin is dict:
        key, value = get_args(hint)
        return _dict_of(None if key is str else reader_of(key), reader_of(value))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return scalars.read_choice(hint)
    assert isinstance(hint, type), f"no reader for {hint}"
    kind: type = hint
    return lambda scope, node, path: read_block(kind, scope, node, path)


def _union(options: tuple[Any, ...]) -> Read:
    if options == get_args(Period):
        return scalars.period_of
    main = [option for option in options if option is not No]
    words = reader_of(main[0])  # of two readers the first is a closed set of words
    read_rest = reader_of(main[-1])
    known = [str(word) for word in main[0]] if len(main) > 1 else []

    def read(scope: Scope, node: Node, path: str) -> Any:
        if No in options and scalars.says_no(node):
            return NO
        if isinstance(node, Scalar) and node.text in known:
            return words(scope, node, path)
        return read_rest(scope, node, path)

    return read


def _list_of(read_item: Read) -> Read:
    def read(scope: Scope, node: Node, path: str) -> tuple[Any, ...]:
        if not isinstance(node, Sequence):
            scope.refuse(node, path, "must be a list: [.., ..]")
        if len(node.items) > LIST_ITEMS_MAX:
            scope.refuse(node, path, f"must have at most {LIST_ITEMS_MAX} items")
        return tuple(read_item(scope, item, f"{path}[{at}]") for at, item in enumerate(node.items))

    return read


def _dict_of(read_key: Read | None, read_item: Read) -> Read:
    def read(scope: Scope, node: Node, path: str) -> dict[Any, Any]:
        if not isinstance(node, Mapping):
            scope.refuse(node, path, "must be a mapping: {name: ..}")
        if len(node.items) > LIST_ITEMS_MAX:
            scope.refuse(node, path, f"must have at most {LIST_ITEMS_MAX} names")
        out: dict[Any, Any] = {}
        for key, item in node.items.items():
            name: Any = key
            if read_key is not None:
                name = read_key(scope, Scalar(item.line, key, Kind.TEXT), path)
            if not _empty(item):
                out[name] = read_item(scope, item, f"{path}.{key}")
        return out

    return read


def read_block(kind: type, scope: Scope, node: Node, path: str) -> Any:
    """An instance of the dataclass `kind`, its exceptions included."""
    items = _items(kind, scope, node, path)
    plan = _plan(kind)
    values = read_fields(kind, scope, items, path, node)
    missing = [key for key in plan.required if plan.fields[key][0] not in values]
    if missing:
        scope.refuse(node, path, f"needs `{missing[0]}`")
    if "when" in items and _takes_when(kind):
        values["when"] = _exceptions(kind, scope, items["when"], f"{path}.when")
    return kind(**values)


def read_fields(kind: type, scope: Scope, items: dict[str, Node], path: str, node: Node) -> dict[str, Any]:
    """The fields of `kind` that these keys fill; an unknown key is refused, an empty one is absent."""
    plan = _plan(kind)
    values: dict[str, Any] = {}
    money: dict[str, Node] = {}
    for key, item in items.items():
        if key == "when" and _takes_when(kind):
            continue
        if plan.money and (key == "per" or key.upper() in CURRENCIES):
            money[key] = item
            continue
        if key not in plan.fields:
            known = ", ".join(sorted(plan.fields)) + (", when" if _takes_when(kind) else "")
            scope.refuse(item, _join(path, key), f"is not known here; known are {known}")
        if not _empty(item):
            name, read = plan.fields[key]
            values[name] = read(scope, item, _join(path, key))
    if money:
        values[plan.money] = scalars.money_of(scope, node, path, money)
    return values


def _items(kind: type, scope: Scope, node: Node, path: str) -> dict[str, Node]:
    if not isinstance(node, Mapping):
        keys = ", ".join(list(_plan(kind).fields)[:4])
        scope.refuse(node, path, f"must be a mapping with keys such as {keys}")
    return node.items


def _takes_when(kind: type) -> bool:
    return any(item.name == "when" for item in dataclasses.fields(kind))


def _exceptions(kind: type, scope: Scope, node: Node, path: str) -> tuple[When, ...]:
    if not isinstance(node, Sequence):
        scope.refuse(node, path, "must be a list of exceptions: [{season: .., ..}]")
    if len(node.items) > EXCEPTIONS_MAX:
        scope.refuse(node, path, f"must have at most {EXCEPTIONS_MAX} exceptions")
    return tuple(_exception(kind, scope, item, f"{path}[{at}]") for at, item in enumerate(node.items))


def _exception(kind: type, scope: Scope, node: Node, path: str) -> When:
    if not isinstance(node, Mapping):
        scope.refuse(node, path, "must be an exception like {season: winter, hours: closed}")
    periods, season = _condition(scope, node, path)
    rest = {key: item for key, item in node.items.items() if key not in _CONDITIONS}
    if "when" in rest:
        scope.refuse(rest["when"], path, "must not have exceptions of its own")
    if not rest:
        scope.refuse(node, path, "must say what is different then")
    return When(periods, read_fields(kind, scope, rest, path, node), season)


def _condition(scope: Scope, node: Mapping, path: str) -> tuple[tuple[Period, ...], str]:
    given = {key: item for key, item in node.items.items() if key in _CONDITIONS}
    if set(given) == {"season"}:
        name = scalars.scalar(scope, given["season"], f"{path}.season", "the name of a season").text
        if name not in scope.seasons:
            known = ", ".join(scope.seasons) or "none"
            scope.refuse(given["season"], f"{path}.season", f"`{name[:40]}` is no season; known are {known}")
        return (scope.seasons[name],), name
    if set(given) == {"from", "to"}:
        return (scalars.period_of(scope, Mapping(node.line, given), path),), ""
    if set(given) != {"dates"}:
        scope.refuse(node, path, "must say when: season: .., or from: MM-DD and to: MM-DD, or dates: [..]")
    days = _list_of(scalars.read_day_of_calendar)(scope, given["dates"], f"{path}.dates")
    return tuple(Once(day, day) for day in cast("tuple[date, ...]", days)), ""


def _empty(node: Node) -> bool:
    return isinstance(node, Scalar) and node.kind is Kind.NULL


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
