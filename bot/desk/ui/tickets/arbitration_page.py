"""``/desk/arbitration/{ticket_no}``: both sides beside each other, the track between them, and the ruling."""

from uuid import uuid4

from fastapi import Request
from fastapi.responses import Response
from nicegui import Client, ui
from nicegui.events import GenericEventArguments

from bot.desk.ticket_arbitration import Bench, Consequence, Part
from bot.desk.ticket_desk import TicketDesk
from bot.desk.ticket_moves import is_conflict
from bot.desk.ticket_words import page_words
from bot.desk.ui.forms import Said, alert, area, button, choice, first, form, tag
from bot.desk.ui.office import Visit
from bot.desk.ui.sheet import Sheet
from bot.desk.ui.tickets import beside, wording
from bot.desk.ui.tickets.evidence import draw_items
from bot.desk.ui.tickets.shared import card, enter, say_missing
from bot.desk.ui.tickets.story import who_did
from bot.errors import BotError, IllegalMoveError
from bot.staff.model import Actor
from bot.tickets.arbitration import Judgement
from bot.tickets.kinds import RulingEffect, RulingFinding, TicketKind
from bot.tickets.model import Ticket

_SAID = """(event) => {
  const said = {};
  for (const [name, value] of new FormData(event.currentTarget)) (said[name] ||= []).push(value);
  emit(said);
}"""


def add_arbitration_page(desk: TicketDesk) -> None:
    @ui.page("/arbitration/{ticket_no}")
    async def arbitration_page(request: Request, client: Client, ticket_no: str) -> Response | None:
        here = await enter(desk.parts.agents, request, client, "tickets")
        if isinstance(here, Response):
            return here
        try:
            bench = await desk.benches.of(here.person.actor, ticket_no[:40])
        except BotError as refusal:
            say_missing(str(refusal))
            return None
        part = BenchPart(desk, here, client, bench)
        part.draw()
        await part.begin()
        return None


class BenchPart:
    """The workbench of one dispute."""

    def __init__(self, desk: TicketDesk, here: Visit, client: Client, bench: Bench) -> None:
        self._desk = desk
        self._here = here
        self._client = client
        self._bench = bench
        self._words = page_words()
        self._turn = str(uuid4())

    def draw(self) -> None:
        file, bench = self._bench.file, self._bench
        with tag("main", "desk-page office"), tag("div", "office-body ticket-page"):
            sheet = Sheet(self._client)
            self._draw_head()
            with card(self._words.ui["text"]):
                tag("p", "said-text report", file.ticket.text)
                if bench.complaint is not file.ticket:
                    tag("p", "said-text muted", bench.complaint.text)
            with tag("div", "bench-sides"):
                self._draw_side("complainant", bench.complainant)
                self._draw_side("respondent", bench.respondent)
            with tag("div", "ticket-columns"):
                with tag("div", "ticket-main"):
                    beside.draw_rulings(file)
                    self._draw_ruling()
                with tag("aside", "ticket-aside"):
                    beside.draw_waybill(file)
                    beside.draw_chain(file)
                    beside.CustomerPart(self._desk, self._here, sheet).draw(file)
                    beside.draw_related(file, self._desk)
                    beside.draw_entries(file)

    async def begin(self) -> None:
        """What follows from the ruling that the form stands on."""
        if self._bench.may_rule and self._is_appeal:
            await self._show_consequences({"effect": [RulingEffect.confirmed.value]})

    @property
    def _is_appeal(self) -> bool:
        return self._bench.file.ticket.kind == TicketKind.appeal

    def _draw_head(self) -> None:
        file, words = self._bench.file, self._words
        ticket = file.ticket
        with tag("header", "ticket-head"):
            with tag("div", "title"):
                address = f"/desk/tickets/{ticket.ticket_no}"
                tag("a", "back-link", f"‹ {words.ui['ticket']}", href=address)
                tag("h1", "", f"{words.ui['arbitration']} · {ticket.ticket_no} {file.category}")
                tag("span", "tag", words.kinds[ticket.kind])
                across = "across" if self._bench.complaint.across_provinces else "within"
                tag("span", "tag", words.ui[across], **{"data-testid": "across"})
                tag("span", "tag status", wording.status(ticket), **{"data-testid": "status"})
            with tag("div", f"standing {wording.heat(ticket, file.now)}"):
                tag("b", "left-text", wording.time_left(ticket, file.now))
                self._draw_regulator(ticket)
                tag("span", "", file.waits)

    def _draw_regulator(self, ticket: Ticket) -> None:
        """The answer owed by law, which never stands still."""
        due, now = ticket.regulator_due_at, self._bench.file.now
        if due is None:
            return
        words = self._words.ui
        late = now > due
        text = words["overdue_by" if late else "left"].format(span=wording.span(now - due if late else due - now))
        classes = "tag bad" if late else "tag why"
        tag(
            "span", classes, f"{words['regulator_left']} {wording.moment(due)} · {text}", **{"data-testid": "regulator"}
        )

    def _draw_side(self, side: str, part: Part) -> None:
        file, words = self._bench.file, self._words
        title = words.sides[side]
        if side == "respondent":
            units = "、".join(file.names.unit(code) for code in sorted(self._bench.respondent_units))
            title = f"{title} {units}"
        with card(title, side, **{"data-testid": side}):
            if not part.statements and not part.evidence:
                tag("p", "nothing", words.ui["no_statement"])
            for event in part.statements:
                with tag("div", "statement"):
                    tag("p", "muted", f"{who_did(event, file)} {wording.moment(event.at)}")
                    tag("p", "said-text", str(event.details.get("text") or ""))
            if part.evidence:
                draw_items(part.evidence, file.names)

    # -- ruling ----------------------------------------------------------------------------------

    def _draw_ruling(self) -> None:
        words, bench = self._words, self._bench
        with card(words.ui["ruling"], **{"data-testid": "ruling-card"}):
            if not bench.may_rule:
                tag("p", "nothing", bench.why_not or words.ui["nothing_to_do"], **{"data-testid": "may-not-rule"})
                return
            with form(self._rule, "ruling-form").classes("ruling-form") as ruling:
                tag("p", "hint wide", words.ui["ruling_hint"])
                self._refused = alert()
                if self._is_appeal:
                    effects = [each for each in RulingEffect if each is not RulingEffect.first]
                    choice(words.ui["effect"], "effect", {each.value: words.effects[each] for each in effects}, None)
                with tag("div", "if-changed"):
                    findings = {each.value: words.findings[each] for each in RulingFinding}
                    choice(words.ui["finding"], "finding", {"": words.ui["not_chosen"]} | findings, "")
                    self._draw_liable()
                area(words.ui["reasons"], "text", rows=5)
                with tag("div", "wide follows", **{"aria-live": "polite"}):
                    tag("b", "", words.ui["consequences"])
                    self._follows = tag("ul", "consequences", **{"data-testid": "consequences"})
                with tag("footer"):
                    button(words.ui["rule_now"], "primary", **{"data-testid": "rule"})
            ruling.on("change", self._preview, js_handler=_SAID)

    def _draw_liable(self) -> None:
        """The outlets that had the parcel; nobody else can be at fault for it."""
        bench, words = self._bench, self._words.ui
        codes = sorted(
            bench.respondent_units | ({bench.file.ticket.owner_unit} if bench.file.ticket.owner_unit else set())
        )
        if bench.file.chain is not None:
            codes += [node.outlet_code for node in bench.file.chain.nodes if node.outlet_code not in codes]
        options = {"": words["not_chosen"]} | {code: f"{bench.file.names.unit(code)}（{code}）" for code in codes}
        choice(words["liable"], "liable_unit", options, bench.complaint.outlet)

    async def _preview(self, event: GenericEventArguments) -> None:
        said = event.args if isinstance(event.args, dict) else {}
        await self._show_consequences({str(name): [str(each) for each in values] for name, values in said.items()})

    async def _show_consequences(self, said: Said) -> None:
        judgement = _judgement(said, self._bench)
        follows = await self._desk.benches.consequences(self._bench, judgement)
        names = await self._desk.lists.names([], units=[each.unit for each in follows])
        with self._client:
            self._follows.clear()
            with self._follows:
                if not follows:
                    tag("li", "muted", self._words.ui["no_consequence"])
                for each in follows:
                    self._draw_consequence(each, names.unit(each.unit))

    def _draw_consequence(self, each: Consequence, unit: str) -> None:
        words = self._words
        shown = words.ui["yuan" if each.kind.is_money else "points"].format(n=f"{each.amount:+.2f}".removesuffix(".00"))
        back = f"{words.ui['to_reverse']} " if each.reverses else ""
        with tag("li", "back" if each.reverses else "", title=each.rule):
            ui.label(f"{back}{unit} {words.entries[each.kind]} {shown} · {each.note}")

    async def _rule(self, said: Said) -> None:
        judgement, ticket = _judgement(said, self._bench), self._bench.file.ticket
        if not judgement.text:
            self._refused.set_text(self._words.ui["required"].format(field=self._words.ui["reasons"]))
            return

        async def rule(actor: Actor) -> Ticket | None:
            try:
                return await self._desk.benches.rule(
                    actor, ticket.ticket_no, judgement, version=self._bench.file.ticket.version, turn=self._turn
                )
            except IllegalMoveError as refusal:
                if not is_conflict(refusal, ticket.ticket_no):
                    raise
            await self._tell_conflict(actor)
            return None

        if await self._here.attempt(None, rule, refused=self._refused) is not None:
            self._here.run(f"location.href = '/desk/tickets/{ticket.ticket_no}'")

    async def _tell_conflict(self, actor: Actor) -> None:
        """Somebody added something meanwhile; the ruling as written is sent again only after a look at that."""
        self._bench = await self._desk.benches.of(actor, self._bench.file.ticket.ticket_no)
        file = self._bench.file
        last = file.events[-1]
        what = self._words.moves[last.what].name if last.what in self._words.moves else last.what
        self._refused.set_text(self._words.ui["conflict"].format(who=who_did(last, file), what=what))


def _judgement(said: Said, bench: Bench) -> Judgement:
    finding, effect = first(said, "finding"), first(said, "effect")
    is_appeal = bench.file.ticket.kind == TicketKind.appeal
    return Judgement(
        text=(first(said, "text") or "")[:4000],
        effect=RulingEffect(effect) if is_appeal and effect in set(RulingEffect) else RulingEffect.first,
        finding=RulingFinding(finding) if finding in set(RulingFinding) else None,
        liable_unit=first(said, "liable_unit"),
    )
