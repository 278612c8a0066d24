from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import BotError, EvidenceClosedError, EvidenceRefusedError, IllegalMoveError, NotHolderError
from bot.evidence.chain import Chain
from bot.evidence.nodes import Ending, Finding, HandedOn, Liable, NodeState, Window
from bot.evidence.words import evidence_words
from bot.network.model import Tier
from bot.rules.working_time import shipped_working_time
from tests.builders import NOW
from tests.evidence.builders import OUTLETS, RULES, WINDOW, add_time, make_chain, make_nodes

HOUR = timedelta(hours=1)
CODES = tuple(OUTLETS)


def prove(chain: Chain, unit: str, at=NOW + HOUR, evidence=(2,)) -> None:
    chain.prove(unit, evidence, by=f"agent:{unit}", at=at, add=add_time, rules=RULES)


def states(chain: Chain) -> list[str]:
    return [node.state.value for node in chain.nodes]


def test_responsibility_starts_with_the_sending_outlet():
    chain = make_chain()

    assert chain.holder.outlet_code == "HZ001"
    assert chain.holder.window_ends_at == NOW + WINDOW.amount
    assert states(chain) == ["holding", "waiting", "waiting", "waiting"]


def test_a_parcel_without_a_route_has_no_chain():
    with pytest.raises(EvidenceRefusedError, match=evidence_words().refusal("no_route")):
        Chain.open("GD1", "YD1", (), WINDOW, at=NOW, add=add_time)


def test_a_node_that_proves_hands_on_to_the_next_whose_window_begins_then():
    chain = make_chain()

    prove(chain, "HZ001", at=NOW + 5 * HOUR, evidence=(2, 3))

    assert states(chain) == ["proved", "holding", "waiting", "waiting"]
    assert chain.holder.window_ends_at == NOW + 29 * HOUR
    assert chain.nodes[0].evidence == (2, 3)
    (step,) = chain.events
    assert isinstance(step, HandedOn)
    assert (step.proved.outlet_code, step.holder.outlet_code) == ("HZ001", "HZ900")


@pytest.mark.parametrize("unit", ["HZ900", "GZ001", "", None, "hz001"])
def test_only_the_node_that_holds_the_ticket_answers(unit):
    chain = make_chain()

    with pytest.raises(NotHolderError, match="杭州西湖网点"):
        prove(chain, unit)
    with pytest.raises(NotHolderError):
        chain.admit(unit, by="x", at=NOW, rules=RULES)
    assert (states(chain)[0], chain.events) == ("holding", [])


def test_nothing_proves_nothing():
    with pytest.raises(EvidenceRefusedError, match=evidence_words().refusal("no_proof")):
        prove(make_chain(), "HZ001", evidence=())


def test_two_prove_and_the_third_is_silent():
    chain = make_chain()
    prove(chain, "HZ001")
    prove(chain, "HZ900")

    chain.silent(by="system", at=NOW + 25 * HOUR, rules=RULES)

    assert states(chain) == ["proved", "proved", "silent", "waiting"]
    ending = chain.ending
    assert (ending.finding, ending.liable, ending.liable_unit) == (Finding.silent, Liable.this_node, "GZ900")
    assert ending.because == ("liability.silent@v0",)
    assert ending.facts == {"flow": "evidence_chain", "finding": "silent", "node": "transit"}
    assert ending.closes
    assert chain.holder is None
    assert chain.liable_node == chain.nodes[2]


def test_the_third_admits():
    chain = make_chain()
    prove(chain, "HZ001")
    prove(chain, "HZ900")

    chain.admit("GZ900", by="agent:zhou", at=NOW + 2 * HOUR, rules=RULES)

    assert (chain.ending.finding, chain.ending.liable_unit, chain.ending.by) == (
        Finding.admitted,
        "GZ900",
        "agent:zhou",
    )
    assert chain.ending.because == ("liability.admitted@v0",)


def test_when_all_have_proved_the_table_says_who_is_liable():
    chain = make_chain()
    for unit in CODES:
        prove(chain, unit)

    assert states(chain) == ["proved"] * 4
    assert (chain.ending.finding, chain.ending.liable) == (Finding.all_proven, Liable.network)
    assert (chain.ending.liable_unit, chain.liable_node) == (None, None)
    assert chain.ending.facts["node"] == "destination"
    assert isinstance(chain.events[-1], Ending)


def test_a_node_is_not_silent_while_its_window_runs():
    chain = make_chain()

    with pytest.raises(IllegalMoveError):
        chain.silent(by="system", at=NOW + WINDOW.amount - timedelta(microseconds=1), rules=RULES)
    chain.silent(by="system", at=NOW + WINDOW.amount, rules=RULES)
    assert chain.ending.liable_unit == "HZ001"


@pytest.mark.parametrize("late", [timedelta(0), HOUR])
def test_late_is_late_even_before_the_clock_has_struck(late):
    chain = make_chain()

    with pytest.raises(EvidenceClosedError, match=evidence_words().refusal("window_over")):
        prove(chain, "HZ001", at=NOW + WINDOW.amount + late)


def test_a_reviewer_may_find_the_holder_unproven():
    chain = make_chain()
    prove(chain, "HZ001")

    chain.unproven(1, by="agent:wu", at=NOW + 2 * HOUR, rules=RULES)

    assert states(chain) == ["proved", "unproven", "waiting", "waiting"]
    assert (chain.ending.finding, chain.ending.liable_unit) == (Finding.unproven, "HZ900")


def test_a_reviewer_may_find_an_earlier_node_unproven_and_the_holder_is_excused():
    chain = make_chain()
    prove(chain, "HZ001", evidence=(2, 3))
    prove(chain, "HZ900")

    chain.unproven(0, by="agent:wu", at=NOW + 2 * HOUR, rules=RULES)

    assert states(chain) == ["unproven", "proved", "excused", "waiting"]
    assert (chain.ending.liable_unit, chain.nodes[0].evidence) == ("HZ001", (2, 3))


@pytest.mark.parametrize("position", [1, 4, -1])
def test_nobody_is_found_unproven_before_its_turn(position):
    with pytest.raises(EvidenceRefusedError, match=evidence_words().refusal("ahead")):
        make_chain().unproven(position, by="agent:wu", at=NOW, rules=RULES)


def test_a_withdrawn_chain_leaves_nobody_liable():
    chain = make_chain()

    chain.withdraw(by="agent:li", at=NOW, rules=RULES)

    assert (chain.ending.finding, chain.ending.liable, chain.ending.liable_unit) == (
        Finding.withdrawn,
        Liable.nobody,
        None,
    )
    assert states(chain)[0] == "excused"


def test_after_the_end_nothing_moves():
    chain = make_chain()
    chain.admit("HZ001", by="a", at=NOW, rules=RULES)
    ending = chain.ending

    moves = [
        lambda: prove(chain, "HZ001"),
        lambda: chain.admit("HZ001", by="a", at=NOW, rules=RULES),
        lambda: chain.silent(by="a", at=NOW + 99 * HOUR, rules=RULES),
        lambda: chain.unproven(0, by="a", at=NOW, rules=RULES),
        lambda: chain.withdraw(by="a", at=NOW, rules=RULES),
    ]
    for move in moves:
        with pytest.raises(EvidenceClosedError, match=evidence_words().refusal("ended")):
            move()
    assert chain.ending is ending


def test_an_outlet_passed_twice_answers_twice():
    chain = make_chain("HZ001", "HZ900", "HZ001")

    for unit in ("HZ001", "HZ900", "HZ001"):
        prove(chain, unit)

    assert chain.ending.finding is Finding.all_proven


def test_windows_run_in_the_working_calendar_of_the_nodes_tier():
    """NOW is ten in the morning of a Wednesday in China; an outlet closes in the evening."""
    add = shipped_working_time().add
    nodes = make_nodes("HZ001", "HZ900")
    chain = Chain.open("GD1", "YD1", nodes, Window(timedelta(hours=24)), at=NOW, add=add)

    assert chain.holder.window_ends_at == add(Tier.outlet.value, NOW, timedelta(hours=24))
    assert chain.holder.window_ends_at > NOW + timedelta(hours=30)


moves = st.lists(
    st.one_of(
        st.tuples(st.just("prove"), st.sampled_from(CODES)),
        st.tuples(st.just("admit"), st.sampled_from(CODES)),
        st.tuples(st.just("unproven"), st.integers(-1, 4)),
        st.tuples(st.just("withdraw"), st.none()),
        st.tuples(st.just("tick"), st.none()),
        st.tuples(st.just("wait"), st.integers(0, 30)),
    ),
    max_size=25,
)


@given(st.lists(st.sampled_from(CODES), min_size=1, max_size=5), moves)
def test_whoever_does_what_when_there_is_one_holder_until_there_is_one_ending(codes, moves):
    chain = make_chain(*codes)
    at, endings = NOW, 0
    for move, detail in moves:
        was_ended = chain.ending is not None
        at += HOUR * detail if move == "wait" else timedelta(0)
        try:
            apply(chain, move, detail, at)
        except BotError:
            pass
        else:
            assert move == "wait" or not was_ended
        endings += chain.ending is not None and not was_ended
        holding = states(chain).count(NodeState.holding.value)
        assert holding == (0 if chain.ending else 1)
    assert endings == sum(isinstance(event, Ending) for event in chain.events) <= 1
    assert_in_order(chain)


def apply(chain: Chain, move: str, detail, at) -> None:
    if move == "prove":
        prove(chain, detail, at=at)
    elif move == "admit":
        chain.admit(detail, by="a", at=at, rules=RULES)
    elif move == "unproven":
        chain.unproven(detail, by="a", at=at, rules=RULES)
    elif move == "withdraw":
        chain.withdraw(by="a", at=at, rules=RULES)
    elif move == "tick":
        chain.silent(by="system", at=at, rules=RULES)


def assert_in_order(chain: Chain) -> None:
    """Nobody's turn comes before everybody before it has had theirs."""
    began = [node.began_at for node in chain.nodes]
    reached = [moment for moment in began if moment is not None]
    assert began[: len(reached)] == reached == sorted(reached)
    if chain.ending and chain.ending.liable_unit:
        assert chain.liable_node.outlet_code == chain.ending.liable_unit
        assert chain.liable_node.began_at is not None
