"""Facts about entities; spaCy lives in Rasa's interpreter, so all sentences are read there in one go."""

import json
import subprocess
from typing import Any

import pytest

from bot.settings import PROJECT, Settings

Rows = list[tuple[str, str, str, Any]]

SAID: dict[str, list[tuple[str, str]]] = {
    # waybill numbers, however they are written
    "YD1234567890123到哪了": [("waybill_no", "YD1234567890123")],
    "ＹＤ１２３４５６７８９０１２３": [("waybill_no", "YD1234567890123")],
    "单号yd 2093-3184-57726慢慢记": [("waybill_no", "YD2093318457726")],
    "YD12345\u200b67890123": [("waybill_no", "YD1234567890123")],
    "771234567890": [("waybill_no", "771234567890")],
    "请查7732 0155 4896 22": [("waybill_no", "77320155489622")],
    "两票773012345678 773012345679": [("waybill_no", "773012345678"), ("waybill_no", "773012345679")],
    "YD1234567890123和YD1234567890124": [("waybill_no", "YD1234567890123"), ("waybill_no", "YD1234567890124")],
    # look-alikes
    "13812345678": [("phone", "13812345678")],
    "我电话１３８ 1234-5678": [("phone", "13812345678")],
    "+86 13812345678": [("phone", "13812345678")],
    "打021-58881234找我": [("phone", "02158881234")],
    "DD123456789012谁接的单": [("order_no", "DD123456789012")],
    "订单号是202411210001": [("order_no", "202411210001")],
    "GD1234567890处理了吗": [("ticket_no", "GD1234567890")],
    # the last four digits need a cue, or stand alone
    "尾号5678": [("phone_tail", "5678")],
    "手机后四位是 0012": [("phone_tail", "0012")],
    "尾号幺二三四": [("phone_tail", "1234")],
    "1234": [("phone_tail", "1234")],
    "运单后四位0922": [],
    "银行卡尾号6622": [],
    "顺丰单号SF1350982277614查得到吗": [],
    "等了2024分钟": [],
    # places
    "从沪寄到北京朝阳区": [("region", "上海"), ("region", "北京朝阳区")],
    "寄廣州天河": [("region", "广州天河")],
    "从佛山顺德发": [("region", "佛山顺德")],
    "合肥苏州都送吗": [("region", "合肥"), ("region", "苏州")],
    "粤发闽几天": [("region", "广东"), ("region", "福建")],
    "改送到南京市玄武区中山东路18号": [("address", "南京市玄武区中山东路18号")],
    # cities that begin with a sign of a verb, and verbs before cities
    "改成成都": [("region", "成都")],
    "寄到达州": [("region", "达州")],
    "上海到达州多久": [("region", "上海"), ("region", "达州")],
    "银川到南宁": [("region", "银川"), ("region", "南宁")],
    "粤到沪": [("region", "广东"), ("region", "上海")],
    "去往南京": [("region", "南京")],
    "到达日期是哪天": [],
    "到达广州了吗": [("region", "广州")],
    # when
    "明天下午三点后送": [("date", "明天"), ("time_period", "下午三点后")],
    "下周一上午9点到11点": [("date", "下周一"), ("time_period", "上午9点到11点")],
    "3月5号寄的": [("date", "3月5号")],
    "节后再送吧": [("date", "节后")],
    "今晚能到吗": [("time_period", "今晚")],
    "上午十点半左右有空": [("time_period", "上午十点半")],
    "初八以后再送": [("date", "初八")],
    "国庆节后第一天来取": [("date", "国庆节后第一天")],
    "一点用没有": [],
    "等了一上午": [],
    "晚上好": [],
    # how heavy, how large, how much
    "三公斤半": [("weight", "三公斤半")],
    "一箱苹果十来斤": [("goods", "一箱苹果"), ("weight", "十来斤")],
    "40*30*20": [("dimensions", "40*30*20")],
    "两米乘一米五乘二十公分": [("dimensions", "两米乘一米五乘二十公分")],
    "算几公斤": [],
    "1万5的手表": [("amount", "1万5"), ("goods", "手表")],
    "赔我300块": [("amount", "300块")],
    "价值两千八": [("amount", "两千八")],
    # who
    "我叫张伟，": [("person_name", "张伟")],
    "王女士的件": [("person_name", "王女士")],
    "收件人改成王小明": [("person_name", "王小明")],
    "联系人张三": [("person_name", "张三")],
    "寄给李雷": [("person_name", "李雷")],
    "我姓欧阳": [("person_name", "欧阳")],
    "给马上送": [],
    "改成自提": [],
    "收货人名字打错字了，改成陈思雨": [("person_name", "陈思雨")],
    "安排揽收": [],
    "给万宁寄一箱苹果": [("region", "万宁"), ("goods", "一箱苹果")],
    "收件人从王强改成李雪梅": [("person_name", "王强"), ("person_name", "李雪梅")],
    "帮刘洋查一下": [("person_name", "刘洋")],
    "派件的小刘态度很好": [("person_name", "小刘")],
    "阿依古丽收，": [("person_name", "阿依古丽")],
    "买买提·吐尔逊收的": [("person_name", "买买提·吐尔逊")],
    "给个说法": [],
    "谢谢啊": [],
    # what
    "寄两本书和茶叶": [("goods", "两本书"), ("goods", "茶叶")],
    "一双鞋子": [("goods", "一双鞋子")],
    "化妆品": [("goods", "化妆品")],
    "寄衣服，手机13800138000": [("goods", "衣服"), ("phone", "13800138000")],
    "手机号是13800138000": [("phone", "13800138000")],
    "寄一部手机": [("goods", "一部手机")],
    "我手机没电了": [],
    "旧显示器": [("goods", "旧显示器")],
    "五金配件": [("goods", "五金配件")],
    "两罐秘制酱": [("goods", "两罐秘制酱")],
    "箱子破了": [],
    "箱里有身份证和银行卡": [("goods", "身份证"), ("goods", "银行卡")],
    "没带身份证": [],
    "取快递要带身份证吗": [],
    # everything at once
    "我要寄快递，从杭州市西湖区文三路100号寄到成都市锦江区春熙路1号，电话13800138000，衣服，明天下午来取": [
        ("address", "杭州市西湖区文三路100号"),
        ("address", "成都市锦江区春熙路1号"),
        ("phone", "13800138000"),
        ("goods", "衣服"),
        ("date", "明天"),
        ("time_period", "下午"),
    ],
    # nothing
    "你好": [],
    "快递怎么还没到": [],
    "😂😂": [],
    "\u200b": [],
}

HANGZHOU = "杭州市西湖区文三路100号"
CHENGDU = "成都市锦江区春熙路1号"
ADDRESSES: dict[str, list[str]] = {
    # where the words before an address end
    **{f"{lead}{CHENGDU}": [CHENGDU] for lead in ("改到", "改成", "换成", "送到", "寄给", "发", "收件地址", "收件方")},
    "改到成都锦江区春熙路1号": ["成都锦江区春熙路1号"],
    "改成都江堰市幸福路8号": ["都江堰市幸福路8号"],
    "改成武汉市武昌区中山路8号": ["武汉市武昌区中山路8号"],
    "改成山东省济南市历下区泉城路1号": ["山东省济南市历下区泉城路1号"],
    "送来安徽省合肥市徽州大道1号": ["安徽省合肥市徽州大道1号"],
    "寄到长春市朝阳区人民大街10号": ["长春市朝阳区人民大街10号"],
    "改到通州区新华大街1号": ["通州区新华大街1号"],
    "到达州市通川区朝阳路2号": ["达州市通川区朝阳路2号"],
    "去往南京市玄武区中山路3号": ["南京市玄武区中山路3号"],
    "寄到杭州市西湖区转塘街道创意路1号": ["杭州市西湖区转塘街道创意路1号"],
    "寄到和田市北京路1号": ["和田市北京路1号"],
    "改到来宾市兴宾区中兴路2号": ["来宾市兴宾区中兴路2号"],
    "从江苏省南京市中山路8号寄出": ["江苏省南京市中山路8号"],
    "改到和平路5号": ["和平路5号"],
    "改成华夏路5号": ["华夏路5号"],
    # what an address is made of
    "我住渝北区龙溪街道松牌路67号锦绣花园三期6栋18-2": ["渝北区龙溪街道松牌路67号锦绣花园三期6栋18-2"],
    "福田区彩田路3069号星河世纪B座2203": ["福田区彩田路3069号星河世纪B座2203"],
    "派到科技园南区高新南七道12号A座前台就可以": ["科技园南区高新南七道12号A座前台"],
    "礼县雷坝镇大山村三组18号，电话": ["礼县雷坝镇大山村三组18号"],
    "送到金水区花园路59号农科大厦负一层仓库": ["金水区花园路59号农科大厦负一层仓库"],
    "成华区建设北路二段4号电子科大沙河校区能上门取吗": ["成华区建设北路二段4号电子科大沙河校区"],
    # what is none
    "你们上三楼都不愿意": [],
    "广州大道北堵车了": [],
    "隔壁小区3号楼": [],
    # two ends of a route
    f"{HANGZHOU}寄{CHENGDU}": [HANGZHOU, CHENGDU],
    f"{HANGZHOU}到{CHENGDU}": [HANGZHOU, CHENGDU],
    f"从{HANGZHOU}发到{CHENGDU}": [HANGZHOU, CHENGDU],
    f"寄件地址{HANGZHOU}，收件地址{CHENGDU}": [HANGZHOU, CHENGDU],
    f"发货地{HANGZHOU}，目的地{CHENGDU}": [HANGZHOU, CHENGDU],
    f"浙江省{HANGZHOU}寄到四川省{CHENGDU}": [f"浙江省{HANGZHOU}", f"四川省{CHENGDU}"],
}

# Told on Friday, 2026-11-20.
MEANT: dict[str, list[Any]] = {
    "明天下午三点后送": [{"first": "2026-11-21", "last": "2026-11-21"}, {"from": 15, "to": 18}],
    "18号寄的": [{"first": "2026-11-18", "last": "2026-11-18"}],
    "18号来取": [{"first": "2026-12-18", "last": "2026-12-18"}],
    "周三就签收了": [{"first": "2026-11-18", "last": "2026-11-18"}],
    "改天再说": [None],
    "三公斤半到沪": [3.5, {"code": "310000", "name": "上海市"}],
    "赔我一千二，箱子长四十宽三十高二十": [1200, [40, 30, 20]],
    "改到蜀山区望江西路99号": [{"code": "340104", "name": "安徽省合肥市蜀山区"}],
    "打(020)38846721": ["02038846721"],
    "查268123456789": [
        [
            {"carrier": "own", "confidence": 0.6},
            {"carrier": "shunfeng", "confidence": 0.3},
            {"carrier": "zhongtong", "confidence": 0.3},
            {"carrier": "shentong", "confidence": 0.3},
        ]
    ],
}


@pytest.fixture(scope="module")
def found() -> dict[str, Rows]:
    settings = Settings()
    if not settings.rasa_python.exists():
        pytest.skip(f"no Rasa interpreter at {settings.rasa_python}: run 'make setup'")
    finished = subprocess.run(
        [str(settings.rasa_python), "-W", "ignore", "-m", "tests.dialogue.components.find_entities"],
        input="".join(json.dumps(text) + "\n" for text in (*SAID, *ADDRESSES, *MEANT)),
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
    rows = [[tuple(row) for row in json.loads(line)] for line in finished.stdout.splitlines()]
    return dict(zip((*SAID, *ADDRESSES, *MEANT), rows, strict=True))


@pytest.mark.parametrize("text", SAID)
def test_entities_are_found_with_their_normal_value(text: str, found: dict[str, Rows]) -> None:
    assert [(entity, value) for entity, value, _, _ in found[text]] == SAID[text]


@pytest.mark.parametrize("text", ADDRESSES)
def test_an_address_is_found_whole_and_without_the_words_before_it(text: str, found: dict[str, Rows]) -> None:
    assert [value for entity, value, _, _ in found[text] if entity == "address"] == ADDRESSES[text]


@pytest.mark.parametrize("text", MEANT)
def test_the_words_of_an_entity_are_read(text: str, found: dict[str, Rows]) -> None:
    assert [meaning for _, _, _, meaning in found[text]] == MEANT[text]


def test_places_refer_to_the_text_as_the_customer_wrote_it(found: dict[str, Rows]) -> None:
    assert found["ＹＤ１２３４５６７８９０１２３"][0][2] == "ＹＤ１２３４５６７８９０１２３"
    assert found["单号yd 2093-3184-57726慢慢记"][0][2] == "yd 2093-3184-57726"
    assert found["寄廣州天河"][0][2] == "廣州天河"
