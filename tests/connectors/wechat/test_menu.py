"""The menu: the shipped file, and what the platform would refuse, told before it does."""

import pytest

from bot.errors import DataFileError
from connectors.wechat.menu import read_menu
from connectors.wechat.publishing import publish, published


def problems_of(tmp_path, content):
    path = tmp_path / "menu.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataFileError) as caught:
        read_menu(path)
    return str(caught.value)


def test_the_shipped_menu_is_in_order():
    menu = read_menu()

    assert len(menu.menu) == 3
    assert menu.titles()["/request_human"] == "人工客服"


def test_every_intent_of_the_shipped_menu_exists():
    from pathlib import Path

    import yaml

    domain = Path(__file__).parents[3] / "nlu_data" / "domain" / "intents.yml"
    intents = {
        name if isinstance(name, str) else next(iter(name)) for name in yaml.safe_load(domain.read_text())["intents"]
    }

    assert {key[1:] for key in read_menu().titles() if key.startswith("/")} <= intents


async def test_the_menu_is_published_and_shown(world):
    await publish(world.api, read_menu())

    names = [button["name"] for button in world.wechat.menu["button"]]
    assert names == ["查快递", "寄快递", "客服"]
    assert world.wechat.menu["button"][0]["sub_button"][0]["type"] == "scancode_waitmsg"
    assert (await published(world.api))["selfmenu_info"] == world.wechat.menu


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("menu: []", "1 到 3 个"),
        (
            "menu: [" + ", ".join(f"{{name: {name}, type: click, key: k}}" for name in "abcd") + "]",
            "1 到 3 个",
        ),
        (
            "menu:\n  - {name: 一二三四五六, type: click, key: k}",
            "menu.yml:2: 名称“一二三四五六”有 18 字节，最多 16 字节",
        ),
        (
            "menu:\n  - name: 客服\n    buttons:\n      - {name: " + "长" * 21 + ", type: click, key: k}",
            "最多 60 字节",
        ),
        (
            "menu: [{name: a, buttons: [" + ", ".join("{name: b, type: click, key: k}" for _ in range(6)) + "]}]",
            "最多 5 个",
        ),
        ("menu: [{name: a, type: click}]", "还要写 key"),
        ("menu: [{name: a, type: view}]", "还要写 url"),
        ("menu: [{name: a, type: view, url: ftp://x}]", "https://"),
        ("menu: [{name: a, type: shout, key: k}]", "type 是“shout”"),
        ("menu: [{name: a, type: click, key: " + "k" * 129 + "}]", "最多 128 字节"),
        ("menu: [{name: a, type: view, url: https://" + "k" * 1024 + "}]", "最多 1024 字节"),
        ("menu: [{name: a, type: click, key: k, buttons: [{name: b, type: click, key: k}]}]", "不能再有"),
        ("menu: [{name: a, buttons: [{name: b, buttons: [{name: c, type: click, key: k}]}]}]", "不能再有菜单"),
        ("menu: [{name: a, type: miniprogram, url: https://a, appid: x}]", "还要写 pagepath"),
        ("menu: [{name: a, colour: red}]", "colour"),
        ("menu: [", "YAML"),
    ],
)
def test_what_the_platform_would_refuse_is_told(tmp_path, content, told):
    assert told in problems_of(tmp_path, content)
