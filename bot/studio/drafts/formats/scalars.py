"""Values as YAML that reads back as the same values, in the way these files are written by hand."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def scalar(text: str, *, flow: bool = False) -> str:
    """On one line: plain where that reads back, else in double quotation marks."""
    if text and "\n" not in text and _reads_back(text, text, flow=flow):
        return text
    return quoted(text)


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def in_style(text: str, style: str | None, indent: str) -> str:
    """As the scalar that it takes the place of was written, where that is possible.

    Several lines become a block only where there was one: behind another scalar a comment may follow.
    """
    if style == '"' or ("\n" in text and style not in ("|", ">")):
        return quoted(text)
    if style == "'":
        return "'" + text.replace("'", "''") + "'"
    return block(text, indent) if style in ("|", ">") else scalar(text)


def block(text: str, indent: str) -> str:
    """A literal block whose lines begin with ``indent``; without the last line break in ``text``, it has none."""
    body, chomping = (text[:-1], "") if text.endswith("\n") else (text, "-")
    if not body.strip() or body.startswith((" ", "\t", "\n")) or body.endswith("\n") or not _is_printable(body):
        return quoted(text)
    return f"|{chomping}\n" + "\n".join(indent + line if line else "" for line in body.split("\n"))


def flow_list(texts: Sequence[str]) -> str:
    return "[" + ", ".join(scalar(text, flow=True) for text in texts) + "]"


def flow_map(values: Mapping[str, str]) -> str:
    """``values`` are YAML already."""
    return "{" + ", ".join(f"{key}: {value}" for key, value in values.items()) + "}"


def _reads_back(written: str, wanted: str, *, flow: bool) -> bool:
    document = f"[{written}]" if flow else f"- {written}"
    try:
        return bool(yaml.load(f"{document}\n", Loader=_LOADER) == [wanted])  # noqa: S506 - a safe loader
    except yaml.YAMLError:
        return False


def _is_printable(text: str) -> bool:
    return all(sign in "\n\t" or sign.isprintable() for sign in text)
