"""Sentences understood by the trained model, in Rasa's own interpreter."""

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TypeAlias

from pydantic import BaseModel

from bot.entity_evaluation import TODAY_VARIABLE, FoundEntity
from bot.errors import SetupError
from bot.evaluation.subject import Subject
from bot.settings import PROJECT, Settings
from bot.training import rasa_environment

FALLBACK = "nlu_fallback"

Entity = FoundEntity
"""``start`` and ``end`` are places in the text as the customer wrote it; ``value`` is in its normal form."""


class Guess(BaseModel):
    name: str | None
    confidence: float


class ParsedMessage(BaseModel):
    """What the model made of one sentence."""

    text: str
    intent: Guess
    entities: list[Entity]
    intent_ranking: list[Guess] = []

    @property
    def decided(self) -> str:
        """The intent, or the fallback where the model did not dare."""
        return self.intent.name or FALLBACK

    @property
    def likeliest(self) -> Guess:
        """The classifier's own first guess, whether or not it was sure enough to count."""
        return next((guess for guess in self.intent_ranking if guess.name not in (None, FALLBACK)), self.intent)


Understood: TypeAlias = Mapping[str, ParsedMessage]
"""What each text was understood as."""


def parse(
    settings: Settings, texts: Sequence[str], *, today: date | None = None, subject: Subject | None = None
) -> list[ParsedMessage]:
    """Understand sentences with a trained model in Rasa's own interpreter; takes seconds to start.

    ``today`` is the day that 明天 and its like are counted from, by default the real one.
    Raises SetupError if nothing is trained yet or the interpreter fails.
    """
    if not texts:
        return []
    subject = subject or Subject.current(settings)
    environment = rasa_environment(subject.encoder)
    finished = subprocess.run(  # noqa: S603 - our own interpreter and arguments
        [str(settings.rasa_python), "-m", "bot.dialogue.components.parse_lines", str(subject.model)],
        input="".join(json.dumps(text) + "\n" for text in texts),
        env=environment if today is None else environment | {TODAY_VARIABLE: today.isoformat()},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    answers = finished.stdout.splitlines()
    if finished.returncode != 0 or len(answers) != len(texts):
        raise SetupError("the trained model could not be used:\n" + finished.stderr[-2000:])
    return [ParsedMessage.model_validate_json(answer) for answer in answers]


def understand(
    settings: Settings, texts: Iterable[str], *, today: date | None = None, subject: Subject | None = None
) -> Understood:
    """Each different text once, all with one start of the interpreter."""
    different = list(dict.fromkeys(texts))
    return dict(zip(different, parse(settings, different, today=today, subject=subject), strict=True))
