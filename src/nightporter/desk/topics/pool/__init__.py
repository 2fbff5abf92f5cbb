"""The pool: open on the day asked about, heated, depth, children, cap, towels, price."""

from __future__ import annotations

from nightporter.config.hotel import Hotel, No
from nightporter.config.hotel.blocks import Pool
from nightporter.desk.alike import told_alike
from nightporter.desk.rendering import (
    Answer,
    Catalogue,
    asked_hours_text,
    bare_day_text,
    closed_text,
    day_text,
    may_tell,
    number_text,
    sorry,
)
from nightporter.desk.understanding import Ask, TopicReply

SAY = Catalogue(__name__)


@told_alike(SAY)
def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """What may be said about the pool."""
    if hotel.pool is None:
        return TopicReply()
    if isinstance(hotel.pool, No):
        return sorry(SAY, ask, "pool")
    pool = hotel.during(hotel.pool, ask.on)
    if not may_tell(pool.share, ask.match):
        return TopicReply()
    answer = Answer(ask, SAY)
    closed = closed_text(hotel, ask.on, ask.language)
    if closed and ask.on_named and not hotel.intervals("pool", ask.on):
        return answer.only(closed, "closed")
    _hours(answer, pool, ask, hotel)
    if pool.kind is not None:
        answer.add("kind", f"kind.{pool.kind}", "pool.kind")
    _water(answer, pool)
    if isinstance(pool.towels, No):
        answer.add("towels", "no_towels", "pool.towels")
    else:
        answer.price("towels", pool.towels, "pool.towels", "towels")
    answer.price("price", pool.price, "pool.price")
    answer.note(pool.text, "pool.text")
    return answer.reply()


def _hours(answer: Answer, pool: Pool, ask: Ask, hotel: Hotel) -> None:
    if pool.hours is None:
        return
    day = day_text(ask.on, ask.now.date(), ask.language)
    if hotel.intervals("pool", ask.on):
        hours = asked_hours_text(pool.hours, ask)
        answer.add("hours", "open_on" if ask.on_named else "open", "pool.hours", day=day, hours=hours)
        return
    again = hotel.next_open_day("pool", ask.on)
    if again is None:
        answer.add("hours", "closed_on", "pool.hours", always=True, day=day)
    else:
        text = bare_day_text(again, ask.language)
        answer.add("hours", "closed_on_again", "pool.hours", always=True, day=day, again=text)


def _water(answer: Answer, pool: Pool) -> None:
    for name, aspect, value in (
        ("heated", "heated", pool.heated),
        ("children_pool", "children", pool.children_pool),
        ("cap", "cap", pool.cap),
        ("lifeguard", "lifeguard", pool.lifeguard),
    ):
        if value is not None:
            answer.add(aspect, aspect if value else f"no_{aspect}", f"pool.{name}")
    if pool.depth_m is not None:
        answer.add("depth", "depth", "pool.depth_m", depth=number_text(pool.depth_m, answer.language))
