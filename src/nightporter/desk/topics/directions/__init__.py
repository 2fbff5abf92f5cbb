"""The way to the hotel: address and map, by train, bus, car, from the airport, whom to ring when lost."""

from __future__ import annotations

from nightporter.config.hotel import Hotel, No
from nightporter.config.hotel.blocks import Airport, ByCar, ByTrain, Directions
from nightporter.desk.reception import phone_now
from nightporter.desk.rendering import Answer, Catalogue, may_tell
from nightporter.desk.understanding import Ask, TopicReply

SAY = Catalogue(__name__)
MAP_LINK = "https://maps.google.com/?q={latitude},{longitude}"  # opens whatever map the phone has


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """What may be said about the way."""
    directions = hotel.during(hotel.directions, ask.on) if hotel.directions else Directions()
    if not may_tell(directions.share, ask.match):
        directions = Directions()
    answer = Answer(ask, SAY)
    _place(answer, ask, hotel)
    if directions.train is not None:
        by_bus = directions.bus is None and directions.train.bus and answer.asked("bus")
        _ride(answer, "bus" if by_bus else "train", "train", directions.train)
    if directions.bus is not None:
        _ride(answer, "bus", "bus", directions.bus)
    if directions.car is not None:
        _car(answer, directions.car)
    answer.remark("plane", directions.plane, "directions.plane")
    _from_afar(answer, ask, hotel)
    answer.note(directions.text, "directions.text")
    return answer.reply()


def _place(answer: Answer, ask: Ask, hotel: Hotel) -> None:
    """Who is lost needs the address and a phone, whatever else was asked."""
    lost = answer.asked("lost")
    aspect = "lost" if lost else "address"
    if hotel.house.address:
        answer.add(aspect, "address", "hotel.address", address=hotel.house.address)
    if hotel.house.position:
        latitude, longitude = hotel.house.position
        link = MAP_LINK.format(latitude=latitude, longitude=longitude)
        answer.add(aspect, "map", "hotel.position", link=link)
    phone = phone_now(hotel, ask.now)
    if lost and phone:
        own = phone == hotel.house.phone
        answer.add("lost", "lost", "hotel.phone" if own else "reception.night.phone", phone=phone)


def _ride(answer: Answer, aspect: str, name: str, ride: ByTrain) -> None:
    """`aspect`: the way by train is also what is known of the bus, where the file has no other."""
    steps: list[str] = []
    paths: list[str] = []
    for part, value in (("station", ride.station), ("bus", ride.bus), ("stop", ride.stop)):
        if value:
            steps.append(SAY.say(f"step.{part}", answer.language, name=value))
            paths.append(f"directions.{name}.{part}")
    if ride.walk_min is not None:
        steps.append(SAY.say("step.walk", answer.language, minutes=ride.walk_min))
        paths.append(f"directions.{name}.walk_min")
    if steps:
        answer.add(aspect, name, tuple(paths), steps=", ".join(steps))
    answer.remark(aspect, ride.text, f"directions.{name}.text")


def _car(answer: Answer, car: ByCar) -> None:
    said = car.text.get(answer.language) if car.text else ""
    if said:
        answer.add("car", "car", "directions.car.text", text=said)
    elif car.exit:
        answer.add("car", "exit", "directions.car.exit", exit=car.exit)


def _from_afar(answer: Answer, ask: Ask, hotel: Hotel) -> None:
    """How far the airports are, and a taxi's number."""
    if hotel.transfer is None or isinstance(hotel.transfer, No):
        return
    transfer = hotel.during(hotel.transfer, ask.on)
    if not may_tell(transfer.share, ask.match):
        return
    for code, airport in (transfer.airports or {}).items():
        way = _way(airport, answer.language)
        if way:
            answer.add("plane", "airport", "transfer.airports", airport=code, way=", ".join(way))
    if transfer.taxi_phone:
        answer.add("taxi", "taxi", "transfer.taxi_phone", phone=transfer.taxi_phone)


def _way(airport: Airport, language: str) -> list[str]:
    way: list[str] = []
    if airport.km is not None:
        way.append(SAY.say("way.km", language, km=airport.km))
    if airport.minutes is not None:
        way.append(SAY.say("way.minutes", language, minutes=airport.minutes))
    return way
