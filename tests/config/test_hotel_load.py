"""`hotel.yaml` is read whole, or refused in one line with file, line, path and reason."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from nightporter.config.hotel import NO, Hotel, HotelFile, Money, Per, Policy, Share, Terms, load, loads
from nightporter.config.hotel.blocks import Facts
from nightporter.errors import HotelFileError
from nightporter.testing.demo import HOTEL_FILE

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "hotel.example.yaml"


@pytest.mark.parametrize("path", [HOTEL_FILE, EXAMPLE], ids=["demo", "example"])
def test_shipped_files_fill_every_block(path: Path) -> None:
    hotel = load(path)
    empty = [name for name in Facts.__dataclass_fields__ if getattr(hotel, name) in (None, (), {})]
    assert empty == []
    assert hotel.known


def test_demo_hotel_answers() -> None:
    hotel = load(HOTEL_FILE)
    assert hotel.languages == ("it", "en", "de", "fr", "es")
    assert hotel.language == "it"
    assert hotel.timezone == "Europe/Rome"
    assert hotel.currency == "EUR"
    assert len(hotel.phone_number_ids) == 1
    assert set(hotel.staff) == {"reception", "housekeeping", "maintenance", "on_call"}
    assert hotel.staff["on_call"].repeat_every_min == 3  # pyright: ignore[reportArgumentType]
    assert hotel.own_answers[0].ask
    assert hotel.policy_of("complaint") is Policy.STAFF
    assert hotel.policy_of("wifi") is Policy.AUTO


def test_nothing_is_known_of_no_hotel() -> None:
    hotel = Hotel.empty()
    assert not hotel.known
    assert hotel.languages == ("en", "it", "de", "fr", "es")
    assert hotel.phone_number_ids == frozenset()
    assert hotel.at("wifi.password", date(2027, 1, 1)) is None
    assert loads("").wifi is None
    assert loads("# only a comment\n").known


def test_absent_no_and_value_differ() -> None:
    hotel = loads("gym: no\nspa:\npool: {heated: no, towels: no}")
    assert hotel.gym is NO
    assert hotel.spa is None
    assert hotel.pool
    assert hotel.pool.heated is False
    assert hotel.pool.towels is NO
    assert not hotel.pool.cap


def test_what_yaml_would_take_for_a_number_or_a_truth_is_kept() -> None:
    hotel = loads(
        "hotel: {phone: +390541000111}\n"
        "wifi: {network: Yes-Guest, password: 01234567}\n"
        "numbers: [{phone_number_id: 1055500001}]\n"
        "arrival: {checkin: {from: 14:00}}\n"
        "pets: {dogs: yes, cats: no}\n"
    )
    assert hotel.house.phone == "+390541000111"
    assert hotel.wifi
    assert hotel.wifi.password == "01234567"
    assert hotel.phone_number_ids == {"1055500001"}
    assert hotel.at("arrival.checkin.from", date(2027, 1, 1)) == 14 * 60
    assert hotel.pets
    assert hotel.pets.dogs is True
    assert hotel.pets.cats is False


def test_secrets_are_for_who_is_in_the_house_and_stay_out_of_logs() -> None:
    hotel = loads('wifi: {password: mare2026}\nreception: {night: {code: "4711#"}}')
    assert hotel.wifi
    assert hotel.wifi.share is Share.IN_HOUSE
    assert hotel.at("reception.night.share", date(2027, 1, 1)) is Share.IN_HOUSE
    assert "mare2026" not in repr(hotel)
    assert "4711" not in repr(hotel)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("free", Money(Terms.FREE)),
        ("included", Money(Terms.INCLUDED)),
        ("ask", Money(Terms.ASK)),
        ("{eur: 15, per: night}", Money(Terms.AMOUNT, Decimal(15), "EUR", Per.NIGHT)),
        ("{chf: 0.50, per: kWh}", Money(Terms.AMOUNT, Decimal("0.50"), "CHF", Per.KWH)),
        ("{eur: 3}", Money(Terms.AMOUNT, Decimal(3), "EUR")),
    ],
)
def test_money(written: str, expected: Money) -> None:
    assert loads(f"wifi: {{price: {written}}}").at("wifi.price", date(2027, 1, 1)) == expected


def test_tourist_tax_has_its_price_in_the_block_itself() -> None:
    hotel = loads(
        "tourist_tax: {eur: 2.50, per: person_night, free_under: 14, when: [{from: 11-01, to: 02-28, eur: 1}]}"
    )
    price = Money(Terms.AMOUNT, Decimal("2.50"), "EUR", Per.PERSON_NIGHT)
    assert hotel.at("tourist_tax.price", date(2027, 6, 1)) == price
    assert hotel.at("tourist_tax.price", date(2027, 1, 1)) == Money(Terms.AMOUNT, Decimal(1), "EUR")
    assert hotel.at("tourist_tax.free_under", date(2027, 1, 1)) == 14


def test_text_is_by_language() -> None:
    hotel = loads('hotel: {language: it}\npool: {text: Acqua di mare}\ngym: {text: {de: "Rauf", en: "Up"}}')
    assert hotel.pool
    assert hotel.pool.text
    assert (hotel.pool.text.get("it"), hotel.pool.text.get("en")) == ("Acqua di mare", "")
    assert hotel.gym
    assert hotel.gym.text
    assert hotel.gym.text.get("de") == "Rauf"
    assert hotel.gym.text.any() == "Rauf"


REFUSED = [
    ("wifi: {passwort: x}", 1, "wifi.passwort", "is not known here"),
    ("wifis: {}", 1, "wifis", "is not known here"),
    ("hotel:\n  rooms: many", 2, "hotel.rooms", "must be a whole number"),
    ("hotel:\n  rooms: -3", 2, "hotel.rooms", "must be a whole number"),
    ("hotel: {name: 47}", 1, "hotel.name", "put it in quotes"),
    ("hotel: {timezone: Rome}", 1, "hotel.timezone", "must be a time zone"),
    ("hotel: {language: pt}", 1, "hotel.language", "must be of en, it, de, fr, es"),
    ("hotel: {answers_in: [it, xx]}", 1, "hotel.answers_in", "must be of"),
    ("hotel: {answers_in: it}", 1, "hotel.answers_in", "must be a list"),
    ("hotel: {currency: eur}", 1, "hotel.currency", "must be one of"),
    ("hotel: {position: [200, 3]}", 1, "hotel.position", "degrees"),
    ("hotel: {booking_url: perla.example}", 1, "hotel.booking_url", "https://"),
    ("wifi:\n  network: A\n  price: 5", 3, "wifi.price", "must be free, included, ask"),
    ("wifi: {price: {eur: 5, pro: night}}", 1, "wifi.price", "unknown key `pro`"),
    ("wifi: {price: {eur: 5, per: week}}", 1, "wifi.price.per", "must be one of"),
    ("wifi: {price: {eur: -5}}", 1, "wifi.price.eur", "between 0"),
    ("wifi: {price: {eur: 5, chf: 6}}", 1, "wifi.price", "one currency"),
    ('bar: {hours: "8-12"}', 1, "bar.hours", "must be hours like"),
    ('bar: {hours: "25:00-26:00"}', 1, "bar.hours", "between 00:00 and 24:00"),
    ('bar: {hours: "08:00-08:00"}', 1, "bar.hours", "must end after it starts"),
    ('bar: {hours: {mon-fri: "08:00-09:00", fri: "10:00-11:00"}}', 1, "bar.hours", "weekday twice"),
    ("bar: {hours: {mon: }}", 1, "bar.hours", "weekday without hours"),
    ("bar: {hours: {}}", 1, "bar.hours", "must be hours"),
    ('bar: {hours: {lunch: {early: "10:00-11:00"}}}', 1, "bar.hours.lunch", "names within names"),
    ('arrival: {checkin: {from: "2 pm"}}', 1, "arrival.checkin.from", "must be a time"),
    ("pool: {heated: maybe}", 1, "pool.heated", "must be yes or no"),
    ("pool: {kind: lake}", 1, "pool.kind", "must be one of outdoor"),
    ("pool: {when: [{season: summer, cap: yes}]}", 1, "pool.when[0].season", "is no season; known are none"),
    ("pool: {when: [{cap: yes}]}", 1, "pool.when[0]", "must say when"),
    ("pool: {when: [{from: 06-01, to: 07-01}]}", 1, "pool.when[0]", "what is different"),
    ("pool: {when: [{from: 13-01, to: 07-01, cap: yes}]}", 1, "pool.when[0]", "month first"),
    ("pool: {when: [{dates: [2027-02-30], cap: yes}]}", 1, "pool.when[0].dates[0]", "no day of the calendar"),
    ("pool: {when: [{from: 06-01, to: 07-01, heatd: yes}]}", 1, "pool.when[0].heatd", "is not known here"),
    ("closed: [{from: 2027-02-01, to: 2027-01-01}]", 1, "closed[0]", "must not end before it starts"),
    ("closed: [{from: 02-01, to: 2027-01-01}]", 1, "closed[0]", "both ends"),
    ("seasons: {summer: {from: 05-20}}", 1, "seasons.summer", "must be {from: MM-DD"),
    ("staff: {recepton: {hours: 24h}}", 1, "staff", "must be one of reception"),
    ("staff: {reception: {tell: [carrier pigeon]}}", 1, "staff.reception.tell[0]", "must be console"),
    ("numbers: [{use: guests}]", 1, "numbers[0]", "needs `phone_number_id`"),
    ("policy: {weather: auto}", 1, "policy.weather", "is no topic"),
    ("policy: {complaint: auto}", 1, "policy.complaint", "must be staff or stricter"),
    ("policy: {new_booking: auto}", 1, "policy.new_booking", "must be draft or stricter"),
    ("pool: {text: {deutsch: hallo}}", 1, "pool.text", "not a code like it or en"),
    ("pool: []", 1, "pool", "must be a mapping"),
    ("parking: {kind: garage}", 1, "parking", "must be a list"),
    ("- wifi", 1, "", "must be a mapping of blocks"),
    ("wifi: {network: A}\nwifi: {network: B}", 2, "", "has the key `wifi` twice"),
    ("wifi: {network: 'A", 1, "", "is not YAML"),
    ("wifi: {network: !secret A}", 1, "wifi.network", "has a tag"),
    ("wifi:\n\tnetwork: A", 2, "", "is not YAML"),
    ("wifi: &a {network: A}\nwifi2: *b", 2, "", "is not YAML"),
    ("pool: " + "[" * 60 + "]" * 60, 1, "", "nested deeper"),
    ('checked_on: "yesterday"', 1, "checked_on", "must be a date"),
]


@pytest.mark.parametrize(("source", "line", "path", "reason"), REFUSED)
def test_refused_in_one_line(source: str, line: int, path: str, reason: str) -> None:
    with pytest.raises(HotelFileError) as refused:
        loads(source)
    what = refused.value.what
    assert what.startswith(f"hotel.yaml, line {line}: ")
    assert path in what
    assert reason in what
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith("NP-011: ")


def test_a_bomb_of_aliases_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 8)]
    with pytest.raises(HotelFileError, match="has over 20000 values"):
        loads("\n".join(lines))


def test_a_file_that_cannot_be_read_or_is_too_large(tmp_path: Path) -> None:
    with pytest.raises(HotelFileError, match="cannot be read"):
        load(tmp_path / "hotel.yaml")
    large = tmp_path / "hotel.yaml"
    large.write_bytes(b"# " + b"x" * 300_000)
    with pytest.raises(HotelFileError, match="over 256 KB"):
        load(large)
    large.write_bytes(b"hotel:\n  name: \xff\n")
    with pytest.raises(HotelFileError, match="line 2: is not UTF-8"):
        load(large)


def write(path: Path, text: str) -> None:
    """A new file in its place, as editors and deployments write it."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def test_a_changed_file_is_loaded_and_a_refused_one_keeps_the_facts(tmp_path: Path) -> None:
    path = tmp_path / "hotel.yaml"
    write(path, "wifi: {network: One}")
    file = HotelFile(path)
    assert file.hotel.at("wifi.network", date(2027, 1, 1)) == "One"
    assert not file.maybe_reload()

    write(path, "wifi: {network: Two, passwort: x}")
    assert not file.maybe_reload()
    assert file.error is not None
    assert "wifi.passwort" in file.error.what
    assert file.hotel.at("wifi.network", date(2027, 1, 1)) == "One"
    assert not file.maybe_reload()
    assert file.error is not None

    write(path, "wifi: {network: Three}")
    assert file.maybe_reload()
    assert file.error is None
    assert file.hotel.at("wifi.network", date(2027, 1, 1)) == "Three"

    path.unlink()
    assert not file.maybe_reload()
    assert file.error is not None
    assert file.hotel.at("wifi.network", date(2027, 1, 1)) == "Three"


def test_without_a_file_nothing_is_known_until_there_is_one(tmp_path: Path) -> None:
    path = tmp_path / "hotel.yaml"
    file = HotelFile(path)
    assert not file.hotel.known
    assert not file.maybe_reload()
    write(path, "gym: no")
    assert file.maybe_reload()
    assert file.hotel.known


def test_old_facts_are_due_for_a_look() -> None:
    hotel = loads("checked_on: 2026-11-20")
    assert not hotel.review_due(date(2027, 5, 19))
    assert hotel.review_due(date(2027, 5, 20))
    assert not Hotel.empty().review_due(date(2027, 5, 20))
