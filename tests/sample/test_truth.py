"""The truth against the ledger: what the tracker and the folds make of the lines is what was intended."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from ledger.sample import Truth, simulate_lines
from ledger.sample.truth import CustomerTruth
from tests.sample.listener import Listener, Rows, summed

Customers = list[tuple[CustomerTruth, dict[str, Rows]]]


class Heard:
    """A simulation and what the ledger's folds make of it."""

    def __init__(self, customers: int, seed: int, *, zone: str = "UTC", shuffle: bool = False) -> None:
        truth = Truth(keep_customers=True)
        listener = Listener(zone).hear(simulate_lines(customers, seed, zone=zone, shuffle=shuffle, truth=truth))
        folded = listener.customers()
        self.report: dict[str, Any] = json.loads(truth.json())
        self.repeated = listener.repeated
        self.keys = set(folded)
        self.customers: Customers = [
            (customer, listener.rows(folded[customer.customer_id])) for customer in truth.customers or []
        ]
        self.metrics: Rows = [row for _, rows in self.customers for row in rows["experience_metrics"]]


@pytest.fixture(scope="module", params=["as it arrives", "shuffled", "in another zone"])
def heard(request: pytest.FixtureRequest) -> Heard:
    if request.param == "shuffled":
        return Heard(400, 12, shuffle=True)
    return Heard(1_200, 7) if request.param == "as it arrives" else Heard(300, 3, zone="America/Sao_Paulo")


def visits(rows: Rows, track: str) -> list[tuple[Any, ...]]:
    return [
        (row["stage"], row["entered_at"], row["left_at"], row["cycle"], row["transition"], tuple(row["skipped"]))
        for row in rows
        if row["track"] == track
    ]


def test_merges_and_unmerges_leave_the_people_that_were_simulated(heard: Heard) -> None:
    assert heard.keys == {customer.customer_id for customer, _ in heard.customers}
    assert heard.report["counts"]["people"] == len(heard.keys)


def test_the_journey_of_every_customer_is_the_one_intended(heard: Heard) -> None:
    for customer, rows in heard.customers:
        intended = [
            (visit.stage, visit.entered_at, visit.left_at, visit.cycle, visit.transition, visit.skipped)
            for visit in customer.visits
        ]
        assert visits(rows["stage_visits"], "primary") == intended, customer.customer_id


def test_overlays_are_open_when_a_case_is_or_the_customer_has_spoken_for_us(heard: Heard) -> None:
    for customer, rows in heard.customers:
        found = [
            (row["stage"], row["entered_at"], row["left_at"])
            for row in rows["stage_visits"]
            if row["track"] == "overlay"
        ]
        intended = [(visit.stage, visit.entered_at, visit.left_at) for visit in customer.overlays]
        assert sorted(found, key=str) == sorted(intended, key=str), customer.customer_id


def test_every_case_goes_the_way_it_was_told(heard: Heard) -> None:
    fields = (
        "opened_at", "first_response_at", "resolved_first_at", "resolved_last_at", "closed_at", "reopened",
        "reassigned", "escalated",
    )  # fmt: skip
    for customer, rows in heard.customers:
        found = {row["case_id"]: [row[field] for field in fields] for row in rows["cases"] if row["kind"] == "case"}
        assert found == {case.case_id: [getattr(case, field) for field in fields] for case in customer.cases}


def test_segments_are_the_latest_ones(heard: Heard) -> None:
    for customer, rows in heard.customers:
        assert rows["journey_position"][0]["segments"] == customer.segments


def test_contacts_switch_channels_as_often_as_told(heard: Heard) -> None:
    for customer, rows in heard.customers:
        counted = {value: n for (value,), (n, _) in summed(rows["experience_metrics"], "switching", "value").items()}
        pairs = {value: n for value, n in counted.items() if value}  # the others are contacts on no known channel
        assert pairs.get("switched", 0) == customer.contacts_switched
        assert sum(pairs.values()) == customer.contacts_in_pairs


@pytest.mark.parametrize("metric", ["nps", "csat", "ces"])
def test_ratings_of_every_stage_are_the_ones_given(heard: Heard, metric: str) -> None:
    found: dict[str, dict[str, int]] = {}
    for (stage, score), (n, _) in summed(heard.metrics, metric, "stage", "value").items():
        found.setdefault(stage, {})[score] = n
    told = heard.report["surveys"][metric]
    assert found == {stage: scored["scores"] for stage, scored in told["stages"].items()}
    assert told["all"]["n"] == sum(sum(scores.values()) for scores in found.values()) > 0
    sent = summed(heard.metrics, "survey_sent", "unit")
    assert sent[metric,][0] == told["sent"]


def test_promoters_and_detractors_add_up(heard: Heard) -> None:
    for scored in (heard.report["surveys"]["nps"]["all"], *heard.report["surveys"]["nps"]["stages"].values()):
        scores = {int(score): n for score, n in scored["scores"].items()}
        assert scored["promoters"] == sum(n for score, n in scores.items() if score >= 9)
        assert scored["promoters"] + scored["passives"] + scored["detractors"] == scored["n"]


def test_orders_and_their_value_are_the_ones_placed(heard: Heard) -> None:
    found = summed(heard.metrics, "order", "unit")
    assert {unit: n for (unit,), (n, _) in found.items()} == heard.report["orders"]
    assert {unit: total for (unit,), (_, total) in found.items()} == heard.report["order_value"]
    days = [
        {row["period"] for row in rows["experience_metrics"] if row["measure"] == "order"}
        for _, rows in heard.customers
    ]
    assert heard.report["counts"]["people_with_orders_on_2_days"] == sum(len(on) >= 2 for on in days)


def test_work_costs_what_was_told(heard: Heard) -> None:
    (n, total), counts = summed(heard.metrics, "work", "unit")["EUR",], heard.report["counts"]
    assert (n, total) == (counts["work"], counts["work_cost_eur"])
    assert summed(heard.metrics, "minutes")[()][1] == counts["work_minutes"] * 10_000


def test_dwell_is_counted_from_the_visits(heard: Heard) -> None:
    completed: Counter[str] = Counter()
    total: Counter[str] = Counter()
    opened: Counter[str] = Counter()
    for customer, _ in heard.customers:
        for visit in customer.visits:
            opened[visit.stage] += visit.left_at is None
            if visit.left_at is not None:
                completed[visit.stage] += 1
                total[visit.stage] += visit.left_at - visit.entered_at
    for stage, told in heard.report["dwell"].items():
        assert (told["completed"]["n"], told["completed"]["total"]) == (completed[stage], total[stage])
        assert sum(told["completed"]["whole_units"].values()) == completed[stage]
        assert told["open"] == opened[stage]


def test_feedback_goes_round_the_loop_as_told(heard: Heard) -> None:
    steps = Counter[str]()
    for _, rows in heard.customers:
        for row in rows["cases"]:
            if row["kind"] == "feedback" and row["case_id"].startswith("feedback-"):
                steps["received"] += row["opened_at"] is not None
                steps["dispatched"] += row["dispatched_at"] is not None
                steps["resolved"] += row["resolved_first_at"] is not None
                steps["communicated"] += row["communicated_at"] is not None
    assert dict(steps) == heard.report["feedback_steps"]


def test_deliveries_are_late_as_often_as_told(heard: Heard) -> None:
    delivered = late = 0
    for _, rows in heard.customers:
        for row in rows["cases"]:
            if row["kind"] == "order" and row["resolved_first_at"] is not None:
                delivered += 1
                late += row["resolved_first_at"] > row["promised_at"]
    counts = heard.report["counts"]
    assert (delivered, late) == (counts["deliveries"], counts["deliveries_late"])


def test_second_deliveries_are_recognised(heard: Heard) -> None:
    assert heard.repeated == heard.report["counts"]["duplicates"] > 0


def test_every_kind_of_transition_is_taken() -> None:
    truth = Truth()
    for _ in simulate_lines(600, 7, truth=truth):
        pass
    kinds = {"advance", "skip", "regress", "restart", "terminal", "win_back"}
    assert set(truth.report()["transitions"]) == kinds
