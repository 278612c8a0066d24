"""The bar above the desk: who is logged in, help, sound, light and dark, log out."""

from nicegui import ui

from bot.desk.service import Person
from bot.desk.words import DeskWords

_HELP = "() => window.dispatchEvent(new Event('desk-help'))"
_SOUND = """(event) => {
  const on = localStorage.deskSound !== 'on';
  localStorage.deskSound = on ? 'on' : 'off';
  event.currentTarget.setAttribute('aria-pressed', on);
}"""
_THEME = """() => {
  const dark = !document.body.classList.contains('body--dark');
  setDark(dark);
  document.cookie = `desk_theme=${dark ? 'dark' : 'light'}; path=/; max-age=31536000; samesite=lax`;
}"""


def draw_header(words: DeskWords, person: Person) -> None:
    with ui.element("header").classes("desk-head"):
        ui.label(words.ui["title"]).classes("desk-title")
        ui.element("span").classes("grow")
        _icon_button("help_outline", words.ui["help"], _HELP)
        _icon_button("notifications_none", words.ui["sound"], _SOUND, props="data-sound aria-pressed=false")
        _icon_button("contrast", words.ui["theme"], _THEME)
        ui.label(f"{person.name} · {words.roles[person.role]}").classes("desk-person")
        with ui.element("form").props('method="post" action="/desk/logout"'):
            leave = ui.element("button").classes("plain").props('type="submit"')
            leave.on("click", js_handler="() => sessionStorage.clear()")
            with leave:
                ui.label(words.ui["log_out"])


def _icon_button(icon: str, title: str, js: str, *, props: str = "") -> None:
    button = ui.element("button").classes("plain icon-button").props(props)
    button.props(f'type="button" title="{title}" aria-label="{title}"').on("click", js_handler=js)
    with button:
        ui.icon(icon)
