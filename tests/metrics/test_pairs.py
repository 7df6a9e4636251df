"""The difference of shares of the same things seen twice, and its published interval."""

from __future__ import annotations

import pytest

from ledger.metrics.differences import newcombe
from ledger.metrics.pairs import Pairs


@pytest.mark.parametrize(
    ("pairs", "low", "high"),
    [
        # Newcombe (1998), Statistics in Medicine 17: 2635-2650, his examples, method 10.
        (Pairs(36, 2, 12, 0), 0.0569, 0.3404),
        (Pairs(54, 0, 0, 0), -0.0664, 0.0664),
    ],
)
def test_the_interval_is_the_published_one(pairs: Pairs, low: float, high: float) -> None:
    assert pairs.interval == pytest.approx((low, high), abs=5e-5)


def test_the_difference_is_what_came_only_later_minus_what_was_only_at_first() -> None:
    assert Pairs(3, 1, 4, 2).difference == pytest.approx(0.3)


def test_first_and_later_exchanged_turn_the_interval_around() -> None:
    low, high = Pairs(5, 2, 9, 14).interval or (0, 0)
    assert Pairs(5, 9, 2, 14).interval == pytest.approx((-high, -low))


def test_what_goes_together_makes_the_interval_narrower() -> None:
    together, apart = Pairs(40, 5, 10, 45).interval, Pairs(25, 20, 25, 30).interval
    assert together is not None
    assert apart is not None
    assert together[1] - together[0] < apart[1] - apart[0]


def test_what_hardly_goes_together_is_taken_as_independent() -> None:
    # 15·16 − 15·14 is 30, no more than half of 60: Newcombe's correction leaves nothing of it.
    assert Pairs(15, 15, 14, 16).interval == pytest.approx(newcombe((30, 60), (29, 60)))
    assert Pairs(20, 10, 9, 21).interval != pytest.approx(newcombe((30, 60), (29, 60)))


def test_no_pairs_have_no_difference() -> None:
    assert (Pairs(0, 0, 0, 0).difference, Pairs(0, 0, 0, 0).interval) == (None, None)
