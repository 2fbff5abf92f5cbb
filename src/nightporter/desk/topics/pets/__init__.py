"""Pets: which are welcome, how heavy, what it costs, where they may not go."""

from __future__ import annotations

from nightporter.config.hotel import Hotel, No
from nightporter.config.hotel.blocks import Pets
from nightporter.desk.alike import told_alike
from nightporter.desk.rendering import Answer, Catalogue, may_tell, sorry, spots_text
from nightporter.desk.understanding import Ask, TopicReply

SAY = Catalogue(__name__)


@told_alike(SAY)
def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """What may be said about pets."""
    if hotel.pets is None:
        return TopicReply()
    if isinstance(hotel.pets, No):
        return sorry(SAY, ask, "pets")
    pets = hotel.during(hotel.pets, ask.on)
    if not may_tell(pets.share, ask.match):
        return TopicReply()
    if pets.dogs is False and pets.cats is False:
        return sorry(SAY, ask, "pets")
    answer = Answer(ask, SAY)
    _who(answer, pets)
    if pets.dogs or pets.cats:
        _terms(answer, pets)
    answer.note(pets.text, "pets.text")
    return answer.reply()


def _who(answer: Answer, pets: Pets) -> None:
    about_one = answer.asked("dogs") != answer.asked("cats")
    if pets.dogs and pets.cats and not about_one:
        answer.add("dogs", "both", ("pets.dogs", "pets.cats"))
        return
    if pets.dogs is not None:
        answer.add("dogs", "dogs" if pets.dogs else "no_dogs", "pets.dogs")
    if pets.cats is not None:
        answer.add("cats", "cats" if pets.cats else "no_cats", "pets.cats")


def _terms(answer: Answer, pets: Pets) -> None:
    """How heavy, how many, what it costs, where not: said with `dogs` or `cats` too, unless that one is not allowed."""
    refused = (answer.asked("dogs") and not pets.dogs) or (answer.asked("cats") and not pets.cats)
    if refused:
        return
    if pets.max_kg is not None:
        answer.add(_with_animal(answer, "weight"), "weight", "pets.max_kg", kg=pets.max_kg)
    if pets.max_per_room is not None:
        answer.add(_with_animal(answer, "number"), "number", "pets.max_per_room", number=pets.max_per_room)
    answer.price(_with_animal(answer, "price"), pets.price, "pets.price")
    if pets.not_in:
        spots = spots_text(pets.not_in, answer.language)
        answer.add(_with_animal(answer, "not_in"), "not_in", "pets.not_in", spots=spots)


def _with_animal(answer: Answer, aspect: str) -> str:
    """Who asks about a dog and nothing more wants to know all about it."""
    if answer.asked_only("dogs", "cats"):
        return "dogs" if answer.asked("dogs") else "cats"
    return aspect
