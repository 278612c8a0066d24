"""The bar above the desk: who is logged in, help, sound, light and dark, log out."""

from nicegui import ui

from bot.desk.leading.words import leading_words
from bot.desk.service import Person
from bot.desk.ticket_words import page_words
from bot.desk.ui.elements import DeskBell
from bot.desk.words import DeskWords
from bot.staff.model import Role

_LEADS = {Role.supervisor, Role.admin}
_TEACHES = {Role.trainer, Role.supervisor, Role.admin}
_LEDGER = set(Role) - {Role.agent, Role.trainer}

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


def draw_header(words: DeskWords, person: Person, *, active: str = "chats") -> DeskBell | None:
    """The bar; ``active`` is the page it stands on: ``chats``, ``studio``, ``people``, ``audit`` or ``account``.

    Returns the bell with mentions and tasks, for those who talk with customers.
    """
    with ui.element("header").classes("desk-head with-nav"):
        ui.label(words.ui["title"]).classes("desk-title")
        _draw_nav(words, person, active)
        ui.element("span").classes("grow")
        bell = DeskBell(words) if person.role.may_talk else None
        if active == "chats":
            _icon_button("help_outline", words.ui["help"], _HELP)
            _icon_button("notifications_none", words.ui["sound"], _SOUND, props="data-sound aria-pressed=false")
        _icon_button("contrast", words.ui["theme"], _THEME)
        ui.label(f"{person.name} · {words.roles[person.role]}").classes("desk-person")
        with ui.element("form").props('method="post" action="/desk/logout"'):
            leave = ui.element("button").classes("plain").props('type="submit"')
            leave.on("click", js_handler="() => sessionStorage.clear()")
            with leave:
                ui.label(words.ui["log_out"])
    return bell


def _draw_nav(words: DeskWords, person: Person, active: str) -> None:
    """Links to the pages that the person's role may open."""
    pages = {
        "chats": ("/desk/", words.ui["nav_chats"], person.role.may_talk),
        "tickets": ("/desk/tickets", page_words().ui["title"], person.role is not Role.trainer),
        "ledger": ("/desk/ledger", page_words().ui["ledger"], person.role in _LEDGER),
        **_leading_pages(person),
        "studio": ("/studio", words.ui["nav_studio"], person.role in _TEACHES),
        "people": ("/desk/people", words.ui["nav_people"], person.role in _LEADS),
        "audit": ("/desk/audit", words.ui["nav_audit"], person.role in _LEADS),
        "account": ("/desk/account", words.ui["nav_account"], True),
    }
    with ui.element("nav").classes("desk-nav"):
        for name, (address, text, is_shown) in pages.items():
            if is_shown:
                link = ui.element("a").props(f'href="{address}"')
                if name == active:
                    link.props("aria-current=page")
                with link:
                    ui.label(text)


def _leading_pages(person: Person) -> dict[str, tuple[str, str, bool]]:
    """Of those who lead; quality also for whom they lead, who read their own results there."""
    nav, leads = leading_words().nav, person.role in _LEADS
    return {
        "wall": ("/desk/wall", nav["wall"], leads),
        "quality": ("/desk/quality", nav["quality"], person.role.may_talk),
        "satisfaction": ("/desk/satisfaction", nav["satisfaction"], leads),
    }


def _icon_button(icon: str, title: str, js: str, *, props: str = "") -> None:
    button = ui.element("button").classes("plain icon-button").props(props)
    button.props(f'type="button" title="{title}" aria-label="{title}"').on("click", js_handler=js)
    with button:
        ui.icon(icon)
