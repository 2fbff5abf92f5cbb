"""The blocks of a hotel's file as typed values: this is the schema, the reader follows it field by field.

A field's name is its key in the file (a trailing underscore keeps it apart from Python's own words).
None = absent = unknown; `NO` = we do not have it. What derives from `Block` may carry `when`, `share`,
`text` and `note`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import ClassVar

from nightporter.config.hotel.exceptions import Period, When
from nightporter.config.hotel.hours import Hours
from nightporter.config.hotel.money import Money
from nightporter.config.hotel.text import Text
from nightporter.config.hotel.values import (
    BikeRoom,
    Book,
    DepartmentName,
    Diet,
    Extent,
    InvoiceField,
    Iron,
    LateArrival,
    Method,
    Minutes,
    NightEntry,
    No,
    ParkingKind,
    Phone,
    Policy,
    PoolKind,
    Position,
    Possible,
    Share,
    Shipping,
    SpaItem,
    Spot,
    Tell,
    Url,
    Verbatim,
    Weekday,
    Zone,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What every block may carry. `text`: a free note said to guests; `note`: for the hotel's own eyes."""

    share: Share = Share.ANYONE
    text: Text | None = None
    note: str | None = None
    when: tuple[When, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """`hotel:` who we are."""

    id: str | None = None
    name: str | None = None
    stars: Verbatim | None = None
    cin: Verbatim | None = None
    rooms: int | None = None
    floors: int | None = None
    address: str | None = None
    position: Position | None = None
    timezone: str | None = None
    currency: str | None = None
    language: str | None = None
    answers_in: tuple[str, ...] | None = None
    phone: Phone | None = None
    email: str | None = None
    booking_url: Url | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """One WhatsApp number of ours."""

    phone_number_id: Verbatim
    use: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """`reception.night`: how one gets in when nobody is there."""

    entry: NightEntry | None = None
    code: Verbatim | None = field(default=None, repr=False)
    share: Share = Share.IN_HOUSE
    bell: bool | None = None
    phone: Phone | None = None
    text: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception(Block):
    """`reception:` when somebody is at the desk."""

    hours: Hours | None = None
    night: Night | No | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """One of `staff:` who is told, in this order, until one acknowledges."""

    hours: Hours | None = None
    tell: tuple[Tell, ...] = ()
    remind_after_min: int | None = None
    repeat_every_min: int | None = None
    when: tuple[When, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """`emergency:` what is said when it burns."""

    number: Verbatim | None = None
    meeting_point: Text | None = None
    defibrillator: Spot | Text | No | None = None
    phone: Phone | None = None
    text: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIn:
    """`arrival.checkin`: from when until when."""

    from_: Minutes | None = None
    until: Minutes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LateIn:
    """`arrival.late`: who comes after the desk has closed."""

    possible: Possible | None = None
    how: LateArrival | None = None
    tell_us_before: Minutes | None = None
    price: Money | None = None
    text: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlyIn:
    """`arrival.early`: the room before its time."""

    possible: Possible | None = None
    from_: Minutes | None = None
    price: Money | None = None
    text: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Documents:
    """`arrival.documents`: what we must see."""

    needed: bool | None = None
    text: Text | None = None
    online_checkin_url: Url | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival(Block):
    """`arrival:` the day one comes."""

    checkin: CheckIn | None = None
    late: LateIn | No | None = None
    early: EarlyIn | No | None = None
    documents: Documents | No | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOut:
    """`departure.checkout`: until when the room is the guest's."""

    until: Minutes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LateOut:
    """`departure.late`: the room for longer."""

    possible: Possible | None = None
    until: Minutes | None = None
    price: Money | None = None
    text: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LuggageRoom:
    """`departure.luggage_room`: where the bags wait."""

    price: Money | None = None
    hours: Hours | None = None
    text: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure(Block):
    """`departure:` the day one goes."""

    checkout: CheckOut | None = None
    late: LateOut | No | None = None
    luggage_room: LuggageRoom | No | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wifi(Block):
    """`wifi:` its `share` is the password's; network, price and reach may be said to anyone."""

    share: Share = Share.IN_HOUSE
    network: Verbatim | None = None
    password: Verbatim | No | None = field(default=None, repr=False)
    price: Money | None = None
    covers: tuple[Spot, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """`breakfast.box`: breakfast to take away."""

    possible: Possible | None = None
    order_before: Minutes | None = None
    price: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakfast(Block):
    """`breakfast:`."""

    hours: Hours | None = None
    price: Money | None = None
    place: Text | None = None
    box: Box | No | None = None
    options: tuple[Diet, ...] | None = None
    in_room: Money | No | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Restaurant(Block):
    """`restaurant:`."""

    hours: Hours | None = None
    closed_on: tuple[Weekday, ...] | None = None
    non_guests: bool | None = None
    book: Book | None = None
    half_board: Money | No | None = None
    options: tuple[Diet, ...] | None = None
    menu_url: Url | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar(Block):
    """`bar:`."""

    hours: Hours | None = None
    closed_on: tuple[Weekday, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomService(Block):
    """`room_service:`."""

    hours: Hours | None = None
    fee: Money | No | None = None
    menu_url: Url | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charger:
    """`parking[].ev`: for electric cars."""

    kw: Decimal | None = None
    price: Money | None = None
    plugs: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parking(Block):
    """One of `parking:` a place for cars (`kind`), or a zone they may not simply enter (`zone`)."""

    kind: ParkingKind | None = None
    spaces: int | None = None
    height_m: Decimal | None = None
    distance_m: int | None = None
    price: Money | None = None
    book: Book | None = None
    ev: Charger | No | None = None
    zone: Zone | None = None
    inside: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool(Block):
    """`pool:`."""

    kind: PoolKind | None = None
    heated: bool | None = None
    hours: Hours | None = None
    depth_m: Decimal | None = None
    children_pool: bool | None = None
    cap: bool | None = None
    towels: Money | No | None = None
    price: Money | None = None
    lifeguard: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gym(Block):
    """`gym:`."""

    hours: Hours | None = None
    minimum_age: int | None = None
    price: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Massage:
    """`spa.massage`."""

    price: Money | None = None
    book: Book | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spa(Block):
    """`spa:`."""

    hours: Hours | None = None
    closed_on: tuple[Weekday, ...] | None = None
    minimum_age: int | None = None
    has: tuple[SpaItem, ...] | None = None
    price: Money | None = None
    book: Book | None = None
    massage: Massage | No | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Beach(Block):
    """`beach:`."""

    name: str | None = None
    distance_m: int | None = None
    umbrella_2beds: Money | No | None = None
    included: bool | None = None
    free_beach_m: int | None = None
    dogs: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pets(Block):
    """`pets:`."""

    dogs: bool | None = None
    cats: bool | None = None
    max_kg: int | None = None
    max_per_room: int | None = None
    price: Money | None = None
    not_in: tuple[Spot, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Children(Block):
    """`children:`."""

    cot: Money | No | None = None
    high_chair: bool | None = None
    bottle_warmer: bool | None = None
    free_under: int | None = None
    extra_bed: Money | No | None = None
    playground: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Accessible:
    """`rooms.accessible`: facts only."""

    rooms: int | None = None
    door_cm: int | None = None
    step_free: bool | None = None
    text: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms(Block):
    """`rooms:` what is in them."""

    air_conditioning: Extent | None = None
    heating: Extent | None = None
    safe: Extent | None = None
    fridge: Extent | None = None
    kettle: Extent | None = None
    hairdryer: Extent | None = None
    television: Extent | None = None
    balcony: Extent | None = None
    bathtub: Extent | None = None
    sea_view: Extent | None = None
    smoking: Extent | None = None
    lift: bool | None = None
    accessible: Accessible | No | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Housekeeping(Block):
    """`housekeeping:`."""

    cleaning: Hours | None = None
    towels: Text | None = None
    linen: Text | None = None
    iron: Iron | None = None
    extra_pillows: bool | None = None
    extra_blankets: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bikes(Block):
    """`bikes:`."""

    room: BikeRoom | None = None
    rental: Money | No | None = None
    workshop: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Laundry(Block):
    """`laundry:`."""

    hours: Hours | None = None
    price: Money | None = None
    nearest: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Airport:
    """One of `transfer.airports`, by its IATA code."""

    km: int | None = None
    minutes: int | None = None
    price: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(Block):
    """`transfer:`."""

    taxi_phone: Phone | None = None
    airports: dict[str, Airport] | None = None
    own_shuttle: bool | None = None
    book: Book | None = None
    price: Money | No | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ByTrain:
    """`directions.train`, and `directions.bus`."""

    station: str | None = None
    bus: Verbatim | None = None
    stop: Verbatim | None = None
    walk_min: int | None = None
    text: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ByCar:
    """`directions.car`."""

    exit: str | None = None
    text: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Directions(Block):
    """`directions:`."""

    train: ByTrain | None = None
    bus: ByTrain | None = None
    car: ByCar | None = None
    plane: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment(Block):
    """`payment:`."""

    methods: tuple[Method, ...] | None = None
    deposit: Money | No | None = None
    cash_max_eur: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TouristTax(Block):
    """`tourist_tax:` the price is written into the block itself: {eur: 2.50, per: person_night, ...}."""

    MONEY: ClassVar[str] = "price"

    price: Money | None = None
    free_under: int | None = None
    max_nights: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice(Block):
    """`invoice:`."""

    on_request: bool | None = None
    needs: tuple[InvoiceField, ...] | None = None
    book: Book | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation(Block):
    """`cancellation:` never computed by the machine."""

    answer: Book | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LostProperty(Block):
    """`lost_property:`."""

    keep_days: int | None = None
    shipping: Shipping | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAnswer(Block):
    """One of `own_answers:` a question of this hotel's own. `say` NO (in a `when`): staff answer then."""

    name: str
    ask: tuple[str, ...]
    say: Text | No


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The whole file; every block may be absent."""

    KEYS: ClassVar[dict[str, str]] = {"hotel": "house"}  # keys of the file whose field has another name

    checked_on: date | None = None
    house: House = field(default_factory=House)
    numbers: tuple[Number, ...] = ()
    seasons: dict[str, Period] = field(default_factory=dict[str, Period])
    closed: tuple[Period, ...] = ()
    reception: Reception | No | None = None
    staff: dict[DepartmentName, Department] = field(default_factory=dict[DepartmentName, Department])
    emergency: Emergency | None = None
    arrival: Arrival | None = None
    departure: Departure | None = None
    wifi: Wifi | No | None = None
    breakfast: Breakfast | No | None = None
    restaurant: Restaurant | No | None = None
    bar: Bar | No | None = None
    room_service: RoomService | No | None = None
    parking: tuple[Parking, ...] | No | None = None
    pool: Pool | No | None = None
    gym: Gym | No | None = None
    spa: Spa | No | None = None
    beach: Beach | No | None = None
    pets: Pets | No | None = None
    children: Children | No | None = None
    rooms: Rooms | None = None
    housekeeping: Housekeeping | None = None
    quiet: Hours | No | None = None
    bikes: Bikes | No | None = None
    laundry: Laundry | No | None = None
    transfer: Transfer | No | None = None
    directions: Directions | None = None
    payment: Payment | None = None
    tourist_tax: TouristTax | No | None = None
    invoice: Invoice | No | None = None
    cancellation: Cancellation | None = None
    lost_property: LostProperty | No | None = None
    nearby: dict[str, Text] | None = None
    policy: dict[str, Policy] = field(default_factory=dict[str, Policy])
    own_answers: tuple[OwnAnswer, ...] = ()
