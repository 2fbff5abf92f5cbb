"""The topics the desk answers by itself: a folder each, found by name."""

from __future__ import annotations

from collections.abc import Callable

from nightporter.config.hotel import Hotel
from nightporter.desk.topics import (
    accessibility,
    beach,
    bikes,
    breakfast,
    checkin_time,
    checkout_time,
    children,
    directions,
    documents,
    gym,
    housekeeping,
    human,
    late_arrival,
    nearby,
    parking,
    payment_tax,
    pets,
    pool,
    room_facts,
    smalltalk,
    wifi,
)
from nightporter.desk.understanding import Ask, TopicReply

TOPICS: dict[str, Callable[[Ask, Hotel], TopicReply]] = {
    "wifi": wifi.reply,
    "breakfast": breakfast.reply,
    "checkin_time": checkin_time.reply,
    "checkout_time": checkout_time.reply,
    "parking": parking.reply,
    "pets": pets.reply,
    "pool": pool.reply,
    "gym": gym.reply,
    "housekeeping": housekeeping.reply,
    "directions": directions.reply,
    "human": human.reply,
    "smalltalk": smalltalk.reply,
    "beach": beach.reply,
    "payment_tax": payment_tax.reply,
    "late_arrival": late_arrival.reply,
    "documents": documents.reply,
    "room_facts": room_facts.reply,
    "accessibility": accessibility.reply,
    "children": children.reply,
    "bikes": bikes.reply,
    "nearby": nearby.reply,
}


def reply(topic: str, ask: Ask, hotel: Hotel) -> TopicReply:
    """What the topic answers; KeyError for a name that is not in `TOPICS`."""
    return TOPICS[topic](ask, hotel)
