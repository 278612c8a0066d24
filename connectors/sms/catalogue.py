"""The catalogue of SMS templates (``templates.yml``), and what of it a platform has approved."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from bot.errors import DataFileError, SettingsError
from connectors.sms.gateway import Filled

CATALOGUE = Path(__file__).parent / "templates.yml"
_VARIABLE = re.compile(r"\{([a-z_]+)\}")
_NEVER_IN_A_VALUE = re.compile(r"[【】\n]|https?:", re.IGNORECASE)
BASE = "base"


class Variable(BaseModel):
    """A blank of at most ``max`` characters, which may be made of several where those of a platform are short.

    ``default`` stands there where nobody knows the value.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    max: int = Field(ge=1, le=35)
    pieces: int = Field(default=1, ge=1, le=4)
    default: str = ""


class Template(BaseModel):
    """One approved text.  ``link``: it leads into the web chat."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    variables: dict[str, Variable] = {}
    notices: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    link: bool = False

    @field_validator("answers")
    @classmethod
    def _are_patterns(cls, answers: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in answers:
            re.compile(pattern)
        return answers

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The variables in the order they stand in the text."""
        return tuple(name for name in _VARIABLE.findall(self.text) if name != BASE)

    def values_in(self, answer: str) -> dict[str, str] | None:
        """The values if the template says what this answer of the bot says."""
        for pattern in self.answers:
            if found := re.match(pattern, answer):
                return {name: value.strip() for name, value in found.groupdict().items()}
        return None

    def written(self, values: Mapping[str, str]) -> str:
        """The text with its blanks filled."""
        return _VARIABLE.sub(lambda blank: self.value(blank[1], values) or blank[0], self.text)

    def value(self, name: str, values: Mapping[str, str]) -> str:
        """What is put into a blank."""
        variable = self.variables.get(name)
        return values.get(name) or (variable.default if variable else "")


class Catalogue(BaseModel):
    """Every template by kind, and the few words of our own for texts abroad."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    templates: dict[str, Template]
    words: dict[str, str] = {}

    def for_notice(self, notice: str) -> str | None:
        """The kind of the template for a notice."""
        return next((kind for kind, template in self.templates.items() if notice in template.notices), None)

    def for_answer(self, answer: str) -> Iterator[tuple[str, dict[str, str]]]:
        """The kinds that say what an answer says, each with its values."""
        for kind, template in self.templates.items():
            values = template.values_in(answer)
            if values is not None:
                yield kind, values


def load_catalogue(path: Path = CATALOGUE) -> Catalogue:
    """Raises `DataFileError` for a file that is none, and for blanks nobody described or described and not there."""
    try:
        catalogue = Catalogue.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError, re.error) as error:
        raise DataFileError([f"{path}: {error}"]) from error
    problems = [
        f"{path}: template {kind}: its text has the variables {sorted(set(template.names))},"
        f" described are {sorted(template.variables)}"
        for kind, template in catalogue.templates.items()
        if set(template.names) != set(template.variables)
    ]
    if problems:
        raise DataFileError(problems)
    return catalogue


def check_templates(name: str, codes: Mapping[str, str], catalogue: Catalogue) -> None:
    """A gateway of templates needs those without which nobody gets an answer or a code; unknown kinds are mistakes."""
    setting = f"BOT_SMS_{name.upper()}_TEMPLATES"
    unknown = sorted(set(codes) - set(catalogue.templates))
    if unknown:
        raise SettingsError(f"{setting} names kinds that templates.yml does not have: {', '.join(unknown)}")
    if "verify" not in codes or not {"link", "visit"} & set(codes):
        raise SettingsError(f"{setting} needs an approved template for verify, and one for link or visit")


@dataclass(frozen=True)
class Approved:
    """What one platform has approved.

    Parameters
    ----------
    codes: its name of a template by our kind.
    longest_value: characters one of its variables may have.
    """

    codes: Mapping[str, str]
    longest_value: int

    def fill(self, kind: str, template: Template, values: Mapping[str, str]) -> Filled | None:
        """The template with these values; None where it is not approved, or a value is missing or too long."""
        code = self.codes.get(kind)
        if code is None:
            return None
        filled: list[tuple[str, str]] = []
        for name in template.names:
            pieces = self._pieces(template.value(name, values), template.variables[name])
            if pieces is None:
                return None
            names = self.variables_of(name, template.variables[name])
            filled += zip(names, pieces, strict=True)
        return Filled(kind, code, tuple(filled))

    def variables_of(self, name: str, variable: Variable) -> tuple[str, ...]:
        """What one variable of ours is there: itself, or several pieces."""
        if self._count(variable) == 1:
            return (name,)
        return tuple(f"{name}_{place}" for place in range(1, self._count(variable) + 1))

    def _count(self, variable: Variable) -> int:
        """Always the same for a platform, since the approved text has so many variables."""
        return variable.pieces if variable.max > self.longest_value else 1

    def _pieces(self, value: str, variable: Variable) -> list[str] | None:
        """Evenly long, so that none is empty."""
        count = self._count(variable)
        if not count <= len(value) <= min(variable.max, count * self.longest_value) or _NEVER_IN_A_VALUE.search(value):
            return None
        ends = [len(value) * place // count for place in range(count + 1)]
        return [value[start:end] for start, end in pairwise(ends)]
