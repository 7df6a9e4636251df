"""The mappings that ship, over the real logs: nothing is rejected, and the truth can be told from the events."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest

from ledger.events import VOCABULARY
from ledger.ingest.mapping import load_mapping
from ledger.ingest.read import Place, read
from ledger.ingest.tally import Tally
from ledger.journey.channels import ChannelRegistry
from ledger.schemas.channels import channels_from_toml
from ledger.schemas.prepare import Prepared, Preparer

pytestmark = pytest.mark.real

EXAMPLES = Path(__file__).parents[2] / "examples"
HOUR = 3_600_000_000


class Log:
    """A real log as the events that its mapping makes, each prepared as for appending."""

    def __init__(self, name: str, folder: Path) -> None:
        self.truth: dict[str, Any] = json.loads((folder / name / "truth.json").read_text(encoding="utf-8"))
        preparer = Preparer(VOCABULARY, ZoneInfo("UTC"))
        self.events: list[Prepared] = []
        self.places: list[Place] = []
        rejects = []
        reading = read(load_mapping(EXAMPLES / name / "mapping.toml"), folder / name)
        for batch in reading:
            self.events += [preparer.prepare(event, received=0) for event in batch.events]
            self.places += batch.places
            rejects += batch.rejects
        assert rejects == []
        self.tally: Tally = reading.tally
        assert self.tally.balanced
        assert self.tally.repeated == 0
        ids = Counter(prepared.event.event_id for prepared in self.events)
        assert len(ids) == len(self.events)

    def of(self, type_: str) -> list[Prepared]:
        return [prepared for prepared in self.events if prepared.event.type == type_]

    def at(self, type_: str, key: str) -> dict[str, int]:
        """Return when each case or interaction had its event of a type."""
        return {getattr(prepared.event, key): prepared.at for prepared in self.of(type_)}


def own(prepared: Prepared) -> Any:
    """Return the own fields of an event, whatever its type."""
    return prepared.event.data


def day(at: int) -> date:
    return datetime.fromtimestamp(at / 1e6, ZoneInfo("America/Sao_Paulo")).date()


def hours(start: dict[str, int], end: dict[str, int]) -> Any:
    return np.array([(end[key] - start[key]) / HOUR for key in end if key in start])


@pytest.fixture(scope="module")
def olist(real_data: Path) -> Log:
    return Log("olist", real_data)


@pytest.fixture(scope="module")
def cdnow(real_data: Path) -> Log:
    return Log("cdnow", real_data)


@pytest.fixture(scope="module")
def receipt(real_data: Path) -> Log:
    return Log("receipt", real_data)


def test_olist_counts_are_those_of_the_truth(olist: Log) -> None:
    truth = olist.truth
    placed = olist.of("order.placed")
    assert len(placed) == truth["orders"]
    assert len({prepared.event.customer_id for prepared in olist.events}) == truth["unique_customers"]
    assert Counter(prepared.event.outcome for prepared in placed) == truth["status"]
    assert len(olist.of("order.delivered")) == truth["status"]["delivered"]
    assert len(olist.of("order.cancelled")) == truth["status"]["canceled"]
    assert sum(Decimal(own(prepared).value) for prepared in placed) == Decimal(str(truth["payment_total"]))
    assert sum(own(prepared).quantity or 0 for prepared in placed) == truth["items"]
    assert sum(len(own(prepared).items or []) for prepared in placed) == truth["items"]
    payments = olist.of("payment.settled") + olist.of("payment.failed")
    assert Counter(own(prepared).method for prepared in payments) == truth["payment_types"]
    assert sum(Decimal(own(prepared).amount) for prepared in payments) == Decimal(str(truth["payment_total"]))


def test_olist_ratings_are_those_of_the_truth(olist: Log) -> None:
    truth = olist.truth
    answers = olist.of("survey.responded")
    assert len(answers) == len(olist.of("survey.sent")) == truth["reviews"]
    assert Counter(f"{own(prepared).score:g}" for prepared in answers) == truth["score_counts"]
    assert sum(own(prepared).comment is not None for prepared in answers) == truth["reviews_with_comment_message"]
    per_order = Counter(prepared.event.case_id for prepared in answers)
    assert len(per_order) == truth["orders_reviewed"]
    assert sum(count > 1 for count in per_order.values()) == truth["orders_with_2plus_reviews"]
    # A survey has only a date, so it is compared with the date of the delivery, both as São Paulo counts days.
    delivered = olist.at("order.delivered", "case_id")
    early = 0
    for prepared in olist.of("survey.sent"):
        assert prepared.event.time_precision == "date"
        arrived = delivered.get(prepared.event.case_id or "")
        early += arrived is None or day(prepared.at) < day(arrived)
    assert early == truth["reviews_created_before_delivery_or_undelivered"]


@pytest.mark.parametrize(
    ("figure", "start", "end", "key"),
    [
        ("purchase_to_approved", "order.placed", "order.approved", "case_id"),
        ("approved_to_carrier", "order.approved", "order.shipped", "case_id"),
        ("carrier_to_delivered", "order.shipped", "order.delivered", "case_id"),
        ("purchase_to_delivered", "order.placed", "order.delivered", "case_id"),
        ("survey_sent_to_answer_h", "survey.sent", "survey.responded", "interaction_id"),
    ],
)
def test_olist_durations_are_those_of_the_truth(olist: Log, figure: str, start: str, end: str, key: str) -> None:
    truth = olist.truth[figure]
    lengths = hours(olist.at(start, key), olist.at(end, key))
    assert len(lengths) == truth.get("n", olist.truth["reviews"])
    assert (lengths < 0).sum() == truth["neg"]
    for name, share in (("median", 50), ("p90", 90)):
        assert np.percentile(lengths, share) == pytest.approx(truth.get(name, truth.get(f"{name}_h")), rel=1e-12)


def test_olist_deliveries_are_as_late_as_in_the_truth(olist: Log) -> None:
    late = {}
    for prepared in olist.of("order.delivered"):
        promised = datetime.fromisoformat(own(prepared).promised_at)
        late[prepared.event.case_id] = prepared.at > promised.timestamp() * 1_000_000
    assert np.mean(list(late.values())) == pytest.approx(olist.truth["late_rate_of_delivered(ts > est)"], rel=1e-12)
    scores: dict[str, list[float]] = defaultdict(list)
    for prepared in olist.of("survey.responded"):
        if prepared.event.case_id in late:
            scores[str(late[prepared.event.case_id])].append(own(prepared).score)
    for kind, mean in olist.truth["mean_score_late_vs_ontime"].items():
        assert np.mean(scores[kind]) == pytest.approx(mean, rel=1e-12)


def test_cdnow_keeps_every_purchase_also_those_that_equal_another(cdnow: Log) -> None:
    truth = cdnow.truth
    assert len(cdnow.events) == truth["rows"]
    assert {prepared.event.time_precision for prepared in cdnow.events} == {"date"}
    days = {(prepared.event.customer_id, prepared.at) for prepared in cdnow.events}
    assert len({customer for customer, _ in days}) == truth["customers"]
    assert len(days) == truth["customer_days"]
    assert sum(own(prepared).quantity for prepared in cdnow.events) == truth["qty"]
    values = [Decimal(own(prepared).value) for prepared in cdnow.events]
    assert sum(values) == Decimal(str(truth["revenue"]))
    assert values.count(Decimal(0)) == truth["rows_amount_zero"]
    rows = Counter(
        (prepared.event.customer_id, prepared.at, own(prepared).value, own(prepared).quantity)
        for prepared in cdnow.events
    )
    assert len(cdnow.events) - len(rows) == truth["exact_duplicate_rows"]
    dates = sorted(prepared.event.occurred_at for prepared in cdnow.events)
    assert (dates[0], dates[-1]) == (truth["first"], truth["last"])


def test_receipt_cases_are_those_of_the_truth(receipt: Log, real_data: Path) -> None:
    truth = receipt.truth
    cases: dict[str, list[Prepared]] = defaultdict(list)
    for prepared in sorted(receipt.events, key=lambda prepared: prepared.at):
        cases[prepared.event.case_id or ""].append(prepared)
    assert (len(receipt.events), len(cases)) == (truth["events"], truth["cases"])
    assert len(receipt.of("case.opened")) == truth["cases"]
    assert all(steps[0].event.type == "case.opened" for steps in cases.values())
    assert Counter(steps[0].event.channel for steps in cases.values()) == truth["cases_by_channel"]
    sequences = [tuple(step.event.touchpoint_id for step in steps) for steps in cases.values()]
    assert len({step for steps in sequences for step in steps}) == truth["activities"]
    variants = Counter(sequences)
    assert (len(variants), max(variants.values())) == (truth["variants"], truth["top_variant_count"])
    follows = Counter(f"{before}->{after}" for steps in sequences for before, after in pairwise(steps))
    assert {pair: follows[pair] for pair in truth["top_transitions"]} == truth["top_transitions"]
    lengths = [(steps[-1].at - steps[0].at) / HOUR for steps in cases.values()]
    assert np.median(lengths) == pytest.approx(truth["throughput_hours"]["median"], rel=1e-12)
    assert np.mean(lengths) == pytest.approx(truth["throughput_hours"]["mean"], rel=1e-12)
    handovers = sum(a.event.department != b.event.department for steps in cases.values() for a, b in pairwise(steps))
    assert handovers / len(cases) == pytest.approx(truth["mean_group_handovers_per_case"], rel=1e-12)
    first = min(prepared.at for prepared in receipt.events)
    assert datetime.fromtimestamp(first / 1e6, UTC) == datetime.fromisoformat(truth["first"])


def test_the_channels_file_beside_the_receipt_log_knows_all_its_channels(receipt: Log) -> None:
    text = (EXAMPLES / "receipt" / "channels.toml").read_text(encoding="utf-8")
    registry: ChannelRegistry = channels_from_toml(text)
    assert set(registry) == set(receipt.truth["cases_by_channel"])


@pytest.mark.parametrize("name", ["olist", "cdnow", "receipt"])
def test_importing_a_real_log_again_gives_the_same_content(
    name: str, real_data: Path, request: pytest.FixtureRequest
) -> None:
    first: Log = request.getfixturevalue(name)
    second = Log(name, real_data)

    def digests(log: Log) -> dict[str, bytes]:
        return {prepared.event.event_id: prepared.digest for prepared in log.events}

    assert digests(first) == digests(second)


def test_every_event_of_a_real_log_names_the_line_it_came_from(receipt: Log, olist: Log, real_data: Path) -> None:
    """Also where comments go over several lines: the id of a review stands on the line that is named."""
    reviews = (real_data / "olist" / "olist_order_reviews_dataset.csv").read_bytes().split(b"\n")
    named = 0
    for prepared, place in zip(olist.events, olist.places, strict=True):
        if prepared.event.type == "survey.sent":
            named += reviews[place.line - 1].startswith(prepared.event.event_id.split(":")[0].encode())
    assert named == olist.truth["reviews"]
    assert sorted(place.line for place in receipt.places) == list(range(2, receipt.truth["events"] + 2))
    assert msgspec.to_builtins(receipt.places[0]) == ("receipt.csv", receipt.places[0].line)
