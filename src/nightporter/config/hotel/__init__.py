"""The hotel's facts: reads `hotel.yaml`, refuses what is wrong, and answers what holds on a day."""

from nightporter.config.hotel.hotel import Hotel
from nightporter.config.hotel.hours import Hours
from nightporter.config.hotel.loader import HotelFile, load, loads
from nightporter.config.hotel.money import Money, Per, Terms
from nightporter.config.hotel.text import Text
from nightporter.config.hotel.values import NO, No, Policy, Share

__all__ = [
    "NO",
    "Hotel",
    "HotelFile",
    "Hours",
    "Money",
    "No",
    "Per",
    "Policy",
    "Share",
    "Terms",
    "Text",
    "load",
    "loads",
]
