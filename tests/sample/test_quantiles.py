"""Distributions stated by their quantiles are drawn as stated."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.sample.quantiles import Quantiles, mix

SHARES = st.floats(0, 1)


@st.composite
def distributions(draw: st.DrawFn) -> Quantiles:
    inner = draw(st.lists(st.floats(0.01, 0.99), max_size=5, unique=True))
    values = draw(st.lists(st.floats(0, 1000), min_size=len(inner) + 2, max_size=len(inner) + 2))
    return Quantiles(tuple(zip([0.0, *sorted(inner), 1.0], sorted(values), strict=True)))


@given(distributions(), SHARES, SHARES)
def test_a_larger_share_never_has_a_smaller_value(distribution: Quantiles, one: float, other: float) -> None:
    low, high = sorted([one, other])
    assert distribution.at(low) <= distribution.at(high) + 1e-9


@given(distributions())
def test_the_stated_quantiles_are_exact(distribution: Quantiles) -> None:
    for share, value in distribution.knots:
        assert distribution.at(share) == pytest.approx(value, abs=1e-9)


def test_the_mean_is_that_of_many_draws() -> None:
    distribution = Quantiles(((0, 1), (0.5, 3), (0.9, 10), (1, 50)))
    draw = Random(1).random
    drawn = sum(distribution.at(draw()) for _ in range(50_000)) / 50_000
    assert drawn == pytest.approx(distribution.mean, rel=0.02)


def test_a_mix_gives_each_option_its_weight() -> None:
    wanted = mix(often=3, seldom=1)
    draw = Random(1).random
    drawn = [wanted.at(draw()) for _ in range(20_000)]
    assert drawn.count("often") == pytest.approx(15_000, rel=0.02)
    assert wanted.at(0) == "often"
    assert wanted.at(0.999999999) == "seldom"
