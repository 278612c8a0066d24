"""What the record of a ticket says about its chain: the system's own items, linked with all the others."""

from collections.abc import Sequence

from bot.evidence.chain import Chain
from bot.evidence.model import EvidenceKind, NewEvidence
from bot.evidence.nodes import Ending, Node
from bot.evidence.route import snapshot_of
from bot.evidence.words import evidence_words
from bot.waybills.model import Waybill


def opening_record(chain: Chain, waybill: Waybill) -> NewEvidence:
    """The track as it stands; later scans change neither this nor the chain."""
    text = evidence_words().move("opened", outlet=chain.nodes[0].outlet_name, scans=len(waybill.track))
    nodes = [node.outlet_code for node in chain.nodes]
    return NewEvidence(EvidenceKind.track, text, snapshot=snapshot_of(waybill) | {"nodes": nodes})


def proof_record(node: Node, evidence: Sequence[int]) -> NewEvidence:
    """Which node rested its case on which items."""
    listed = "、".join(map(str, evidence))
    text = evidence_words().move("proved", outlet=node.outlet_name, evidence=listed)
    return NewEvidence(
        EvidenceKind.system, text, snapshot={"move": "proved", "node": node.position, "evidence": list(evidence)}
    )


def ending_record(chain: Chain, ending: Ending) -> NewEvidence:
    """Who is liable, by which rule, from which facts."""
    return NewEvidence(
        EvidenceKind.system,
        _text(chain, ending),
        snapshot={
            "move": "ended",
            "finding": ending.finding.value,
            "node": ending.node,
            "liable": ending.liable.value,
            "liable_unit": ending.liable_unit,
            "because": list(ending.because),
            "facts": dict(ending.facts),
        },
    )


def words_record(chain: Chain, text: str, kind: EvidenceKind) -> NewEvidence:
    """What a person said when ending the chain; the name of the ending where they said nothing."""
    return NewEvidence(kind, text.strip() or (_text(chain, chain.ending) if chain.ending else ""))


def _text(chain: Chain, ending: Ending) -> str:
    return evidence_words().move(ending.finding.value, outlet=chain.nodes[ending.node].outlet_name)
