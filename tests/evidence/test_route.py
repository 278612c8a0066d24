from datetime import timedelta

import pytest

from bot.evidence.canonical import canonical
from bot.evidence.nodes import NodePlace
from bot.evidence.outlets import nodes_of
from bot.evidence.route import late_scans, route_of, snapshot_of
from bot.network.model import Tier
from bot.network.tables import OutletRow
from bot.waybills.model import CheckpointKind, Waybill
from tests.builders import NOW, make_checkpoint
from tests.evidence.builders import make_damaged_parcel


def parcel(*scans: str, **changes) -> Waybill:
    """``"HZ001"`` arrived there; ``"returning@GZ001"`` names the kind."""
    track = []
    for hours, scan in enumerate(scans):
        kind, _, code = scan.rpartition("@")
        track.append(
            make_checkpoint(
                CheckpointKind(kind or "arrived"), hours_ago=len(scans) - hours, outlet_code=code, outlet_name=code
            )
        )
    return make_damaged_parcel(track=tuple(track), **changes)


@pytest.mark.parametrize(
    ("scans", "route"),
    [
        (["HZ001", "HZ001", "HZ900", "GZ001"], ["HZ001", "HZ900", "GZ001"]),
        (["HZ001", "HZ900", "HZ001", "HZ900", "GZ001"], ["HZ001", "HZ900", "HZ001", "HZ900", "GZ001"]),
        (["ordered@ZZ000", "HZ001", "GZ001"], ["HZ001", "GZ001"]),
        (["HZ900", "HZ001", "GZ001"], ["HZ001", "GZ001"]),
        (["HZ900", "GZ001"], ["HZ001", "HZ900", "GZ001"]),
        (["HZ900", "GZ001", "returning@GZ001", "HZ001"], ["HZ001", "HZ900", "GZ001", "HZ001"]),
        (["HZ001", "", "GZ001"], ["HZ001", "GZ001"]),
        ([], ["HZ001"]),
    ],
)
def test_the_route_goes_from_the_sending_outlet_down_the_track(scans, route):
    assert [stop.outlet_code for stop in route_of(parcel(*scans))] == route


def test_a_parcel_that_was_nowhere_and_came_from_nowhere_has_no_route():
    assert route_of(parcel(origin_outlet="")) == ()


async def test_the_network_knows_names_and_tiers_and_the_ends_are_ends(database):
    async with database.transaction() as session:
        session.add(make_outlet("HZ900", "杭州转运中心", Tier.provincial_center))
        await session.flush()
        nodes = await nodes_of(session, parcel("HZ900", "GZ001"))

    assert [(node.outlet_name, node.tier, node.place) for node in nodes] == [
        ("HZ001", Tier.outlet, NodePlace.sending),
        ("杭州转运中心", Tier.provincial_center, NodePlace.transit),
        ("GZ001", Tier.outlet, NodePlace.destination),
    ]


async def test_a_parcel_that_never_arrived_has_no_destination_node(database):
    async with database.transaction() as session:
        nodes = await nodes_of(session, parcel("HZ001", "HZ900"))

    assert [node.place for node in nodes] == [NodePlace.sending, NodePlace.transit]


def test_the_track_as_it_stands_can_be_hashed():
    assert canonical(snapshot_of(make_damaged_parcel()))


def test_scans_that_came_later_are_visible_and_backdated_ones_are_called_so():
    before = make_damaged_parcel()
    newer = make_checkpoint(hours_ago=-1, outlet_code="GZ002")
    older = make_checkpoint(hours_ago=20, outlet_code="GZ003")
    after = make_damaged_parcel(track=(*before.track, older, newer))

    late = late_scans(snapshot_of(before), after, since=NOW)

    assert [(found.scan.outlet_code, found.backdated) for found in late] == [("GZ003", True), ("GZ002", False)]
    assert late_scans(snapshot_of(before), before, since=NOW + timedelta(days=1)) == ()


def make_outlet(code: str, name: str, tier: Tier) -> OutletRow:
    return OutletRow(
        code=code, name=name, tier=tier.value, province="浙江省", city="杭州市", district="", address="",
        phone="", opening_hours="",
    )  # fmt: skip
