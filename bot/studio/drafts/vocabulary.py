"""What the content says about itself: titles of intents, the entities there are, the variables of responses."""

from functools import lru_cache
from typing import Any

import yaml

from bot.studio.drafts.checks import DEFAULT_VARIABLES, variables
from bot.studio.drafts.model import ResponseValue
from bot.studio.drafts.repository import ContentRepository
from bot.studio.drafts.snapshot import Snapshot

_LABEL = "response/utter_label_"
RULES = "nlu_data/rules.yml"
DOMAIN_ENTITIES = "nlu_data/domain/entities.yml"
DOMAIN_INTENTS = "nlu_data/domain/intents.yml"


class Vocabulary:
    """Reads the few files that are no entries; each text once."""

    def __init__(self, repository: ContentRepository) -> None:
        self._repository = repository

    def titles(self, now: Snapshot) -> dict[str, str]:
        """Intent -> what people call it: the name on its button, else that of its rule."""
        found: dict[str, str] = {}
        for rule in self._content(now, RULES).get("rules") or ():
            steps = rule.get("steps") or ()
            if steps and "intent" in steps[0]:
                found.setdefault(str(steps[0]["intent"]), str(rule.get("rule", "")))
        for name in now.intents:
            entry = now.find(_LABEL + name)
            if entry is not None and isinstance(entry.value, ResponseValue):
                found[name] = entry.value.variants[0].text
        return found

    def entities(self, now: Snapshot) -> list[str]:
        """What may be marked in an example."""
        return [str(name) for name in self._content(now, DOMAIN_ENTITIES).get("entities") or ()]

    def intents(self, now: Snapshot) -> frozenset[str]:
        """What a button may mean."""
        listed = self._content(now, DOMAIN_INTENTS).get("intents") or ()
        return frozenset(now.intents) | frozenset(str(name) for name in listed)

    def _content(self, now: Snapshot, path: str) -> dict[str, Any]:
        blob = now.blobs.get(path)
        return _parsed(self._repository.blob(blob)) if blob else {}


@lru_cache(maxsize=16)
def _parsed(content: bytes) -> dict[str, Any]:
    """Nothing where it cannot be read: who edits the file is told by the sync."""
    try:
        found = yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except yaml.YAMLError:
        return {}
    return found if isinstance(found, dict) else {}


def variables_of(*values: ResponseValue | None) -> tuple[str, ...]:
    """The variables a response may use: those it has used, and what every response may."""
    found = [name for value in values if value for variant in value.variants for name in variables(variant.text) or ()]
    return tuple(dict.fromkeys([*found, *sorted(DEFAULT_VARIABLES)]))
