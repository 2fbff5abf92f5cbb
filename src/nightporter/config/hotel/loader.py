"""Loads a hotel's file whole, or refuses it; and reloads it when it has changed."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from nightporter.config.hotel import scalars
from nightporter.config.hotel.blocks import Facts, House
from nightporter.config.hotel.document import Mapping, Node, Scalar, parse, read_document
from nightporter.config.hotel.exceptions import Period
from nightporter.config.hotel.hotel import DEFAULT_CURRENCY, DEFAULT_ZONE, Hotel
from nightporter.config.hotel.money import CURRENCIES
from nightporter.config.hotel.policy import TOPIC_NAMES, strict_enough
from nightporter.config.hotel.reader import read_block, read_fields
from nightporter.config.hotel.scalars import Scope
from nightporter.config.hotel.values import LANGUAGES
from nightporter.errors import HotelFileError


def load(path: Path) -> Hotel:
    """The hotel of that file; HotelFileError names file, line, path and reason."""
    return build(read_document(path), path.name)


def loads(source: str, file: str = "hotel.yaml") -> Hotel:
    """The same from text in memory; `file` is the name that errors speak of."""
    return build(parse(source, file), file)


def build(top: Mapping, file: str) -> Hotel:
    """The hotel of a document: who we are and the seasons first, because the rest hangs on them."""
    scope = Scope(file)
    _read_house(scope, top)
    _read_seasons(scope, top)
    values = read_fields(Facts, scope, top.items, "", top)
    hotel = Hotel(**values)
    _check_policy(scope, top, hotel)
    return hotel


class HotelFile:
    """A hotel's file and what was last loaded from it. A refused change keeps the facts from before."""

    def __init__(self, path: Path) -> None:
        """Loads at once: without a file `hotel` is empty; HotelFileError when the file is refused."""
        self.path = path
        self.error: HotelFileError | None = None
        self.hotel = Hotel.empty()
        self._seen: tuple[int, int, int] | None = self._stamp()
        if self._seen is not None:
            self.hotel = load(path)

    def maybe_reload(self) -> bool:
        """Look at the file; True when new facts were loaded. `error` says why a change was refused."""
        stamp = self._stamp()
        if stamp == self._seen:
            return False
        self._seen = stamp
        if stamp is None:
            self.error = HotelFileError(f"{self.path.name} has gone", "the facts loaded before stay in force")
            return False
        try:
            self.hotel = load(self.path)
        except HotelFileError as error:
            self.error = error
            return False
        self.error = None
        return True

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def _read_house(scope: Scope, top: Mapping) -> None:
    node = top.items.get("hotel")
    if not isinstance(node, Mapping):
        return
    for key in ("language", "currency", "timezone", "answers_in"):
        if key in node.items:
            _check_house(scope, key, node.items[key])
    house = read_block(House, scope, node, "hotel")
    assert isinstance(house, House)
    scope.language = house.language or (house.answers_in or LANGUAGES)[0]
    scope.currency = house.currency or DEFAULT_CURRENCY
    scope.zone = ZoneInfo(house.timezone or DEFAULT_ZONE)


def _check_house(scope: Scope, key: str, node: Node) -> None:
    words = node.items if key == "answers_in" and not isinstance(node, Scalar | Mapping) else (node,)
    for word in words:
        if not isinstance(word, Scalar) or not word.text:
            continue  # the reader refuses it, or it is absent
        if key == "currency" and word.text not in CURRENCIES:
            scope.refuse(word, "hotel.currency", f"must be one of {', '.join(sorted(CURRENCIES))}")
        if key in ("language", "answers_in") and word.text not in LANGUAGES:
            scope.refuse(word, f"hotel.{key}", f"must be of {', '.join(LANGUAGES)}")
        if key == "timezone" and not _is_zone(word.text):
            scope.refuse(word, "hotel.timezone", "must be a time zone like Europe/Rome")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError
        return False
    except KeyError:
        return False
    return True


def _read_seasons(scope: Scope, top: Mapping) -> None:
    node = top.items.get("seasons")
    if not isinstance(node, Mapping):
        return
    seasons: dict[str, Period] = {}
    for name, item in node.items.items():
        seasons[name] = scalars.period_of(scope, item, f"seasons.{name}")
    scope.seasons = seasons


def _check_policy(scope: Scope, top: Mapping, hotel: Hotel) -> None:
    node = top.items.get("policy")
    if not isinstance(node, Mapping):
        return
    for topic, policy in hotel.policy.items():
        item = node.items[topic]
        if topic not in TOPIC_NAMES:
            scope.refuse(item, f"policy.{topic}", "is no topic; the topics are in docs/topics.md")
        least = strict_enough(topic, policy)
        if least is not None:
            scope.refuse(item, f"policy.{topic}", f"must be {least} or stricter: it is about safety or money")
