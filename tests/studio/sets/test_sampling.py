from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.studio.sets.sampling import allot, band_of, is_taken


@given(total=st.integers(1, 60), share=st.integers(1, 60))
def test_every_message_is_taken_with_the_same_probability(total, share):
    size = min(share, total)
    places = range(1, total + 1)
    taken = Counter(place for start in range(total) for place in places if is_taken(place, total, size, start))

    assert {Fraction(taken[place], total) for place in range(1, total + 1)} == {Fraction(size, total)}


@given(total=st.integers(1, 300), size=st.integers(1, 300), start=st.integers(0, 10**9))
def test_as_many_are_taken_as_were_wished_for(total, size, start):
    assume(size <= total)

    assert sum(is_taken(place, total, size, start % total) for place in range(1, total + 1)) == size


@given(total=st.integers(10, 300), size=st.integers(1, 10), cut=st.integers(1, 9), start=st.integers(0, 9))
def test_whoever_stands_together_in_the_row_is_represented_in_proportion(total, size, cut, start):
    until = total * cut // 10
    taken = sum(is_taken(place, total, size, start) for place in range(1, until + 1))

    assert abs(taken - until * size / total) < 1


totals = st.dictionaries(st.integers(0, 3), st.integers(0, 400), min_size=1)


@given(totals=totals, size=st.integers(1, 500), evenly=st.booleans())
def test_what_is_allotted_adds_up_and_no_band_gives_more_than_it_has(totals, size, evenly):
    given_to = allot(totals, size, evenly=evenly)

    assert sum(given_to.values()) == min(size, sum(totals.values()))
    assert all(0 <= n <= totals[band] for band, n in given_to.items())


def test_evenly_means_the_same_of_each_band_as_far_as_there_are_so_many():
    assert allot({0: 5, 1: 100, 2: 1000}, 45, evenly=True) == {0: 5, 1: 20, 2: 20}


def test_in_proportion_means_what_is_rare_stays_rare():
    assert allot({0: 10, 3: 990}, 100, evenly=False) == {0: 1, 3: 99}


@given(totals=totals, size=st.integers(8, 200), start=st.integers(0, 10**9))
def test_the_sum_of_weights_is_the_number_of_messages(totals, size, start):
    sizes = {band: n for band, n in allot(totals, size, evenly=True).items() if n}
    assume(set(sizes) == {band for band, n in totals.items() if n})
    weights = [
        totals[band] / n
        for band, n in sizes.items()
        for place in range(1, totals[band] + 1)
        if is_taken(place, totals[band], n, start % totals[band])
    ]

    assert sum(weights) == pytest.approx(sum(totals.values()))


@pytest.mark.parametrize(("sure", "band"), [(None, 0), (0.0, 0), (0.39, 0), (0.4, 1), (0.7, 2), (0.9, 3), (1.0, 3)])
def test_bands_of_confidence(sure, band):
    assert band_of(sure) == band
