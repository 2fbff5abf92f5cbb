"""Paying: by what, deposit, tourist tax; what was paid or charged for one booking is for staff."""

from __future__ import annotations

from decimal import Decimal

from nightporter.config.hotel import Hotel, Money, No, Terms
from nightporter.config.hotel.blocks import Payment, TouristTax
from nightporter.config.hotel.values import Method
from nightporter.desk.rendering import Answer, Catalogue, listed, may_tell, money_text
from nightporter.desk.understanding import Ask, TopicReply

SAY = Catalogue(__name__)
CASH_LIMIT_CURRENCY = "EUR"  # the limit is one of the law in euros, whatever the hotel's prices are in


def reply(ask: Ask, hotel: Hotel) -> TopicReply:
    """What may be said about paying and the tax."""
    answer = Answer(ask, SAY)
    if hotel.payment is not None:
        payment = hotel.during(hotel.payment, ask.on)
        if may_tell(payment.share, ask.match):
            _payment(answer, payment)
    if isinstance(hotel.tourist_tax, No):
        answer.add("tax", "no_tax", "tourist_tax")
    elif hotel.tourist_tax is not None:
        tax = hotel.during(hotel.tourist_tax, ask.on)
        if may_tell(tax.share, ask.match):
            _tax(answer, tax)
    return answer.reply()


def _payment(answer: Answer, payment: Payment) -> None:
    if payment.methods:
        names = [SAY.say(f"method.{method}", answer.language) for method in payment.methods]
        answer.add("methods", "methods", "payment.methods", methods=listed(names, answer.language))
    if payment.cash_max_eur is not None and Method.CASH in (payment.methods or ()):
        limit = Money(Terms.AMOUNT, Decimal(payment.cash_max_eur), CASH_LIMIT_CURRENCY)
        amount = money_text(limit, answer.language)
        answer.add("cash", "cash", "payment.cash_max_eur", detail=True, amount=amount)
    if isinstance(payment.deposit, No):
        answer.add("deposit", "no_deposit", "payment.deposit")
    else:
        answer.price("deposit", payment.deposit, "payment.deposit", "deposit")
    answer.note(payment.text, "payment.text")


def _tax(answer: Answer, tax: TouristTax) -> None:
    """The rate as the file has it; a sum for a stay is never worked out here."""
    answer.price("tax", tax.price, "tourist_tax.price", "tax")
    if tax.price is None or tax.price.costs_nothing:
        return
    if tax.free_under is not None:
        answer.add("tax", "tax_free", "tourist_tax.free_under", age=tax.free_under)
    if tax.max_nights is not None:
        answer.add("tax", "tax_nights", "tourist_tax.max_nights", nights=tax.max_nights)
    if answer.asked("in_price"):
        answer.add("tax", "tax_in_price", ())
    answer.note(tax.text, "tourist_tax.text")
