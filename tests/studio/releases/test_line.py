"""Which release answers whom: pure, so its laws are checked on whatever hypothesis thinks of."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from bot.studio.releases.line import Line, part_of

IDS = st.integers(min_value=0, max_value=2**128 - 1).map(lambda number: UUID(int=number))
SHARES = st.sampled_from([0, 5, 25, 50, 100])


def make_line(share: int = 5, candidate: str | None = "new") -> Line:
    served = frozenset({"old"} | ({candidate} if candidate else set()))
    return Line("old", candidate, share, served)


@given(IDS, SHARES)
def test_the_choice_is_the_same_every_time(conversation_id: UUID, share: int) -> None:
    line = make_line(share)

    assert line.for_new(conversation_id) == line.for_new(conversation_id)


@given(IDS, SHARES, SHARES)
def test_who_is_in_a_share_stays_in_a_wider_one(conversation_id: UUID, one: int, other: int) -> None:
    narrow, wide = sorted((one, other))

    if make_line(narrow).for_new(conversation_id) == "new":
        assert make_line(wide).for_new(conversation_id) == "new"


@given(IDS, SHARES, st.sampled_from(["old", "new"]))
def test_a_running_conversation_keeps_its_release(conversation_id: UUID, share: int, pinned: str) -> None:
    assert make_line(share).for_turn(conversation_id, pinned, slept=False) == pinned


@given(IDS, SHARES)
def test_one_that_slept_begins_anew(conversation_id: UUID, share: int) -> None:
    line = make_line(share)

    assert line.for_turn(conversation_id, "old", slept=True) == line.for_new(conversation_id)


@given(IDS, SHARES)
def test_a_withdrawn_release_leaves_its_conversations_to_the_stable_one(conversation_id: UUID, share: int) -> None:
    assert make_line(share).for_turn(conversation_id, "withdrawn", slept=False) == "old"


def test_five_percent_are_about_five_percent_and_another_release_draws_others() -> None:
    ids = [UUID(int=number * 7919) for number in range(20_000)]
    one = {each for each in ids if part_of(each, "2026-03-04-1") < 500}
    other = {each for each in ids if part_of(each, "2026-03-04-2") < 500}

    assert 0.045 < len(one) / len(ids) < 0.055
    assert len(one & other) < len(one) / 5
