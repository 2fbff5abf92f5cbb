"""Which booking a guest speaks of; who is told of it, and what only staff read."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.desk.topics.rigs import BOOKED, IN_HOUSE, ask, demo_hotel

from nightporter.config.hotel import loads
from nightporter.desk import topics
from nightporter.desk.bookings import booking_of
from nightporter.desk.understanding import TopicReply
from nightporter.model.guest import Stay, StayRole

KELLER = replace(BOOKED, name="Anna Keller")


@dataclass(frozen=True)
class Book:
    stays: tuple[Stay, ...] = (KELLER, replace(IN_HOUSE, name="Rosa Bianchi"))

    def by_code(self, code: str) -> tuple[Stay, ...]:
        return tuple(stay for stay in self.stays if stay.code == code)

    def by_name(self, surname: str, arrival: str) -> tuple[Stay, ...]:
        wanted = surname.casefold()
        return tuple(
            stay for stay in self.stays if stay.arrival == arrival and wanted in stay.name.casefold().split()
        )


def answered(topic: str, wish: str, told: str, match: str = "none") -> TopicReply:
    slots = {"wish": wish, "booking": told}
    return topics.reply(topic, replace(ask(told, match=match, slots=slots), book=Book()), demo_hotel())


@pytest.mark.parametrize(
    ("told", "code", "surname", "arrival"),
    [
        ("GIN43", "GIN43", "", ""),
        ("it is gin43 I think", "GIN43", "", ""),
        ("5592652343", "5592652343", "", ""),
        ("Keller 4 December 2026", "", "Keller", "2026-12-04"),
        ("my name is Keller and we arrive on december 4th", "", "Keller", "2026-12-04"),
        ("4.12.", "", "", "2026-12-04"),
        ("Van der Berg", "", "Van Berg", ""),
        ("I really do not know, it must be somewhere in my mails", "", "", ""),
    ],
)
def test_an_answer_tells_a_code_or_a_name_and_a_day(told: str, code: str, surname: str, arrival: str) -> None:
    found = booking_of(replace(ask(told, slots={"wish": "cancel my booking", "booking": told}), book=Book()))
    assert (found.code, found.surname, found.arrival) == (code, surname, arrival)


@pytest.mark.parametrize("topic", ["my_booking", "booking_change", "booking_cancel"])
def test_a_stranger_hears_the_same_whether_there_is_such_a_booking_or_not(topic: str) -> None:
    wish = "one more night on my booking"
    real = answered(topic, wish, "Keller, 4 December")
    none = answered(topic, wish, "Hofer, 5 December")
    assert real.text == none.text
    assert real.task is not None
    assert none.task is not None
    assert (real.task.details["in_book"], none.task.details["in_book"]) == ("yes", "no")
    assert (real.task.details["booking"], "room" in real.task.details) == ("GIN43", False)


def test_a_code_of_somebody_else_tells_nothing() -> None:
    reply = answered("my_booking", "did you get my booking?", "GIN42", match="booked")
    assert "November" not in reply.text
    assert reply.task is not None
    assert "own" not in reply.task.details


@pytest.mark.parametrize("topic", ["booking_change", "booking_cancel"])
def test_a_companion_is_told_that_only_the_booker_may(topic: str) -> None:
    one = replace(
        ask("one night less, cancel it", match="booked"), stay=replace(BOOKED, role=StayRole.COMPANION)
    )
    reply = topics.reply(topic, one, demo_hotel())
    assert "only the person who made the booking" in reply.text
    assert reply.task is not None
    assert reply.task.details["role"] == "companion"


def test_a_companion_does_not_get_the_code() -> None:
    one = replace(
        ask("did you get our booking?", match="booked"), stay=replace(BOOKED, role=StayRole.COMPANION)
    )
    reply = topics.reply("my_booking", one, demo_hotel())
    assert "4 December" in reply.text
    assert "GIN43" not in reply.text


def test_several_rooms_are_told_apart() -> None:
    one = replace(ask("how many nights did I book?", match="in_house"), stay=None)
    asked = topics.reply("my_booking", one, demo_hotel())
    assert asked.question is not None
    assert asked.question.slot == "room"


@given(st.text(max_size=120))
def test_any_answer_ends_in_a_question_or_a_task(told: str) -> None:
    for topic in ("my_booking", "booking_cancel", "booking_change", "invoice"):
        reply = answered(topic, "my booking: one more night", told)
        assert reply.text
        assert (reply.question is None) != (reply.task is None)


def test_no_invoices_and_other_needs() -> None:
    none = loads("invoice: no")
    assert "do not issue" in topics.reply("invoice", ask("an invoice please", hotel=none), none).text
    other = loads("invoice: {needs: [tax_code, email]}")
    text = topics.reply("invoice", ask("an invoice please", hotel=other), other).text
    assert "the tax code and the e-mail address" in text
    assert "VAT" not in text


def test_terms_of_cancelling_are_the_hoteliers_words_or_nothing() -> None:
    hotel = loads("cancellation: {text: {en: Free until two days before.}}")
    reply = topics.reply("booking_cancel", ask("what is your cancellation policy?", hotel=hotel), hotel)
    assert "Free until two days before." in reply.text
    assert reply.task is None
    empty = loads("pool: no")
    assert topics.reply("booking_cancel", ask("cancellation policy?", hotel=empty), empty) == TopicReply()


def test_a_booking_page_that_wants_what_is_not_known_is_not_shown() -> None:
    says = "a room from 3 to 5 may for 2 adults"
    odd = loads('hotel: {booking_url: "https://b.example/?a={arrival}&voucher={voucher}"}')
    assert "http" not in topics.reply("new_booking", ask(says, hotel=odd), odd).text
    bare = loads('hotel: {booking_url: "https://b.example/book"}')
    assert "https://b.example/book" in topics.reply("new_booking", ask(says, hotel=bare), bare).text
    without = loads("pool: no")
    reply = topics.reply("new_booking", ask(says, hotel=without), without)
    assert "http" not in reply.text
    assert reply.task is not None
