"""Opening hours and exceptions: what holds on a day, in the hotel's time zone, summer time included."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightporter.config.hotel import Hotel, Hours, loads
from nightporter.config.hotel.hours import (
    DAY_MINUTES,
    Span,
    clock_text,
    local_moment,
    merged,
    read_day,
    read_minutes,
    read_weekdays,
)

ROME = ZoneInfo("Europe/Rome")
HOTEL = loads(
    """
hotel: {timezone: Europe/Rome}
seasons: {peak: {from: 08-01, to: 08-25}, winter: {from: 11-02, to: 03-14}}
closed: [{from: 2027-01-07, to: 2027-02-12}]
reception: {hours: "07:00-23:00", when: [{season: peak, hours: 24h}]}
staff:
  reception: {hours: "08:00-20:00"}
  housekeeping:
    hours: {mon-fri: "08:00-14:30", sat,sun: "09:00-12:00"}
    when: [{dates: [2027-01-10], hours: "10:00-11:00"}]
  maintenance: {hours: closed}
  on_call: {hours: 24h}
bar: {hours: "18:00-01:00"}
restaurant:
  hours: {lunch: "12:30-14:00", dinner: "19:30-21:00"}
  closed_on: [tue]
  when: [{season: winter, closed_on: [tue, wed]}]
quiet: "23:00-07:00"
"""
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ROME)


def test_a_span_over_midnight_belongs_to_the_day_it_starts() -> None:
    assert HOTEL.intervals("bar", date(2026, 11, 23)) == [(at("2026-11-23T18:00"), at("2026-11-24T01:00"))]
    assert HOTEL.open_at("bar", at("2026-11-24T00:59"))
    assert not HOTEL.open_at("bar", at("2026-11-24T01:00"))
    assert HOTEL.closes("bar", at("2026-11-24T00:30")) == at("2026-11-24T01:00")


@pytest.mark.parametrize(
    ("path", "now", "expected"),
    [
        ("reception", "2026-11-23T03:00", "2026-11-23T07:00"),
        ("reception", "2026-11-23T12:00", "2026-11-23T12:00"),
        ("reception", "2026-11-23T23:00", "2026-11-24T07:00"),
        ("reception", "2026-07-31T23:30", "2026-08-01T00:00"),  # the peak season begins at midnight
        ("reception", "2027-01-06T23:30", "2027-02-13T07:00"),  # the hotel is closed
        ("staff.housekeeping", "2026-11-28T13:00", "2026-11-29T09:00"),
        ("staff.housekeeping", "2027-01-08T08:00", "2027-01-10T10:00"),  # meant for that day, though closed
        ("staff.on_call", "2027-01-20T03:00", "2027-01-20T03:00"),
        ("restaurant", "2026-09-15T10:00", "2026-09-16T12:30"),  # a Tuesday
        ("restaurant", "2026-11-24T10:00", "2026-11-26T12:30"),  # in winter Wednesdays too
        ("quiet", "2026-11-23T12:00", "2026-11-23T23:00"),
    ],
)
def test_next_open(path: str, now: str, expected: str) -> None:
    assert HOTEL.next_open(path, at(now)) == at(expected)


def test_never_open_and_not_told() -> None:
    assert HOTEL.next_open("staff.maintenance", at("2026-11-23T12:00")) is None
    assert HOTEL.has_hours("staff.maintenance")
    assert HOTEL.next_open("pool", at("2026-11-23T12:00")) is None
    assert not HOTEL.has_hours("pool")
    assert HOTEL.next_open("staff.spa", at("2026-11-23T12:00")) is None
    assert HOTEL.next_open_day("pool", date(2026, 11, 23)) is None
    assert HOTEL.next_open_day("bar", date(2027, 1, 20)) == date(2027, 2, 13)
    with pytest.raises(KeyError):
        HOTEL.next_open("swimming", at("2026-11-23T12:00"))


def test_open_round_the_clock_has_no_end() -> None:
    assert HOTEL.closes("staff.on_call", at("2026-11-23T12:00")) is None
    assert HOTEL.closes("reception", at("2026-08-25T12:00")) == at("2026-08-26T00:00")
    assert HOTEL.closes("reception", at("2026-11-23T03:00")) is None


def test_reception_speaks_for_its_department() -> None:
    assert HOTEL.desk_path("reception") == "reception"
    assert HOTEL.desk_path("housekeeping") == "staff.housekeeping"
    assert loads('staff: {reception: {hours: "08:00-20:00"}}').desk_path("reception") == "staff.reception"


def test_a_guest_abroad_asks_in_another_zone() -> None:
    assert HOTEL.open_at("reception", datetime(2026, 11, 23, 6, 30, tzinfo=UTC))
    assert not HOTEL.open_at("reception", datetime(2026, 11, 23, 5, 30, tzinfo=UTC))


def test_the_hour_that_is_skipped_and_the_hour_that_comes_twice() -> None:
    spring, autumn = date(2027, 3, 28), date(2026, 10, 25)
    assert local_moment(spring, 150, ROME).isoformat() == "2027-03-28T03:30:00+02:00"
    assert local_moment(autumn, 150, ROME).isoformat() == "2026-10-25T02:30:00+02:00"
    assert local_moment(autumn, 150, ROME, last=True).isoformat() == "2026-10-25T02:30:00+01:00"
    night = loads('hotel: {timezone: Europe/Rome}\nbar: {hours: "22:00-02:30"}')
    start, end = night.intervals("bar", autumn - timedelta(days=1))[0]
    assert (end.astimezone(UTC) - start.astimezone(UTC)) == timedelta(hours=5, minutes=30)


@pytest.mark.parametrize(
    ("path", "on", "expected"),
    [
        ("pool.cap", "2026-12-31", True),  # over the new year
        ("pool.cap", "2027-01-01", True),
        ("pool.cap", "2027-03-14", True),
        ("pool.cap", "2027-03-15", False),
        (
            "pool.cap",
            "2027-08-15",
            None,
        ),  # the first that holds decides, and says nothing of the cap but what follows
        ("pool.heated", "2027-06-02", True),
        ("pool.heated", "2028-02-29", False),
    ],
)
def test_the_day_asked_about_counts(path: str, on: str, expected: bool | None) -> None:
    hotel = loads(
        """
seasons: {winter: {from: 11-02, to: 03-14}}
pool:
  cap: no
  heated: no
  when:
    - {season: winter, cap: yes}
    - {dates: [2027-06-01, 2027-06-02], heated: yes}
    - {from: 08-01, to: 08-31, depth_m: 1.2}
    - {from: 08-10, to: 08-20, cap: yes}
"""
    )
    value = hotel.at(path, date.fromisoformat(on))
    assert value is (False if expected is None else expected)


def test_paths_into_lists_and_what_is_not_there() -> None:
    hotel = loads("parking: [{kind: lot, price: free}, {zone: ztl, inside: yes}]\nspa: no")
    day = date(2027, 1, 1)
    assert hotel.at("parking[1].inside", day) is True
    assert hotel.at("parking[7].inside", day) is None
    assert hotel.at("spa.hours", day) is None
    assert hotel.at("bar.hours", day) is None
    for wrong in ("bar hours", "bars", "parking[0].colour", ""):
        with pytest.raises(KeyError):
            hotel.at(wrong, day)


# --- any hours ----------------------------------------------------------------------------------------------

spans = st.builds(
    lambda start, length: Span(start, start + length),
    st.integers(0, DAY_MINUTES - 1),
    st.integers(1, DAY_MINUTES - 1),
).filter(lambda span: span.end_min - span.start_min < DAY_MINUTES)
days_of_spans = st.lists(spans, max_size=4).map(merged)
zones = st.sampled_from(["Europe/Rome", "UTC", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"])
moments = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1))  # noqa: DTZ001


@given(days_of_spans.filter(lambda day: all(span.end_min - span.start_min < DAY_MINUTES for span in day)))
def test_what_is_written_is_what_is_read(day: tuple[Span, ...]) -> None:
    written = ", ".join(map(str, day)) or "closed"
    assert read_day(written) == day


@given(st.integers(0, DAY_MINUTES))
def test_times_round_trip(minutes: int) -> None:
    assert read_minutes(clock_text(minutes)) == minutes


@given(st.lists(days_of_spans, min_size=7, max_size=7), zones, moments)
def test_open_and_next_open_agree(week: list[tuple[Span, ...]], zone: str, moment: datetime) -> None:
    hours = Hours(ZoneInfo(zone), tuple(week))
    now = moment.replace(tzinfo=ZoneInfo(zone))
    found = hours.next_open(now)
    if hours.open_at(now):
        assert found == now
        closes = hours.closes(now)
        assert closes is None or closes.timestamp() > now.timestamp()
        return
    assert hours.closes(now) is None
    if found is None:
        assert hours.never
        return
    assert found.timestamp() > now.timestamp()
    assert hours.open_at(found)


@given(st.lists(days_of_spans, min_size=7, max_size=7), zones, st.dates(date(2026, 1, 1), date(2028, 1, 1)))
def test_intervals_are_in_order_and_in_the_hotels_zone(
    week: list[tuple[Span, ...]], zone: str, day: date
) -> None:
    hours = Hours(ZoneInfo(zone), tuple(week))
    stamps = [moment.timestamp() for interval in hours.intervals(day) for moment in interval]
    assert stamps == sorted(stamps)
    assert all(moment.tzinfo is hours.zone for interval in hours.intervals(day) for moment in interval)


@given(st.text(max_size=20))
def test_any_word_is_hours_or_a_value_error(text: str) -> None:
    for read in (read_day, read_minutes):
        try:
            read(text)
        except ValueError as error:
            assert str(error).startswith("must")  # noqa: PT017
    read_weekdays(text)


@given(st.text(max_size=60), st.dates())
def test_any_path_is_a_value_or_a_key_error(path: str, day: date) -> None:
    try:
        Hotel.empty().at(path, day)
    except KeyError:
        return
