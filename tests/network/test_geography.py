import pytest

from bot.network.geography import NetworkGeography


@pytest.fixture
def geography(database):
    return NetworkGeography(database)


def test_the_zone_of_a_route_is_the_tariffs(geography):
    hangzhou, guangzhou = ("浙江省", "杭州市", "西湖区"), ("广东省", "广州市", "天河区")

    assert geography.zone(hangzhou, hangzhou) == "same_city"
    assert geography.zone(hangzhou, ("浙江省", "宁波市", "")) == "same_province"
    assert geography.zone(hangzhou, guangzhou) in ("middle", "far")
    assert geography.zone(hangzhou, ("新疆维吾尔自治区", "乌鲁木齐市", "")) == "remote"


def test_a_place_nobody_recognises_has_no_zone(geography):
    assert geography.zone(("", "", ""), ("广东省", "广州市", "")) == ""
    assert geography.zone(("甲省", "乙市", ""), ("广东省", "广州市", "")) == ""


def test_distances_are_great_circles_between_known_outlets(geography):
    geography.use({"HZ": (30.26, 120.13), "GZ": (23.13, 113.27), "nowhere": (None, None)})

    assert geography.distance("HZ", "GZ") == pytest.approx(1045, abs=30)
    assert geography.distance("HZ", "nowhere") is None
    assert geography.distance("HZ", "unheard of") is None
