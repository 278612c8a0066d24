"""The dialogue as data: every intent leads somewhere, every name that is used exists."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from actions.intents import TASKS_WITH_FORM
from actions.registry import ACTIONS, FORMS
from actions.talk import TASK_SLOTS
from bot.conversations.model import HandOffReason
from bot.conversations.own_words import own_words
from bot.network.coverage import default_coverage
from bot.orders.model import OrderStatus
from bot.tickets.model import TicketStatus
from bot.waybills.model import WaybillStatus

PROJECT = Path(__file__).parents[2]
DATA = PROJECT / "nlu_data"
# The intents of the contract with trainers; ids are stable.
INTENT_FILES = sorted(path.stem for path in (DATA / "intents").glob("*.yml"))


def _domain() -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for path in sorted((DATA / "domain").rglob("*.yml")):
        for key, value in (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).items():
            if isinstance(value, dict):
                assert not merged.get(key, {}).keys() & value.keys(), f"{path}: defined twice"
                merged.setdefault(key, {}).update(value)
            elif isinstance(value, list):
                merged.setdefault(key, []).extend(value)
    return merged


DOMAIN = _domain()
RESPONSES: dict[str, list[dict[str, Any]]] = DOMAIN["responses"]
RULES = yaml.safe_load((DATA / "rules.yml").read_text(encoding="utf-8"))["rules"]
STARTS = {rule["steps"][0]["intent"]: rule for rule in RULES if "intent" in rule["steps"][0]}
SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in sorted((PROJECT / "actions").glob("*.py")))
BUTTONS = [
    (name, button["payload"])
    for name, variants in RESPONSES.items()
    for variant in variants
    for button in variant.get("buttons", ())
]


def test_there_are_51_intents_and_each_has_examples_and_a_rule() -> None:
    assert len(INTENT_FILES) == 51
    assert set(DOMAIN["intents"]) == {*INTENT_FILES, "nlu_fallback"} == set(STARTS)


@pytest.mark.parametrize("intent", sorted(STARTS))
def test_a_rule_leads_to_an_action_or_form_that_exists(intent: str) -> None:
    first = STARTS[intent]["steps"][1]["action"]
    assert first in DOMAIN["actions"] or first in DOMAIN["forms"]


def test_every_action_of_the_domain_is_written_and_the_other_way_round() -> None:
    built = {action(None).name() for action in ACTIONS} | {form(None).name() for form in FORMS}  # type: ignore[arg-type]
    assert built == set(DOMAIN["actions"])


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.task)
def test_a_form_asks_for_slots_of_the_domain_and_ends_in_its_action(form: Any) -> None:
    asked = [field.slot for field in form.fields if field.slot != "possible"]
    assert DOMAIN["forms"][f"{form.task}_form"]["required_slots"] == asked
    assert set(asked) <= set(DOMAIN["slots"])
    ends = [rule for rule in RULES if rule.get("condition") == [{"active_loop": f"{form.task}_form"}]]
    assert [rule["steps"][-1]["action"] for rule in ends] == [f"action_{form.task}"]


def test_the_tasks_with_a_form_are_those_that_have_one() -> None:
    assert {form.task for form in FORMS} == TASKS_WITH_FORM


def test_every_slot_is_set_by_actions_only() -> None:
    assert all(slot["mappings"] == [{"type": "custom"}] for slot in DOMAIN["slots"].values())
    assert set(TASK_SLOTS) <= set(DOMAIN["slots"])


def test_every_response_an_action_names_exists() -> None:
    named = set(re.findall(r'"(utter_[a-z_]+)"', SOURCES)) - {"utter_message"}
    pieces = set(re.findall(r'(?:part|label)\(\s*"([a-z_]+)"', SOURCES))
    labels = {f"utter_label_{piece}" for piece in re.findall(r'label\("([a-z_]+)"', SOURCES)}
    parts = {f"utter_{piece}" for piece in pieces if piece.startswith(("part_", "summary_", "label_"))}
    assert named | labels | parts <= set(RESPONSES)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.task)
def test_every_question_of_a_form_has_words(form: Any) -> None:
    for field in form.fields:
        if field.slot == "possible":
            continue
        name = f"utter_confirm_{form.task}" if field.slot == "confirm" else f"utter_need_{field.slot}"
        own = f"utter_need_{form.task}_{field.slot}"
        optional = field.slot in ("new_phone", "new_name")
        assert optional or name in RESPONSES or own in RESPONSES


@pytest.mark.parametrize("task", sorted(TASKS_WITH_FORM - {"query_waybill", "query_eta", "query_pickup_code"}))
def test_every_task_says_that_it_is_done(task: str) -> None:
    assert f"utter_{task}_done" in RESPONSES or task == "query_courier"


def test_every_status_has_its_words() -> None:
    names = [f"label_status_{status}" for status in WaybillStatus]
    names += [f"part_next_{status}" for status in WaybillStatus]
    names += [f"label_order_{status}" for status in OrderStatus]
    names += [f"label_ticket_{status}" for status in TicketStatus]
    names += [f"hand_off_{reason}" for reason in HandOffReason]
    names += [f"label_slot_{slot}" for slot in DOMAIN["slots"] if slot in TASK_SLOTS[5:]]
    names += [f"label_{intent}" for intent in INTENT_FILES]
    assert {f"utter_{name}" for name in names} <= {*RESPONSES, *own_words().names("utter_")}


def test_every_note_on_coverage_has_its_words() -> None:
    notes = set(re.findall(r"note: ([a-z_]+)", (PROJECT / "bot/network/data/coverage.yml").read_text(encoding="utf-8")))
    assert default_coverage() is not None
    assert {f"utter_part_coverage_{note}" for note in {*notes, "door"}} <= set(RESPONSES)


@pytest.mark.parametrize(("response", "payload"), BUTTONS)
def test_a_button_means_an_intent_that_exists_or_is_plain_words(response: str, payload: str) -> None:
    if not payload.startswith("/"):
        return
    intent, _, facts = payload.removeprefix("/").partition("{")
    assert intent in DOMAIN["intents"]
    assert not facts or set(json.loads("{" + facts)) <= set(DOMAIN["entities"])


@pytest.mark.parametrize("name", sorted(RESPONSES))
def test_words_are_short_polite_and_fit_a_bubble(name: str) -> None:
    for variant in RESPONSES[name]:
        assert 0 < len(variant["text"]) <= 160
        assert "你" not in variant["text"]
        assert len(variant.get("buttons", ())) <= 6


def test_no_words_for_customers_stand_in_the_actions() -> None:
    said = re.findall(r'say(?:_text)?\(\s*f?"([^"]*)"', SOURCES)
    assert not [text for text in said if re.search(r"[\u4e00-\u9fff]", text)]
