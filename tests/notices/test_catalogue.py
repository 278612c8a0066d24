import re

import pytest

from bot.errors import NotFoundError
from bot.notices.catalogue import catalogue
from bot.outbox.kinds import KINDS

PROVIDED = {"waybill": {"waybill_no", "place", "outlet", "courier"}, "ticket": {"ticket_no", "waybill_no"}}


@pytest.mark.parametrize("name", sorted(catalogue().kinds))
def test_every_blank_of_a_kind_is_filled_by_what_triggers_it(name):
    kind = catalogue().kind(name)

    assert set(re.findall(r"\{(\w+)\}", kind.text)) <= PROVIDED[kind.about]


def test_every_event_that_triggers_a_notice_is_an_event():
    assert {event for kind in catalogue().kinds.values() for event in kind.events} <= set(KINDS)


def test_every_template_is_a_kind_that_channels_know():
    assert {kind.template for kind in catalogue().kinds.values() if kind.template} <= set(catalogue().kinds)


def test_the_sms_catalogue_has_a_template_for_every_kind():
    from pathlib import Path

    import yaml

    path = Path(__file__).parents[2] / "connectors" / "sms" / "templates.yml"
    templates = yaml.safe_load(path.read_text(encoding="utf-8"))["templates"]
    known = {notice for template in templates.values() for notice in template.get("notices", ())}

    assert {kind.template or name for name, kind in catalogue().kinds.items()} <= known


def test_a_kind_that_there_is_not_is_not_found():
    with pytest.raises(NotFoundError):
        catalogue().kind("weather")


def test_a_value_that_is_missing_leaves_a_default_or_nothing():
    assert "服务点" in catalogue().kind("station").written({"waybill_no": "YD1", "place": ""})
    assert catalogue().kind("delivered").written({}) == "您的快件  已签收，感谢使用。"
