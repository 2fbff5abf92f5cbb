"""The topics the desk answers by itself: a folder each, found by name."""

from __future__ import annotations

from collections.abc import Callable

from nightporter.config.hotel import Hotel
from nightporter.desk.topics import (
    accessibility,
    beach,
    bikes,
    booking_cancel,
    booking_change,
    breakfast,
    checkin_time,
    checkout_time,
    children,
    complaint,
    directions,
    documents,
    early_checkin,
    gym,
    housekeeping,
    human,
    invoice,
    late_arrival,
    late_checkout,
    lost_property,
    luggage,
    maintenance,
    my_booking,
    nearby,
    new_booking,
    noise,
    not_a_guest,
    parking,
    payment_tax,
    pets,
    pool,
    price,
    restaurant,
    room_facts,
    room_service,
    smalltalk,
    spa,
    third_party,
    transfer,
    wifi,
)
from nightporter.desk.understanding import Ask, TopicReply

TOPICS: dict[str, Callable[[Ask, Hotel], TopicReply]] = {
    "wifi": wifi.reply,
    "breakfast": breakfast.reply,
    "checkin_time": checkin_time.reply,
    "checkout_time": checkout_time.reply,
    "early_checkin": early_checkin.reply,
    "late_checkout": late_checkout.reply,
    "parking": parking.reply,
    "pets": pets.reply,
    "pool": pool.reply,
    "gym": gym.reply,
    "spa": spa.reply,
    "restaurant": restaurant.reply,
    "room_service": room_service.reply,
    "housekeeping": housekeeping.reply,
    "maintenance": maintenance.reply,
    "noise": noise.reply,
    "transfer": transfer.reply,
    "directions": directions.reply,
    "luggage": luggage.reply,
    "invoice": invoice.reply,
    "booking_change": booking_change.reply,
    "booking_cancel": booking_cancel.reply,
    "new_booking": new_booking.reply,
    "price": price.reply,
    "lost_property": lost_property.reply,
    "complaint": complaint.reply,
    "human": human.reply,
    "smalltalk": smalltalk.reply,
    "beach": beach.reply,
    "payment_tax": payment_tax.reply,
    "my_booking": my_booking.reply,
    "late_arrival": late_arrival.reply,
    "documents": documents.reply,
    "room_facts": room_facts.reply,
    "accessibility": accessibility.reply,
    "children": children.reply,
    "bikes": bikes.reply,
    "nearby": nearby.reply,
    "third_party": third_party.reply,
    "not_a_guest": not_a_guest.reply,
}

# What only a person decides: these take down and acknowledge, and promise nothing; a policy of `staff` lets them.
COLLECTING = frozenset({"complaint", "human", "lost_property"})


def reply(topic: str, ask: Ask, hotel: Hotel) -> TopicReply:
    """What the topic answers; KeyError for a name that is not in `TOPICS`."""
    return TOPICS[topic](ask, hotel)
