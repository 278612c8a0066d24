"""Every page and every route, tried by every role, by nobody, by a program and by another system."""

import httpx
import pytest

from bot.staff.model import Role
from tests.desk.security.access import LET_IN, Rule, rules
from tests.desk.security.application import addresses
from tests.desk.security.house import API, CALLERS, NOBODY, PROGRAM, House

ASKED = [rule for rule in rules().values() if rule.address.method not in ("WS", "FOLDER")]


def heard(answer: httpx.Response, wanted: str, *, hides: bool = False) -> str:
    """What was heard, as `access.yml` would say it."""
    status = str(answer.status_code)
    if status == "303":
        return f"303 {answer.headers['location']}"
    if status in ("401", "403") or (hides and status == "404"):
        code, _, words = wanted.partition(" ")
        return wanted if code == status and words in answer.text else status
    return LET_IN if answer.status_code < 500 else status


async def test_no_route_is_left_out(house: House) -> None:
    there, written = set(addresses(house.app)), set(rules())
    new, gone = sorted(there - written), sorted(written - there)
    assert not new, f"say in access.yml who may use {', '.join(map(str, new))}"
    assert not gone, f"strike from access.yml what is gone: {', '.join(map(str, gone))}"


@pytest.mark.parametrize("rule", [one for one in ASKED if one.answers], ids=lambda one: str(one.address))
async def test_each_caller_is_let_in_or_refused(house: House, rule: Rule) -> None:
    await house.prepare(rule)
    refused_first = sorted(CALLERS, key=lambda caller: rule.answers[caller] == LET_IN)
    found = {}
    for caller in refused_first:
        answer = await house.ask(rule.address, caller, rule.body)
        found[caller] = heard(answer, rule.answers[caller], hides=rule.hides)
    await house.mend()
    assert found == rule.answers


@pytest.mark.parametrize("rule", [one for one in ASKED if one.open], ids=lambda one: str(one.address))
async def test_what_asks_for_no_login_gives_nobody_more_for_having_one(house: House, rule: Rule) -> None:
    codes = {
        (await house.ask(rule.address, caller, rule.body)).status_code for caller in (NOBODY, "agent", "admin", API)
    }
    await house.mend()
    assert codes <= rule.open
    if rule.address.path.startswith("/api/v1/channels"):
        assert 200 not in codes


async def test_what_has_ended_opens_nothing(house: House) -> None:
    """Each in turn, on every route.  A token is told where no program gets in, whether it counts or not."""
    ended = [await house.ended(shown) for shown in ("a cookie that ended", "a token that ended", "nonsense")]
    for place, rule in enumerate([one for one in ASKED if one.answers]):
        answer = await house.ask(rule.address, NOBODY, rule.body, **ended[place % len(ended)])
        refusals = {rule.answers[NOBODY], rule.answers[PROGRAM]} - {LET_IN}
        assert any(heard(answer, one) == one for one in refusals), (rule.address, answer.status_code)


def test_every_role_is_among_the_callers() -> None:
    assert set(CALLERS) == {role.value for role in Role} | {NOBODY, PROGRAM, API}
