"""What guests asked and the hotel has no answer for: by topic, with examples and a line to write into `hotel.yaml`."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from nightporter.config.hotel import Hotel
from nightporter.config.hotel.policy import TOPIC_NAMES
from nightporter.desk.own import fit
from nightporter.desk.privacy import without_cards
from nightporter.store import Row, View

DAYS = 30  # looked at, unless somebody asks for more
TASKS_MAX = 5_000  # the newest of them
EXAMPLES_MAX = 5  # of each topic
EXAMPLE_CHARS_MAX = 160
DAY_MS = 86_400_000

NOT_UNDERSTOOD = "not_understood"  # as a reason, and as the topic of what has none
OWN_NAME = "question"  # of a suggested own answer to what nobody understood
OTHER = "other:"  # how the recogniser names what is no topic of the desk's

# Where in the file the answers of a topic stand; for the rest a line in it would change nothing.
BLOCKS = {
    "wifi": "wifi",
    "breakfast": "breakfast",
    "checkin_time": "arrival",
    "early_checkin": "arrival",
    "late_arrival": "arrival",
    "documents": "arrival",
    "checkout_time": "departure",
    "late_checkout": "departure",
    "luggage": "departure",
    "parking": "parking",
    "pets": "pets",
    "pool": "pool",
    "gym": "gym",
    "spa": "spa",
    "restaurant": "restaurant",
    "room_service": "room_service",
    "housekeeping": "housekeeping",
    "transfer": "transfer",
    "directions": "directions",
    "invoice": "invoice",
    "booking_cancel": "cancellation",
    "lost_property": "lost_property",
    "beach": "beach",
    "payment_tax": "payment",
    "room_facts": "rooms",
    "accessibility": "rooms",
    "children": "children",
    "bikes": "bikes",
}


@dataclass(frozen=True, slots=True)
class Example:
    """One guest's words, card numbers masked."""

    text: str
    conversation_id: str  # "" when it belongs to none
    at_ms: int


@dataclass(frozen=True, slots=True)
class Unanswered:
    """What was asked about one topic. `suggestion`: YAML that answers it, its dots filled in; "" = none would."""

    topic: str
    count: int
    reasons: dict[str, int]
    examples: list[Example]  # newest first, each wording once
    last_ms: int
    suggestion: str


def unanswered(view: View, hotel: Hotel, now_ms: int, days: int = DAYS) -> list[Unanswered]:
    """The topics of the last days, what was asked most first."""
    since_ms = max(now_ms - days * DAY_MS, 0)
    by_topic: dict[str, list[Row]] = {}
    for row in view.all("tasks_unanswered", (f"{since_ms:012x}", TASKS_MAX)):
        by_topic.setdefault(_topic(row), []).append(row)
    found = [_group(topic, rows, hotel) for topic, rows in by_topic.items()]
    return sorted(found, key=lambda one: (-one.count, -one.last_ms, one.topic))


def _topic(row: Row) -> str:
    """A guess that nobody would have said is no topic."""
    reason, topic = row[2], row[3]
    return topic.removeprefix(OTHER) if topic and reason != NOT_UNDERSTOOD else NOT_UNDERSTOOD


def _group(topic: str, rows: list[Row], hotel: Hotel) -> Unanswered:
    examples: dict[str, Example] = {}
    for _, conversation_id, _, _, summary, created_ms in rows:
        text = _short(summary)
        if text and len(examples) < EXAMPLES_MAX:
            examples.setdefault(text.casefold(), Example(text, conversation_id or "", created_ms))
    reasons = Counter(str(row[2]) for row in rows)
    newest = list(examples.values())
    return Unanswered(
        topic=topic,
        count=len(rows),
        reasons=dict(reasons.most_common()),
        examples=newest,
        last_ms=max(row[5] for row in rows),
        suggestion=suggestion(topic, hotel, [example.text for example in newest]),
    )


def suggestion(topic: str, hotel: Hotel, examples: Sequence[str] = ()) -> str:
    """A line for the file that holds an answer of the hotel's own, in its language; "" where none would be read.

    What is none of the desk's topics becomes one of `own_answers:`, asked in the words of the newest example.
    """
    say = f'{{{hotel.language}: "..."}}'
    block = BLOCKS.get(topic)
    if block is not None:
        return f"{block}: [{{text: {say}}}]" if block == "parking" else f"{block}: {{text: {say}}}"
    asked = next((text for text in examples if fit((text,), text) > 0), "")
    if topic in TOPIC_NAMES or not asked:
        return ""
    name = OWN_NAME if topic == NOT_UNDERSTOOD else re.sub(r"\W+", "_", topic.removeprefix(OTHER))
    return f"own_answers: [{{name: {name}, ask: [{json.dumps(asked, ensure_ascii=False)}], say: {say}}}]"


def _short(text: str) -> str:
    masked = " ".join(without_cards(text).split())
    return masked if len(masked) <= EXAMPLE_CHARS_MAX else masked[: EXAMPLE_CHARS_MAX - 1] + "…"
