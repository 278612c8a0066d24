import pytest

from bot.network.model import Place
from bot.network.places import default_gazetteer, resolve_place, short_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("广州天河", "广东省广州市天河区"),
        ("浦东", "上海市浦东新区"),
        ("沪", "上海市"),
        ("沪市", "上海市"),
        ("穗", "广东省广州市"),
        ("上海市浦东新区张江", "上海市浦东新区"),
        ("上海 浦东新区，张江", "上海市浦东新区"),
        ("浙江杭州", "浙江省杭州市"),
        ("浙江省杭州市西湖区文三路219号", "浙江省杭州市西湖区"),
        ("内蒙古", "内蒙古自治区"),
        ("内蒙古呼和浩特", "内蒙古自治区呼和浩特市"),
        ("黔东南", "贵州省黔东南苗族侗族自治州"),
        ("延边州", "吉林省延边朝鲜族自治州"),
        ("义乌", "浙江省金华市义乌市"),
        ("东莞虎门", "广东省东莞市虎门镇"),
        ("新疆喀什", "新疆维吾尔自治区喀什地区"),
        ("长沙县", "湖南省长沙市长沙县"),
        ("香港", "香港特别行政区"),
        ("石河子", "新疆维吾尔自治区石河子市"),
        ("我要寄到重庆渝北", "重庆市渝北区"),
        ("杭州下城区", "浙江省杭州市下城区"),
    ],
)
def test_a_place_is_recognised_by_the_names_people_use(text, name):
    assert resolve_place(text).name == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("朝阳", "北京市朝阳区"),
        ("辽宁朝阳", "辽宁省朝阳市"),
        ("长春朝阳", "吉林省长春市朝阳区"),
        ("中山", "广东省中山市"),
        ("大连中山", "辽宁省大连市中山区"),
        ("鼓楼", "江苏省南京市鼓楼区"),
        ("福州鼓楼", "福建省福州市鼓楼区"),
        ("西安", "陕西省西安市"),
        ("吉林", "吉林省"),
        ("吉林市", "吉林省吉林市"),
    ],
)
def test_a_name_of_several_places_is_read_by_what_stands_beside_it(text, name):
    assert resolve_place(text).name == name


@pytest.mark.parametrize("text", ["", "火星", "你好", "县里", "解放路", "南京东路", "我家", "嗯", "123", "<script>"])
def test_what_names_no_place_is_no_place(text):
    assert resolve_place(text) is None


def test_a_street_named_after_a_city_is_not_that_city():
    assert resolve_place("上海南京东路100号") == Place("上海市", "上海市")


def test_a_long_text_is_read_quickly():
    assert resolve_place("广州天河" * 5_000) is not None


def test_every_province_city_and_district_is_found_by_its_own_full_name():
    for unit in default_gazetteer().units:
        if not unit.former:
            assert resolve_place(unit.place.name) == unit.place


def test_every_city_has_coordinates_in_china_and_an_area_code():
    for unit in default_gazetteer().cities:
        assert 73 < unit.longitude < 136
        assert 3 < unit.latitude < 54
        assert unit.area_code.startswith("0")


def test_thirty_one_provinces_and_three_regions_are_known():
    assert len({unit.place.province for unit in default_gazetteer().units}) == 34


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("西湖区", "西湖"),
        ("滨海新区", "滨海"),
        ("内蒙古自治区", "内蒙古"),
        ("广西壮族自治区", "广西"),
        ("延边朝鲜族自治州", "延边"),
    ],
)
def test_a_short_name_leaves_out_the_kind_of_unit(name, short):
    assert short_name(name) == short
