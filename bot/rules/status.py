"""What an operator should know of the rules in force."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.clock import local
from bot.rules.model import RuleBook
from bot.rules.publications import Publication, publication_from, stored_book
from bot.rules.records import RuleVersion
from bot.rules.shipped import table_digest


@dataclass(frozen=True)
class RuleStatus:
    """What an operator should know.

    Parameters
    ----------
    publication: what is in force; None while it is the shipped tables.
    changed: tables that the program ships otherwise than when that was published: somebody should look at them.
    own: tables of the program because the publication has none that fits.
    """

    publication: Publication | None
    tables: Mapping[str, int]
    changed: tuple[str, ...] = ()
    own: tuple[str, ...] = ()


def status_of(last: RuleVersion | None, shipped: RuleBook) -> RuleStatus:
    """The status, given the newest publication."""
    book = stored_book(last, shipped) if last else shipped
    rows = {name: len(table.rows) for name, table in book.tables.items()}
    if last is None:
        return RuleStatus(None, rows)
    changed = [
        name
        for name, table in shipped.tables.items()
        if last.shipped.get(name) != table_digest(table) and name not in book.shipped
    ]
    return RuleStatus(publication_from(last), rows, tuple(changed), tuple(sorted(book.shipped)))


def status_lines(status: RuleStatus) -> Iterator[str]:
    """The status for an operator."""
    if status.publication is None:
        yield "第 0 版：随程序提供的规则，还没有发布过"
    else:
        found = status.publication
        yield f"第 {found.version} 版：{found.actor} 于 {local(found.published_at):%Y-%m-%d %H:%M} 发布（{found.why}）"
    yield "，".join(f"{name} {rows} 行" for name, rows in status.tables.items())
    if status.changed:
        yield f"程序提供的这些表在发布之后有改动，请比对：{'、'.join(status.changed)}"
    if status.own:
        yield f"发布的版本里没有可用的这些表，暂用程序提供的：{'、'.join(status.own)}"
