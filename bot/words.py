"""Words for customers, read from the same response files Rasa renders, for what the platform itself has to say."""

import random
from pathlib import Path
from typing import Any

import yaml

from bot.channels import Button, Reply
from bot.errors import SettingsError


class Words:
    """Response templates by name.

    Parameters
    ----------
    templates: response name -> list of variants, each a Rasa response (``text``, ``buttons``).
    defaults: values every template may use, e.g. ``carrier`` and ``hotline``.
    """

    def __init__(self, templates: dict[str, list[dict[str, Any]]], defaults: dict[str, str]) -> None:
        self._templates = templates
        self._defaults = defaults

    @classmethod
    def load(cls, folder: Path, **defaults: str) -> "Words":
        """Every ``responses:`` section of the YAML files below a folder."""
        templates: dict[str, list[dict[str, Any]]] = {}
        for path in sorted(folder.rglob("*.yml")):
            content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
            templates |= content.get("responses") or {}
        return cls(templates, defaults)

    def copy(self) -> "Words":
        """The same words, whatever becomes of these."""
        return Words(self._templates, self._defaults)

    def adopt(self, other: "Words") -> None:
        """From now on say what the other ones do."""
        self._templates, self._defaults = other._templates, other._defaults

    def names(self, prefix: str) -> list[str]:
        """Every response whose name begins so."""
        return [name for name in self._templates if name.startswith(prefix)]

    def __contains__(self, name: str) -> bool:
        return name in self._templates

    def render(self, name: str, **values: str) -> list[Reply]:
        """One variant of a response as bubbles.  Raises `SettingsError` for a response nobody wrote."""
        variants = self._templates.get(name)
        if not variants:
            raise SettingsError(f"no response is called {name}")
        variant = random.choice(variants)
        filled = _Filled(self._defaults | values)
        buttons = tuple(
            Button(title=button["title"], payload=_put_in(button["payload"], values))
            for button in variant.get("buttons", ())
        )
        return [Reply(text=variant["text"].format_map(filled).strip(), buttons=buttons)]


def _put_in(payload: str, values: dict[str, str]) -> str:
    """The payload with its values; its other braces are its own."""
    for name, value in values.items():
        payload = payload.replace("{" + name + "}", value)
    return payload


class _Filled(dict[str, str]):
    """A value nobody gave stays visible as its name rather than breaking the answer."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"
