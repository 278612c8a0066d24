"""Whose fault it was: admitted, proven along the track, or ruled by an arbitrator."""

from collections.abc import Sequence
from datetime import datetime

from bot.tickets.events import By
from bot.tickets.kinds import Flow, Move, Outcome, RulingEffect, RulingFinding, Side, TicketKind
from bot.tickets.moves.base import ARBITRATED, Moves
from bot.tickets.words import illegal

ADMITTED = "admitted"


class Liability(Moves):
    """Moves that decide who is liable."""

    def admit(self, by: By, words: str = "", *, liable_unit: str | None = None) -> None:
        """A unit says that it was its fault.

        ``liable_unit`` is whom the rules hold liable for that; a complaint leaves that to the ruling.
        """
        self._check(Move.admit)
        if self.admitted_by is not None:
            raise illegal("admitted", ticket_no=self.ticket_no)
        liable = {"liable_unit": liable_unit, "finding": ADMITTED} if liable_unit else {}
        self._move(Move.admit, by, {"text": words}, admitted_by=by.actor.unit or self.owner_unit, **liable)

    def state(self, side: Side, text: str, by: By, *, evidence: Sequence[str] = ()) -> None:
        """What one side of an arbitration has to say."""
        self._check(Move.state)
        self._refuse_unless_arbitrated()
        self._move(Move.state, by, {"side": side.value, "text": text, "evidence": list(evidence)})

    def rule(self, effect: RulingEffect, finding: RulingFinding, liable_unit: str | None, text: str, by: By) -> None:
        """The arbitrator's decision ends a complaint (``first``) or an appeal (any other effect)."""
        self._check(Move.rule)
        self._refuse_unless_arbitrated()
        if (effect is RulingEffect.first) != (self.kind == TicketKind.complaint):
            raise illegal("effect", ticket_no=self.ticket_no)
        if (finding is RulingFinding.upheld) and liable_unit is None:
            raise illegal("liable", ticket_no=self.ticket_no)
        details = {"effect": effect.value, "text": text}
        self._end(
            Move.rule, Outcome.ruled, by, details, finding=finding.value, liable_unit=liable_unit, ruled_by=by.name
        )

    def conclude(
        self,
        liable_unit: str | None,
        finding: str,
        by: By,
        *,
        outcome: Outcome = Outcome.liable,
        follow_up_at: datetime | None = None,
    ) -> None:
        """The end of a chain of evidence: who is liable, or nobody; the customer will be asked how it went.

        ``outcome``: ``withdrawn`` where the customer took the matter back.
        """
        self._check(Move.close)
        if self.flow != Flow.evidence_chain:
            raise illegal("no_chain", ticket_no=self.ticket_no)
        details = {"liable_unit": liable_unit, "finding": finding}
        ends = {"liable_unit": liable_unit, "finding": finding, "follow_up_at": follow_up_at}
        self._end(Move.close, outcome, by, details, **ends)

    def _refuse_unless_arbitrated(self) -> None:
        if self.kind not in ARBITRATED:
            raise illegal("not_arbitrated", ticket_no=self.ticket_no)
