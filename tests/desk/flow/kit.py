"""What the tests of the flow are made of: a small hotel, turns, and a desk whose ears know a few plain words."""

from __future__ import annotations

import re
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from nightporter.config.hotel import Hotel, loads
from nightporter.desk.context import Context
from nightporter.desk.flow import Desk
from nightporter.desk.recogniser import level
from nightporter.desk.understanding import Understanding, Wish
from nightporter.model.conversation import Conversation, Memory, Turn, TurnEntry
from nightporter.model.decision import Decision, DispositionKind
from nightporter.model.guest import Guest, LanguageSource, Stay
from nightporter.model.message import Media, Message, MessageKind

ZONE = ZoneInfo("Europe/Rome")
PASSWORD = "laguna77"
NIGHT_CODE = "9137#"

FILE = f"""
hotel:
  id: faro
  name: Albergo del Faro
  timezone: Europe/Rome
  language: it
  answers_in: [it, en, de, fr, es]
  phone: "+39 0431 555010"
seasons:
  winter: {{from: 11-02, to: 03-14}}
reception:
  hours: "07:00-23:00"
  night: {{entry: code, code: "{NIGHT_CODE}", phone: "+39 347 5550112"}}
emergency:
  number: "112"
  meeting_point: {{en: "car park by the canal", it: "parcheggio sul canale"}}
wifi: {{network: Faro-Ospiti, password: {PASSWORD}, price: free}}
breakfast: {{hours: "07:30-10:30", price: included}}
pool: {{kind: outdoor, hours: "09:00-19:00", when: [{{season: winter, hours: closed}}]}}
pets: {{dogs: yes, price: {{eur: 8, per: night}}}}
parking:
  - {{kind: garage, spaces: 10, price: {{eur: 12, per: night}}}}
housekeeping: {{cleaning: "09:00-13:00", extra_pillows: yes}}
restaurant: {{hours: {{dinner: "19:00-22:00"}}, closed_on: [mon], book: staff}}
policy: {{complaint: staff, lost_property: staff}}
"""
HOTEL = loads(FILE)

_TOPIC_WORDS = {
    "wifi": ("wifi", "password", "wlan"),
    "breakfast": ("breakfast", "colazione", "frühstück", "petit-déjeuner", "desayuno"),
    "pool": ("pool", "piscina"),
    "pets": ("dog", "cane", "hund"),
    "parking": ("parking", "parcheggio"),
    "housekeeping": ("towels", "asciugamani", "pillow"),
    "human": ("human", "reception"),
    "maintenance": ("shower",),
    "restaurant": ("table",),
    "complaint": ("complain",),
    "lost_property": ("lost",),
    "other:complaint": ("refund", "lawyer"),
}
_EMERGENCY = re.compile(r"\b(fire|feuer|incendio|ambulance)\b")
_ANGRY = re.compile(r"\b(disgusting|scandal)\b")
_THANKS = re.compile(r"(ok )?(thanks|thank you|grazie|danke|👍)[.! ]*")
_GREETING = re.compile(r"(hi|hello|ciao|hallo|bonjour|hola)[.! ]*")
_ITALIAN = re.compile(r"\b(ciao|colazione|camera|piscina|cane|grazie|parcheggio|asciugamani|domani)\b")
_GERMAN = re.compile(r"\b(hallo|frühstück|hund|danke|morgen|feuer)\b")


def middle(topic: str) -> float:
    """A confidence that makes a draft of the topic."""
    return next(c / 100 for c in range(100) if level(topic, c / 100) == "middle")


class PlainEars:
    """Understands a message by a handful of words: what the flow is tested with instead of the trained model.

    "perhaps" makes the confidence one that only makes a draft.
    """

    def understand(
        self, text: str, *, languages: tuple[str, ...], hint: str = "", night: bool = False
    ) -> Understanding:
        low = text.lower().strip()
        perhaps = "perhaps" in low
        wishes = tuple(
            Wish(topic, middle(topic) if perhaps and ":" not in topic else 0.99, part)
            for part in re.split(r"[?,\n]| and ", low)
            for topic, words in _TOPIC_WORDS.items()
            if any(word in part for word in words)
        )[:4]
        language = "it" if _ITALIAN.search(low) else "de" if _GERMAN.search(low) else hint or "en"
        words = len(low.split())
        locked_out = night and "locked out" in low
        return Understanding(
            language=language if language in languages else "",
            language_sure=words >= 4,
            words=words,
            wishes=wishes,
            emergency=_EMERGENCY.search(low) is not None or locked_out,
            opt_out=low.strip("!. ") in ("stop", "stop messages", "basta messaggi"),
            wants_human="human" in low,
            thanks=_THANKS.fullmatch(low) is not None,
            greeting=_GREETING.fullmatch(low) is not None,
            fragment=not wishes and words <= 3,
            angry=_ANGRY.search(low) is not None,
        )


def at(text: str) -> int:
    """Milliseconds of a moment in the hotel's time zone, `2026-07-10 15:00:00`."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp() * 1000)


NOON = at("2026-07-10 12:00:00")
NIGHT = at("2026-07-10 02:30:00")
MINUTE = 60_000
HOUR = 60 * MINUTE

GUEST = Guest(
    guest_id="g1",
    name="Rosa Example",
    language="en",
    language_source=LanguageSource.HEARD,
    told_machine_ms=NOON - HOUR,
    phone="447700900123",
)
IN_HOUSE = Stay(
    stay_id="s1",
    source="test",
    code="FARO1",
    arrival="2026-07-09",
    departure="2026-07-12",
    room="204",
    flight="AZ1353",
)


def entry(
    words: str = "",
    *,
    kind: MessageKind = MessageKind.TEXT,
    number: int = 1,
    ago: int = 0,
    now: int = NOON,
    at_ago: int | None = None,
    **message: Any,
) -> TurnEntry:
    """A message that came `ago` ms before now, written `at_ago` ms before (default: when it came)."""
    media = Media(id=f"m{number}", mime_type="image/jpeg") if kind is MessageKind.IMAGE else None
    return TurnEntry(
        entry_id=f"e{number}",
        at_ms=now - (ago if at_ago is None else at_ago),
        received_ms=now - ago,
        provider_id=f"wamid.{number}",
        message=Message(kind=kind, text=words, media=media, **message),
    )


def turn(
    *entries: TurnEntry | str,
    guest: Guest = GUEST,
    stays: Sequence[Stay] = (),
    memory: Memory | None = None,
    staff_wrote_ms: int = 0,
    **conversation: int | str,
) -> Turn:
    """A turn of these messages; a text is one that came just now."""
    made = tuple(
        entry(one, number=number) if isinstance(one, str) else one for number, one in enumerate(entries, 1)
    )
    base = Conversation(
        conversation_id="c1",
        guest_id=guest.guest_id,
        channel="whatsapp",
        number="1055",
        last_guest_ms=max(one.at_ms for one in made),
        last_staff_ms=staff_wrote_ms,
        memory=memory or Memory(),
    )
    return Turn(
        conversation=replace(base, **conversation),  # type: ignore[arg-type]
        guest=guest,
        entries=made,
        stays=tuple(stays),
        staff_wrote_ms=staff_wrote_ms,
    )


def desk(hotel: Hotel = HOTEL) -> Desk:
    return Desk(lambda: hotel, PlainEars())  # type: ignore[arg-type]


def decide(made: Turn, now: int = NOON, hotel: Hotel = HOTEL) -> Decision:
    """What the desk decides on the turn at that moment."""
    return at_once(desk(hotel).answer(made, Context(now_ms=now)))


def at_once(decision: Coroutine[Any, Any, Decision]) -> Decision:
    """The result of a coroutine that never waits: what the embedded desk promises."""
    try:
        decision.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("the desk waited for something")


def said(decision: Decision) -> str:
    """The text to the guest, "" when nothing is said."""
    return decision.sayings[0].content.text if decision.sayings else ""


def outcome(decision: Decision) -> list[str]:
    """Every entry's outcome in a word: `answered`, `staff:<reason of its task>`, `silent:<reason>`."""
    words: list[str] = []
    for disposition in decision.dispositions:
        if disposition.kind is DispositionKind.STAFF:
            words.append(f"staff:{decision.tasks[disposition.task].reason}")
        elif disposition.kind is DispositionKind.SILENT:
            words.append(f"silent:{disposition.reason}")
        else:
            words.append("answered")
    return words
