"""What `access.yml` says, route by route."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from bot.staff.model import Role
from tests.desk.security.application import Address
from tests.desk.security.house import API, NOBODY, PROGRAM

FILE = Path(__file__).with_name("access.yml")
LET_IN = "may"


@dataclass(frozen=True)
class Rule:
    """One route.

    Parameters
    ----------
    answers: caller -> what is heard: ``may``, ``401``, ``303 /desk/login``; empty where all hear one of ``open``.
    """

    address: Address
    about: str
    answers: dict[str, str]
    open: frozenset[int]
    body: dict[str, Any] | None
    ticket: str
    says: str = ""

    @property
    def hides(self) -> bool:
        """Whether what is none of somebody's business looks as if it were not there."""
        return "404" in self.answers.values()


@lru_cache(maxsize=1)
def rules() -> dict[Address, Rule]:
    """Every route of the file.  Raises `ValueError` for one that is in it twice."""
    content = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    found: dict[Address, Rule] = {}
    about = ""
    for block in content["blocks"]:
        about = block.get("about", about)
        for entry in block["routes"]:
            name, body = next(iter(entry.items())) if isinstance(entry, dict) else (entry, None)
            method, path = name.split(" ", 1)
            address = Address(path, method)
            if address in found:
                raise ValueError(f"{address} stands in access.yml twice")
            answers = {} if "open" in block else _answers(block, content["roles"])
            says, ticket = block.get("says", ""), block.get("ticket", "service")
            found[address] = Rule(address, about, answers, frozenset(block.get("open", ())), body, ticket, says)
    return found


def _answers(block: dict[str, Any], sets: dict[str, list[str]]) -> dict[str, str]:
    may = block["may"]
    let_in = set(sets[may] if isinstance(may, str) else may)
    unknown = let_in - {role.value for role in Role}
    if unknown:
        raise ValueError(f"access.yml knows roles that there are not: {unknown}")
    otherwise = block.get("else", 403)
    answers = {}
    for role in Role:
        refused = otherwise[role.value] if isinstance(otherwise, dict) and role not in let_in else otherwise
        answers[role.value] = LET_IN if role in let_in else str(refused)
    answers[NOBODY] = str(block.get("nobody", 401))
    answers[PROGRAM] = str(block.get("program", answers[Role.agent]))
    answers[API] = str(block.get("api", answers[Role.admin]))
    if "says" in block:
        answers |= {role.value: f"403 {block['says']}" for role in Role}
    return answers
