"""The topics the desk answers by itself: a folder each, found by name."""

from __future__ import annotations

from collections.abc import Callable

from nightporter.config.hotel import Hotel
from nightporter.desk.topics import (
    booking_cancel,
    booking_change,
    breakfast,
    checkin_time,
    checkout_time,
    housekeeping,
    human,
    invoice,
    my_booking,
    new_booking,
    not_a_guest,
    parking,
    pets,
    pool,
    price,
    smalltalk,
    third_party,
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
    "housekeeping": housekeeping.reply,
    "invoice": invoice.reply,
    "booking_change": booking_change.reply,
    "booking_cancel": booking_cancel.reply,
    "new_booking": new_booking.reply,
    "price": price.reply,
    "human": human.reply,
    "smalltalk": smalltalk.reply,
    "my_booking": my_booking.reply,
    "third_party": third_party.reply,
    "not_a_guest": not_a_guest.reply,
}


def reply(topic: str, ask: Ask, hotel: Hotel) -> TopicReply:
    """What the topic answers; KeyError for a name that is not in `TOPICS`."""
    return TOPICS[topic](ask, hotel)
