"""What a model might have understood."""

from bot.entity_evaluation import FoundEntity
from bot.evaluation import Guess, LabelledSentence, ParsedMessage


def make_message(
    text: str, intent: str, confidence: float = 0.9, entities: list[FoundEntity] | None = None, *ranked: Guess
) -> ParsedMessage:
    guess = Guess(name=intent, confidence=confidence)
    ranking = [guess, *ranked]
    return ParsedMessage(text=text, intent=guess, entities=entities or [], intent_ranking=ranking)


def make_sentence(text: str, intent: str, *alt: str) -> LabelledSentence:
    return LabelledSentence(text=text, intent=intent, alt=list(alt))
