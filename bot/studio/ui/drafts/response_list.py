"""The responses: what the bot says, by name and wording."""

from bot.desk.ui.forms import button, table, tag
from bot.studio.drafts.service import Drafts
from bot.studio.ui.drafts.shared import address, draw_pager, word
from bot.studio.ui.drafts.word_page import draw_tabs

PAGE = 50


class ResponseList:
    """A page of them."""

    def __init__(self, drafts: Drafts, q: str, after: str) -> None:
        self._drafts = drafts
        self._q = q
        self._after = after

    async def draw(self) -> None:
        with tag("div", "toolbar"):
            draw_tabs("responses")
            with tag("form", method="get", action="/studio/words", role="search"):
                tag("input", type="hidden", name="tab", value="responses")
                hint = word("search_responses")
                tag("input", type="search", name="q", defaultValue=self._q, placeholder=hint, **{"aria-label": hint})
                button(word("search"))
        page = await self._drafts.responses(q=self._q, after=self._after or None, limit=PAGE)
        with table([word(name) for name in ("response", "wording", "variables", "state")], "responses"):
            for line in page.items:
                with tag("tr"):
                    with tag("td", "name"):
                        tag("a", "mono strong", line.name, href=address("words", tab="responses", name=line.name))
                    tag("td", "wrap excerpt full", line.text)
                    with tag("td"), tag("div", "tags"):
                        for name in line.variables:
                            tag("span", "tag mono", f"{{{name}}}")
                    with tag("td"), tag("div", "tags"):
                        if line.variants > 1:
                            tag("span", "tag", word("wordings", n=line.variants))
                        if line.changed:
                            tag("span", "tag status", word("changed"))
        if not page.items:
            tag("p", "empty", word("nothing_found"))
        tag("p", "muted under", word("responses_count", n=page.total), **{"data-testid": "count"})
        given = {"tab": "responses", "q": self._q}
        following = address("words", **given, after=page.after) if page.after else None
        draw_pager(address("words", **given) if self._after else None, following)
