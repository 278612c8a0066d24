"""Entities, as `bot.entity_evaluation` measures them, of sentences that Rasa has understood."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import yaml

from bot.content import Content, current_content
from bot.entity_evaluation import EntityReport, LabelledSentence, Miss, score_entities
from bot.evaluation.parsing import Understood


@dataclass(frozen=True)
class EntitiesMeasured:
    """One or more sets of entities."""

    report: EntityReport

    @classmethod
    def of(cls, sentences: Iterable[LabelledSentence], understood: Understood) -> "EntitiesMeasured":
        sentences = list(sentences)
        return cls(score_entities(sentences, [understood[sentence.text].entities for sentence in sentences]))

    @property
    def n(self) -> int:
        return self.report.n

    def scores(self) -> Mapping[str, float]:
        report = self.report
        values = {"value_accuracy": report.value_accuracy} if report.values else {}
        return {"micro_f1": report.micro.f1, "macro_f1": report.macro_f1, **values}

    def worst(self) -> list[str]:
        return [_shown(miss) for miss in self.report.worst]


def entity_kinds(content: Content | None = None) -> set[str]:
    """Every kind of entity the bot knows."""
    file = (content or current_content()).domain / "entities.yml"
    return set(yaml.safe_load(file.read_text(encoding="utf-8"))["entities"])


def _shown(miss: Miss) -> str:
    parts = (("missed", miss.missed), ("wrong", miss.wrong), ("misread", miss.misread))
    return "; ".join(f"{name} {', '.join(entities)}" for name, entities in parts if entities) + f": {miss.text}"
