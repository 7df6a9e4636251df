"""The interval of a difference of shares equals the published examples."""

from __future__ import annotations

import pytest

from ledger.metrics.differences import newcombe


@pytest.mark.parametrize(
    ("counted", "low", "high"),
    [
        # Newcombe (1998), Statistics in Medicine 17, table II, method 10.
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((10, 10, 0, 10), 0.6075, 1.0),
    ],
)
def test_the_interval_is_the_published_one(counted: tuple[int, int, int, int], low: float, high: float) -> None:
    y, m, x, n = counted
    assert newcombe((x, n), (y, m)) == pytest.approx((low, high), abs=5e-5)


def test_without_anything_on_one_side_there_is_no_interval() -> None:
    assert newcombe((0, 0), (3, 10)) is None
    assert newcombe((3, 10), (0, 0)) is None
