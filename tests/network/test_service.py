import pytest

from bot.errors import NotFoundError
from bot.network.coverage import default_coverage
from bot.network.model import Tier, Zone
from bot.network.places import default_gazetteer
from bot.network.service import NetworkService
from bot.network.tables import OutletRow
from bot.network.tariff import default_tariff
from bot.waybills.model import Product


@pytest.fixture
def network(database):
    return NetworkService(database)


def make_outlet(code="D1", city="杭州市", district="西湖区", **changes):
    values = {
        "name": f"{city}{district}网点",
        "tier": Tier.outlet.value,
        "province": "浙江省",
        "address": f"{city}{district}人民路1号",
        "phone": "0571-9000000",
        "opening_hours": "8:00-20:00",
        "parent_code": None,
        "latitude": 30.26,
        "longitude": 120.13,
        **changes,
    }
    return OutletRow(code=code, city=city, district=district, **values)


async def add(database, *outlets):
    async with database.transaction() as session:
        session.add_all(outlets)


async def test_outlets_of_the_district_come_first_and_then_the_nearest(network, database):
    await add(
        database,
        make_outlet("far", city="温州市", district="鹿城区", latitude=28.0, longitude=120.6),
        make_outlet("near", district="拱墅区", latitude=30.32, longitude=120.14),
        make_outlet("own"),
    )

    assert [outlet.code for outlet in await network.outlets_near("杭州西湖")] == ["own", "near", "far"]
    assert [outlet.code for outlet in await network.outlets_near("杭州西湖", limit=1)] == ["own"]


async def test_an_outlet_in_the_street_that_was_named_comes_before_its_neighbours(network, database):
    await add(database, make_outlet("a"), make_outlet("b", address="文三路88号", latitude=30.5))

    assert [outlet.code for outlet in await network.outlets_near("杭州西湖文三路")] == ["b", "a"]


async def test_customers_are_not_sent_to_a_provincial_centre(network, database):
    await add(database, make_outlet("center", tier=Tier.provincial_center.value))

    assert await network.outlets_near("杭州") == []


async def test_no_outlet_is_near_a_place_that_is_not_recognised(network, database):
    await add(database, make_outlet())

    assert await network.outlets_near("火星") == []


async def test_an_outlet_is_found_by_its_code_or_is_an_error(network, database):
    await add(database, make_outlet("D1"))

    assert (await network.outlet("D1")).tier is Tier.outlet
    with pytest.raises(NotFoundError):
        await network.outlet("D2")


def test_a_quote_is_first_weight_plus_what_comes_on_top(network):
    rate = default_tariff().products[Product.standard].zones[Zone.middle]

    quotes = {quote.product: quote for quote in network.quote("杭州", "北京", 2.3)}

    assert quotes[Product.standard].chargeable_kg == 3
    assert quotes[Product.standard].freight == rate.first + 2 * rate.more
    assert quotes[Product.express].chargeable_kg == 2.5
    assert (quotes[Product.standard].days_min, quotes[Product.standard].days_max) == rate.days


def test_a_big_light_parcel_pays_for_its_volume(network):
    quote = network.quote("杭州", "上海", 2, (60, 50, 40))[0]

    assert (quote.chargeable_kg, quote.volumetric) == (20, True)


def test_a_remote_destination_costs_a_surcharge_that_is_named(network):
    quote = next(each for each in network.quote("广州", "喀什", 1) if each.product is Product.standard)

    assert quote.surcharge == default_coverage().of(network.place("喀什")).remote_surcharge > 0
    assert quote.freight == default_tariff().products[Product.standard].zones[Zone.remote].first + quote.surcharge


def test_a_light_parcel_is_not_offered_as_heavy_and_a_heavy_one_only_so(network):
    assert Product.heavy not in {quote.product for quote in network.quote("杭州", "北京", 2)}
    assert {quote.product for quote in network.quote("杭州", "北京", 120)} == {Product.heavy}


def test_there_is_no_price_to_where_nobody_delivers(network):
    assert network.quote("杭州", "三沙", 1) == []
    assert network.transit("杭州", "三沙") == []


@pytest.mark.parametrize(("origin", "destination"), [("火星", "杭州"), ("杭州", "火星"), ("", "杭州")])
def test_an_unknown_place_is_an_error(network, origin, destination):
    with pytest.raises(NotFoundError):
        network.quote(origin, destination, 1)
    with pytest.raises(NotFoundError):
        network.transit(origin, destination)


def test_the_faster_product_is_never_slower(network):
    for destination in ("杭州", "宁波", "上海", "北京", "成都", "乌鲁木齐"):
        days = {time.product: time.days_max for time in network.transit("杭州", destination)}
        assert days[Product.express] <= days[Product.standard] <= days[Product.economy]


@pytest.mark.parametrize(
    ("origin", "destination", "zone"),
    [
        ("杭州西湖", "杭州余杭", Zone.same_city),
        ("上海浦东", "沪", Zone.same_city),
        ("杭州", "温州", Zone.same_province),
        ("广东", "广州", Zone.same_province),
        ("杭州", "上海", Zone.near),
        ("杭州", "北京", Zone.middle),
        ("浙江", "北京", Zone.middle),
        ("广州", "哈尔滨", Zone.far),
        ("广州", "拉萨", Zone.remote),
        ("乌鲁木齐", "北京", Zone.remote),
        ("广州", "香港", Zone.overseas),
    ],
)
def test_the_zone_of_a_route(network, origin, destination, zone):
    assert default_tariff().zone(network.place(origin), network.place(destination)) is zone


@pytest.mark.parametrize(
    ("place", "served", "to_door", "note"),
    [
        ("杭州西湖", True, True, "door"),
        ("景德镇", True, True, "door"),
        ("北京中关村", True, True, "door"),
        ("湖南邵阳李家村三组", True, False, "village"),
        ("福建安溪龙门镇", True, True, "township"),
        ("拉萨城关区", True, True, "remote_to_door"),
        ("西藏", True, False, "remote"),
        ("墨脱", False, False, "not_served"),
        ("三沙市", False, False, "not_served"),
        ("香港", True, True, "customs"),
        ("舟山嵊泗", True, False, "island"),
    ],
)
def test_how_a_place_is_served(network, place, served, to_door, note):
    coverage = network.coverage(place)

    assert (coverage.served, coverage.to_door, coverage.note) == (served, to_door, note)


def test_every_rule_of_coverage_and_every_capital_is_a_place_we_know():
    places = default_gazetteer()
    for rule in default_coverage().places:
        assert any(rule.place.holds(unit.place) for unit in places.units)
    for province, city in default_tariff().capitals.items():
        assert places.resolve(f"{province}{city}").city == city


def test_every_product_but_those_named_goes_to_every_zone():
    missing = {
        (product, zone)
        for product, table in default_tariff().products.items()
        for zone in Zone
        if zone not in table.zones
    }

    assert missing == {(Product.economy, Zone.overseas), (Product.heavy, Zone.overseas)}
