"""Puts together what rules, language and model tell of a message: one `Understanding`."""

from __future__ import annotations

from importlib import resources

from nightporter.desk.language import Hearing
from nightporter.desk.recogniser.examples import OTHER
from nightporter.desk.recogniser.model import Model
from nightporter.desk.recogniser.parts import Part
from nightporter.desk.recogniser.thresholds import level
from nightporter.desk.recogniser.wishes import Wishes
from nightporter.desk.rules.emergency import emergency_rules
from nightporter.desk.rules.optout import opt_out_rules
from nightporter.desk.rules.speech import speech_rules
from nightporter.desk.rules.text import TEXT_CHARS_MAX, Folded
from nightporter.desk.understanding import Understanding, Wish

FEW_WORDS_MAX = 2  # so few words tell a language only when one of them was learned

HUMAN = "human"

_CONTEXT = f"{OTHER}:context"


class Recogniser:
    """Understands messages; it holds the model and what it learned of words, so one is enough for a process."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._wishes = Wishes(model)
        self._emergency = emergency_rules()
        self._opt_out = opt_out_rules()
        self._speech = speech_rules()

    @classmethod
    def load(cls) -> Recogniser:
        """A recogniser with the shipped model."""
        return cls(Model(resources.files("nightporter.desk.recogniser").joinpath("model.bin").read_bytes()))

    def understand(
        self, text: str, *, languages: tuple[str, ...], hint: str = "", night: bool = False
    ) -> Understanding:
        """What the words of `text` tell.

        `languages`: those the hotel answers in; `hint`: the guest's language as far as known, decides where the words
        do not; `night`: reception is closed, so that being locked out is an emergency.
        """
        text = text[:TEXT_CHARS_MAX]
        message = Folded.of(text)
        speech = self._speech
        greeting = speech.is_greeting(message)
        thanks = not greeting and speech.is_thanks(message)
        opt_out = self._opt_out.is_in(message)
        opens = speech.only_opens(message)
        fragment = not greeting and not thanks and (opens or speech.is_cut_off(message))
        said = speech.after_greeting(message)
        wishes = () if greeting or thanks or opens or not said else self._wishes.of(Part(text, said))
        if fragment:
            wishes = tuple(wish for wish in wishes if wish.topic != _CONTEXT)
        human = speech.wants_human(message)
        if human and len(wishes) == 1 and wishes[0].topic.startswith(OTHER):
            wishes = (Wish(HUMAN, wishes[0].confidence, wishes[0].text),)
        if opt_out:
            wishes = tuple(wish for wish in wishes if level(wish.topic, wish.confidence) == "high")
        heard = self._heard(said, languages, hint)
        return Understanding(
            language=heard.language,
            language_sure=heard.sure,
            words=len(message.words),
            wishes=wishes,
            emergency=self._emergency.is_in(message, night=night),
            opt_out=opt_out,
            wants_human=human or _wants_human(wishes),
            thanks=thanks,
            greeting=greeting,
            fragment=fragment,
            angry=speech.is_angry(message, text),
        )

    def _heard(self, words: tuple[str, ...], languages: tuple[str, ...], hint: str) -> Hearing:
        """The language of these words."""
        if len(words) <= FEW_WORDS_MAX and not self._model.knows(words):
            words = ()  # a name, a number
        scores = self._model.scores(words)[1] if words else []
        return Hearing.of(dict(zip(self._model.languages, scores, strict=False)), len(words), languages, hint)


def _wants_human(wishes: tuple[Wish, ...]) -> bool:
    return any(wish.topic == HUMAN and level(HUMAN, wish.confidence) == "high" for wish in wishes)
