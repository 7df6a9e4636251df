"""The definitions meet the figures that pandas computed from the real logs, read here without a ledger."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ledger.metrics.cohorts import purchase_intervals, recency, repeat_purchase, retention
from ledger.metrics.durations import throughput
from ledger.metrics.figure import Figure
from ledger.metrics.occasions import Occasions, occasions
from ledger.metrics.ratings import score_counts, survey_score
from ledger.metrics.sequences import handovers, transitions, variants
from ledger.metrics.value import customer_value

pytestmark = pytest.mark.real

EPOCH = date(1970, 1, 1)


def truth(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    return found


def told(figures: list[Figure], statistic: str) -> float | int | None:
    (figure,) = [figure for figure in figures if figure.statistic == statistic]
    return figure.value


def purchases(folder: Path) -> Iterator[tuple[int, int, int]]:
    """Yield (customer, day, amount in 1/10,000) of each CDNOW purchase."""
    for line in (folder / "CDNOW_master.txt").read_text(encoding="ascii").splitlines()[1:]:
        if line.strip():
            customer, when, _, amount = line.split()
            day = date(int(when[:4]), int(when[4:6]), int(when[6:]))
            yield int(customer), (day - EPOCH).days, int(Decimal(amount) * 10_000)


@pytest.fixture(scope="module")
def cdnow(real_data: Path) -> tuple[dict[str, Any], list[tuple[int, int, int]], Occasions]:
    rows = list(purchases(real_data / "cdnow"))
    return truth(real_data / "cdnow"), rows, occasions([row[0] for row in rows], [row[1] for row in rows])


def test_cdnow_customers_come_back_as_pandas_says(
    cdnow: tuple[dict[str, Any], list[tuple[int, int, int]], Occasions],
) -> None:
    expected, rows, bought = cdnow
    by_day = repeat_purchase(bought.per_customer())
    by_row = repeat_purchase(np.unique([row[0] for row in rows], return_counts=True)[1], "order")
    assert told(by_day, "share") == pytest.approx(expected["repeat_purchase_rate(>=2 distinct days)"])
    assert told(by_row, "share") == pytest.approx(expected["repeat_purchase_rate(>=2 rows)"])
    assert told(by_day, "mean") == pytest.approx(expected["mean_purchase_days"])
    assert told(by_day, "sum") == expected["customer_days"]
    gaps, judged = purchase_intervals(bought), expected["interpurchase_days"]
    assert (told(gaps, "count"), told(gaps, "median"), told(gaps, "p90")) == (
        judged["n"],
        judged["median"],
        judged["p90"],
    )
    assert told(gaps, "mean") == pytest.approx(judged["mean"])


def test_cdnow_cohorts_stay_as_pandas_says(
    cdnow: tuple[dict[str, Any], list[tuple[int, int, int]], Occasions],
) -> None:
    expected, _, bought = cdnow
    end = (date.fromisoformat(expected["last"]) - EPOCH).days
    figures = retention(bought, end)
    sizes = {figure.by["cohort"]: figure.value for figure in figures if figure.statistic == "count"}
    assert sizes == expected["customers_by_first_month"]
    for figure in figures:
        if figure.statistic == "share":
            judged = expected[f"retention_{figure.by['cohort']}"][str(figure.by["months_later"])]
            assert figure.value == pytest.approx(judged, abs=5e-7)


def test_cdnow_recency_and_value_are_as_pandas_says(
    cdnow: tuple[dict[str, Any], list[tuple[int, int, int]], Occasions],
) -> None:
    expected, rows, bought = cdnow
    since = recency(bought, (date(1998, 6, 30) - EPOCH).days)
    judged = expected["recency_days_at_1998-06-30"]
    assert told(since, "median") == judged["median"]
    assert told(since, "share") == pytest.approx(judged["share_gt_180"])
    amounts: dict[int, int] = defaultdict(int)
    for customer, _, amount in rows:
        amounts[customer] += amount
    worth = customer_value(amounts.values(), "USD")
    assert (told(worth, "count"), told(worth, "sum")) == (expected["customers"], expected["revenue"])
    assert told(worth, "mean") == pytest.approx(expected["clv_observed_mean"])
    assert told(worth, "share") == pytest.approx(expected["clv_observed_top10pct_share"], abs=1e-12)


def test_olist_satisfaction_is_as_pandas_says(real_data: Path) -> None:
    expected = truth(real_data / "olist")
    with (real_data / "olist" / "olist_order_reviews_dataset.csv").open(encoding="utf-8", newline="") as file:
        ratings = [("1-5", row["review_score"], 1) for row in csv.DictReader(file)]
    share, mean = survey_score("csat", ratings)
    assert share.n == expected["reviews"]
    assert share.value == pytest.approx(expected["csat_top2box"])
    assert mean.value == pytest.approx(expected["mean_score"])
    assert [share.low, share.high] == pytest.approx(expected["csat_wilson95"], abs=1e-12)
    scores = {figure.by["score"]: figure.value for figure in score_counts("csat", ratings)}
    assert scores == expected["score_counts"]


def test_receipt_cases_pass_through_as_pandas_says(real_data: Path) -> None:
    expected = truth(real_data / "receipt")
    cases: dict[str, list[tuple[datetime, str, str]]] = defaultdict(list)
    with (real_data / "receipt" / "receipt.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            at = datetime.fromisoformat(row["time:timestamp"]).astimezone(UTC)
            cases[row["case:concept:name"]].append((at, row["concept:name"], row["org:group"]))
    for events in cases.values():
        events.sort(key=lambda event: event[0])
    lasted = throughput([(_microseconds(events[0][0]), _microseconds(events[-1][0])) for events in cases.values()])
    for statistic, judged in expected["throughput_hours"].items():
        assert told(lasted, statistic) == pytest.approx(judged)
    steps = [[step for _, step, _ in events] for events in cases.values()]
    found = {f"{figure.by['from_step']}->{figure.by['to_step']}": figure.value for figure in transitions(steps)}
    assert {pair: found[pair] for pair in expected["top_transitions"]} == expected["top_transitions"]
    count, top, *_ = variants(steps)
    assert (count.value, top.numerator) == (expected["variants"], expected["top_variant_count"])
    changes = [sum(a[2] != b[2] for a, b in pairwise(events)) for events in cases.values()]
    assert told(handovers(changes), "mean") == pytest.approx(expected["mean_group_handovers_per_case"])


def _microseconds(at: datetime) -> int:
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
