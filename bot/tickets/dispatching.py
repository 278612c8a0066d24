"""Finding the unit that has to act: the category's rule over the track, the units of the network, the way up."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from bot.network.model import Tier
from bot.tickets.catalogue import Category
from bot.tickets.kinds import OwnerRule, TicketKind
from bot.tickets.owners import ABOVE, Owner, TrackFacts, Unit, candidates
from bot.tickets.ports import Surroundings
from bot.tickets.words import illegal


class Dispatcher:
    """Answers whose a ticket is.  None stands for a ticket that headquarters has to dispatch by hand."""

    def __init__(self, around: Surroundings) -> None:
        self._tracks = around.tracks
        self._units = around.units

    async def owner(
        self, session: AsyncSession, leaf: Category, kind: TicketKind, waybill_no: str | None
    ) -> Owner | None:
        """The unit for one ticket, by the waybill's way as it stands."""
        facts = await self._tracks.of(session, waybill_no) if waybill_no else None
        facts = facts or TrackFacts("", "")
        units, top = await self._units.around(session, _codes(leaf.owner, facts))
        return owner_of(leaf.owner, kind, facts, units, top)

    async def owners(
        self, session: AsyncSession, leaf: Category, kind: TicketKind, waybill_nos: Sequence[str]
    ) -> Mapping[str, Owner]:
        """The same for thousands at once; waybills without an owner are left out."""
        tracks = await self._tracks.many(session, waybill_nos)
        codes = {code for facts in tracks.values() for code in _codes(leaf.owner, facts)}
        units, top = await self._units.around(session, codes)
        found = {number: owner_of(leaf.owner, kind, facts, units, top) for number, facts in tracks.items()}
        return {number: owner for number, owner in found.items() if owner is not None}

    async def above(self, session: AsyncSession, code: str | None) -> Owner | None:
        """The unit one tier above a unit; None above headquarters, or where nobody is known to stand there."""
        unit = await self._find(session, code)
        if unit is None or unit.tier not in ABOVE:
            return None
        wanted = ABOVE[unit.tier]
        parent = await self._find(session, unit.parent_code)
        if parent is None or parent.tier is not wanted:
            parent = await self._of_tier(session, wanted, unit.province)
        return _at(parent)

    async def place(
        self,
        session: AsyncSession,
        code: str,
        *,
        outlet: str | None = None,
        province: str | None = None,
        across_provinces: bool = False,
    ) -> Owner:
        """A unit somebody named.  Raises `IllegalMoveError` when there is none of that code.

        ``outlet`` and ``province`` stay those that the matter is about where the unit is none.
        """
        unit = await self._find(session, code)
        if unit is None:
            raise illegal("unknown_unit", unit=code)
        concerned = unit.code if unit.tier is Tier.outlet else outlet
        return Owner(unit.code, unit.tier, province_of(unit) or province, concerned, across_provinces)

    async def node(self, session: AsyncSession, code: str, *, across_provinces: bool) -> Owner:
        """A node of a track; one that the network does not list counts as an outlet."""
        unit = await self._find(session, code)
        if unit is None:
            return Owner(code, Tier.outlet, None, code, across_provinces)
        return await self.place(session, code, across_provinces=across_provinces)

    async def _find(self, session: AsyncSession, code: str | None) -> Unit | None:
        return (await self._units.many(session, [code])).get(code) if code else None

    async def _of_tier(self, session: AsyncSession, tier: Tier, province: str) -> Unit | None:
        if tier is Tier.headquarters:
            return await self._units.headquarters(session)
        return await self._units.center_of(session, province)


def owner_of(
    rule: OwnerRule, kind: TicketKind, facts: TrackFacts, units: Mapping[str, Unit], top: Unit | None
) -> Owner | None:
    """Whose a ticket of this rule and kind is.

    Complaints go to arbitrators: those of the province where the consignor's outlet and the outlet complained of are in
    the same, else headquarters.  Appeals always go to headquarters.
    """
    concerned = next((units[code] for code in candidates(rule, facts) if code in units), None)
    if concerned is None:
        return _at(top)
    across = _across(facts, units, concerned)
    outlet = concerned.code if concerned.tier is Tier.outlet else None
    center = concerned if concerned.tier is Tier.provincial_center else units.get(concerned.parent_code or "")
    if kind is TicketKind.appeal or (kind is TicketKind.complaint and across):
        owner = _at(top)
    elif kind is TicketKind.complaint or rule is OwnerRule.provincial_center:
        owner = _at(center) or _at(top)
    else:
        owner = _at(concerned)
    if owner is None:
        return None
    return replace(owner, outlet=outlet, province=province_of(concerned), across_provinces=across)


def _codes(rule: OwnerRule, facts: TrackFacts) -> set[str]:
    return {*candidates(rule, facts), facts.origin_outlet} - {""}


def _across(facts: TrackFacts, units: Mapping[str, Unit], concerned: Unit) -> bool:
    origin = units.get(facts.origin_outlet)
    return origin is None or origin.province != concerned.province


def province_of(unit: Unit) -> str | None:
    """The province whose people look after a unit; headquarters lies in one, but belongs to none."""
    return None if unit.tier is Tier.headquarters else unit.province


def _at(unit: Unit | None) -> Owner | None:
    return Owner(unit.code, unit.tier, province_of(unit)) if unit else None
