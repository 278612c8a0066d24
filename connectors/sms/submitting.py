"""Templates as they are typed into the platforms' consoles for approval."""

import re
from collections.abc import Iterator

from connectors.sms.catalogue import BASE, Approved, Catalogue, Template

_BLANK = re.compile(r"\{([a-z_]+)\}")


def submitted(template: Template, platform: str, *, longest_value: int, base: str) -> str:
    """The text with blanks as ``${name}`` (Aliyun) or ``{1}`` (Tencent).

    Parameters
    ----------
    base: what links begin with, a fixed part of the text: ``https://chat.example.com/c/``.
    """
    pieces = Approved({}, longest_value)
    numbers = iter(range(1, 100))

    def blank(found: re.Match[str]) -> str:
        if found[1] == BASE:
            return base
        names = pieces.variables_of(found[1], template.variables[found[1]])
        return "".join(f"${{{name}}}" if platform == "aliyun" else f"{{{next(numbers)}}}" for name in names)

    return _BLANK.sub(blank, template.text)


def all_submitted(catalogue: Catalogue, platform: str, *, longest_value: int, base: str) -> Iterator[tuple[str, str]]:
    """Kind and text of every template."""
    for kind, template in catalogue.templates.items():
        yield kind, submitted(template, platform, longest_value=longest_value, base=base)
