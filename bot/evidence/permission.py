"""Who may answer for a node or judge its answer, and what an answer can rest on."""

from collections.abc import Sequence

from bot.errors import AccessRefusedError, EvidenceRefusedError, NotHolderError
from bot.evidence.chain import Chain
from bot.evidence.model import EvidenceItem, EvidenceKind
from bot.evidence.words import evidence_words
from bot.staff.model import Actor, Role

_ANSWERS = {Role.outlet_agent, Role.provincial_agent, Role.headquarters_agent}
_REVIEWS = {
    Role.provincial_agent,
    Role.headquarters_agent,
    Role.provincial_arbitrator,
    Role.headquarters_arbitrator,
    Role.supervisor,
}
_WITHDRAWS = {Role.agent, Role.provincial_agent, Role.headquarters_agent, Role.supervisor}


def refuse_unless_answering(by: Actor, chain: Chain) -> None:
    """Only who handles tickets for the holder answers; its unit is compared by the chain itself."""
    if by.role not in _ANSWERS and chain.holder is not None:
        raise NotHolderError(evidence_words().refusal("not_holder", outlet=chain.holder.outlet_name))


def refuse_unless_reviewing(by: Actor, chain: Chain, position: int) -> None:
    """Nobody reviews the own unit.  Whether there is a node at ``position`` is the chain's to say."""
    judged = chain.nodes[position : position + 1]
    if by.role not in _REVIEWS or any(by.unit == node.outlet_code for node in judged):
        raise AccessRefusedError(evidence_words().refusal("reviewer"))


def refuse_unless_withdrawing(by: Actor, chain: Chain) -> None:
    """Who speaks for the customer, or reviews; never a unit that the chain might find liable."""
    if by.role not in _WITHDRAWS or any(by.unit == node.outlet_code for node in chain.nodes):
        raise AccessRefusedError(evidence_words().refusal("withdrawer"))


def refuse_no_proof(items: Sequence[EvidenceItem], evidence: Sequence[int], by: Actor) -> None:
    """The items must be the unit's own (the track is everybody's), and at least one of its own more than words."""
    known = {item.seq: item for item in items}
    for seq in evidence:
        if seq not in known or not (known[seq].unit == by.unit or known[seq].kind is EvidenceKind.track):
            raise EvidenceRefusedError(evidence_words().refusal("not_own", seq=seq))
    if not any(known[seq].unit == by.unit and known[seq].proves for seq in evidence):
        raise EvidenceRefusedError(evidence_words().refusal("no_proof"))
