"""How well customers are understood, by the very models that serve, against people's labels.

``parsing`` asks the trained model; ``intents``, ``entities``, ``questions``, ``moods`` and ``wishes`` each measure one
kind of set, ``everything`` all of them in one run; ``shown``, ``document``, ``picture`` and ``floors`` use the figures.
"""

from bot.evaluation.intents import (
    OUT_OF_SCOPE,
    IntentScore,
    LabelledSentence,
    NluReport,
    evaluate_nlu,
    read_labelled,
    score,
)
from bot.evaluation.parsing import FALLBACK, Entity, Guess, ParsedMessage, parse

__all__ = [
    "FALLBACK",
    "OUT_OF_SCOPE",
    "Entity",
    "Guess",
    "IntentScore",
    "LabelledSentence",
    "NluReport",
    "ParsedMessage",
    "evaluate_nlu",
    "parse",
    "read_labelled",
    "score",
]
