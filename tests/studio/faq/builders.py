"""A small draft, and spreadsheets of it."""

from collections.abc import Mapping, Sequence
from io import BytesIO

from openpyxl import Workbook

from bot.studio.faq.files.cells import read_rows
from bot.studio.faq.files.records import Sheet, read_sheet
from bot.studio.faq.model import Snapshot, Topic
from knowledge_base.entries import FaqEntry
from tests.knowledge_base.builders import QUESTIONS, make_entry

COVERS = {"price.how_charged": "运费怎么算", "sending.batteries": "电池能不能寄", "service.holiday": "节假日派送"}
VALUES = {"carrier": "云递速运", "hotline": "400-888-0000", "website": "www.example.com"}
GAP = "price.storage_fee"


def make_snapshot(*entries: FaqEntry, commit: str = "c1", gaps: Mapping[str, str] | None = None) -> Snapshot:
    """The three entries of the small knowledge base and a gap, unless others are given."""
    found = entries or tuple(make_entry(topic) for topic in QUESTIONS)
    topics = {entry.id: Topic(entry.id, COVERS.get(entry.id, "其他"), entry) for entry in found}
    missing = {GAP: "超期保管费"} if gaps is None else gaps
    topics |= {topic: Topic(topic, covers) for topic, covers in missing.items()}
    return Snapshot(commit, topics, frozenset(), frozenset({"query_price"}))


def xlsx(*rows: Sequence[object]) -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(list(row))
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def sheet_of(content: bytes, name: str = "faq.xlsx") -> Sheet:
    return read_sheet(read_rows(name, content))
