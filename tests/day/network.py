"""A small network: headquarters, the centres of Zhejiang and Guangdong, eight outlets; and the people of all these."""

from bot.db import Database
from bot.network.model import Tier
from bot.network.tables import OutletRow
from bot.staff.model import Actor, Role

ZHEJIANG, GUANGDONG = "浙江省", "广东省"
HQ, ZJ, GD = "HQ", "ZJ00", "GD00"
HZ1, HZ2, NB1, HZ9 = "HZ001", "HZ002", "NB001", "HZ900"
GZ1, GZ2, SZ1, GZ9 = "GZ001", "GZ002", "SZ001", "GZ900"

PLACES = {
    HZ1: ("杭州西湖网点", ZHEJIANG, "杭州市", "西湖区", 30.26, 120.13),
    HZ2: ("杭州萧山网点", ZHEJIANG, "杭州市", "萧山区", 30.18, 120.26),
    NB1: ("宁波鄞州网点", ZHEJIANG, "宁波市", "鄞州区", 29.82, 121.55),
    HZ9: ("杭州转运中心", ZHEJIANG, "杭州市", "余杭区", 30.42, 120.30),
    GZ1: ("广州天河网点", GUANGDONG, "广州市", "天河区", 23.12, 113.36),
    GZ2: ("广州番禺网点", GUANGDONG, "广州市", "番禺区", 22.94, 113.38),
    SZ1: ("深圳南山网点", GUANGDONG, "深圳市", "南山区", 22.53, 113.93),
    GZ9: ("广州转运中心", GUANGDONG, "广州市", "白云区", 23.16, 113.27),
}
"""By code: name, province, city, district, latitude and longitude."""
HUB = {ZHEJIANG: HZ9, GUANGDONG: GZ9}

LINA = Actor("agent:lina", Role.agent)
ZHAO = Actor("agent:zhao", Role.provincial_agent, ZJ, ZHEJIANG)
CHEN = Actor("agent:chen", Role.provincial_agent, GD, GUANGDONG)
SUN = Actor("agent:sun", Role.headquarters_agent, HQ)
WU = Actor("agent:wu", Role.provincial_arbitrator, ZJ, ZHEJIANG)
TANG = Actor("agent:tang", Role.provincial_arbitrator, GD, GUANGDONG)
ZHENG = Actor("agent:zheng", Role.headquarters_arbitrator, HQ)
FENG = Actor("agent:feng", Role.headquarters_arbitrator, HQ)


def at(outlet: str) -> Actor:
    """The person of an outlet who works on its tickets."""
    return Actor(f"agent:{outlet.lower()}", Role.outlet_agent, outlet, province_of(outlet))


def province_of(outlet: str) -> str:
    return PLACES[outlet][1]


async def put_network(database: Database) -> None:
    """Tier by tier, because each names the one above it."""
    tiers = (
        [_unit(HQ, "总部", Tier.headquarters, None, "上海市", "上海市", "青浦区")],
        [
            _unit(ZJ, "浙江省中心", Tier.provincial_center, HQ, ZHEJIANG, "杭州市", "余杭区"),
            _unit(GD, "广东省中心", Tier.provincial_center, HQ, GUANGDONG, "广州市", "白云区"),
        ],
        [_outlet(code) for code in PLACES],
    )
    for rows in tiers:
        async with database.transaction() as session:
            session.add_all(rows)


def _outlet(code: str) -> OutletRow:
    name, province, city, district, latitude, longitude = PLACES[code]
    above = {ZHEJIANG: ZJ, GUANGDONG: GD}[province]
    row = _unit(code, name, Tier.outlet, above, province, city, district)
    row.latitude, row.longitude = latitude, longitude
    return row


def _unit(code: str, name: str, tier: Tier, above: str | None, *place: str) -> OutletRow:
    province, city, district = place
    return OutletRow(
        code=code,
        name=name,
        tier=tier.value,
        province=province,
        city=city,
        district=district,
        address="某路1号",
        phone="400-888-0000",
        opening_hours="8:00-20:00",
        parent_code=above,
    )
