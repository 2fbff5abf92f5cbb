"""The Wi-Fi: network, password (only to whom it may be told), price, reach."""

from __future__ import annotations

from nightporter.config.hotel import Hotel, No
from nightporter.config.hotel.blocks import Wifi
from nightporter.desk.alike import told_alike
from nightporter.desk.rendering import Answer, Catalogue, may_tell, sorry, spots_text
from nightporter.desk.understanding import Ask, Match, TopicReply

SAY = Catalogue(__name__)


@told_alike(SAY)
def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """What may be said about the Wi-Fi."""
    if hotel.wifi is None:
        return TopicReply()
    if isinstance(hotel.wifi, No):
        return sorry(SAY, ask, "wifi")
    wifi = hotel.during(hotel.wifi, ask.on)
    answer = Answer(ask, SAY)
    if wifi.network:
        answer.add("access", "network", "wifi.network", network=wifi.network)
    _password(answer, wifi, ask.match)
    answer.price("price", wifi.price, "wifi.price")
    if wifi.covers:
        answer.add("covers", "covers", "wifi.covers", spots=spots_text(wifi.covers, ask.language))
    answer.note(wifi.text, "wifi.text")
    return answer.reply()


def _password(answer: Answer, wifi: Wifi, match: Match) -> None:
    if wifi.password is None:
        return
    if isinstance(wifi.password, No):
        answer.add("access", "open", "wifi.password")
    elif may_tell(wifi.share, match):
        answer.add("access", "password", "wifi.password", password=wifi.password)
    else:
        answer.add("access", "after_checkin" if match is Match.BOOKED else "at_reception", ())
