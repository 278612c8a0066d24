"""Words for customers, read from ``words.yml`` beside this module."""

from functools import lru_cache
from pathlib import Path

import yaml


def refusal(reason: str, **values: object) -> str:
    """Why something was not done, as a sentence."""
    return _refusals()[reason].format_map(values)


@lru_cache(maxsize=1)
def _refusals() -> dict[str, str]:
    content = yaml.safe_load(Path(__file__).with_name("words.yml").read_text(encoding="utf-8"))
    return dict(content["refusals"])
