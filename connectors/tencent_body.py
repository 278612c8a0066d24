"""Bodies of Tencent's pushes, XML or JSON: read without danger, written without gaps."""

import json
from collections.abc import Mapping
from typing import Any, TypeAlias
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bot.errors import BotError

MAX_BYTES = 128 * 1024
"""A push has some thousand bytes, three times that in compatible mode."""
_DEEPEST = 8
_MOST_ELEMENTS = 2000

Fields: TypeAlias = dict[str, Any]
"""What stands in a push: texts by name, a level for each nesting; repeated elements are a list."""


class BodyError(BotError):
    """A body that is no push of the platform."""


def is_json(body: bytes) -> bool:
    return body.lstrip()[:1] == b"{"


def read_body(body: bytes) -> Fields:
    """The fields of a push, whichever of the two formats it has.  Raises `BodyError`."""
    if len(body) > MAX_BYTES:
        raise BodyError("the body is too long")
    return _read_json(body) if is_json(body) else _read_xml(body)


def _read_json(body: bytes) -> Fields:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BodyError("the body is no JSON") from error
    if not isinstance(found, dict):
        raise BodyError("the body is no JSON object")
    return {str(name): _as_text(value) for name, value in found.items()}


def _as_text(value: Any, depth: int = 0) -> Any:
    """Numbers become text, as XML has them: a message id has more digits than a float keeps."""
    if depth > _DEEPEST:
        raise BodyError("the body is nested too deeply")
    if isinstance(value, dict):
        return {str(name): _as_text(inner, depth + 1) for name, inner in value.items()}
    if isinstance(value, list):
        return [_as_text(inner, depth + 1) for inner in value]
    return "" if value is None else _kept(str(value))


def _read_xml(body: bytes) -> Fields:
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError) as error:
        raise BodyError(f"the body is no XML that is read here: {type(error).__name__}") from error
    if root.tag != "xml" or sum(1 for _ in root.iter()) > _MOST_ELEMENTS:
        raise BodyError("the body is no push")
    found = _inner(root, 0)
    return found if isinstance(found, dict) else {}


def _inner(element: Element, depth: int) -> Any:
    if depth > _DEEPEST:
        raise BodyError("the body is nested too deeply")
    if not len(element):
        return element.text or ""
    found: Fields = {}
    for child in element:
        value = _inner(child, depth + 1)
        if child.tag not in found:
            found[child.tag] = value
        elif isinstance(found[child.tag], list):
            found[child.tag].append(value)
        else:
            found[child.tag] = [found[child.tag], value]
    return found


def write_xml(fields: Mapping[str, Any]) -> str:
    """An ``<xml>`` document: texts in CDATA, whole numbers bare, mappings nested."""
    return f"<xml>{_written(fields)}</xml>"


def _written(fields: Mapping[str, Any]) -> str:
    return "".join(f"<{name}>{_value(value)}</{name}>" for name, value in fields.items())


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return _written(value)
    return str(value) if isinstance(value, int) else cdata(str(value))


def cdata(text: str) -> str:
    """Text as it is; ``]]>`` in it goes over two sections, and what no XML may hold is left out."""
    return f"<![CDATA[{_kept(text).replace(']]>', ']]]]><![CDATA[>')}]]>"


def _kept(text: str) -> str:
    """Without what neither XML nor PostgreSQL can hold: control characters, halves of characters."""
    return text if text.isprintable() else "".join(char for char in text if char in "\t\n\r" or not _unfit(char))


def _unfit(char: str) -> bool:
    return char < " " or "\ud800" <= char <= "\udfff" or char in "\ufffe\uffff"
