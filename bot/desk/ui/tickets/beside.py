"""What stands beside a ticket: waybill and track, customer, conversation, chain, rulings, ledger, other tickets."""

from nicegui import ui

from bot.desk.schemas import WaybillCard
from bot.desk.ticket_desk import TicketDesk
from bot.desk.ticket_file import TicketFile
from bot.desk.ticket_words import page_words
from bot.desk.ui.forms import Said, alert, button, field, first, form, tag
from bot.desk.ui.office import Visit
from bot.desk.ui.sheet import Sheet
from bot.desk.ui.tickets import wording
from bot.desk.ui.tickets.shared import card, fact
from bot.desk.words import desk_words
from bot.ledger.model import EntryKind, LedgerEntry
from bot.staff.model import Actor, Role

_TRACK_SHOWN = 5


def draw_waybill(file: TicketFile) -> None:
    words, number = page_words().ui, file.ticket.waybill_no
    with card(words["waybill"], **{"data-testid": "waybill"}):
        if number is None:
            tag("p", "nothing", words["waybill_none"])
        elif file.waybill is None:
            tag("p", "nothing", words["waybill_unknown"].format(waybill_no=number))
        else:
            draw_waybill_card(file.waybill)


def draw_waybill_card(waybill: WaybillCard) -> None:
    words, desk = page_words().ui, desk_words()
    with tag("div", "tags"):
        tag("a", "mono number", waybill.waybill_no, href=f"/desk/waybill/{waybill.waybill_no}")
        tag("span", "tag status", desk.statuses[waybill.status])
        tag("span", f"tag condition-{waybill.condition}", desk.conditions[waybill.condition])
        tag("span", "tag", desk.products[waybill.product])
    with tag("dl", "facts"):
        for end, party in (("consignor", waybill.consignor), ("consignee", waybill.consignee)):
            fact(words[end], f"{party.name} {party.phone} {party.region}")
        fact(desk.ui["promised_at"], wording.moment(waybill.promised_at))
        fact(desk.ui["delivered_at"], wording.moment(waybill.delivered_at))
        fact(desk.ui["signed_by"], waybill.signed_by)
        fact(desk.ui["courier"], " ".join(filter(None, (waybill.courier_name, waybill.courier_phone))))
    draw_track(waybill)


def draw_track(waybill: WaybillCard, *, shown: int = _TRACK_SHOWN) -> None:
    def draw(lines: tuple) -> None:  # type: ignore[type-arg]  # CheckpointLine each
        with tag("ol", "track"):
            for scan in lines:
                with tag("li", f"scan-{scan.kind}"):
                    tag("span", "muted", f"{wording.moment(scan.at)} {scan.city}")
                    tag("div", "", scan.text)

    draw(waybill.track[:shown])
    if len(waybill.track) > shown:
        with tag("details"):
            with tag("summary"):
                ui.label(desk_words().ui["track_all"].format(n=len(waybill.track)))
            draw(waybill.track[shown:])


class CustomerPart:
    """The customer, masked; whole for who gives a reason, which is kept."""

    def __init__(self, desk: TicketDesk, here: Visit, sheet: Sheet) -> None:
        self._desk = desk
        self._here = here
        self._sheet = sheet
        self._words = page_words().ui

    def draw(self, file: TicketFile) -> None:
        self._number = file.ticket.ticket_no
        customer, words = file.customer, self._words
        with card(words["customer"], **{"data-testid": "customer"}):
            if customer is None:
                tag("p", "nothing", words["customer_none"])
            else:
                with tag("dl", "facts"):
                    fact(desk_words().ui["visitor"], customer.name or customer.visitor)
                    fact(words["verified_phone"], customer.verified_phone or words["unverified"])
                    fact(words["party"], desk_words().parties.get(file.ticket.party, file.ticket.party))
            if customer is not None or file.waybill is not None:
                show = button(words["reveal"], "small", type="button", **{"data-testid": "reveal"})
                show.on("click", self._ask)

    def _ask(self) -> None:
        def draw() -> None:
            tag("h2", "", self._words["reveal"])
            tag("p", "sub", self._words["reveal_hint"])
            with form(self._show, "reveal-form"):
                self._refused = alert()
                field(self._words["reveal_why"], "why", maxlength="200", required=True)
                with tag("footer"):
                    button(self._words["reveal"], "primary")

        self._sheet.show(draw)

    async def _show(self, said: Said) -> None:
        why = first(said, "why") or ""

        async def reveal(actor: Actor) -> list[tuple[str, str]]:
            return await self._desk.files.reveal(actor, self._number, why)

        found = await self._here.attempt(None, reveal, refused=self._refused)
        if not found:
            return

        def draw() -> None:
            tag("h2", "", self._words["customer"])
            with tag("dl", "facts", **{"data-testid": "revealed"}):
                for whose, what in found:
                    fact(whose, what)

        self._sheet.show(draw)


def draw_excerpt(file: TicketFile, role: Role) -> None:
    """The end of the conversation that it came from."""
    if not file.excerpt:
        return
    words = page_words().ui
    with card(words["conversation"], **{"data-testid": "excerpt"}):
        with tag("ol", "excerpt"):
            for one in file.excerpt:
                with tag("li", f"by-{one.author}"):
                    tag("b", "", desk_words().authors.get(one.author, one.author))
                    tag("span", "", one.text or desk_words().file(one.kind))
        if role.may_talk:
            tag("a", "", words["conversation_link"], href=f"/desk/?c={file.ticket.conversation_id}")


def draw_chain(file: TicketFile) -> None:
    """Who had to prove, who has to, and how it ended."""
    if file.chain is None:
        return
    words = page_words()
    with card(words.ui["chain"], **{"data-testid": "chain"}), tag("ol", "chain"):
        for node in file.chain.nodes:
            with tag("li", f"node state-{node.state}"):
                tag("b", "", node.outlet_name)
                tag("span", "tag", words.node_states.get(node.state, node.state))
                if node.window_ends_at and node.state == "holding":
                    tag("span", "muted", f"{words.ui['head_window']} {wording.moment(node.window_ends_at)}")
                if node.evidence:
                    tag("span", "muted", words.ui["files"].format(n=len(node.evidence)))
                if node.state == "unproven":
                    who, at = file.names.person(node.answered_by), wording.moment(node.answered_at)
                    tag("span", "muted", words.ui["judged"].format(who=who, at=at))
        if file.chain.ending is not None:
            ending = file.chain.ending
            found = words.findings.get(ending.finding, ending.finding)
            tag("li", "ending", f"{found} {file.names.unit(ending.liable_unit)}")


def draw_rulings(file: TicketFile) -> None:
    if not file.rulings:
        return
    words = page_words()
    with card(words.ui["rulings_so_far"], **{"data-testid": "rulings"}):
        for ruling in file.rulings:
            with tag("div", "ruling"):
                with tag("div", "tags"):
                    tag("span", "tag status", words.effects[ruling.effect])
                    tag("b", "", words.findings[ruling.finding])
                    if ruling.liable_unit:
                        tag("span", "tag bad", file.names.unit(ruling.liable_unit))
                tag("p", "said-text", ruling.text)
                tag("p", "muted", f"{file.names.person(ruling.by)} {wording.moment(ruling.at)} · {ruling.ticket_no}")


def draw_entries(file: TicketFile) -> None:
    """What it cost or earned whom."""
    if not file.entries:
        return
    words = page_words()
    with card(words.ui["entered"], **{"data-testid": "entries"}), tag("ul", "entries"):
        for entry in file.entries:
            reversal = f"（{words.ui['reversal']}）" if entry.reverses else ""
            tag(
                "li",
                "",
                f"{file.names.unit(entry.unit)} {words.entries[entry.entry]} {amount(entry)}{reversal} {entry.note}",
            )


def amount(entry: LedgerEntry) -> str:
    words = page_words().ui
    shown = f"{entry.amount:+.2f}".removesuffix(".00")
    return words["yuan" if EntryKind(entry.entry).is_money else "points"].format(n=shown)


def draw_related(file: TicketFile, desk: TicketDesk) -> None:
    if not file.related:
        return
    words = page_words()
    with card(words.ui["children"], **{"data-testid": "related"}), tag("ul", "related"):
        for one in file.related:
            with tag("li"):
                tag("a", "mono", one.ticket_no, href=f"/desk/tickets/{one.ticket_no}")
                ui.label(f"{words.kinds[one.kind]} · {desk.files.category(one.category)} · {wording.status(one)}")
