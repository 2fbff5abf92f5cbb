"""The closed sets a hotel's file may choose from, and the word for `we do not have it`."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal, NewType, final

LANGUAGES = ("en", "it", "de", "fr", "es")  # the desk's catalogues speak these

Phone = NewType("Phone", str)  # as it is dialled and shown: "+39 0541 000111"
Verbatim = NewType(
    "Verbatim", str
)  # kept letter by letter, also when it looks like a number: a password, a bus
Url = NewType("Url", str)  # http or https; may hold {arrival} and the like
Minutes = NewType("Minutes", int)  # time of day as minutes after midnight
Position = NewType("Position", tuple[float, float])  # latitude, longitude
Tell = NewType("Tell", str)  # console | pagerduty | an apprise URL | a phone number to show


@final
class No:
    """`no` in the file: we do not have it. There is one, `NO`."""

    __slots__ = ()

    def __repr__(self) -> str:
        """`NO`."""
        return "NO"

    def __bool__(self) -> Literal[False]:
        """A thing we do not have is false."""
        return False


NO: Final = No()


class Share(StrEnum):
    """Who may be told."""

    ANYONE = "anyone"
    GUEST = "guest"  # has a booking
    IN_HOUSE = "in_house"  # arrival day to departure day


class Possible(StrEnum):
    """Whether it can be had."""

    YES = "yes"
    NO = "no"
    ON_REQUEST = "on_request"


class Extent(StrEnum):
    """How many of the rooms have it."""

    YES = "yes"
    NO = "no"
    SOME = "some"
    ON_REQUEST = "on_request"


class Book(StrEnum):
    """How it is booked."""

    STAFF = "staff"  # can be asked for, staff confirm
    NOT_NEEDED = "not_needed"


class Spot(StrEnum):
    """Places in a hotel."""

    ROOMS = "rooms"
    LOBBY = "lobby"
    RECEPTION = "reception"
    BAR = "bar"
    RESTAURANT = "restaurant"
    BREAKFAST_ROOM = "breakfast_room"
    GARDEN = "garden"
    TERRACE = "terrace"
    POOL = "pool"
    SPA = "spa"
    GYM = "gym"
    BEACH = "beach"
    MEETING_ROOMS = "meeting_rooms"
    PARKING = "parking"
    EVERYWHERE = "everywhere"


class Diet(StrEnum):
    """What a kitchen can do."""

    VEGETARIAN = "vegetarian"
    VEGAN = "vegan"
    LACTOSE_FREE = "lactose_free"
    GLUTEN_FREE = "gluten_free"
    GLUTEN_FREE_ON_REQUEST = "gluten_free_on_request"
    VEGAN_ON_REQUEST = "vegan_on_request"


class NightEntry(StrEnum):
    """How one gets in at night."""

    CODE = "code"
    BELL = "bell"
    PORTER = "porter"
    KEY = "key"


class LateArrival(StrEnum):
    """What somebody who arrives late does."""

    NIGHT_CODE = "night_code"
    NIGHT_PORTER = "night_porter"
    BELL = "bell"
    KEY_BOX = "key_box"
    CALL = "call"


class ParkingKind(StrEnum):
    """Where a car can stand."""

    GARAGE = "garage"
    COURTYARD = "courtyard"
    LOT = "lot"  # the hotel's own, in the open
    STREET = "street"
    PUBLIC = "public"  # a public car park
    VALET = "valet"


class Zone(StrEnum):
    """Where a car may not simply drive."""

    ZTL = "ztl"
    PEDESTRIAN = "pedestrian"
    LOW_EMISSION = "low_emission"


class PoolKind(StrEnum):
    """What kind of pool."""

    OUTDOOR = "outdoor"
    INDOOR = "indoor"
    ROOFTOP = "rooftop"


class SpaItem(StrEnum):
    """What a spa has."""

    SAUNA = "sauna"
    STEAM_BATH = "steam_bath"
    WHIRLPOOL = "whirlpool"
    POOL = "pool"
    SALT_ROOM = "salt_room"
    RELAX_ROOM = "relax_room"
    FITNESS = "fitness"


class Iron(StrEnum):
    """Where an iron is."""

    ROOM = "room"
    RECEPTION = "reception"
    LAUNDRY = "laundry"
    ON_REQUEST = "on_request"
    NO = "no"


class BikeRoom(StrEnum):
    """Where bikes stand."""

    LOCKED = "locked"
    OPEN = "open"
    NO = "no"


class Method(StrEnum):
    """How one can pay."""

    CASH = "cash"
    VISA = "visa"
    MASTERCARD = "mastercard"
    AMEX = "amex"
    DINERS = "diners"
    BANCOMAT = "bancomat"
    GIROCARD = "girocard"
    APPLE_PAY = "apple_pay"
    GOOGLE_PAY = "google_pay"
    PAYPAL = "paypal"
    SATISPAY = "satispay"
    TRANSFER = "transfer"
    VOUCHER = "voucher"


class InvoiceField(StrEnum):
    """What an invoice needs."""

    COMPANY = "company"
    VAT_ID = "vat_id"
    ADDRESS = "address"
    SDI_OR_PEC = "sdi_or_pec"
    TAX_CODE = "tax_code"
    EMAIL = "email"


class Shipping(StrEnum):
    """Who pays for what is sent after a guest."""

    GUEST_PAYS = "guest_pays"
    HOTEL_PAYS = "hotel_pays"
    NO = "no"


class Weekday(StrEnum):
    """A day of the week."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


class DepartmentName(StrEnum):
    """Who can be told."""

    RECEPTION = "reception"
    HOUSEKEEPING = "housekeeping"
    MAINTENANCE = "maintenance"
    ON_CALL = "on_call"
    RESTAURANT = "restaurant"
    SPA = "spa"
    MANAGEMENT = "management"


class Policy(StrEnum):
    """How far the machine goes with a topic by itself, boldest first."""

    AUTO = "auto"
    DRAFT = "draft"
    STAFF = "staff"
