"""Type checks and bounds for what a provider posts: whatever the value, the result can be stored."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any, cast

import orjson

from nightporter.model.guest import Identity, IdentityKind

ENTRIES_MAX = 5_000  # entries of one body; the rest is counted in a last one
TEXT_CHARS_MAX = 65_536  # of a guest's message (Meta allows 4,096)
NAME_CHARS_MAX = 256
ID_CHARS_MAX = 256  # a wamid has about 60
URL_CHARS_MAX = 2_048
START_CHARS = 500  # kept of a body that is not JSON
KEPT_DEPTH_MAX = 10  # of data without a field of its own
KEPT_NODES_MAX = 500
KEPT_STRING_CHARS_MAX = 4_096
KEPT_CHARS_MAX = 32_768  # of all strings of one entry's data together
FIRST_SECONDS, LAST_SECONDS = 1_000_000_000, 4_102_444_800  # 2001 to 2100: times outside are not believed
PHONE_DIGITS_MIN, PHONE_DIGITS_MAX = 5, 20
HASH_BYTES = 16
INT64_MAX = (1 << 63) - 1
INT_DIGITS_MAX = 20

JSON = Any  # what a JSON parser returns: checked by every function here
_BSUID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
_NOTHING: dict[str, JSON] = {}


def parse(body: bytes) -> tuple[bool, JSON]:
    """(True, value) of a JSON body, (False, None) of anything else.

    orjson is strict; Python's own parser then reads what escapes half an emoji (a cut name) or counts too far.
    """
    try:
        return True, orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        return True, json.loads(body.decode("utf-8", "replace"), parse_int=_bounded_int)
    except (ValueError, RecursionError):
        return False, None


def _bounded_int(digits: str) -> int | float:
    """As orjson does it: what does not fit 64 bits becomes a float."""
    return int(digits) if len(digits) < INT_DIGITS_MAX else float(digits)


def mapping(value: JSON) -> dict[str, JSON]:
    """The value if it is an object, else an empty one."""
    return value if value.__class__ is dict else _NOTHING


def sequence(value: JSON) -> list[JSON]:
    """The value if it is an array, else an empty one."""
    return value if value.__class__ is list else []


def text(value: JSON, chars_max: int = TEXT_CHARS_MAX) -> str:
    """The value if it is a string: bounded, without NUL and lone surrogates; else ''."""
    if type(value) is not str:
        return ""
    if len(value) > chars_max:
        value = value[:chars_max]
    if "\0" in value:
        value = value.replace("\0", "")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:  # halves that belong together are joined, lone ones replaced
            value = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return value


def name_of(value: JSON) -> str:
    """A person's or file's name on one line."""
    clean = text(value, NAME_CHARS_MAX)
    return (
        clean
        if clean.isprintable()
        else " ".join("".join(c if c.isprintable() else " " for c in clean).split())
    )


def identifier(value: JSON) -> str:
    """A provider's id as a string; an over-long one keeps its start and a hash, so it stays one of its kind."""
    if type(value) is str:
        clean = text(value)
        if len(clean) <= ID_CHARS_MAX:
            return clean
        digest = hashlib.blake2b(clean.encode(), digest_size=HASH_BYTES).hexdigest()
        return f"{clean[: ID_CHARS_MAX - 2 * HASH_BYTES - 1]}:{digest}"
    if type(value) is int and -INT64_MAX <= value <= INT64_MAX:
        return str(value)
    return ""


def number_of(value: JSON) -> float | None:
    """A finite number, also one written as a short string; else None."""
    if type(value) is str and len(value) <= 32:
        try:
            value = float(value)
        except ValueError:
            return None
    if type(value) is int or type(value) is float:
        return float(value) if -1e18 < value < 1e18 else None  # false for NaN too
    return None


def seconds_ms(value: JSON, otherwise_ms: int) -> int:
    """Milliseconds of a time in seconds (string or number); `otherwise_ms` when it is none we believe."""
    if type(value) is str and value.isdecimal() and value.isascii() and len(value) <= 12:
        seconds = int(value)
        return seconds * 1000 if FIRST_SECONDS <= seconds <= LAST_SECONDS else otherwise_ms
    seconds = number_of(value)
    if seconds is None or not FIRST_SECONDS <= seconds <= LAST_SECONDS:
        return otherwise_ms
    return int(seconds * 1000)


def milliseconds(value: JSON, otherwise_ms: int) -> int:
    """A time in milliseconds (string or number); `otherwise_ms` when it is none we believe."""
    at_ms = number_of(value)
    if at_ms is None or not FIRST_SECONDS * 1000 <= at_ms <= LAST_SECONDS * 1000:
        return otherwise_ms
    return int(at_ms)


def phone(value: JSON) -> str:
    """Digits of a phone number, '' when it is none."""
    if type(value) is int:
        value = str(value) if 0 < value < 10**PHONE_DIGITS_MAX else ""
    if type(value) is not str or len(value) > 2 * PHONE_DIGITS_MAX:
        return ""
    if not (value.isdecimal() and value.isascii()):
        value = value.removeprefix("+").translate(_PHONE_MARKS)
        if not (value.isdecimal() and value.isascii()):
            return ""
    return value if PHONE_DIGITS_MIN <= len(value) <= PHONE_DIGITS_MAX else ""


_PHONE_MARKS = str.maketrans("", "", " -().")


def identities_of(number: JSON, user: JSON = None, parent: JSON = None) -> tuple[Identity, ...]:
    """Identities from a phone number, a business-scoped id and its parent, each of which may be absent or wrong."""
    found: list[Identity] = []
    digits = phone(number)
    if digits:
        found.append(Identity(IdentityKind.PHONE, digits))
    elif type(number) is str and user is None:  # an id where the number was
        user = number
    if type(user) is str and _BSUID.fullmatch(user):
        found.append(Identity(IdentityKind.BSUID, user))
    if type(parent) is str and _BSUID.fullmatch(parent):
        found.append(Identity(IdentityKind.PARENT_BSUID, parent))
    return tuple(found)


def kept(value: JSON) -> JSON:
    """A bounded copy of any JSON value that orjson can write: depth, nodes and characters are cut, never refused."""
    return _Keeper().copy(value, KEPT_DEPTH_MAX)


class _Keeper:
    """Counts down what may still be copied."""

    __slots__ = ("_chars", "_nodes")

    def __init__(self) -> None:
        self._nodes = KEPT_NODES_MAX
        self._chars = KEPT_CHARS_MAX

    def copy(self, value: JSON, depth: int) -> JSON:
        self._nodes -= 1
        if type(value) is str:
            return self._string(value)
        if value is None or type(value) is bool:
            return value
        if type(value) is int:
            if -INT64_MAX <= value <= INT64_MAX:
                return value
            value = float(value)
        if type(value) is float:
            return value if value - value == 0 else None  # neither infinite nor NaN
        if depth == 0 or self._nodes <= 0:
            return None
        if type(value) is list:
            return self._list(cast("list[JSON]", value), depth)
        return self._dict(mapping(value), depth)

    def _string(self, value: str) -> str:
        clean = text(value, max(0, min(KEPT_STRING_CHARS_MAX, self._chars)))
        self._chars -= len(clean)
        return clean

    def _list(self, value: list[JSON], depth: int) -> list[JSON]:
        copied: list[JSON] = []
        for item in value:
            if self._nodes <= 0:
                break
            copied.append(self.copy(item, depth - 1))
        return copied

    def _dict(self, value: dict[str, JSON], depth: int) -> dict[str, JSON]:
        copied: dict[str, JSON] = {}
        for key in sorted(value):  # what is cut must not depend on the order of keys
            if self._nodes <= 0:
                break
            copied[self._string(key[:NAME_CHARS_MAX])] = self.copy(value[key], depth - 1)
        return copied


def kept_object(value: JSON) -> dict[str, JSON]:
    """`kept` of an object; anything else stands under `value`."""
    copied = kept(value)
    return mapping(copied) if type(copied) is dict else {"value": copied}


def digest(*values: JSON) -> str:
    """Hex digest of JSON values that does not depend on the order of keys."""
    try:
        canonical = orjson.dumps(values, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # nested too deep or out of orjson's range
        canonical = orjson.dumps([kept(value) for value in values], option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(canonical, digest_size=HASH_BYTES).hexdigest()


def start_of(body: bytes) -> str:
    """The first characters of a body that nobody understands."""
    return text(body[: 4 * START_CHARS].decode("utf-8", "replace"), START_CHARS)
