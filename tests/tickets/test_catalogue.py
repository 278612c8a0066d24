"""The catalogue is data: checked like code."""

from pathlib import Path

import pytest
import yaml

from bot.errors import IllegalMoveError
from bot.rules.model import RuleBook
from bot.rules.shipped import shipped_rules
from bot.tickets.catalogue import Catalogue, CurrentCatalogue, causes
from bot.tickets.kinds import Flow, OwnerRule, TicketKind

CATALOGUE = Catalogue.of(shipped_rules())
DOMAIN = Path(__file__).parents[2] / "nlu_data" / "domain"
INTENTS = sorted(yaml.safe_load((DOMAIN / "intents.yml").read_text(encoding="utf-8"))["intents"])
TICKETED = [
    intent
    for intent in INTENTS
    if intent.startswith(("report_", "urge_")) or intent in ("complain", "appeal", "apply_claim", "suggest", "praise")
]


def test_there_are_as_many_leaves_as_the_network_needs():
    assert 98 <= len(CATALOGUE.leaves) <= 118
    assert 11 <= len(CATALOGUE.tree()) <= 14
    assert len(causes()) == 36


def test_every_leaf_has_a_cause_that_has_a_name_and_every_cause_is_used():
    assert {leaf.cause for leaf in CATALOGUE.leaves} == set(causes())


def test_no_two_leaves_have_the_same_name():
    assert len({leaf.zh for leaf in CATALOGUE.leaves}) == len(CATALOGUE.leaves)


@pytest.mark.parametrize("intent", TICKETED)
def test_every_intent_that_becomes_a_ticket_reaches_a_leaf(intent):
    assert CATALOGUE.of_intent(intent) is not None


def test_every_intent_of_a_leaf_is_in_the_taxonomy():
    assert {intent for leaf in CATALOGUE.leaves for intent in leaf.intents} <= set(INTENTS)


def test_every_category_that_the_bot_gives_is_a_leaf_of_the_same_name(words):
    names = [name.removeprefix("utter_label_category_") for name in words.names("utter_label_category_")]

    assert names
    assert [name for name in names if name not in CATALOGUE] == []


def test_every_category_that_a_rule_opens_is_a_leaf_of_the_system():
    opened = [row.then.get("opens_ticket") for row in shipped_rules().table("condition").rows]

    assert {CATALOGUE.leaf(str(category)).flow for category in opened if category} == {Flow.system}


def test_every_reason_for_another_delivery_has_its_leaf():
    column = shipped_rules().table("redelivery").column("reason")
    reasons = [choice.value for choice in column.choices]

    assert [CATALOGUE.of_redelivery(reason) is None for reason in reasons] == [False] * len(reasons)
    assert all(CATALOGUE.of_redelivery(reason).flow is Flow.redelivery for reason in reasons)


def test_every_cause_that_the_ledger_knows_has_a_name():
    cells = shipped_rules().table("ledger").cells("cause")

    assert {item.value for cell in cells for item in cell.items} <= set(causes())


def test_a_complaint_takes_the_flow_of_arbitration_and_damage_the_chain_of_evidence():
    assert {leaf.flow for leaf in CATALOGUE.leaves if leaf.kind is TicketKind.complaint} == {Flow.complaint}
    chained = {leaf.cause for leaf in CATALOGUE.leaves if leaf.flow is Flow.evidence_chain}
    assert chained == {"damaged", "contaminated", "short", "poor_packing"}
    assert {leaf.owner for leaf in CATALOGUE.leaves if leaf.flow is Flow.evidence_chain} == {OwnerRule.sending_outlet}


def test_a_category_that_nobody_listed_is_treated_as_other_but_not_accepted_by_hand():
    assert CATALOGUE.leaf_or_other("brand_new").id == "other"
    with pytest.raises(IllegalMoveError, match="没有“brand_new”这个工单分类"):
        CATALOGUE.leaf("brand_new")


def test_the_catalogue_is_read_again_only_when_another_version_is_in_force():
    books = [RuleBook(4, shipped_rules().tables)]
    current = CurrentCatalogue(lambda: books[-1])
    before = current()
    assert current() is before
    books.append(RuleBook(5, shipped_rules().tables))

    assert (before.leaf("lost").because, current().leaf("lost").because) == ("category.lost@v4", "category.lost@v5")
