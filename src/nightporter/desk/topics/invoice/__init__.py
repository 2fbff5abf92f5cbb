"""Invoices: collects what the hotel needs for one, and for which booking. Staff write it, and correct it."""

from __future__ import annotations

import re
from dataclasses import replace

from nightporter.config.hotel import Hotel, No
from nightporter.config.hotel.values import InvoiceField
from nightporter.desk.bookings import ask_booking, booking_of, question, wish_of
from nightporter.desk.reception import who_reads
from nightporter.desk.rendering import Catalogue, listed, may_tell, sorry
from nightporter.desk.understanding import Ask, TopicReply
from nightporter.model.decision import NewTask

SAY = Catalogue(__name__)
TOPIC = "invoice"
DEPARTMENT = "reception"
AT_ONCE_MAX = 2  # so many things are asked for in one message
USUAL = (InvoiceField.COMPANY, InvoiceField.VAT_ID, InvoiceField.ADDRESS, InvoiceField.SDI_OR_PEC)

_BILLING = "billing_"  # the slots of our questions: billing_1, billing_2, ...
_AS_IT_IS = frozenset({"again", "receipt"})  # needs no company: a copy, a mistake, a plain receipt
_MAIL = r"[\w.+-]+@[\w-]+\.[\w.-]+"
_TOLD = {
    InvoiceField.COMPANY: re.compile(
        r"\b(?:s\.?r\.?l|s\.?p\.?a|s\.?a\.?s|s\.?n\.?c|gmbh|ag|kg|ohg|e\.?k|sarl|sasu?|eurl|s\.?a|s\.?l\.?u?|ltd|llc|inc|plc|bv)\b",
        re.IGNORECASE,
    ),
    InvoiceField.VAT_ID: re.compile(r"\b(?:[A-Z]{2}[ -]?)?[A-Z]?\d[\d .]{6,12}\d[A-Z]?\b", re.IGNORECASE),
    InvoiceField.ADDRESS: re.compile(
        r"\b(?:via|viale|piazza|corso|largo|vicolo|rue|avenue|boulevard|place|calle|avenida|plaza|paseo|"
        r"street|road|lane|square)\b|(?:stra(?:ß|ss)e|str\.|weg|platz|gasse|allee)(?=\W|$)",
        re.IGNORECASE,
    ),
    InvoiceField.SDI_OR_PEC: re.compile(
        rf"{_MAIL}|\b(?:sdi|codice(?: destinatario)?|code)\b\W+(?:\w+\W+)?(?=\w*\d)[A-Z0-9]{{6,7}}\b",
        re.IGNORECASE,
    ),
    InvoiceField.TAX_CODE: re.compile(r"\b[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]\b", re.IGNORECASE),
    InvoiceField.EMAIL: re.compile(_MAIL),
}


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """The next question, or the task for reception."""
    if isinstance(hotel.invoice, No):
        return sorry(SAY, ask, "invoice")
    lead = SAY.say("lead", ask.language)
    as_it_is = _AS_IT_IS.intersection(SAY.aspects(wish_of(ask)))
    if not as_it_is and (asked := _ask_billing(ask, hotel, lead)):
        return asked
    booking = booking_of(ask)
    if asked := ask_booking(ask, TOPIC, lead, booking):
        return asked
    billing = [value for name, value in ask.slots.items() if name.startswith(_BILLING)]
    task = NewTask(
        key=f"invoice:{booking.code or booking.surname or 'own'}",
        department=DEPARTMENT,
        reason="invoice",
        summary="\n".join([wish_of(ask), *billing]),
        topic=TOPIC,
        details=booking.details(ask) | ({"billing": "; ".join(billing)} if billing else {}),
    )
    lines = [SAY.say("thanks", ask.language), SAY.say("passed_on", ask.language)]
    return TopicReply(text="\n".join([*lines, who_reads(hotel, ask.now, ask.language)]), task=task)


def _ask_billing(ask: Ask, hotel: Hotel, lead: str) -> TopicReply | None:
    """Asks for what the invoice needs, two things at a time, each once; None: all was told or asked."""
    needs, sources = _needs(ask, hotel)
    told = f"{wish_of(ask)}\n" + "\n".join(ask.slots.values())
    for at in range(0, len(needs), AT_ONCE_MAX):
        slot = f"{_BILLING}{at // AT_ONCE_MAX + 1}"
        missing = [need for need in needs[at : at + AT_ONCE_MAX] if not _TOLD[need].search(told)]
        if slot not in ask.slots and missing:
            names = listed([SAY.say(f"need.{need}", ask.language) for need in missing], ask.language)
            text = f"{lead}\n{SAY.say('please', ask.language, names=names)}"
            return replace(question(ask, TOPIC, slot, text), sources=sources)
    return None


def _needs(ask: Ask, hotel: Hotel) -> tuple[tuple[InvoiceField, ...], tuple[str, ...]]:
    """What an invoice needs, and where the file says so; the usual where it does not."""
    if hotel.invoice is None or isinstance(hotel.invoice, No):
        return USUAL, ()
    invoice = hotel.during(hotel.invoice, ask.on)
    if not invoice.needs or not may_tell(invoice.share, ask.match):
        return USUAL, ()
    return invoice.needs, ("invoice.needs",)
