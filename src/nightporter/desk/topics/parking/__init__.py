"""Parking: each place with its price, height and distance, charging, traffic zones."""

from __future__ import annotations

from nightporter.config.hotel import NO, Hotel, No, Terms
from nightporter.config.hotel.blocks import Charger, Parking
from nightporter.config.hotel.values import Book
from nightporter.desk.alike import told_alike
from nightporter.desk.rendering import CORE, Answer, Catalogue, may_tell, money_text, number_text, sorry
from nightporter.desk.understanding import Ask, TopicReply

SAY = Catalogue(__name__)


@told_alike(SAY)
def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """What may be said about parking."""
    if hotel.parking is None:
        return TopicReply()
    if isinstance(hotel.parking, No):
        return sorry(SAY, ask, "parking")
    answer = Answer(ask, SAY)
    no_charger = False
    for at, block in enumerate(hotel.parking):
        parking = hotel.during(block, ask.on)
        if not may_tell(parking.share, ask.match):
            continue
        _place(answer, parking, f"parking[{at}]")
        if isinstance(parking.ev, Charger):
            _charger(answer, parking.ev, f"parking[{at}].ev")
        no_charger = no_charger or parking.ev is NO
        if parking.zone is not None and parking.inside is not None:
            side = "zone_in" if parking.inside else "zone_out"
            answer.add("zone", f"{side}.{parking.zone}", (f"parking[{at}].zone", f"parking[{at}].inside"))
        answer.note(parking.text, f"parking[{at}].text")
    if no_charger and not answer.knows("ev"):
        answer.add("ev", "ev_no", "parking")
    return answer.reply()


def _place(answer: Answer, parking: Parking, path: str) -> None:
    if parking.kind is None:
        return
    facts, paths = _facts(answer.language, parking, path)
    kind = SAY.say(f"kind.{parking.kind}", answer.language)
    if facts:
        paths = [f"{path}.kind", *paths]
        answer.add(CORE, "lot", tuple(paths), always=True, kind=kind, facts=", ".join(facts))
    else:
        answer.add(CORE, "bare", f"{path}.kind", always=True, kind=kind)


def _facts(language: str, parking: Parking, path: str) -> tuple[list[str], list[str]]:
    facts: list[str] = []
    paths: list[str] = []

    def fact(name: str, said: str) -> None:
        facts.append(said)
        paths.append(f"{path}.{name}")

    if parking.distance_m is not None:
        fact("distance_m", SAY.say("fact.distance", language, metres=parking.distance_m))
    if parking.price is not None:
        fact("price", money_text(parking.price, language))
    if parking.height_m is not None:
        height = number_text(parking.height_m, language)
        fact("height_m", SAY.say("fact.height", language, height=height))
    if parking.spaces is not None:
        fact("spaces", SAY.say("fact.spaces", language, spaces=parking.spaces))
    if parking.book is Book.STAFF:
        fact("book", SAY.say("fact.book", language))
    return facts, paths


def _charger(answer: Answer, charger: Charger, path: str) -> None:
    facts: list[str] = []
    if charger.kw is not None:
        facts.append(SAY.say("kw", answer.language, kw=number_text(charger.kw, answer.language)))
    if charger.plugs is not None:
        facts.append(SAY.say("plugs", answer.language, plugs=charger.plugs))
    if charger.price is not None and charger.price.terms is not Terms.ASK:
        facts.append(money_text(charger.price, answer.language))
    if facts:
        answer.add("ev", "ev", path, facts=", ".join(facts))
    else:
        answer.add("ev", "ev_any", path)
