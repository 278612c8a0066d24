"""``docs/events.md`` says what there is, and its example works."""

import json
import re
from pathlib import Path

import pytest

from bot.outbox.kinds import KINDS, EventData
from bot.outbox.signing import new_secret, sign

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "events.md"


def fields_of(model: type[EventData], *, own: bool) -> list[str]:
    """Lines of a table: the fields a kind brings itself, or those of its family."""
    inherited = set().union(*(base.model_fields for base in model.__bases__ if issubclass(base, EventData)))
    names = [name for name in model.model_fields if (name not in inherited) is own]
    if not own:
        names.sort(key=lambda name: name in EventData.model_fields)
    return [f"`{name}` {model.model_fields[name].description}" for name in names]


def described() -> str:
    """The part of the document that the schemas are told in."""
    lines = []
    for kind, model in KINDS.items():
        lines.append(f"| `{kind}` | {(model.__doc__ or '').strip()} | {'; '.join(fields_of(model, own=True)) or '-'} |")
    lines += ["", "Beside those, with everything that applies:", ""]
    families: dict[str, list[str]] = {}
    for kind, model in KINDS.items():
        families.setdefault("; ".join(fields_of(model, own=False)), []).append(f"`{kind}`")
    lines += [f"- {', '.join(kinds)}: {fields}" for fields, kinds in families.items()]
    return "\n".join(lines)


def example() -> str:
    (code,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    return code


@pytest.fixture
def is_genuine():
    names = {}
    exec(example(), names)
    return names["is_genuine"]


def test_every_kind_and_field_is_in_the_document():
    assert described() in DOCUMENT.read_text(encoding="utf-8")


def test_the_example_is_short():
    assert len(example().splitlines()) <= 15


def test_the_example_knows_a_genuine_delivery(is_genuine, clock):
    secret, body = new_secret(), json.dumps({"id": "1", "data": {"category": "破损"}}, ensure_ascii=False).encode()
    signature = sign(secret, body, at=clock())
    now = clock().timestamp()

    assert is_genuine(secret, body, signature, now)
    assert is_genuine(secret, body, signature, now + 299)


@pytest.mark.parametrize(
    "forge",
    [
        lambda secret, body, signature, now: (secret, body + b" ", signature, now),
        lambda secret, body, signature, now: ("whsec_other", body, signature, now),
        lambda secret, body, signature, now: (secret, body, signature.replace("t=", "t=1"), now),
        lambda secret, body, signature, now: (secret, body, signature, now + 301),
        lambda secret, body, signature, now: (secret, body, "", now),
        lambda secret, body, signature, now: (secret, body, "t=x,v1=y", now),
    ],
)
def test_the_example_knows_a_forged_or_stale_delivery(is_genuine, clock, forge):
    secret, body = new_secret(), b'{"id": "1"}'

    assert not is_genuine(*forge(secret, body, sign(secret, body, at=clock()), clock().timestamp()))
