"""Restaurant and bar: hours, half board, diets; a table is collected and confirmed by a person, so is any allergy."""

from __future__ import annotations

from datetime import date

from nightporter.config.hotel import Hotel, Hours, No
from nightporter.config.hotel.blocks import Bar, Restaurant
from nightporter.desk.collecting import Request, department_of, hours_path, who_answers
from nightporter.desk.rendering import (
    CORE,
    Answer,
    Catalogue,
    asked_hours_text,
    bare_day_text,
    closed_text,
    day_hours_text,
    day_text,
    listed,
    may_tell,
    sorry,
    weekdays_text,
)
from nightporter.desk.understanding import Ask, TopicReply

SAY = Catalogue(__name__)
TOPIC = "restaurant"
NEEDS = ("day", "time", "people")


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """A fact, a question about the table, or a task."""
    about = SAY.aspects(ask.slots.get("wish") or ask.wish.text)
    wants_table = bool(ask.slots) or "table" in about
    if isinstance(hotel.restaurant, No) and "bar" not in about:
        return sorry(SAY, ask, TOPIC)
    if "allergy" in about and not wants_table:
        return _allergy(ask, hotel)
    block = hotel.restaurant if isinstance(hotel.restaurant, Restaurant) else Restaurant()
    restaurant = hotel.during(block, ask.on)
    if not may_tell(restaurant.share, ask.match):
        return TopicReply()
    if wants_table and hotel.restaurant is not None:
        return _table(ask, hotel)
    return _facts(ask, hotel, restaurant)


def _allergy(ask: Ask, hotel: Hotel) -> TopicReply:
    """What is safe to eat is never said by the machine."""
    department = department_of(hotel, TOPIC)
    request = Request(ask, TOPIC, SAY, needs=())
    lines = [SAY.say("allergy", ask.language), who_answers(hotel, department, ask)]
    return TopicReply(
        text="\n".join(lines),
        sources=hours_path(hotel, department),
        task=request.task(department, "allergy"),
    )


def _table(ask: Ask, hotel: Hotel) -> TopicReply:
    request = Request(ask, TOPIC, SAY, needs=NEEDS, asks=("allergies",))
    if "allergy" in SAY.aspects(request.words):
        request.know("allergies", request.words)
    day = request.known["day"]
    if day and hotel.has_hours(TOPIC) and not hotel.intervals(TOPIC, on := date.fromisoformat(day)):
        return _closed(ask, hotel, on)
    lead = SAY.say("table", ask.language)
    if request.missing():
        return request.ask_back(lead)
    safe = SAY.say("allergy", ask.language) if request.known["allergies"] not in ("", "no") else ""
    return request.to_confirm(hotel, department_of(hotel, TOPIC), "to_confirm", lead, safe)


def _closed(ask: Ask, hotel: Hotel, on: date) -> TopicReply:
    day = day_text(on, ask.now.date(), ask.language)
    lines = [SAY.say("lead", ask.language), SAY.say("closed_on", ask.language, day=day)]
    if again := hotel.next_open_day(TOPIC, on):
        lines.append(SAY.say("again", ask.language, again=bare_day_text(again, ask.language)))
        lines.append(SAY.say("book", ask.language))
    return TopicReply(text="\n".join(lines), sources=("restaurant.hours",))


def _facts(ask: Ask, hotel: Hotel, restaurant: Restaurant) -> TopicReply:
    answer = Answer(ask, SAY)
    language = ask.language
    closed = closed_text(hotel, ask.on, language)
    if closed and ask.on_named and not hotel.intervals(TOPIC, ask.on):
        return answer.only(closed, "closed")
    if restaurant.hours is not None and not answer.asked("bar"):
        _hours(answer, restaurant, restaurant.hours, ask, hotel)
    bar = hotel.during(hotel.bar, ask.on) if isinstance(hotel.bar, Bar) else None
    if isinstance(hotel.bar, No):
        answer.add("bar", "bar_no", "bar", detail=True)
    elif bar and bar.hours is not None and may_tell(bar.share, ask.match):
        answer.add("bar", "bar", "bar.hours", hours=asked_hours_text(bar.hours, ask))
    if isinstance(restaurant.half_board, No):
        answer.add("half_board", "half_board_no", "restaurant.half_board", detail=True)
    else:
        answer.price("half_board", restaurant.half_board, "restaurant.half_board", "half_board")
    if restaurant.non_guests is not None:
        key = "visitors" if restaurant.non_guests else "visitors_no"
        answer.add("visitors", key, "restaurant.non_guests", detail=restaurant.non_guests)
    if restaurant.options:
        diets = [SAY.say(f"diet.{diet}", language) for diet in restaurant.options]
        answer.add("diet", "options", "restaurant.options", options=listed(diets, language))
    if restaurant.menu_url:
        answer.add("menu", "menu", "restaurant.menu_url", url=restaurant.menu_url)
    answer.note(restaurant.text, "restaurant.text")
    if restaurant.book is not None and answer.knows("hours") and not answer.asked("bar"):
        answer.add(CORE, "book", "restaurant.book")
    return answer.reply()


def _hours(answer: Answer, restaurant: Restaurant, hours: Hours, ask: Ask, hotel: Hotel) -> None:
    language, path = ask.language, "restaurant.hours"
    if ask.on_named or not hotel.intervals(TOPIC, ask.on):
        day = day_text(ask.on, ask.now.date(), language)
        if not hotel.intervals(TOPIC, ask.on):
            answer.add("hours", "closed_on", path, day=day)
            if again := hotel.next_open_day(TOPIC, ask.on):
                answer.add("hours", "again", path, again=bare_day_text(again, language))
        if ask.on_named:
            if hotel.intervals(TOPIC, ask.on):
                answer.add("hours", "hours_on", path, day=day, hours=_meals(hours, ask))
            return
    answer.add("hours", "hours", path, hours=_meals(hours, ask))
    if restaurant.closed_on:
        days = weekdays_text(restaurant.closed_on, language)
        answer.add("hours", "weekly", "restaurant.closed_on", days=days)


def _meals(hours: Hours, ask: Ask) -> str:
    """`lunch 12:30–14:00, dinner 19:00–21:30`, or the hours alone where the meals have no names of ours."""
    if not hours.named or any(f"meal.{name}" not in SAY.sentences for name, _ in hours.named):
        return asked_hours_text(hours, ask)
    meals = [(name, meal.on(ask.on) if ask.on_named else meal.week[0]) for name, meal in hours.named]
    if not ask.on_named and not all(meal.daily for _, meal in hours.named):
        return asked_hours_text(hours, ask)
    said = [
        SAY.say(f"meal.{name}", ask.language, hours=day_hours_text(spans, ask.language))
        for name, spans in meals
        if spans
    ]
    return ", ".join(said)
