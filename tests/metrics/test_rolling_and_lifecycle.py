"""Rolling retention and the lifecycle of customers, against a plain reading of the same definitions."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ledger.metrics.lifecycle import lifecycle, parts_of
from ledger.metrics.occasions import occasions
from ledger.metrics.rolling import PERIODS_LATER, Kept, kept, rolling_retention

acts = st.lists(st.tuples(st.integers(1, 5), st.integers(0, 120)), max_size=40)
months = st.sets(st.integers(1, 30), max_size=12)


@given(acts, st.integers(1, 12), st.integers(0, 140))
def test_who_is_kept_is_what_their_days_say(drawn: list[tuple[int, int]], period: int, until: int) -> None:
    found = kept(occasions([who for who, _ in drawn], [day for _, day in drawn]), until, period)
    for who, told in zip(sorted({who for who, _ in drawn}), found, strict=True):
        days = [day for one, day in drawn if one == who]
        since = [day - min(days) for day in days]
        for k, period_told in zip(PERIODS_LATER, told, strict=True):
            assert period_told == Kept(
                over=min(days) + (k + 1) * period <= until + 1,
                within=any(k * period <= later < (k + 1) * period for later in since),
                or_later=any(later >= k * period for later in since),
            )


def test_who_was_not_watched_long_enough_is_left_out_as_immature() -> None:
    customers = kept(occasions([1, 1, 2, 2], [0, 31, 20, 52]), until=59)
    figures = [figure for figure in rolling_retention(customers) if figure.by["days_later"] == 30]
    assert [(figure.value, figure.n, figure.excluded) for figure in figures] == [(1.0, 1, {"immature": 1})] * 2


def test_a_day_before_the_period_is_none_of_it_and_a_day_after_it_is_later() -> None:
    early, later = (kept(occasions([1, 1], [0, day]), until=999)[0][0] for day in (29, 60))
    assert (early.within, early.or_later) == (False, False)
    assert (later.within, later.or_later) == (False, True)


@given(st.lists(months, max_size=8))
def test_the_active_are_the_new_the_returning_and_the_resurrecting_and_the_others_of_before_are_dormant(
    customers: list[set[int]],
) -> None:
    until = 25
    parts: Counter[tuple[int, str]] = Counter()
    for active in customers:
        parts.update(parts_of(active, until))
    for month in range(1, until + 1):
        now, before = (sum(at in active for active in customers) for at in (month, month - 1))
        came = parts[month, "new"] + parts[month, "resurrecting"]
        assert now == came + parts[month, "returning"]
        assert before == parts[month, "returning"] + parts[month, "dormant"]
        assert parts[month, "new"] == sum(bool(active) and min(active) == month for active in customers)
    assert all(month <= until for month, _ in parts)


def test_the_quick_ratio_is_who_came_over_who_went() -> None:
    told = {
        (figure.statistic, figure.by.get("lifecycle")): figure
        for figure in lifecycle(["new", "new", "returning", "resurrecting", "dormant", "dormant"])
    }
    assert told["ratio", None].value == 1.5
    assert (told["share", None].value, told["share", None].n) == (1 / 3, 3)
    assert (told["count", "active"].value, told["count", "dormant"].value) == (4, 2)


def test_where_nobody_goes_there_is_no_ratio_and_where_nobody_was_nothing_to_stay() -> None:
    figures = {figure.statistic: figure for figure in lifecycle(["new"])}
    assert (figures["ratio"].value, figures["share"].value) == (None, None)
