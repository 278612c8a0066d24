"""Evidence as one sees it: thumbnails, files, words, and the place to hand in more."""

from collections.abc import Callable, Sequence

from nicegui import Client
from nicegui.element import Element

from bot.desk.ticket_lists import Names
from bot.desk.ticket_words import page_words
from bot.desk.ui.forms import tag
from bot.desk.ui.tickets.wording import moment
from bot.desk.words import desk_words
from bot.evidence.checking import PICTURES
from bot.evidence.model import EvidenceItem
from bot.staff.model import SYSTEM


class Upload(Element, component="upload.js"):
    """Sends files to the API of evidence; emits ``added`` (a SHA-256) after each."""

    def __init__(self, ticket_no: str, on_added: Callable[..., object]) -> None:
        super().__init__()
        self._props.update(ticket=ticket_no, words=page_words().ui)
        self.on("added", on_added)


class UploadPlace:
    """The one upload of a page: in the form that asks for evidence while one is open, else with the evidence."""

    def __init__(self, ticket_no: str, on_added: Callable[..., object], client: Client) -> None:
        self._ticket_no = ticket_no
        self._on_added = on_added
        self._client = client
        self._home: Element | None = None
        self._form: Element | None = None
        self._is_open = False

    def draw(self) -> None:
        """Where it is while no form asks for evidence."""
        self._home = tag("div")

    def show(self, *, may_upload: bool) -> None:
        """Draw it, or take it away, where whether one may hand in has changed."""
        if may_upload != self._is_open:
            self._is_open = may_upload
            self._place()

    def enter_form(self, place: Element) -> None:
        self._form = place
        self._place()

    def leave_form(self) -> None:
        """Before the form goes."""
        if self._form is not None:
            self._form.clear()
            self._form = None
            self._place()

    def _place(self) -> None:
        place = self._form or self._home
        with self._client:
            for each in filter(None, (self._home, self._form)):
                each.clear()
            if self._is_open and place is not None:
                with place:
                    Upload(self._ticket_no, self._on_added)


def draw_items(items: Sequence[EvidenceItem], names: Names) -> None:
    """Oldest first.  Names of files and words of people are text, whatever is in them."""
    if not items:
        tag("p", "nothing", page_words().ui["evidence_none"])
        return
    with tag("ol", "evidence-items", **{"data-testid": "evidence"}):
        for item in items:
            with tag("li", f"item kind-{item.kind}"):
                _draw_file(item)
                with tag("div", "about"):
                    tag("span", "tag", desk_words().evidence[item.kind])
                    tag("span", "muted", f"{_whose(item, names)} {moment(item.at)}")
                    if item.text:
                        tag("p", "said-text", item.text)


def _whose(item: EvidenceItem, names: Names) -> str:
    """Somebody of a unit, or the system."""
    if item.by == SYSTEM.name:
        return page_words().ui["system"]
    return " · ".join(filter(None, (names.unit(item.unit), names.person(item.by))))


def address_of(item: EvidenceItem) -> str:
    return f"/api/v1/tickets/{item.ticket_no}/evidence/{item.seq}/attachment"


def _draw_file(item: EvidenceItem) -> None:
    if item.attachment is None:
        return
    name = item.file_name or ""
    with tag("a", "thumb-link", href=address_of(item), target="_blank", rel="noopener", title=name):
        if item.media_type in PICTURES:
            tag("img", "", src=address_of(item), alt=name, loading="lazy")
        else:
            tag("span", "file", f"📎 {name}")
