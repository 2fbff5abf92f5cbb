"""A YAML 1.2 file as a small tree whose every node knows its line; what cannot be such a tree is refused."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, NoReturn

from nightporter.errors import HotelFileError

FILE_BYTES_MAX = 256 * 1024
NODES_MAX = 20_000  # also what aliases unfold to
DEPTH_MAX = 16

ADVICE = "correct that line, or leave it out: what is not there is simply not known"


class Kind(StrEnum):
    """What YAML 1.2 takes a plain scalar for."""

    TEXT = "text"
    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    NULL = "null"
    DATE = "date"


_TAGS = {
    "tag:yaml.org,2002:str": Kind.TEXT,
    "tag:yaml.org,2002:int": Kind.INT,
    "tag:yaml.org,2002:float": Kind.FLOAT,
    "tag:yaml.org,2002:bool": Kind.BOOL,
    "tag:yaml.org,2002:null": Kind.NULL,
    "tag:yaml.org,2002:timestamp": Kind.DATE,
}


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value, as it was written."""

    line: int
    text: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values, in the file's order; keys are text and differ."""

    line: int
    items: dict[str, Node]


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    line: int
    items: tuple[Node, ...]


Node = Scalar | Mapping | Sequence


def refuse(file: str, line: int, path: str, reason: str) -> NoReturn:
    """Raise the one error of this package: file, line, path, reason, in one line."""
    where = f"{file}, line {line}" if line else file
    said = f"{where}: {path}: {reason}" if path else f"{where}: {reason}"
    raise HotelFileError(" ".join(said.split()), ADVICE)


def read_document(path: Path) -> Mapping:
    """The file's top mapping; an empty file is an empty mapping."""
    file = path.name
    try:
        raw = path.read_bytes()
    except OSError as error:
        refuse(file, 0, "", f"cannot be read: {error.strerror or type(error).__name__} ({path})")
    if len(raw) > FILE_BYTES_MAX:
        refuse(file, 0, "", f"is over {FILE_BYTES_MAX // 1024} KB")
    try:
        source = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        refuse(file, raw[: error.start].count(b"\n") + 1, "", "is not UTF-8 text")
    return parse(source, file)


def parse(source: str, file: str) -> Mapping:
    """The same from text in memory; `file` is the name that errors speak of."""
    from ruamel.yaml import YAML  # only while a file is being loaded
    from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError

    yaml: Any = YAML(typ="safe", pure=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ReusedAnchorWarning)
            top: Any = yaml.compose(source)
    except MarkedYAMLError as error:
        refuse(file, *_marked(error))
    except RecursionError:
        refuse(file, 0, "", f"is nested deeper than {DEPTH_MAX} levels")
    except (YAMLError, ValueError, KeyError, IndexError, AttributeError, AssertionError, TypeError) as error:
        refuse(file, 0, "", f"is not YAML: {error}")  # the scanner's own slips on odd input
    if top is None:
        return Mapping(1, {})
    node = _Tree(file).build(top, "", 0)
    if not isinstance(node, Mapping):
        if isinstance(node, Scalar) and node.kind is Kind.NULL:
            return Mapping(1, {})
        refuse(file, node.line, "", "must be a mapping of blocks, like `wifi: {network: ...}`")
    return node


def _marked(error: Any) -> tuple[int, str, str]:
    mark = error.problem_mark or error.context_mark
    return (mark.line + 1 if mark else 0), "", f"is not YAML: {error.problem or error.context}"


class _Tree:
    """Turns the library's nodes (which have no types) into ours, and counts them."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._left = NODES_MAX

    def build(self, node: Any, path: str, depth: int) -> Node:
        line = int(node.start_mark.line) + 1
        self._left -= 1
        if self._left < 0:
            refuse(self._file, line, path, f"has over {NODES_MAX} values")
        if depth > DEPTH_MAX:
            refuse(self._file, line, path, f"is nested deeper than {DEPTH_MAX} levels")
        value: Any = node.value
        if node.id == "mapping":
            return Mapping(line, self._items(value, path, depth))
        if node.id == "sequence":
            built = (self.build(item, f"{path}[{at}]", depth + 1) for at, item in enumerate(value))
            return Sequence(line, tuple(built))
        kind = _TAGS.get(str(node.tag))
        if kind is None:
            refuse(self._file, line, path, f"has a tag that is not known here: {node.tag}")
        return Scalar(line, str(value), kind)

    def _items(self, pairs: list[tuple[Any, Any]], path: str, depth: int) -> dict[str, Node]:
        items: dict[str, Node] = {}
        for key_node, value in pairs:
            line = int(key_node.start_mark.line) + 1
            if key_node.id != "scalar":
                refuse(self._file, line, path, "has a key that is not a word")
            key = re.sub(r"\s+", " ", str(key_node.value)).strip()
            if key in items:
                refuse(self._file, line, path, f"has the key `{key}` twice")
            item = self.build(value, f"{path}.{key}" if path else key, depth + 1)
            if isinstance(item, Scalar) and item.kind is Kind.NULL:
                item = replace(item, line=line)  # YAML places an empty value behind the line's end
            items[key] = item
        return items
