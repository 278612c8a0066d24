"""The walk down the track, as a pure object: who has to answer until when, and who is liable in the end.

While it runs exactly one node holds it.  Every move refuses, changes, records; there is no other way to change it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.errors import EvidenceClosedError, EvidenceRefusedError, IllegalMoveError, NotHolderError
from bot.evidence.nodes import AddWorkingTime, Ending, Finding, HandedOn, Liable, Node, NodeState, Window
from bot.evidence.words import evidence_words
from bot.rules.model import Facts, RuleBook

FLOW = "evidence_chain"


@dataclass
class Chain:
    """One ticket's walk.  ``events`` are the moves made since it was loaded, oldest first."""

    ticket_no: str
    waybill_no: str
    nodes: tuple[Node, ...]
    window: Window
    opened_at: datetime
    ending: Ending | None = None
    events: list[HandedOn | Ending] = field(default_factory=list)

    @classmethod
    def open(
        cls,
        ticket_no: str,
        waybill_no: str,
        nodes: Sequence[Node],
        window: Window,
        *,
        at: datetime,
        add: AddWorkingTime,
    ) -> "Chain":
        """The first node holds.  Raises `EvidenceRefusedError` when there is no node at all."""
        if not nodes:
            raise EvidenceRefusedError(evidence_words().refusal("no_route"))
        chain = cls(ticket_no, waybill_no, tuple(nodes), window, at)
        chain._hold(0, at, add)
        return chain

    @property
    def holder(self) -> Node | None:
        """The node that has to answer; None once the chain has ended."""
        return next((node for node in self.nodes if node.state is NodeState.holding), None)

    @property
    def liable_node(self) -> Node | None:
        """The node that was found liable, if one was."""
        if self.ending is None or self.ending.liable_unit is None:
            return None
        return self.nodes[self.ending.node - (self.ending.liable is Liable.previous_node)]

    def prove(
        self,
        unit: str | None,
        evidence: Sequence[int],
        *,
        by: str,
        at: datetime,
        add: AddWorkingTime,
        rules: RuleBook,
    ) -> Node:
        """The holder, which is returned, proves that the parcel left it intact: the next one holds, or all have proved.

        Raises `NotHolderError`, `EvidenceClosedError` (ended, or the window is over), `EvidenceRefusedError` (nothing).
        """
        node = self._answering(unit, at)
        if not evidence:
            raise EvidenceRefusedError(evidence_words().refusal("no_proof"))
        self._answer(node, NodeState.proved, at, by, evidence=tuple(evidence))
        if node.position + 1 == len(self.nodes):
            self._end(Finding.all_proven, node, at, by, rules)
        else:
            self._hold(node.position + 1, at, add)
            self.events.append(HandedOn(self.nodes[node.position], self.nodes[node.position + 1], at, by))
        return self.nodes[node.position]

    def admit(self, unit: str | None, *, by: str, at: datetime, rules: RuleBook) -> None:
        """The holder admits.  Raises `NotHolderError`, `EvidenceClosedError`."""
        node = self._answering(unit, at)
        self._answer(node, NodeState.admitted, at, by)
        self._end(Finding.admitted, node, at, by, rules)

    def silent(self, *, by: str, at: datetime, rules: RuleBook) -> None:
        """The window passed without an answer.  Raises `IllegalMoveError` before that, `EvidenceClosedError`."""
        node = self._holding()
        if not node.is_over(at):
            raise IllegalMoveError(f"the window of node {node.position} of {self.ticket_no} still runs")
        self._answer(node, NodeState.silent, at, by)
        self._end(Finding.silent, node, at, by, rules)

    def unproven(self, position: int, *, by: str, at: datetime, rules: RuleBook) -> None:
        """A reviewer judges that what a node handed in proves nothing; the holder's own or an earlier one's.

        Raises `EvidenceRefusedError` for a node whose turn has not come, `EvidenceClosedError`.
        """
        holder = self._holding()
        if not 0 <= position <= holder.position:
            raise EvidenceRefusedError(evidence_words().refusal("ahead"))
        self._answer(holder, NodeState.excused, at, by)
        self._answer(self.nodes[position], NodeState.unproven, at, by, evidence=self.nodes[position].evidence)
        self._end(Finding.unproven, self.nodes[position], at, by, rules)

    def withdraw(self, *, by: str, at: datetime, rules: RuleBook) -> None:
        """The matter is over otherwise.  Raises `EvidenceClosedError`."""
        node = self._holding()
        self._answer(node, NodeState.excused, at, by)
        self._end(Finding.withdrawn, node, at, by, rules)

    def _holding(self) -> Node:
        holder = self.holder
        if holder is None:
            raise EvidenceClosedError(evidence_words().refusal("ended"))
        return holder

    def _answering(self, unit: str | None, at: datetime) -> Node:
        """The holder, if this unit is it and still in time: late is late, whether or not the clock has struck yet."""
        node = self._holding()
        if unit is None or unit != node.outlet_code:
            raise NotHolderError(evidence_words().refusal("not_holder", outlet=node.outlet_name))
        if node.is_over(at):
            raise EvidenceClosedError(evidence_words().refusal("window_over"))
        return node

    def _hold(self, position: int, at: datetime, add: AddWorkingTime) -> None:
        node = self.nodes[position]
        ends_at = add(self.window.calendar or node.tier.value, at, self.window.amount)
        self._put(replace(node, state=NodeState.holding, began_at=at, window_ends_at=ends_at))

    def _answer(self, node: Node, state: NodeState, at: datetime, by: str, evidence: tuple[int, ...] = ()) -> None:
        self._put(replace(node, state=state, answered_at=at, answered_by=by, evidence=evidence))

    def _put(self, node: Node) -> None:
        self.nodes = (*self.nodes[: node.position], node, *self.nodes[node.position + 1 :])

    def _end(self, finding: Finding, node: Node, at: datetime, by: str, rules: RuleBook) -> None:
        facts: Facts = {"flow": FLOW, "finding": finding.value, "node": node.place.value}
        decision = rules.decide("liability", facts)
        liable = Liable(decision.text("liable"))
        self.ending = Ending(
            finding=finding,
            node=node.position,
            liable=liable,
            liable_unit=self._unit(liable, node),
            closes=decision.flag("closes"),
            because=decision.because,
            facts=facts,
            at=at,
            by=by,
        )
        self.events.append(self.ending)

    def _unit(self, liable: Liable, node: Node) -> str | None:
        if liable is Liable.this_node:
            return node.outlet_code
        # Before the sending outlet there is nobody but the network.
        return self.nodes[node.position - 1].outlet_code if liable is Liable.previous_node and node.position else None
