"""Answers by the date asked about, and how values are said: hotels written for one question each."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from tests.desk.topics.rigs import ask, demo_hotel

from nightporter.config.hotel import Hotel, Money, Per, Terms, loads
from nightporter.desk import topics
from nightporter.desk.rendering import hours_text, money_text

HOUSE = 'hotel: {timezone: Europe/Rome, language: it, phone: "+39 0541 1"}\n'
SEASIDE = loads(
    HOUSE
    + """
seasons: {winter: {from: 11-02, to: 03-14}, summer: {from: 05-20, to: 09-20}}
closed: [{from: 2027-01-07, to: 2027-02-12}]
pool: {kind: outdoor, hours: "09:00-19:00", when: [{season: winter, hours: closed}]}
breakfast: {hours: "07:30-10:30", when: [{season: winter, hours: closed}]}
parking:
  - {kind: street, distance_m: 150, price: free, when: [{season: summer, price: ask}]}
  - {zone: ztl, inside: yes}
"""
)


def said(topic: str, says: str, hotel: Hotel, language: str = "en", **given: object) -> str:
    return topics.reply(topic, ask(says, language, hotel=hotel, **given), hotel).text  # pyright: ignore[reportArgumentType]


def test_pool_in_winter_says_when_it_opens_again() -> None:
    text = said("pool", "is the pool open?", SEASIDE)
    assert "closed today and opens again on 15 March" in text
    assert "09:00" not in text


def test_pool_on_a_summer_day_asked_in_winter() -> None:
    assert "on 1 June: 09:00–19:00" in said("pool", "open?", SEASIDE, on=date(2027, 6, 1))


def test_breakfast_in_winter_is_none() -> None:
    assert "no breakfast today, but again from 15 March" in said("breakfast", "when is breakfast?", SEASIDE)


def test_parking_price_hangs_on_the_day() -> None:
    assert "free of charge" in said("parking", "parking?", SEASIDE)
    assert "reception will tell you the price" in said("parking", "parking?", SEASIDE, on=date(2027, 7, 1))
    assert "please ask us before you drive in" in said("parking", "ztl?", SEASIDE)


@pytest.mark.parametrize(
    ("pets", "says", "expected"),
    [
        ("{dogs: no, cats: no}", "pets?", "cannot stay with us"),
        ("{dogs: yes}", "my cat", ""),
        ("{dogs: yes, cats: yes, max_per_room: 2}", "two dogs and a cat", "At most 2 per room"),
        ("{dogs: yes, price: free}", "how much for a dog", "free of charge"),
    ],
)
def test_pets(pets: str, says: str, expected: str) -> None:
    text = said("pets", says, loads(f"pets: {pets}"))
    assert expected in text
    assert bool(text) == bool(expected)


def test_electric_cars_where_nobody_can_charge() -> None:
    hotel = loads("parking: [{kind: lot, ev: no}]")
    assert "no charging point" in said("parking", "can I charge my electric car?", hotel)
    assert said("parking", "can I charge my electric car?", loads("parking: [{kind: lot}]")) == ""


def test_a_place_of_the_hoteliers_own_kind_is_found_by_its_name() -> None:
    hotel = loads(HOUSE + "nearby: {windsurf club: Surf Point}")
    assert "Windsurf club: Surf Point" in said("nearby", "is there a windsurf club?", hotel)


def test_a_long_note_about_a_place_is_said_in_its_own_language_only() -> None:
    note = "Alimentari in piazza, aperto tutto l'anno, la domenica solo fino alle 12"
    hotel = loads(HOUSE + f"nearby: {{supermarket: {note!r}}}")
    assert note in said("nearby", "supermercato?", hotel, "it")
    assert said("nearby", "supermarket?", hotel) == ""


def test_a_gym_that_is_closed_in_winter_says_when_it_opens_again() -> None:
    hotel = loads(
        HOUSE
        + "seasons: {winter: {from: 11-02, to: 03-14}}\n"
        + 'gym: {hours: "07:00-22:00", when: [{season: winter, hours: closed}]}'
    )
    assert "closed today and opens again on 15 March" in said("gym", "gym?", hotel)
    assert "on 1 June: 07:00–22:00" in said("gym", "is the gym open?", hotel, on=date(2027, 6, 1))


def test_a_beach_where_umbrellas_are_included_names_no_price() -> None:
    hotel = loads(HOUSE + "beach: {distance_m: 20, included: yes, umbrella_2beds: {eur: 9}, dogs: no}")
    text = said("beach", "how much is an umbrella?", hotel)
    assert "included for our guests" in text
    assert "9" not in text
    assert "may not come" in said("beach", "can my dog come to the beach?", hotel)


@pytest.mark.parametrize(
    ("file", "topic", "says", "expected"),
    [
        ("bikes: {room: no, rental: no}", "bikes", "can we rent bikes?", "don't hire out bikes"),
        ("bikes: {room: open}", "bikes", "where can I put my bike?", "not locked"),
        ("directions: {bus: {bus: 7, stop: Port}}", "directions", "by bus?", "By bus: bus 7, stop Port."),
        ("rooms: {accessible: no, lift: no}", "accessibility", "wheelchair?", "no accessible rooms"),
        ("rooms: {accessible: {door_cm: 90}}", "accessibility", "how wide are the doors?", ""),
        ("rooms: {kettle: on_request}", "room_facts", "a kettle in the room?", "On request: kettle."),
        ("rooms: {smoking: some}", "room_facts", "smoking rooms?", "some rooms for smokers"),
        ("rooms: {safe: yes}", "room_facts", "a microwave?", ""),
        ("children: {cot: no}", "children", "can we have a cot please?", "no baby cots"),
        ("payment: {deposit: no}", "payment_tax", "do you take a deposit?", "There is no deposit."),
        ("payment: {methods: [visa], cash_max_eur: 999}", "payment_tax", "cash?", "You can pay with: Visa."),
        ("tourist_tax: no", "payment_tax", "city tax?", "There is no tourist tax."),
        ("arrival: {documents: {needed: yes}}", "documents", "passport?", "for every guest"),
        ("arrival: {documents: no}", "documents", "passport?", "need not bring"),
        (
            "arrival: {documents: {online_checkin_url: 'https://in.example/x'}}",
            "documents",
            "online check-in?",
            "https://in.example/x",
        ),
    ],
)
def test_what_the_file_says_is_said(file: str, topic: str, says: str, expected: str) -> None:
    text = said(topic, says, loads(HOUSE + file))
    assert expected in text
    assert bool(text) == bool(expected)


def test_an_arrival_is_taken_even_where_the_file_is_silent_or_says_no() -> None:
    silent = topics.reply("late_arrival", ask("we arrive at 23:30", match="booked"), Hotel.empty())
    assert silent.task is not None
    assert silent.task.details["arrival"] == "2026-12-04"
    hotel = loads(HOUSE + "arrival: {late: no}")
    never = topics.reply("late_arrival", ask("we arrive at 23:30", match="booked", hotel=hotel), hotel)
    assert "normally not possible" in never.text
    assert never.task is not None


def test_who_lives_in_the_house_announces_no_arrival() -> None:
    reply = topics.reply("late_arrival", ask("we come back late at 1", match="in_house"), demo_hotel())
    assert reply.task is None
    assert reply.question is None


def test_wifi_without_a_password() -> None:
    hotel = loads("wifi: {network: Open, password: no}")
    assert "No password is needed" in said("wifi", "wifi password?", hotel)


def test_wifi_password_may_be_shared_with_anyone() -> None:
    hotel = loads("wifi: {network: Open, password: 12345678, share: anyone}")
    assert "12345678" in said("wifi", "wifi password?", hotel)


def test_a_free_note_is_said_in_its_own_language_only() -> None:
    hotel = loads(HOUSE + "pool: {heated: yes, text: Acqua di mare.}")
    assert "Acqua di mare." in said("pool", "piscina?", hotel, "it")
    assert "Acqua" not in said("pool", "pool?", hotel)


@pytest.mark.parametrize("block", ["late: no", "late: {possible: no}"])
def test_departure_that_cannot_be_later(block: str) -> None:
    assert "not possible" in said("checkout_time", "can we leave later?", loads(f"departure: {{{block}}}"))


def test_arrival_that_may_be_early_and_late() -> None:
    hotel = loads('arrival: {checkin: {from: "14:00"}, early: {possible: yes}, late: {possible: on_request}}')
    text = said("checkin_time", "check in?", hotel)
    assert "from 14:00" in text
    assert "Earlier is possible." in text
    assert "if you arrange it with us" in text


def test_no_extra_pillows_is_said_and_the_rest_passed_on() -> None:
    hotel = loads(HOUSE + "housekeeping: {extra_pillows: no, iron: no}")
    reply = topics.reply(
        "housekeeping", ask("pillows and towels please", match="in_house", hotel=hotel), hotel
    )
    assert "no extra pillows" in reply.text
    assert reply.task is not None
    assert reply.task.key == "housekeeping:204:towels"
    alone = topics.reply("housekeeping", ask("an iron please", match="in_house", hotel=hotel), hotel)
    assert "we have no iron" in alone.text
    assert alone.task is None


def test_housekeeping_without_hours_promises_no_time() -> None:
    reply = topics.reply("housekeeping", ask("towels please", match="in_house"), Hotel.empty())
    assert reply.text == "With pleasure.\nI have passed this on to housekeeping: towels."


def test_a_wish_that_is_no_known_thing_is_passed_on_in_the_guests_words() -> None:
    reply = topics.reply("housekeeping", ask("a yoga mat please", match="in_house"), Hotel.empty())
    assert reply.task is not None
    assert reply.task.summary == "a yoga mat please"


def test_a_person_is_told_of_even_without_a_file() -> None:
    reply = topics.reply("human", ask("human please", now=datetime(2026, 11, 23, 3, 0)), Hotel.empty())  # noqa: DTZ001
    assert reply.task is not None
    assert reply.task.department == "reception"
    assert reply.text


@pytest.mark.parametrize(
    ("money", "language", "expected"),
    [
        (Money(Terms.AMOUNT, Decimal(15), "EUR", Per.NIGHT), "en", "€15 per night"),
        (Money(Terms.AMOUNT, Decimal("2.50"), "EUR", Per.PERSON_NIGHT), "it", "2,50 € a persona e notte"),
        (Money(Terms.AMOUNT, Decimal("2.5"), "CHF"), "de", "2,50 CHF"),
        (Money(Terms.AMOUNT, Decimal(0), "EUR", Per.DAY), "fr", "gratuit"),
        (Money(Terms.INCLUDED), "es", "incluido"),
        (Money(Terms.ASK), "en", "reception will tell you the price"),
    ],
)
def test_money_in_words(money: Money, language: str, expected: str) -> None:
    assert money_text(money, language) == expected


@pytest.mark.parametrize(
    ("hours", "language", "expected"),
    [
        ('"07:30-10:30"', "en", "07:30–10:30"),
        ("24h", "de", "rund um die Uhr"),
        ("closed", "fr", "fermé"),
        ('["12:00-14:00", "19:00-21:00"]', "es", "12:00–14:00 y 19:00–21:00"),
        (
            '{mon-fri: "07:00-10:00", sat,sun: "08:00-11:00"}',
            "it",
            "lun–ven 07:00–10:00, sab–dom 08:00–11:00",
        ),
        ('{mon-sat: "18:00-01:00"}', "de", "Mo–Sa 18:00–01:00 Uhr, So geschlossen"),
    ],
)
def test_hours_in_words(hours: str, language: str, expected: str) -> None:
    bar = loads(f"bar: {{hours: {hours}}}").bar
    assert bar
    assert bar.hours
    assert hours_text(bar.hours, language) == expected


@pytest.mark.parametrize(
    ("topic", "file", "expected"),
    [
        ("early_checkin", 'arrival: {checkin: {from: "14:00"}, early: no}', "Check-in is from 14:00"),
        ("early_checkin", "arrival: {early: {possible: no}}", "cannot give you the room earlier"),
        ("late_checkout", 'departure: {checkout: {until: "10:30"}, late: no}', "Check-out is until 10:30"),
        ("late_checkout", "departure: {late: {possible: no}}", "cannot let you keep the room longer"),
        ("luggage", "departure: {luggage_room: no}", "no place to keep luggage"),
        ("spa", "spa: {massage: no}", "do not offer massages"),
    ],
)
def test_what_cannot_be_asks_nothing_and_makes_no_task(topic: str, file: str, expected: str) -> None:
    hotel = loads(file)
    reply = topics.reply(topic, ask("a massage at 2 pm please", hotel=hotel), hotel)
    assert expected in reply.text
    assert reply.question is None
    assert reply.task is None


@pytest.mark.parametrize("topic", ["spa", "restaurant", "room_service", "luggage"])
def test_what_is_not_in_the_file_is_no_fact(topic: str) -> None:
    assert topics.reply(topic, ask("when?"), Hotel.empty()).text == ""


@pytest.mark.parametrize("topic", ["early_checkin", "late_checkout"])
def test_a_hotel_that_tells_nothing_still_takes_the_wish_down(topic: str) -> None:
    hotel = Hotel.empty()
    reply = topics.reply(topic, ask("at 2 pm please", hotel=hotel, on=date(2026, 11, 27)), hotel)
    assert reply.task is not None
    assert reply.task.details["time"] == "14:00"
    assert not reply.sources


def test_a_restaurant_that_rests_in_winter() -> None:
    hotel = loads(
        HOUSE
        + "seasons: {winter: {from: 11-02, to: 03-14}}\n"
        + 'restaurant: {hours: {dinner: "19:00-21:00"}, when: [{season: winter, hours: closed}]}'
    )
    text = said("restaurant", "when is the restaurant open?", hotel)
    assert "closed today" in text
    assert "again on 15 March" in text
    assert "19:00–21:00" in said("restaurant", "open on 1 June?", hotel, on=date(2027, 6, 1))


def test_departments_of_their_own_get_their_requests() -> None:
    hotel = loads(
        HOUSE
        + 'spa: {hours: "10:00-20:00"}\n'
        + 'staff: {spa: {hours: "09:00-18:00", tell: [console]}, maintenance: {hours: 24h, tell: [console]}}'
    )
    day = date(2026, 11, 25)
    massage = topics.reply("spa", ask("I would like a massage at 4 pm", hotel=hotel, on=day), hotel)
    assert massage.task is not None
    assert massage.task.department == "spa"
    assert "The spa is there until 18:00 and will answer you here" in massage.text
    fault = topics.reply("maintenance", ask("the tap drips", match="in_house", hotel=hotel), hotel)
    assert fault.task is not None
    assert fault.task.department == "maintenance"
    assert "day and night" in fault.text


def test_a_fault_goes_to_reception_where_there_is_no_maintenance() -> None:
    reply = topics.reply("maintenance", ask("the tap drips", match="in_house"), Hotel.empty())
    assert reply.task is not None
    assert reply.task.department == "reception"
