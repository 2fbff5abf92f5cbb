"""The language of a message, and what becomes of a guest's language over several."""

from __future__ import annotations

from functools import cache

import pytest

from nightporter.desk.language import language_of_phone, next_language
from nightporter.desk.recogniser import Recogniser
from nightporter.model.guest import Guest, LanguageSource

LANGUAGES = ("en", "it", "de", "fr", "es")


@cache
def recogniser() -> Recogniser:
    return Recogniser.load()


def heard(text: str, *, hint: str = "", languages: tuple[str, ...] = LANGUAGES) -> str:
    return recogniser().understand(text, languages=languages, hint=hint).language


def after(guest: Guest, *texts: str) -> Guest:
    for text in texts:
        told = recogniser().understand(text, languages=LANGUAGES, hint=guest.language)
        guest = next_language(guest, told)
    return guest


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Hello, a che ora è la colazione?", "it"),
        ("Ciao! What time is breakfast?", "en"),
        ("Hi, wann gibt es Frühstück?", "de"),
        ("Hola, where can I park the car?", "en"),
        ("Bonjour, ¿a qué hora es el desayuno?", "es"),
        ("chönd mir bitte säge wänn s zmorge git", "de"),
        ("Grüezi, händ ihr en pool?", "de"),
        ("a che ora si può entrare in camera domani", "it"),
        ("peut-on venir avec un chien", "fr"),
        ("podemos aparcar en el hotel", "es"),
        ("COLAZIONE A CHE ORA", "it"),
        ("gibt es einen parkplatz", "de"),
        ("grazie mille", "it"),
        ("vielen dank", "de"),
        ("merci beaucoup", "fr"),
        ("muchas gracias", "es"),
        ("thank you", "en"),
        ("Rezeption", "de"),
        ("Handtücher", "de"),
        ("colazione?", "it"),
        ("recepción", "es"),
        ("petit-déjeuner", "fr"),
        ("breakfast", "en"),
    ],
)
def test_the_language_of_the_wish_is_heard(text: str, language: str) -> None:
    assert heard(text) == language


@pytest.mark.parametrize("text", ["", "204", "ok", "👍", "?", "12.5.", "wifi"])
def test_where_words_do_not_tell_the_hint_stands(text: str) -> None:
    assert heard(text) == ""
    assert heard(text, hint="fr") == "fr"


def test_only_the_hotels_languages_are_heard() -> None:
    assert heard("¿a qué hora es el desayuno mañana?", languages=("it", "en")) in {"it", "en", ""}
    assert heard("what time is breakfast", languages=("it",)) == "it"
    assert heard("what time is breakfast", languages=()) == ""


def test_four_words_with_a_margin_are_sure() -> None:
    told = recogniser().understand("at what time can we have breakfast", languages=LANGUAGES)
    assert told.language_sure
    assert not recogniser().understand("breakfast please", languages=LANGUAGES).language_sure
    assert not recogniser().understand("ok ok ok ok ok", languages=LANGUAGES).language_sure


GERMAN = Guest(guest_id="g", language="de", language_source=LanguageSource.HINT)


def test_a_hint_is_confirmed_by_the_guests_own_words() -> None:
    told = after(GERMAN, "Wann gibt es morgen Frühstück bitte?")
    assert (told.language, told.language_source) == ("de", LanguageSource.HEARD)


def test_one_sure_message_switches_at_once() -> None:
    told = after(GERMAN, "What time is breakfast tomorrow morning?")
    assert (told.language, told.language_source) == ("en", LanguageSource.HEARD)


def test_one_short_message_makes_a_rival_and_a_second_one_switches() -> None:
    once = after(GERMAN, "colazione quando?")
    assert (once.language, once.language_rival) == ("de", "it")
    twice = after(once, "colazione domani?")
    assert (twice.language, twice.language_rival) == ("it", "")


def test_a_message_in_the_old_language_ends_the_rivalry() -> None:
    told = after(GERMAN, "colazione quando?", "Handtücher bitte", "colazione domani?")
    assert (told.language, told.language_rival) == ("de", "it")


@pytest.mark.parametrize("text", ["ok", "204", "👍", "hola", "ciao", "grazie", "Rossi", "wifi", "12:30"])
def test_small_words_names_and_numbers_never_switch(text: str) -> None:
    told = after(GERMAN, text, text)
    assert told.language == "de"


def test_what_was_chosen_stays() -> None:
    chosen = Guest(guest_id="g", language="fr", language_source=LanguageSource.CHOSEN)
    assert after(chosen, "What time is breakfast tomorrow morning?") == chosen


def test_without_a_hint_the_first_words_are_taken() -> None:
    told = after(Guest(guest_id="g"), "colazione quando?")
    assert (told.language, told.language_source) == ("it", LanguageSource.HINT)
    assert after(Guest(guest_id="g"), "ok").language == ""


@pytest.mark.parametrize(
    ("digits", "language"),
    [
        ("393331234567", "it"),
        ("491701234567", "de"),
        ("41791234567", "de"),
        ("436641234567", "de"),
        ("33612345678", "fr"),
        ("34612345678", "es"),
        ("5215512345678", "es"),
        ("447700900123", "en"),
        ("12025550123", "en"),
        ("17875550123", "es"),
        ("81312345678", ""),
        ("", ""),
        ("3", ""),
        ("32470123456", "fr"),
    ],
)
def test_a_phone_number_hints_at_a_language(digits: str, language: str) -> None:
    assert language_of_phone(digits) == language
