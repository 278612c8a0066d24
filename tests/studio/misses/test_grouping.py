"""Misses of like meaning find each other, at once and at night."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from bot.studio.misses.clusters import NOWHERE, Clusters
from bot.studio.misses.known import Known, Saying
from bot.studio.misses.mending import Ignored
from bot.studio.misses.tables import Miss, MissGroup, MissVector
from tests.studio.misses.builders import BATTERIES, HE, MissSite, not_understood, offer


def unit(rows: list[list[float]]) -> np.ndarray:
    vectors = np.array(rows, np.float32)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)


async def miss(site: MissSite, *texts: str) -> None:
    for number, text in enumerate(texts):
        await site.talk(f"v-{text}-{number}").asks(text, not_understood())
    await site.settle()


async def groups(site: MissSite) -> dict[str, tuple[int, int]]:
    """Size and open members by name."""
    async with site.database.transaction() as session:
        found = await session.scalars(select(MissGroup))
        return {group.name: (group.size, group.open) for group in found}


async def test_a_new_miss_joins_the_group_that_means_the_same(site: MissSite) -> None:
    await miss(site, "充电宝能寄吗呀", "今天天气怎么样呢")
    await miss(site, "充电宝能寄吗")

    assert await groups(site) == {"充电宝能寄吗呀": (2, 2), "今天天气怎么样呢": (1, 1)}


async def test_the_group_says_where_its_members_likeliest_belong_and_how_many_say_so(site: MissSite) -> None:
    await miss(site, "充电宝能寄吗", "充电宝能寄吗呀", "充电宝能寄么")
    async with site.database.transaction() as session:
        (group,) = await session.scalars(select(MissGroup).where(MissGroup.size == 3))

    assert (group.target, group.agree, group.asked) == ("topic:sending.batteries", 3, 3)


async def test_what_the_customer_chose_is_the_vote(site: MissSite) -> None:
    talk = site.talk()
    await talk.asks("嘟嘟嘟嘀嘀", offer(BATTERIES))
    await talk.asks("充电宝能寄吗", intent="faq", payload=BATTERIES.payload)
    await site.settle()
    async with site.database.transaction() as session:
        (group,) = await session.scalars(select(MissGroup))

    assert (group.target, group.agree) == ("topic:sending.batteries", 1)


async def test_at_night_groups_keep_their_number_and_their_counts_are_right(site: MissSite) -> None:
    await miss(site, "充电宝能寄吗", "充电宝能寄吗呀", "今天天气怎么样", "今天天气咋样")
    before = await groups(site)
    async with site.database.transaction() as session:
        ids = set(await session.scalars(select(MissGroup.id)))
        first = await session.scalar(select(func.min(Miss.id)))
    await site.misses.mend(HE, [first], Ignored())
    await site.misses.regroup()
    after = await groups(site)
    async with site.database.transaction() as session:
        assert set(await session.scalars(select(MissGroup.id))) <= ids

    assert sum(size for size, _ in after.values()) == sum(size for size, _ in before.values()) == 4
    assert sum(count for _, count in after.values()) == 3


async def test_what_belongs_together_is_one_group_after_the_night(site: MissSite) -> None:
    await miss(site, "充电宝能寄吗", "充电宝能寄吗呀", "充电宝能寄么")
    async with site.database.transaction() as session:
        lone = MissGroup(name="x", total=b"", weight=0, size=1, open=1, newest_at=site.clock(), votes={})
        session.add(lone)
        await session.flush()
        last = await session.scalar(select(func.max(Miss.id)))
        await session.execute(update(Miss).where(Miss.id == last).values(group_id=lone.id))
    await site.misses.regroup()

    assert list((await groups(site)).values()) == [(3, 3)]


async def test_another_encoder_makes_all_groups_anew(site: MissSite) -> None:
    await miss(site, "充电宝能寄吗", "充电宝能寄吗呀")
    site.encoder.hash = "another"
    await miss(site, "充电宝能寄么")
    async with site.database.transaction() as session:
        assert set(await session.scalars(select(MissVector.encoder))) == {"another"}

    assert sum(size for size, _ in (await groups(site)).values()) == 3


@given(st.lists(st.lists(st.floats(-1, 1), min_size=4, max_size=4), min_size=1, max_size=30))
def test_every_vector_is_in_one_cluster_and_sums_are_those_of_the_members(rows: list[list[float]]) -> None:
    vectors = unit(rows)
    clusters = Clusters.none(4, 0.8)
    places = clusters.take_in(vectors)

    assert places.min() > NOWHERE
    assert clusters.weights.sum() == len(rows)
    for place in range(len(clusters)):
        np.testing.assert_allclose(clusters.totals[place], vectors[places == place].sum(axis=0), atol=1e-5)


@given(st.lists(st.lists(st.floats(-1, 1), min_size=4, max_size=4), min_size=2, max_size=30))
def test_after_merging_no_two_clusters_mean_the_same_and_nothing_is_lost(rows: list[list[float]]) -> None:
    clusters = Clusters.none(4, 0.6)
    clusters.take_in(unit(rows))
    into = clusters.merged()
    alive = np.flatnonzero(clusters.weights > 0)
    like = clusters.means[alive] @ clusters.means[alive].T

    assert clusters.weights.sum() == len(rows)
    assert set(into) == set(alive)
    assert (like[~np.eye(len(alive), dtype=bool)] < clusters.together + 1e-4).all()


def test_nothing_known_means_no_votes_and_no_neighbours() -> None:
    known = Known.of([], np.zeros((0, 4), np.float32), "none")
    seen = known.seen(unit([[1, 0, 0, 0]]))

    assert known.votes(seen) == [""]
    assert known.nearest(seen[0], 3) == []


def test_a_sentence_far_from_everything_taught_votes_for_nothing() -> None:
    sayings = [Saying(str(number), f"intent:{number % 2}") for number in range(4)]
    known = Known("e", np.zeros(4, np.float32), 0.5, tuple(one.target for one in sayings), unit(np.eye(4).tolist()))

    assert known.votes(unit([[1, 0, 0, 0], [1, 1, 1, 1.1]]))[0] == "intent:0"
