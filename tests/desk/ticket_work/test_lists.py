"""Each role sees its own lists and nobody else's tickets; what is asked narrows them; what is kept is kept."""

from datetime import timedelta

import pytest

from bot.desk.ticket_lists import Asked, TicketList
from bot.errors import AccessRefusedError, NotFoundError, RefusedError
from bot.staff.model import Actor, Role
from bot.tickets.work import Request
from tests.day.network import CHEN, FENG, GZ1, GZ2, LINA, SUN, TANG, ZHAO, ZHENG, at
from tests.desk.ticket_work.site import NUMBER, TicketSite

ZHOU = Actor("agent:zhou", Role.supervisor)
HE = Actor("agent:he", Role.trainer)
EVERYBODY = (LINA, at(GZ1), at(GZ2), CHEN, ZHAO, SUN, TANG, ZHENG, ZHOU)


async def listed(site: TicketSite, actor: Actor, which: TicketList = TicketList.all, **asked: str) -> list[str]:
    page = await site.tickets.lists.page(actor, which, Asked.of(asked))
    return [ticket.ticket_no for ticket in page.tickets]


async def test_the_unit_that_has_it_its_reviewer_and_the_opener_find_a_ticket(site: TicketSite) -> None:
    number = (await site.open()).ticket_no
    assert await listed(site, at(GZ1), TicketList.unit) == [number]
    assert await listed(site, LINA, TicketList.mine) == [number]
    assert await listed(site, CHEN, TicketList.review) == []
    await site.service.tickets.work.accept(number, Request(at(GZ1)))
    assert await listed(site, at(GZ1), TicketList.mine) == [number]
    await site.service.tickets.work.handle(number, Request(at(GZ1)), done="已送上门")
    assert await listed(site, CHEN, TicketList.review) == [number]


async def test_nobody_else_finds_it(site: TicketSite) -> None:
    await site.open()
    assert await listed(site, at(GZ2), TicketList.unit) == []
    assert await listed(site, ZHAO) == []
    assert await listed(site, TANG) == []
    assert await listed(site, ZHENG) == []


async def test_arbitrators_find_what_they_rule_on(site: TicketSite) -> None:
    number = (await site.open("complaint_attitude")).ticket_no
    assert await listed(site, ZHENG) == await listed(site, FENG) == [number]
    assert await listed(site, TANG) == []
    assert await listed(site, at(GZ1), TicketList.about) == [number]


@pytest.mark.parametrize(
    ("actor", "which"),
    [(HE, TicketList.all), (at(GZ1), TicketList.all), (LINA, TicketList.review), (ZHENG, TicketList.unit)],
)
async def test_a_list_that_is_not_the_roles_is_refused(site: TicketSite, actor: Actor, which: TicketList) -> None:
    with pytest.raises(AccessRefusedError):
        await site.tickets.lists.page(actor, which, Asked())


async def test_counts_are_those_of_the_lists(site: TicketSite) -> None:
    await site.open()
    await site.open("complaint_attitude")
    for actor in EVERYBODY:
        counts = await site.tickets.lists.counts(actor)
        assert counts == {which: len(await listed(site, actor, which)) for which in site.tickets.lists.of(actor)}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"category": "not_to_door"}, True),
        ({"category": "trace"}, False),
        ({"group": "派送服务"}, True),
        ({"group": "催派查件"}, False),
        ({"flow": "standard", "service_class": "normal"}, True),
        ({"flow": "claim"}, False),
        ({"opened_from": "2026-03-04", "opened_until": "2026-03-04"}, True),
        ({"opened_until": "2026-03-03"}, False),
        ({"due_before": "2026-03-04T10:01"}, False),
        ({"due_before": "2026-03-20T10:00"}, True),
        ({"waybill_no": NUMBER}, True),
        ({"unit": GZ2}, False),
        ({"text": "驿站"}, True),
        ({"priority": "nonsense", "due_before": "yesterday"}, True),
    ],
)
async def test_what_is_asked_narrows_a_list(site: TicketSite, asked: dict[str, str], found: bool) -> None:
    await site.open()
    assert bool(await listed(site, SUN, **asked)) is found


async def test_overdue_is_what_is_past_its_deadline(site: TicketSite) -> None:
    number = (await site.open()).ticket_no
    assert await listed(site, LINA, TicketList.overdue) == []
    site.clock.advance(timedelta(days=3))  # type: ignore[attr-defined]
    assert await listed(site, LINA, TicketList.overdue) == [number]


async def test_a_filter_is_kept_for_oneself_or_shared_with_the_team(site: TicketSite) -> None:
    mine, admin = site.tickets.arrangements, Actor("agent:admin", Role.admin)
    await site.desk.agents.teams.create("vip", "大客户组", by=admin)
    await site.desk.agents.teams.set_members("vip", ["lina", "sun"], by=admin)
    asked = Asked.of({"priority": "urgent", "text": "药"})
    await mine.save(LINA, "急的", TicketList.all, asked)
    shared = await mine.save(LINA, "组里的", TicketList.overdue, asked, team="vip")
    assert [one.name for one in await mine.filters(LINA)] == ["急的", "组里的"]
    assert [(one.name, one.query) for one in await mine.filters(SUN)] == [
        ("组里的", {"list": "overdue", "priority": "urgent", "text": "药"})
    ]
    assert await mine.filters(CHEN) == []
    with pytest.raises(RefusedError):
        await mine.save(CHEN, "别人的组", TicketList.all, asked, team="vip")
    with pytest.raises(NotFoundError):
        await mine.delete(SUN, shared.id)
    await mine.delete(ZHOU, shared.id)
    assert await mine.filters(SUN) == []


async def test_columns_are_chosen_by_each_person(site: TicketSite) -> None:
    mine = site.tickets.arrangements
    await mine.choose(LINA, ["due", "province"])
    assert list(await mine.columns(LINA)) == ["due", "province"]
    assert "text" in await mine.columns(CHEN)
    with pytest.raises(RefusedError):
        await mine.choose(LINA, ["password"])
