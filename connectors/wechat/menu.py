"""The account's menu: a YAML file people edit, checked against the platform's limits before it is published."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.errors import DataFileError
from connectors.wechat.splitting import size

FILE = Path(__file__).parent / "menu.yml"
_KEYED = {
    "click",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
}
_NEEDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(_KEYED, ("key",)),
    "view": ("url",),
    "miniprogram": ("url", "appid", "pagepath"),
    "media_id": ("media_id",),
    "article_id": ("article_id",),
    "article_view_limited": ("article_id",),
}
_FIELDS = ("key", "url", "appid", "pagepath", "media_id", "article_id")
_MOST, _MOST_BELOW = 3, 5
_NAME_BYTES, _NAME_BELOW_BYTES, _KEY_BYTES, _URL_BYTES = 16, 60, 128, 1024


class MenuButton(BaseModel):
    """A button with something to do, or with buttons below it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    type: str = ""
    key: str = ""
    url: str = ""
    appid: str = ""
    pagepath: str = ""
    media_id: str = ""
    article_id: str = ""
    buttons: tuple["MenuButton", ...] = ()

    def as_json(self) -> dict[str, Any]:
        if self.buttons:
            return {"name": self.name, "sub_button": [button.as_json() for button in self.buttons]}
        filled = {name: value for name in _FIELDS if (value := getattr(self, name))}
        return {"type": self.type, "name": self.name, **filled}


class Menu(BaseModel):
    """Up to three buttons, each with up to five below it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    menu: tuple[MenuButton, ...]

    def as_json(self) -> dict[str, Any]:
        return {"button": [button.as_json() for button in self.menu]}

    def titles(self) -> dict[str, str]:
        """What each key's button says."""
        every = [below for button in self.menu for below in (button, *button.buttons)]
        return {button.key: button.name for button in every if button.key}


def read_menu(path: Path = FILE) -> Menu:
    """Raises `DataFileError` with a sentence for each thing the platform would refuse."""
    try:
        content = path.read_text(encoding="utf-8")
        menu = Menu.model_validate(yaml.safe_load(content))
    except OSError as error:
        raise DataFileError.at(path, 1, f"读不到这个文件（{type(error).__name__}）") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise DataFileError.at(path, mark.line + 1 if mark else 1, "不是有效的 YAML") from error
    except ValidationError as error:
        raise DataFileError([f"{path}:1: {_where(each['loc'])}：{each['msg']}" for each in error.errors()]) from error
    problems = list(_problems(menu))
    if problems:
        lines = content.splitlines()
        raise DataFileError([f"{path}:{_line(lines, name)}: {what}" for name, what in problems])
    return menu


def _problems(menu: Menu) -> Iterator[tuple[str, str]]:
    """The name of a button and what is wrong with it."""
    if not 1 <= len(menu.menu) <= _MOST:
        yield "", f"一级菜单要有 1 到 {_MOST} 个，现在有 {len(menu.menu)} 个"
    for button in menu.menu:
        yield from _of_name(button, _NAME_BYTES)
        if not button.buttons:
            yield from _of_action(button)
            continue
        if button.type or button.key or button.url:
            yield button.name, f"“{button.name}”下面有二级菜单，自己就不能再有 type、key、url"
        if len(button.buttons) > _MOST_BELOW:
            yield button.name, f"“{button.name}”的二级菜单最多 {_MOST_BELOW} 个，现在有 {len(button.buttons)} 个"
        for below in button.buttons:
            yield from _of_name(below, _NAME_BELOW_BYTES)
            yield from _of_action(below)
            if below.buttons:
                yield below.name, f"“{below.name}”已经是二级菜单，下面不能再有菜单"


def _of_name(button: MenuButton, most: int) -> Iterator[tuple[str, str]]:
    if not button.name.strip():
        yield "", "有一个菜单没有名称"
    if size(button.name) > most:
        yield button.name, f"名称“{button.name}”有 {size(button.name)} 字节，最多 {most} 字节（一个汉字 3 字节）"


def _of_action(button: MenuButton) -> Iterator[tuple[str, str]]:
    if button.type not in _NEEDS:
        yield button.name, f"“{button.name}”的 type 是“{button.type}”，应为：{'、'.join(_NEEDS)}"
        return
    for field in _NEEDS[button.type]:
        if not getattr(button, field):
            yield button.name, f"“{button.name}”是 {button.type}，还要写 {field}"
    if size(button.key) > _KEY_BYTES:
        yield button.name, f"“{button.name}”的 key 有 {size(button.key)} 字节，最多 {_KEY_BYTES} 字节"
    if size(button.url) > _URL_BYTES:
        yield button.name, f"“{button.name}”的 url 有 {size(button.url)} 字节，最多 {_URL_BYTES} 字节"
    if button.url and not button.url.startswith(("https://", "http://")):
        yield button.name, f"“{button.name}”的 url 要以 https:// 开头"


def _where(place: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in place)


def _line(lines: list[str], name: str) -> int:
    return next((number for number, line in enumerate(lines, start=1) if name and name in line), 1)
