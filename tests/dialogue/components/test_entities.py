"""Facts about entities; spaCy lives in Rasa's interpreter, so all sentences are read there in one go."""

import json
import subprocess

import pytest

from bot.settings import PROJECT, Settings

Rows = list[tuple[str, str, str]]

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
    "等了2024分钟": [],
    # places
    "从沪寄到北京朝阳区": [("region", "上海"), ("region", "北京"), ("region", "朝阳区")],
    "寄廣州天河": [("region", "广州"), ("region", "天河")],
    "改送到南京市玄武区中山东路18号": [
        ("address", "南京市玄武区中山东路18号"),
        ("region", "南京市"),
        ("region", "玄武区"),
    ],
    # when
    "明天下午三点后送": [("date", "明天"), ("time_period", "下午三点后")],
    "下周一上午9点到11点": [("date", "下周一"), ("time_period", "上午9点到11点")],
    "3月5号寄的": [("date", "3月5号")],
    "节后再送吧": [("date", "节后")],
    "今晚能到吗": [("time_period", "今晚")],
    # how heavy, how large, how much
    "三公斤半": [("weight", "三公斤半")],
    "一箱苹果十来斤": [("goods", "一箱苹果"), ("weight", "十来斤")],
    "40*30*20": [("dimensions", "40*30*20")],
    "赔我300块": [("amount", "300块")],
    "价值两千八": [("amount", "两千八")],
    # who
    "我叫张伟，": [("person_name", "张伟")],
    "王女士的件": [("person_name", "王女士")],
    # nothing
    "你好": [],
    "快递怎么还没到": [],
    "😂😂": [],
    "\u200b": [],
}


@pytest.fixture(scope="module")
def found() -> dict[str, Rows]:
    settings = Settings()
    if not settings.rasa_python.exists():
        pytest.skip(f"no Rasa interpreter at {settings.rasa_python}: run 'make setup'")
    finished = subprocess.run(
        [str(settings.rasa_python), "-W", "ignore", "-m", "tests.dialogue.components.find_entities"],
        input="".join(json.dumps(text) + "\n" for text in SAID),
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
    rows = [[tuple(row) for row in json.loads(line)] for line in finished.stdout.splitlines()]
    return dict(zip(SAID, rows, strict=True))


@pytest.mark.parametrize("text", SAID)
def test_entities_are_found_with_their_normal_value(text: str, found: dict[str, Rows]) -> None:
    assert [(entity, value) for entity, value, _ in found[text]] == SAID[text]


def test_places_refer_to_the_text_as_the_customer_wrote_it(found: dict[str, Rows]) -> None:
    assert found["ＹＤ１２３４５６７８９０１２３"][0][2] == "ＹＤ１２３４５６７８９０１２３"
    assert found["单号yd 2093-3184-57726慢慢记"][0][2] == "yd 2093-3184-57726"
    assert found["寄廣州天河"][0][2] == "廣州"
