"""Puts together what rules, language and model tell of a message: one `Understanding`."""

from __future__ import annotations

from importlib import resources

from nightporter.desk.language import Hearing
from nightporter.desk.recogniser.examples import OTHER
from nightporter.desk.recogniser.model import Model
from nightporter.desk.recogniser.parts import Part
from nightporter.desk.recogniser.thresholds import level
from nightporter.desk.recogniser.wishes import DANGER, HUMAN, SILENCE, Sounds, Wishes, surnames
from nightporter.desk.rules.emergency import emergency_rules
from nightporter.desk.rules.optout import opt_out_rules
from nightporter.desk.rules.speech import speech_rules
from nightporter.desk.rules.text import TEXT_CHARS_MAX, Folded
from nightporter.desk.understanding import Understanding, Wish

FEW_WORDS_MAX = 2  # so few words tell a language only when one of them was learned

# From which probability on the model is heard beside the rules. It learned what sounds alike as well.
DANGER_SURE = 0.7
DANGER_SURE_OF_DOUBTFUL = 0.95  # of who laughs as well ("haha help"), or stands before a locked door by day
OPT_OUT_SURE = 0.2
HUMAN_SURE = 0.8

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
        opens = speech.only_opens(message)
        fragment = not greeting and not thanks and (opens or speech.is_cut_off(message))
        said = speech.after_greeting(message)
        small = greeting or thanks or not said
        part = Part(text, said)
        wishes = () if small or opens else self._wishes.of(part)
        sounds = SILENCE if small else self._wishes.sounds(part)
        if fragment:
            wishes = tuple(wish for wish in wishes if wish.topic != _CONTEXT)
        opt_out = self._is_opt_out(message, sounds)
        human = self._wants_human(message, sounds)
        if human and len(wishes) == 1 and wishes[0].topic.startswith(OTHER) and wishes[0].topic != DANGER:
            wishes = (Wish(HUMAN, wishes[0].confidence, wishes[0].text),)
        if opt_out:
            wishes = tuple(wish for wish in wishes if level(wish.topic, wish.confidence) == "high")
        heard = self._heard(said, languages, hint)
        return Understanding(
            language=heard.language,
            language_sure=heard.sure,
            words=len(message.words),
            wishes=wishes,
            emergency=self._is_emergency(message, sounds, night=night),
            opt_out=opt_out,
            wants_human=human or any(_asks_for_person(wish) for wish in wishes),
            thanks=thanks,
            greeting=greeting,
            fragment=fragment,
            angry=speech.is_angry(message, text),
        )

    def _is_emergency(self, message: Folded, sounds: Sounds, *, night: bool) -> bool:
        """A rule's verdict, which always counts, or the model's."""
        if self._emergency.is_in(message, night=night):
            return True
        if sounds.danger < DANGER_SURE:
            return False
        rules = self._emergency
        doubtful = rules.is_fun(message) or (not night and rules.speaks_of_locked_doors(message))
        return sounds.danger >= DANGER_SURE_OF_DOUBTFUL or not doubtful

    def _is_opt_out(self, message: Folded, sounds: Sounds) -> bool:
        """A rule's verdict or the model's."""
        return self._opt_out.is_in(message) or sounds.opt_out >= OPT_OUT_SURE

    def _wants_human(self, message: Folded, sounds: Sounds) -> bool:
        """A rule's verdict, or the model's where the message does not speak of people otherwise."""
        if self._speech.wants_human(message):
            return True
        return sounds.human >= HUMAN_SURE and not self._speech.speaks_of_people(message)

    def _heard(self, words: tuple[str, ...], languages: tuple[str, ...], hint: str) -> Hearing:
        """The language of these words."""
        if len(words) <= FEW_WORDS_MAX and not self._model.knows(
            tuple([word for word in words if word not in surnames()])
        ):
            words = ()  # a name, a number
        scores = self._model.scores(words)[1] if words else []
        return Hearing.of(dict(zip(self._model.languages, scores, strict=False)), len(words), languages, hint)


def _asks_for_person(wish: Wish) -> bool:
    return wish.topic == HUMAN and wish.confidence >= HUMAN_SURE
