"""The second factor on ``/desk/account``."""

from nicegui import ui
from nicegui.element import Element

from bot.desk.qr import qr_svg
from bot.desk.ui.forms import Said, alert, button, field, form, tag
from bot.desk.ui.office import Visit
from bot.staff.model import Actor
from bot.staff.own_account import Begun
from bot.staff.words import staff_words


class FactorBlock:
    """On or off, the way from one to the other, and the recovery codes when they are new."""

    def __init__(self, here: Visit, block: Element) -> None:
        self._here = here
        self._block = block
        self._username = here.person.username
        self._words = staff_words().pages

    async def draw(self, codes: list[str] | None = None) -> None:
        own, words = self._here.agents.own, self._words
        is_on = (await self._here.agents.accounts.get(self._username)).second_factor
        left = await own.recovery_codes_left(self._username)
        is_needed = await own.second_factor_needed(self._username)
        self._block.clear()
        with self._block:
            self._draw_head(is_on=is_on, is_needed=is_needed)
            tag("p", "sub", words["factor_on"].format(n=left) if is_on else words["factor_off"])
            if codes:
                self._draw_codes(codes)
            if is_on:
                self._draw_on(is_needed=is_needed)
            else:
                with tag("div", "acts"):
                    button(words["turn_on"], "primary", type="button").on("click", self._begin)

    def _draw_head(self, *, is_on: bool, is_needed: bool) -> None:
        words = self._words
        with tag("div", "block-head"):
            tag("h2", "", words["second_factor"])
            tag("span", "tag good" if is_on else "tag", words["active" if is_on else "not_on"])
            if is_needed:
                tag("span", "tag why", words["factor_needed"])

    def _draw_codes(self, codes: list[str]) -> None:
        tag("p", "sub", self._words["codes_once"])
        with tag("ul", "once codes", **{"data-testid": "codes"}):
            for code in codes:
                tag("li", "", code)

    def _draw_on(self, *, is_needed: bool) -> None:
        words = self._words
        with form(self._renew, "factor-codes"):
            with tag("div", "wide"):
                field(words["current"], "password", kind="password", required=True, autocomplete="current-password")
            self._refused = alert()
            with tag("footer"):
                if not is_needed:
                    off = button(words["turn_off"], "danger", name="off", value="1", type="button")
                    off.on("click", js_handler=_SEND_OFF)
                button(words["new_codes"])

    def _begin(self) -> None:
        begun = self._here.agents.own.begin_second_factor(self._username)
        words = self._words

        async def confirm(said: Said) -> None:
            await self._confirm(begun, said)

        self._block.clear()
        with self._block:
            tag("h2", "", words["second_factor"])
            tag("p", "sub", words["scan"])
            with tag("div", "setup"):
                with tag("div", "qr"):
                    ui.html(qr_svg(begun.setup.address), sanitize=False)
                with form(confirm, "factor-setup"):
                    tag("div", "once", begun.setup.secret, **{"data-testid": "secret"})
                    field(
                        words["code"], "code", required=True, maxlength=8, inputmode="numeric", autofocus=True,
                        autocomplete="one-time-code",
                    )  # fmt: skip
                    field(words["current"], "password", kind="password", required=True, autocomplete="current-password")
                    self._refused = alert()
                    with tag("footer"):
                        button(words["cancel"], type="button").on("click", self._again)
                        button(words["confirm"], "primary")

    async def _again(self) -> None:
        await self.draw()

    async def _confirm(self, begun: Begun, said: Said) -> None:
        password, code = ((said.get(name) or [""])[0] for name in ("password", "code"))

        async def confirm(by: Actor) -> list[str]:
            return await self._here.agents.own.confirm_second_factor(
                self._username, password, begun.locked, code, keeping=self._here.token, by=by
            )

        codes = await self._here.attempt(None, confirm, refused=self._refused)
        if codes is not None:
            await self.draw(codes)

    async def _renew(self, said: Said) -> None:
        """New codes, or the end of it, by which button was pressed."""
        password = (said.get("password") or [""])[0]

        async def renew(by: Actor) -> list[str]:
            own = self._here.agents.own
            if "off" in said:
                await own.turn_off_second_factor(self._username, password, by=by)
                return []
            return await own.new_recovery_codes(self._username, password, by=by)

        codes = await self._here.attempt(None, renew, refused=self._refused)
        if codes is not None:
            await self.draw(codes)


_SEND_OFF = """(event) => {
  const form = event.target.closest('form');
  const off = Object.assign(document.createElement('input'), {type: 'hidden', name: 'off', value: '1'});
  form.append(off);
  form.requestSubmit();
  off.remove();
}"""
