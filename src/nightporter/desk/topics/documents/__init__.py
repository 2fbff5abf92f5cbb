"""Documents: which a guest must show, and where the online check-in is; a paper itself is never asked for here."""

from __future__ import annotations

from nightporter.config.hotel import Hotel, No
from nightporter.config.hotel.blocks import Documents
from nightporter.desk.rendering import Answer, Catalogue, may_tell, sorry
from nightporter.desk.understanding import Ask, TopicReply

SAY = Catalogue(__name__)


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """What may be said about documents."""
    if hotel.arrival is None:
        return TopicReply()
    arrival = hotel.during(hotel.arrival, ask.on)
    if arrival.documents is None or not may_tell(arrival.share, ask.match):
        return TopicReply()
    answer = Answer(ask, SAY)
    if isinstance(arrival.documents, No):
        if not answer.asked("online"):
            return sorry(SAY, ask, "arrival.documents")
    else:
        _documents(answer, arrival.documents)
    return answer.reply()


def _documents(answer: Answer, documents: Documents) -> None:
    """The hotelier's own words take the place of the sentence made from `needed`."""
    if not answer.remark("needed", documents.text, "arrival.documents.text"):
        if documents.needed:
            answer.add("needed", "needed", "arrival.documents.needed")
        elif documents.needed is False:
            answer.add("needed", "no", "arrival.documents.needed")
    if documents.online_checkin_url:
        link = documents.online_checkin_url
        answer.add("online", "online", "arrival.documents.online_checkin_url", link=link)
