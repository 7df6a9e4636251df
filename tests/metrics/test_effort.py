"""The effort score: what makes it, how far each part counts, and that the parts add up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.metrics.effort import PARTS, effort_score
from ledger.metrics.figure import Figure

EASY = (1, 1, 0, 0, 0, 0)
"""A resolved case with one contact and nothing else."""


def figures(statistic: str, *cases: tuple[int | None, int, int, int, int, int]) -> dict[str, Figure]:
    return {str(figure.by["part"]): figure for figure in effort_score(cases) if figure.statistic == statistic}


def points(*times: int) -> dict[str, float | int | None]:
    contacts, handovers, reopened, repeated, switches = times
    told = figures("score", (1, contacts, handovers, reopened, repeated, switches))
    return {part: figure.value for part, figure in told.items()}


def test_one_contact_that_solves_it_is_no_effort_and_the_hardest_case_is_a_hundred() -> None:
    assert set(points(1, 0, 0, 0, 0).values()) == {0}
    assert set(points(0, 0, 0, 0, 0).values()) == {0}
    hardest = {"contacts": 30, "handovers": 20, "reopenings": 20, "repeated_information": 20, "switches": 10}
    assert points(5, 3, 2, 2, 3) == {"all": 100, **hardest}
    assert points(50, 30, 20, 20, 30) == points(5, 3, 2, 2, 3)


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ((2, 0, 0, 0, 0), 7.5),
        ((1, 1, 0, 0, 0), 20 / 3),
        ((1, 0, 1, 0, 0), 10),
        ((1, 0, 0, 1, 0), 10),
        ((1, 0, 0, 0, 1), 10 / 3),
    ],
)
def test_each_part_adds_its_own(times: tuple[int, ...], expected: float) -> None:
    assert points(*times)["all"] == pytest.approx(expected, rel=1e-15)


_TIMES = st.integers(0, 9)


@given(st.lists(st.tuples(st.just(1), _TIMES, _TIMES, _TIMES, _TIMES, _TIMES), min_size=1, max_size=20))
def test_the_parts_add_up_to_the_whole_and_it_stays_between_0_and_100(
    cases: list[tuple[int, int, int, int, int, int]],
) -> None:
    told = {part: figure.value or 0 for part, figure in figures("score", *cases).items()}
    assert sum(told[part.name] for part in PARTS) == pytest.approx(told["all"])
    assert 0 <= told["all"] <= 100


def test_unresolved_cases_are_left_out_and_the_mean_has_an_interval_from_two_on() -> None:
    told = figures("score", (None, 9, 9, 9, 9, 9), EASY, (1, 5, 0, 0, 0, 0))["all"]
    assert (told.value, told.n, told.excluded) == (15, 2, {"unresolved": 1})
    # Two cases of 0 and 30 points: the standard error is 15, Student's t with one degree of freedom 12.7062.
    assert [told.low, told.high] == pytest.approx([15 - 15 * 12.706204736, 15 + 15 * 12.706204736])
    assert figures("score", EASY)["all"].low is None


def test_what_happened_is_told_uncapped_beside_its_points() -> None:
    told = figures("mean", (1, 9, 6, 0, 0, 0), EASY)
    assert {part: figure.value for part, figure in told.items()} == {
        "contacts": 5,
        "handovers": 3,
        "reopenings": 0,
        "repeated_information": 0,
        "switches": 0,
    }


def test_the_median_is_of_the_whole_score() -> None:
    told = figures("median", EASY, EASY, (1, 1, 3, 0, 0, 0))
    assert {part: figure.value for part, figure in told.items()} == {"all": 0}


def test_without_a_resolved_case_there_is_no_score() -> None:
    assert {figure.value for figure in effort_score([])} == {None}
    assert {figure.n for figure in effort_score([(None, 1, 0, 0, 0, 0)])} == {0}
