"""``/desk/ledger``: the statements of a month, of the units whose account somebody may see."""

import re
from decimal import Decimal
from urllib.parse import quote

from fastapi import HTTPException, Request
from fastapi.responses import Response
from nicegui import Client, ui

from bot.clock import local
from bot.desk.ticket_desk import TicketDesk
from bot.desk.ticket_words import page_words
from bot.desk.ui.forms import button, field, table, tag
from bot.desk.ui.tickets.shared import enter, say_missing
from bot.desk.ui.tickets.wording import moment
from bot.ledger.endpoints import visible_units
from bot.ledger.model import EntryKind, LedgerEntry, month_of
from bot.ledger.statements import Balance, Statement

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_SHOWN = 300


def add_ledger_page(desk: TicketDesk) -> None:
    @ui.page("/ledger")
    async def ledger_page(request: Request, client: Client, month: str = "", unit: str = "") -> Response | None:
        here = await enter(desk.parts.agents, request, client, "ledger")
        if isinstance(here, Response):
            return here
        try:
            units = await visible_units(here.person.actor, desk.parts.units_of)
        except HTTPException as refusal:
            say_missing(str(refusal.detail))
            return None
        month = month if _MONTH.fullmatch(month) else month_of(desk.parts.clock())
        if unit and units is not None and unit not in units:
            say_missing(page_words().refusals["ledger"])
            return None
        chosen = unit or (next(iter(units)) if units is not None and len(units) == 1 else "")
        statements = await desk.parts.ledger.statements(month, units=[chosen] if chosen else units)
        await LedgerPart(desk, month, chosen, statements).draw()
        return None


class LedgerPart:
    """Every unit in one line, or one unit with its entries."""

    def __init__(self, desk: TicketDesk, month: str, unit: str, statements: list[Statement]) -> None:
        self._desk = desk
        self._month = month
        self._unit = unit
        self._statements = statements
        self._words = page_words()

    async def draw(self) -> None:
        codes = [each.unit for each in self._statements] + [self._unit]
        people = [entry.by for each in self._statements for entry in each.entries]
        self._names = await self._desk.lists.names([], *people, units=codes)
        with tag("main", "desk-page office"), tag("div", "office-body"):
            self._draw_bar()
            if self._unit:
                found = self._statements[0] if self._statements else Statement(self._unit, self._month, Balance())
                self._draw_statement(found)
            else:
                self._draw_units()

    def _draw_bar(self) -> None:
        words = self._words.ui
        with tag("div", "toolbar"):
            tag("h1", "", words["ledger"])
            with tag("form", method="get", action="/desk/ledger"):
                field("", "month", self._month, kind="month", **{"aria-label": words["month"]})
                hint = words["all_units"]
                tag("input", name="unit", defaultValue=self._unit, placeholder=hint, **{"aria-label": words["units"]})
                button(words["show"], "primary")
            ui.element("span").classes("grow")
            address = f"/api/v1/ledger/statements.csv?month={self._month}"
            address += f"&unit={quote(self._unit, safe='')}" if self._unit else ""
            tag("a", "button", words["export"], href=address, download=True, **{"data-testid": "export"})

    def _draw_units(self) -> None:
        words = self._words
        kinds = [words.entries[kind] for kind in EntryKind]
        headings = [words.ui["units"], words.ui["opening"], *kinds, words.ui["closing"]]
        with table(headings, "statements", figures=headings[1:]):
            for each in self._statements[:_SHOWN]:
                with tag("tr"):
                    with tag("td", "full"):
                        address = f"/desk/ledger?month={self._month}&unit={each.unit}"
                        tag("a", "", f"{self._names.unit(each.unit)}（{each.unit}）", href=address)
                    tag("td", "money", _balance(each.opening), **{"data-title": words.ui["opening"]})
                    for kind in EntryKind:
                        _figure(each.totals[kind], kind, title=words.entries[kind])
                    tag("td", "money", _balance(each.closing), **{"data-title": words.ui["closing"]})
        if not self._statements:
            tag("p", "empty", words.ui["no_entries"])

    def _draw_statement(self, statement: Statement) -> None:
        words = self._words
        tag("h2", "", f"{self._names.unit(statement.unit)}（{statement.unit}） {statement.month}")
        names = ("at", "entry", "amount", "ticket", "note", "rule_id", "operator")
        with table([words.ui[name] for name in names], "entries", figures={words.ui["amount"]}):
            self._draw_balance(words.ui["opening"], statement.opening)
            for entry in statement.entries:
                self._draw_entry(entry)
            self._draw_balance(words.ui["closing"], statement.closing)
        if not statement.entries:
            tag("p", "empty", words.ui["no_entries"])

    def _draw_balance(self, name: str, balance: Balance) -> None:
        with tag("tr", "balance"):
            tag("td", "", name)
            tag("td", "blank")
            tag("td", "money", _balance(balance))
            for _ in range(4):
                tag("td", "blank")

    def _draw_entry(self, entry: LedgerEntry) -> None:
        words, kind = self._words, EntryKind(entry.entry)
        with tag("tr"):
            tag("td", "nowrap", moment(entry.at), title=f"{local(entry.at):%Y-%m-%d %H:%M:%S}")
            with tag("td", "nowrap"):
                ui.label(words.entries[kind])
                if entry.reverses is not None:
                    tag("span", "tag why", words.ui["reversal"])
            _figure(entry.amount, kind)
            with tag("td", "nowrap"):
                tag("a", "mono", entry.ticket_no, href=f"/desk/tickets/{entry.ticket_no}")
            tag("td", "wrap", entry.note)
            tag("td", "mono", entry.rule)
            tag("td", "nowrap", self._names.person(entry.by))


def _figure(amount: Decimal, kind: EntryKind, *, title: str | None = None) -> None:
    """``title``: the heading, which phones show beside it."""
    words = page_words().ui
    shown = words["yuan" if kind.is_money else "points"].format(n=f"{amount:+.2f}".removesuffix(".00"))
    with tag("td", "money", **{"data-title": title}):
        tag("span", "minus" if amount < 0 else "", shown if amount else "—")


def _balance(balance: Balance) -> str:
    words = page_words().ui
    money = words["yuan"].format(n=f"{balance.money:.2f}".removesuffix(".00"))
    return f"{money} / {words['points'].format(n=f'{balance.score:.0f}')}"
