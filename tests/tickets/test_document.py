"""docs/tickets.md names everything there is."""

from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from bot.rules.shipped import shipped_rules
from bot.tickets.catalogue import Catalogue
from bot.tickets.kinds import Flow, Move, Outcome, TicketStatus
from tests.tickets.api import BASE, make_app

DOCUMENT = (Path(__file__).parents[2] / "docs" / "tickets.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", [Move, TicketStatus, Outcome, Flow])
def test_every_member_is_explained(kind):
    assert [member.value for member in kind if f"`{member.value}`" not in DOCUMENT] == []


def test_every_route_is_listed(services):
    paths = {route.path.removeprefix(BASE) for route in make_app(services).routes if isinstance(route, APIRoute)}
    ends = {path.rsplit("/", 1)[-1] for path in paths if path and not path.endswith("}")}

    assert [end for end in sorted(ends) if f"/{end}`" not in DOCUMENT] == []


def test_the_figures_of_the_catalogue_are_those_of_the_file():
    catalogue = Catalogue.of(shipped_rules())

    assert f"{len(catalogue.leaves)} of them in {len(catalogue.tree())} groups" in DOCUMENT
