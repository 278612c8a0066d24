"""What comes in and goes out over HTTP."""

import unicodedata
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from bot.evidence.chain import Chain
from bot.evidence.model import Attachment, EvidenceItem, EvidenceKind
from bot.evidence.nodes import Ending, Node
from bot.evidence.route import LateScan
from bot.evidence.words import evidence_words


def _no_control(text: str) -> str:
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in text):
        raise ValueError(evidence_words().refusal("text"))
    return text


_Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(_no_control)]
_Reason = Annotated[_Words, StringConstraints(min_length=1)]
_Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_Turn = Annotated[str, StringConstraints(pattern=r"^[\w:.-]{8,80}$")]
_Seq = Annotated[int, Field(ge=1, le=1_000_000)]


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    turn: _Turn = Field(description="made by the caller once for each act, so that a repeated call acts once")


class EvidenceRequest(_Request):
    """A piece of evidence; tracks, admissions and records of the system come about otherwise."""

    kind: Literal[EvidenceKind.photo, EvidenceKind.scan, EvidenceKind.chat, EvidenceKind.statement]
    text: _Words = ""
    attachment: _Sha256 | None = None


class ProveRequest(_Request):
    """Which items of the own unit prove that the parcel left it intact."""

    evidence: Annotated[list[_Seq], Field(min_length=1, max_length=100)]


class AdmitRequest(_Request):
    """The own words to an admission, if there are any."""

    text: _Words = ""


class UnprovenRequest(_Request):
    """Which node's evidence proves nothing, and why; ``node`` is its position, 0 the sending outlet."""

    node: Annotated[int, Field(ge=0, le=1_000)]
    reason: _Reason


class WithdrawRequest(_Request):
    """Why the customer takes the matter back."""

    reason: _Reason


class AttachmentView(BaseModel):
    """A file that was taken, as it is kept; ``sha256`` is how to hand it in."""

    sha256: str
    size: int
    media_type: str
    width: int | None
    height: int | None
    name: str

    @classmethod
    def of(cls, attachment: Attachment) -> "AttachmentView":
        return cls.model_validate(attachment, from_attributes=True)


class EvidenceView(BaseModel):
    """One item, with its place in the chain of hashes."""

    seq: int
    kind: EvidenceKind
    text: str
    attachment: str | None
    media_type: str | None
    file_name: str | None
    snapshot: dict[str, Any]
    by: str
    unit: str | None
    at: datetime
    previous_hash: str
    hash: str

    @classmethod
    def of(cls, item: EvidenceItem) -> "EvidenceView":
        return cls.model_validate(item, from_attributes=True)


class NodeView(BaseModel):
    """One outlet's turn."""

    position: int
    place: str
    outlet_code: str
    outlet_name: str
    state: str
    began_at: datetime | None
    window_ends_at: datetime | None
    answered_at: datetime | None
    evidence: list[int]

    @classmethod
    def of(cls, node: Node) -> "NodeView":
        return cls.model_validate(node, from_attributes=True)


class EndingView(BaseModel):
    """Who is liable and by which rule."""

    finding: str
    node: int
    liable: str
    liable_unit: str | None
    closes: bool
    because: list[str]
    at: datetime

    @classmethod
    def of(cls, ending: Ending) -> "EndingView":
        return cls.model_validate(ending, from_attributes=True)


class LateScanView(BaseModel):
    """A scan that came after the chain was opened.  ``backdated``: it claims to be older than that."""

    at: datetime
    kind: str
    outlet_code: str
    outlet_name: str
    text: str
    backdated: bool

    @classmethod
    def of(cls, late: LateScan) -> "LateScanView":
        scan = late.scan
        return cls(
            at=scan.at,
            kind=scan.kind.value,
            outlet_code=scan.outlet_code,
            outlet_name=scan.outlet_name,
            text=scan.text,
            backdated=late.backdated,
        )


class ChainView(BaseModel):
    """The walk so far.  ``holder`` is the position of the node that has to answer, None once it has ended."""

    ticket_no: str
    waybill_no: str
    opened_at: datetime
    holder: int | None
    nodes: list[NodeView]
    ending: EndingView | None
    late_scans: list[LateScanView]

    @classmethod
    def of(cls, chain: Chain, late: tuple[LateScan, ...]) -> "ChainView":
        return cls(
            ticket_no=chain.ticket_no,
            waybill_no=chain.waybill_no,
            opened_at=chain.opened_at,
            holder=chain.holder.position if chain.holder else None,
            nodes=[NodeView.of(node) for node in chain.nodes],
            ending=EndingView.of(chain.ending) if chain.ending else None,
            late_scans=[LateScanView.of(scan) for scan in late],
        )
