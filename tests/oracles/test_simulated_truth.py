"""What the simulator knows against what a ledger answers: its tables, and the figures it prints."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from ledger import Ledger
from ledger.sample.truth import CustomerTruth
from tests.oracles.logs import Log, simulated
from tests.oracles.reading import Row, read, rebuilt

HOUR, DAY, MONEY = 3_600_000_000, 86_400_000_000, 10_000

Figure = dict[str, Any]

LOGS: dict[str, Callable[[], Log]] = {
    "as it arrives": lambda: simulated(500, 7),
    "in any order, in another zone": lambda: simulated(300, 3, zone="America/Sao_Paulo", shuffle=True),
}


class Told:
    """A ledger that recorded a simulation, and the truth of it."""

    def __init__(self, log: Log, ledger: Ledger) -> None:
        assert log.truth is not None
        self.customers: list[CustomerTruth] = log.truth.customers or []
        self.truth: dict[str, Any] = json.loads(log.truth.json())
        self.ledger = ledger
        self.tables = read(ledger)

    def figures(self, name: str, statistic: str, *by: str, **asked: Any) -> dict[Any, Figure]:
        """Return the figures of one statistic by the keys of their split (one key: by its value)."""
        found = [row for row in self.ledger.metrics(name, **asked) if row["statistic"] == statistic]
        told = {row[by[0]] if len(by) == 1 else tuple(row[key] for key in by): row for row in found}
        assert len(told) == len(found) > 0
        return told

    def figure(self, name: str, statistic: str, **asked: Any) -> Figure:
        """Return the only figure of one statistic."""
        (row,) = self.figures(name, statistic, **asked).values()
        return row


@pytest.fixture(scope="module", params=LOGS)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    log = LOGS[request.param]()
    with rebuilt(log, tmp_path_factory.mktemp("truth")) as ledger:
        yield Told(log, ledger)


def test_the_customers_are_the_people_once_merges_are_known(told: Told) -> None:
    assert {row["customer"] for row in told.tables["journey_position"]} == {c.customer_id for c in told.customers}
    assert told.figure("volume", "count", measure="customers")["value"] == told.truth["counts"]["people"]


def test_every_customer_made_the_visits_they_were_meant_to(told: Told) -> None:
    fields = ("stage", "entered_at", "left_at", "cycle", "transition")
    made: dict[str, list[Row]] = {}
    for row in sorted(told.tables["stage_visits"], key=lambda row: int(row["number"])):
        if row["track"] == "primary":
            made.setdefault(row["customer"], []).append(row)
    for customer in told.customers:
        found = [(*(row[name] for name in fields), tuple(row["skipped"])) for row in made[customer.customer_id]]
        meant = [(*(getattr(visit, name) for name in fields), visit.skipped) for visit in customer.visits]
        assert found == meant, customer.customer_id


def test_every_overlay_was_open_when_it_should_have_been(told: Told) -> None:
    found = sorted(
        (row["customer"], row["stage"], row["entered_at"], row["left_at"] or 0)
        for row in told.tables["stage_visits"]
        if row["track"] == "overlay"
    )
    assert found == sorted(
        (customer.customer_id, overlay.stage, overlay.entered_at, overlay.left_at or 0)
        for customer in told.customers
        for overlay in customer.overlays
    )


def test_every_case_has_the_times_it_was_told_with(told: Told) -> None:
    fields = ("opened_at", "first_response_at", "resolved_first_at", "resolved_last_at", "closed_at", "reopened",
              "reassigned", "escalated")  # fmt: skip
    found = {
        (row["customer"], row["case_id"]): [row[name] for name in fields]
        for row in told.tables["cases"]
        if row["kind"] == "case"
    }
    meant = {
        (customer.customer_id, case.case_id): [getattr(case, name) for name in fields]
        for customer in told.customers
        for case in customer.cases
    }
    assert found == meant


def test_a_position_folded_now_is_the_last_visit(told: Told) -> None:
    for customer in told.customers[::40]:
        position, last = told.ledger.position(customer.customer_id), customer.visits[-1]
        assert (position["stage"], position["cycle"]) == (last.stage, last.cycle)


def test_stages_hold_and_were_reached_by_as_many_as_meant(told: Told) -> None:
    standing = told.figures("volume", "count", "stage", measure="customers", by=["stage"])
    assert {stage: row["value"] for stage, row in standing.items()} == told.truth["position"]
    reached = told.figures("conversion", "count", "to_stage")
    assert {stage: row["value"] for stage, row in reached.items() if row["value"]} == told.truth["reached"]
    assert {row["n"] for row in reached.values()} == {told.truth["counts"]["people"]}


def test_dwell_is_that_of_the_visits(told: Told) -> None:
    means = told.figures("dwell", "mean", "stage")
    medians = told.figures("dwell", "median", "stage", "method")
    for stage, dwell in told.truth["dwell"].items():
        completed, lengths = dwell["completed"], _dwells(told, stage)
        if completed["n"]:
            assert means[stage]["n"] == completed["n"]
            assert means[stage]["value"] == pytest.approx(completed["total"] / completed["n"] / DAY)
            assert medians[stage, "completed"]["value"] == pytest.approx(np.median(lengths) / DAY)
            assert medians[stage, "completed"]["excluded"].get("open", 0) == dwell["open"]
            estimated = medians[stage, "kaplan_meier"]
            assert (estimated["n"], estimated["numerator"]) == (told.truth["visits"][stage], completed["n"])


def _dwells(told: Told, stage: str) -> list[int]:
    return [
        visit.left_at - visit.entered_at
        for customer in told.customers
        for visit in customer.visits
        if visit.stage == stage and visit.left_at is not None
    ]


def test_nps_of_every_stage_is_that_of_the_answers(told: Told) -> None:
    answers = told.truth["surveys"]["nps"]
    found = told.figures("nps", "score", "stage", by=["stage"])
    assert set(found) == set(answers["stages"])
    for row, scored in [(told.figure("nps", "score"), answers["all"])] + [
        (found[stage], scored) for stage, scored in answers["stages"].items()
    ]:
        assert (row["n"], row["numerator"]) == (scored["n"], scored["promoters"] - scored["detractors"])
        assert row["value"] == pytest.approx(100 * (scored["promoters"] - scored["detractors"]) / scored["n"])


def test_csat_of_every_stage_is_the_share_of_fours_and_fives(told: Told) -> None:
    answers = told.truth["surveys"]["csat"]
    shares = told.figures("csat", "share", "stage", by=["stage"])
    means = told.figures("csat", "mean", "stage", by=["stage"])
    assert set(shares) == set(answers["stages"])
    for stage, scored in answers["stages"].items():
        assert (shares[stage]["n"], shares[stage]["numerator"]) == (scored["n"], scored["satisfied"])
        assert means[stage]["value"] == pytest.approx(scored["total"] / scored["n"])


def test_ces_of_every_stage_is_the_mean(told: Told) -> None:
    answers = told.truth["surveys"]["ces"]
    means = told.figures("ces", "mean", "stage", by=["stage"])
    assert {stage: (row["n"], row["numerator"]) for stage, row in means.items()} == {
        stage: (scored["n"], scored["total"]) for stage, scored in answers["stages"].items()
    }


def test_surveys_sent_and_feedback_are_counted(told: Told) -> None:
    sent = told.figures("volume", "count", "kind", measure="surveys_sent", by=["kind"])
    assert {kind: row["value"] for kind, row in sent.items()} == told.truth["surveys_sent"]
    received = told.figures("volume", "count", "kind", measure="feedback", by=["kind"])
    assert {kind: row["value"] for kind, row in received.items()} == told.truth["feedback"]


def test_orders_their_value_and_the_cost_of_work_are_the_ones_told(told: Told) -> None:
    orders = told.figures("volume", "sum", "currency", measure="orders")
    assert {currency: row["n"] for currency, row in orders.items()} == told.truth["orders"]
    assert {currency: round(row["value"] * MONEY) for currency, row in orders.items()} == told.truth["order_value"]
    spent = told.figures("customer_value", "sum", "currency")
    assert {currency: round(row["value"] * MONEY) for currency, row in spent.items()} == told.truth["order_value"]
    counts = told.truth["counts"]
    work = told.figure("volume", "sum", measure="work")
    assert (work["n"], round(work["value"] * MONEY)) == (counts["work"], counts["work_cost_eur"])
    assert told.figure("volume", "sum", measure="minutes")["value"] == counts["work_minutes"]


def test_customers_bought_again_as_often_as_told(told: Told) -> None:
    counts, shares = told.truth["counts"], told.figures("repeat_purchase", "share", "occasion")
    for occasion, name in (("day", "people_with_orders_on_{}_days"), ("order", "people_with_{}_orders")):
        row = shares[occasion]
        assert (row["n"], row["numerator"]) == (counts[name.format(1)], counts[name.format(2)])


def test_channels_were_switched_as_often_as_told(told: Told) -> None:
    row, counts = told.figure("channel_switching", "share"), told.truth["counts"]
    assert (row["n"], row["numerator"]) == (counts["contacts_in_pairs"], counts["contacts_switched"])
    switches = [(row["switches_in"], row["switches_out"]) for row in told.tables["channel_history"]]
    assert [sum(way) for way in zip(*switches, strict=True)] == [counts["contacts_switched"]] * 2


@pytest.mark.parametrize("statistic", ["median", "p90", "mean"])
def test_times_of_cases_are_those_of_the_cases_told(told: Told, statistic: str) -> None:
    responses = told.figures("time_to_first_response", statistic, "clock", "method")
    response = responses["calendar", "completed"]
    _is(response, statistic, told, "first_response_at", "opening to first response")
    resolutions = told.figures("time_to_resolution", statistic, "resolution", "clock", "method")
    for which in ("first", "last"):
        resolution = resolutions[which, "calendar", "completed"]
        _is(resolution, statistic, told, f"resolved_{which}_at", f"opening to {which} resolution")


def _is(row: Figure, statistic: str, told: Told, until: str, name: str) -> None:
    lengths = [
        getattr(case, until) - case.opened_at
        for customer in told.customers
        for case in customer.cases
        if case.opened_at is not None and getattr(case, until) is not None
    ]
    tally = told.truth["lengths"][name]
    assert (row["n"], len(lengths), sum(lengths)) == (tally["n"], tally["n"], tally["total"])
    expected = np.mean(lengths) if statistic == "mean" else np.percentile(lengths, {"median": 50, "p90": 90}[statistic])
    assert row["value"] == pytest.approx(float(expected) / HOUR)
    assert row["excluded"].get("not_opened", 0) == told.truth["counts"]["cases_without_opening"]


def test_deliveries_were_late_as_often_as_told(told: Told) -> None:
    row, counts = told.figure("punctuality", "share"), told.truth["counts"]
    assert (row["n"], row["numerator"]) == (counts["deliveries"], counts["deliveries_late"])
