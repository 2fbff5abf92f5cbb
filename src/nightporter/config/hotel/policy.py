"""Which topics there are, and how strict the desk must at least be with those about safety and money."""

from __future__ import annotations

from nightporter.config.hotel.values import Policy

TOPIC_NAMES = frozenset(
    {
        "wifi",
        "breakfast",
        "checkin_time",
        "checkout_time",
        "early_checkin",
        "late_checkout",
        "parking",
        "pets",
        "pool",
        "gym",
        "spa",
        "restaurant",
        "room_service",
        "housekeeping",
        "maintenance",
        "noise",
        "transfer",
        "directions",
        "luggage",
        "invoice",
        "booking_change",
        "booking_cancel",
        "new_booking",
        "price",
        "lost_property",
        "complaint",
        "emergency",
        "human",
        "smalltalk",
        "optout",
        "beach",
        "payment_tax",
        "my_booking",
        "late_arrival",
        "documents",
        "room_facts",
        "accessibility",
        "children",
        "bikes",
        "nearby",
        "third_party",
        "not_a_guest",
    }
)

LEAST = {
    "booking_change": Policy.STAFF,
    "booking_cancel": Policy.STAFF,
    "complaint": Policy.STAFF,
    "third_party": Policy.STAFF,
    "lost_property": Policy.STAFF,
    "price": Policy.STAFF,
    "new_booking": Policy.DRAFT,
    "invoice": Policy.DRAFT,
    "accessibility": Policy.DRAFT,
}  # a file may be stricter, never bolder

_STRICTNESS = {Policy.AUTO: 0, Policy.DRAFT: 1, Policy.STAFF: 2}


def strict_enough(topic: str, policy: Policy) -> Policy | None:
    """None when the policy may stand; else the least that is allowed."""
    least = LEAST.get(topic, Policy.AUTO)
    return least if _STRICTNESS[policy] < _STRICTNESS[least] else None
