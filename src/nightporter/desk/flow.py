"""The order of the desk: emergencies, what needs no answer, staff, limits, patience, then the wishes.

`Desk.answer` looks at one turn and decides. It writes nothing, sends nothing, and never waits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from nightporter.config.hotel import Hotel
from nightporter.desk import late
from nightporter.desk.compose import conclude
from nightporter.desk.context import Addressee, Context
from nightporter.desk.emergency import page_staff, page_unanswered
from nightporter.desk.entries import NODS, sort_entries
from nightporter.desk.events import react
from nightporter.desk.handover import Leftover, apologise, hand_over, pass_on_rest
from nightporter.desk.hold import held
from nightporter.desk.language import language_of_phone, next_language
from nightporter.desk.limits import count_same, over_limit, said_once_for_same, same_again, silence_loop
from nightporter.desk.look import Look
from nightporter.desk.questions import answer_of, answers_plainly, ask_again, called_off, forget_stale
from nightporter.desk.recogniser import Recogniser, level
from nightporter.desk.turns import wait_until_ms
from nightporter.desk.understanding import Understanding
from nightporter.desk.wishes import DANGER, answer_wishes, in_danger, remember
from nightporter.desk.wording import FALLBACK, say
from nightporter.model.conversation import Turn, TurnEntry
from nightporter.model.decision import Decision, SilentReason, Urgency
from nightporter.model.message import Entry, MessageKind

CONFIRM_OPT_OUT_EVERY_MS = 24 * 3_600_000


class Desk:
    """Answers guests from the hotel's file. Pure but for what it is given; one for a process."""

    def __init__(self, hotel: Callable[[], Hotel], recogniser: Recogniser) -> None:
        """`hotel`: the facts in force now; they may change between two turns."""
        self._hotel = hotel
        self._recogniser = recogniser

    async def answer(self, turn: Turn, context: Context) -> Decision:
        """What becomes of the turn: every entry gets its outcome, or it is looked at again later."""
        return self._decide(Look(turn, context, self._hotel()))

    async def react(self, event: Entry, addressee: Addressee | None, context: Context) -> Decision:
        """What an event leads to for one guest whom it concerns; None: it concerns nobody we know."""
        return react(event, addressee, context, self._hotel())

    def _decide(self, look: Look) -> Decision:
        unanswered = sort_entries(look)
        heard = self._listen(look, unanswered)
        if look.emergency and look.pending and self._emergency_among(look, heard):
            covered = look.pending
            page_staff(look, window_open=late.window_open(look))
            _settle_nods(look)
            return conclude(look, covered)
        _opt_outs(look, heard)
        forget_stale(look)
        if self._settle_closing(look, heard) or not look.pending:
            return conclude(look, list(look.turn.entries))
        return self._after_staff(look, heard)

    def _after_staff(self, look: Look, heard: dict[str, Understanding]) -> Decision:
        late.settle_answered(look)
        if not late.window_open(look) and look.pending:
            late.settle_closed(look)
        if not look.pending:
            return conclude(look, [])
        together = self._understand_all(look, heard)
        if together is not look.heard:
            look.heard = together
            _set_language(look, together)
        if in_danger(look) and look.turn.conversation.held(look.now_ms):
            once = look.pending[0].entry_id
            look.add_task(look.task("danger", "danger", once, look.words(), urgency=Urgency.NOW))
        waiting = held(look)
        if waiting is not None:
            return waiting
        covered = look.pending
        count_same(look, look.words())
        if silence_loop(look) and not look.pending:
            return conclude(look, covered)
        return self._speak(look, covered)

    def _speak(self, look: Look, covered: list[TurnEntry]) -> Decision:
        words = look.words()
        if in_danger(look):
            hand_over(look, [Leftover(words, DANGER, "danger")])
        elif over_limit(look):
            hand_over(look, [Leftover(words, "", "limit")])
        elif look.spoken and look.heard and look.heard.angry:
            apologise(look)
        elif look.spoken and same_again(look):
            hand_over(look, [Leftover(words, "", "repeated")], say_it=not said_once_for_same(look))
        elif not (look.question and answer_of(look)) and (until_ms := wait_until_ms(look)):
            return look.wait(until_ms)
        elif not look.spoken:
            hand_over(look, [])
        elif not called_off(look):
            return self._answer_words(look, covered)
        if look.pending:
            hand_over(look, [])
        return conclude(look, covered)

    def _answer_words(self, look: Look, covered: list[TurnEntry]) -> Decision:
        answers = answer_wishes(look, self._quoted_topic(look))
        wishes = len(answers.texts) + len(answers.leftovers)
        if answers.texts:
            look.paragraphs += answers.texts
            pass_on_rest(look, answers.leftovers)
            for entry in look.pending:
                look.answered(entry)
        else:
            hand_over(look, answers.leftovers)
        remember(look, answers)
        return conclude(look, covered, wishes=wishes)

    # --- hearing ------------------------------------------------------------------------------------------------

    def _listen(self, look: Look, unanswered: list[str]) -> dict[str, Understanding]:
        """Understands each message by itself, sets the language, and looks for emergencies everywhere."""
        hint = look.guest.language or language_of_phone(look.guest.phone)
        heard = {one.entry.entry_id: self._understand(look, one.text, hint) for one in look.spoken}
        for thing in look.things:
            if thing.message.text.strip():
                heard[thing.entry_id] = self._understand(look, thing.message.text, hint)
        told = next((one for one in heard.values() if one.emergency), None)
        look.heard = told or next(reversed(heard.values()), None)
        look.emergency = told is not None
        look.opt_out = any(one.opt_out for one in heard.values())
        for text in unanswered:
            if self._understand(look, text, hint).emergency:
                page_unanswered(look, text)
                break
        _set_language(look, look.heard)
        if told and told.language in look.hotel.languages:
            look.language = told.language  # in danger the words of the moment count, not the habit
        return heard

    def _emergency_among(self, look: Look, heard: dict[str, Understanding]) -> bool:
        return any(heard[entry.entry_id].emergency for entry in look.pending if entry.entry_id in heard)

    def _understand(self, look: Look, text: str, hint: str) -> Understanding:
        return self._recogniser.understand(text, languages=look.hotel.languages, hint=hint, night=look.night)

    def _understand_all(self, look: Look, heard: dict[str, Understanding]) -> Understanding | None:
        if not look.spoken:
            return None
        words = look.words()
        first = look.spoken[0]
        if words == first.text:
            return heard[first.entry.entry_id]
        return self._understand(look, words, look.language)

    def _quoted_topic(self, look: Look) -> str:
        """What the message of ours is about that the guest quotes, as far as the recogniser is sure."""
        quoted = next((one.entry.refers_to for one in reversed(look.spoken) if one.entry.refers_to), "")
        if not quoted:
            return ""
        sure = [
            w
            for w in self._understand(look, quoted, look.language).wishes
            if level(w.topic, w.confidence) == "high"
        ]
        return sure[0].topic if len(sure) == 1 else ""

    def _settle_closing(self, look: Look, heard: dict[str, Understanding]) -> bool:
        """Thanks and nods: silent, unless a question of ours is open. True when that was all there was."""
        if answers_plainly(look):
            _settle_nods(look)
            return False
        thanks = [one for one in look.spoken if heard[one.entry.entry_id].thanks]
        for one in [one for one in thanks if one.entry.message.kind is MessageKind.IMAGE]:
            look.spoken.remove(one)  # a picture that says thanks is a picture
            look.things.append(one.entry)
            thanks.remove(one)
        if len(thanks) < len(look.spoken):
            _settle_nods(look)
            return False
        free = not look.turn.conversation.held(look.now_ms) and late.window_open(look)
        if look.question and free and (thanks or look.nods) and not look.things:
            ask_again(look)
            return True
        for one in thanks:
            look.silent(one.entry, SilentReason.THANKS)
        _settle_nods(look)
        return False


def _settle_nods(look: Look) -> None:
    for nod in list(look.nods):
        look.silent(nod, NODS[nod.message.kind])


def _opt_outs(look: Look, heard: dict[str, Understanding]) -> None:
    """No proactive messages from now on; confirmed in one line, not again within a day."""
    stops = [one for one in look.spoken if heard[one.entry.entry_id].opt_out]
    if not stops:
        return
    before_ms = look.guest.opted_out_ms
    asked_ms = stops[0].entry.received_ms
    confirmed = before_ms and before_ms < asked_ms < before_ms + CONFIRM_OPT_OUT_EVERY_MS
    look.guest = replace(look.guest, opted_out_ms=asked_ms)
    for one in stops:
        look.silent(one.entry, SilentReason.OPT_OUT_CONFIRMED)
    if not confirmed and late.window_open(look):
        look.tail.append(say("optout.confirmed", look.language))


def _set_language(look: Look, heard: Understanding | None) -> None:
    """The language of the wish, as far as the guest's words tell; one the hotel answers in."""
    if heard is not None:
        guest = next_language(look.turn.guest, heard)
        if guest != look.guest:
            opted_out_ms = look.guest.opted_out_ms
            look.guest = (
                guest if guest.opted_out_ms == opted_out_ms else replace(guest, opted_out_ms=opted_out_ms)
            )
    spoken = look.guest.language or (heard.language if heard else "") or language_of_phone(look.guest.phone)
    languages = look.hotel.languages
    if spoken in languages:
        look.language = spoken
    else:
        look.language = FALLBACK if FALLBACK in languages or not languages else languages[0]
