"""The words of customers' matters: ``words.yml``."""

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BindingWords(_Strict):
    """What is said while a phone is bound."""

    offer: str
    button: str
    cancel: str
    again: str
    ask: str
    bad_phone: str
    sent: str
    wrong: str
    spent: str
    expired: str
    wait: str
    too_many: str
    bound: str
    none: str
    some: str
    already: str
    left: str
    six: str


class CustomerWords(_Strict):
    unknown_merge: str
    undone_already: str
    not_for_you: str
    unknown_customer: str
    only_supervisors: str
    proofs: dict[str, str]
    code_sms: str
    binding: BindingWords


@lru_cache(maxsize=1)
def customer_words() -> CustomerWords:
    path = Path(__file__).with_name("words.yml")
    return CustomerWords.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
