"""What the simulator knows to be true of what it wrote, kept while it writes and stated as JSON afterwards."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import msgspec
from msgspec import Struct

from ledger.sample.delays import DELAYS
from ledger.sample.parameters import DWELL_DAYS, RESOLUTION_HOURS, RESPONSE_MINUTES
from ledger.sample.tally import Tally

HOUR = 3_600_000_000
DAY = 24 * HOUR
TOP_BOX = 4


class VisitTruth(Struct, kw_only=True):
    """One visit to a primary stage that the default journey's rules must yield; `door` says how its entry is told."""

    stage: str
    entered_at: int
    left_at: int | None
    cycle: int
    transition: str
    skipped: tuple[str, ...]
    door: str


class OverlayTruth(Struct, kw_only=True):
    """A time in which an overlay was open."""

    stage: str
    entered_at: int
    left_at: int | None = None


class CaseTruth(Struct, kw_only=True):
    """One case; None for what was not told, or told without an opening before it."""

    case_id: str
    opened_at: int | None = None
    first_response_at: int | None = None
    resolved_first_at: int | None = None
    resolved_last_at: int | None = None
    closed_at: int | None = None
    reopened: int = 0
    reassigned: int = 0
    escalated: int = 0


class CustomerTruth(Struct, kw_only=True):
    """One surviving customer: the keys that are read together, and the journey they must be read as.

    Instants are microseconds since 1970 UTC. `contacts_in_pairs` are contacts that follow another one within
    seven days or in the same case, `contacts_switched` those of them on another channel.
    """

    customer_id: str
    keys: list[str]
    events: int
    visits: list[VisitTruth]
    overlays: list[OverlayTruth]
    cases: list[CaseTruth]
    segments: dict[str, str]
    orders: int
    order_days: int
    contacts_in_pairs: int
    contacts_switched: int
    erased: bool


class Truth:
    """The truth of one simulation; bounded by what can be counted, unless `keep_customers` keeps each one's journey.

    Read it when the stream of events has ended: it grows with it.
    """

    def __init__(self, *, keep_customers: bool = False) -> None:
        self.customers: list[CustomerTruth] | None = [] if keep_customers else None
        self.settings: dict[str, Any] = {}
        self.counts: Counter[str] = Counter()
        self.tables: dict[str, Counter[str]] = defaultdict(Counter)
        self.tallies: dict[str, Tally] = {}

    def count(self, table: str, key: str, n: int = 1) -> None:
        """Add `n` to the count of `key` in `table`."""
        self.tables[table][key] += n

    def tally(self, name: str, value: int, unit: int) -> None:
        """Take a length in microseconds into the tally `name`, whose histogram counts whole `unit`s."""
        if name not in self.tallies:
            self.tallies[name] = Tally(unit=unit)
        self.tallies[name].add(value)

    def asked(self, metric: str) -> None:
        """Count a survey sent."""
        self.count("surveys_sent", metric)

    def rated(self, metric: str, stage: str, score: int) -> None:
        """Count an answer of a customer who stood in `stage`."""
        self.count(f"{metric}_scores {stage}", str(score))

    def case(self, case: CaseTruth) -> None:
        """Count a case that was told, whole or in part."""
        counts = self.counts
        counts["cases"] += 1
        counts["cases_without_opening"] += case.opened_at is None
        counts["cases_resolved"] += case.resolved_first_at is not None
        counts["cases_closed"] += case.closed_at is not None
        counts["cases_reopened"] += case.reopened > 0
        counts["cases_reassigned"] += case.reassigned > 0
        counts["cases_escalated"] += case.escalated > 0
        if case.opened_at is None:
            return
        for name, at in (
            ("opening to first response", case.first_response_at),
            ("opening to first resolution", case.resolved_first_at),
            ("opening to last resolution", case.resolved_last_at),
        ):
            if at is not None:
                self.tally(name, at - case.opened_at, HOUR)

    def ordered(self, currency: str, value: int) -> None:
        """Count an order and its value in 1/10000 of the currency."""
        self.count("orders", currency)
        self.count("order_value", currency, value)

    def worked(self, minutes: int, cost: int) -> None:
        """Count a piece of work: minutes, and its cost in 1/10000 EUR."""
        self.counts["work"] += 1
        self.counts["work_minutes"] += minutes
        self.counts["work_cost_eur"] += cost

    def delivered(self, *, late: bool) -> None:
        """Count a delivery."""
        self.counts["deliveries"] += 1
        self.counts["deliveries_late"] += late

    def feedback(self, kind: str, reached: int) -> None:
        """Count feedback that reached so many of received, dispatched, resolved, communicated."""
        self.count("feedback", kind)
        for step in ("received", "dispatched", "resolved", "communicated")[:reached]:
            self.count("feedback_steps", step)

    def person(self, told: CustomerTruth) -> None:
        """Count one surviving customer."""
        counts = self.counts
        counts["people"] += 1
        counts["contacts_in_pairs"] += told.contacts_in_pairs
        counts["contacts_switched"] += told.contacts_switched
        for threshold in (1, 2, 3):
            counts[f"people_with_{threshold}_orders"] += told.orders >= threshold
            counts[f"people_with_orders_on_{threshold}_days"] += told.order_days >= threshold
        for overlay in told.overlays:
            self.count("overlays", overlay.stage)
        for stage in {overlay.stage for overlay in told.overlays}:
            self.count("overlays_reached", stage)
        self._journey(told.visits)

    def _journey(self, visits: list[VisitTruth]) -> None:
        before = ""
        for visit in visits:
            self.count("visits", visit.stage)
            self.count("transitions", visit.transition)
            self.count("steps", f"{before} > {visit.stage}".lstrip())
            self.count("doors", visit.door)
            before = visit.stage
            if visit.left_at is None:
                self.count("visits_open", visit.stage)
            else:
                self.tally(f"dwell {visit.stage}", visit.left_at - visit.entered_at, DAY)
        for stage in {visit.stage for visit in visits}:
            self.count("reached", stage)
        self.count("position", before)
        self.count("cycles", str(visits[-1].cycle))

    def report(self) -> dict[str, Any]:
        """Return the truth as JSON values.

        Instants are microseconds since 1970 UTC, lengths of time microseconds, money 1/10000 of its currency;
        `docs/howto/simulate.md` says what every name counts.
        """
        told: dict[str, Any] = {
            "settings": self.settings,
            "counts": _sorted(self.counts),
            **{name: _sorted(table) for name, table in sorted(self.tables.items()) if " " not in name},
            "surveys": {metric: self._survey(metric) for metric in ("nps", "csat", "ces")},
            "dwell": {stage: self._dwell(stage) for stage in DWELL_DAYS},
            "lengths": {
                name: tally.report() for name, tally in sorted(self.tallies.items()) if not name.startswith("dwell ")
            },
            "drawn": {
                "first_response_minutes": RESPONSE_MINUTES.knots,
                "response_to_resolution_hours": RESOLUTION_HOURS.knots,
                "delay_milliseconds": {source: delay.knots for source, delay in DELAYS.items()},
            },
        }
        if self.customers is not None:
            told["customers"] = msgspec.to_builtins(self.customers)
        return told

    def json(self) -> bytes:
        """Return `report` as JSON text."""
        return msgspec.json.format(msgspec.json.encode(self.report()), indent=2)

    def _dwell(self, stage: str) -> dict[str, Any]:
        tally = self.tallies.get(f"dwell {stage}") or Tally(unit=DAY)
        return {
            "drawn_days": DWELL_DAYS[stage].knots,
            "drawn_median_days": DWELL_DAYS[stage].at(0.5),
            "completed": tally.report(),
            "open": self.tables["visits_open"][stage],
        }

    def _survey(self, metric: str) -> dict[str, Any]:
        stages: dict[str, Any] = {}
        total: Counter[int] = Counter()
        for name, table in sorted(self.tables.items()):
            if name.startswith(f"{metric}_scores "):
                scores = Counter({int(score): n for score, n in table.items()})
                total.update(scores)
                stages[name.partition(" ")[2]] = _scored(metric, scores)
        sent = self.tables["surveys_sent"][metric]
        return {"sent": sent, "all": _scored(metric, total), "stages": stages}


def _sorted(table: Counter[str]) -> dict[str, int]:
    return dict(sorted(table.items()))


def _scored(metric: str, scores: Counter[int]) -> dict[str, Any]:
    n = scores.total()
    told: dict[str, Any] = {
        "n": n,
        "total": sum(score * times for score, times in scores.items()),
        "scores": {str(score): scores[score] for score in sorted(scores)},
    }
    if metric == "nps":
        told["promoters"] = sum(times for score, times in scores.items() if score >= 9)
        told["detractors"] = sum(times for score, times in scores.items() if score <= 6)
        told["passives"] = n - told["promoters"] - told["detractors"]
    elif metric == "csat":
        told["satisfied"] = sum(times for score, times in scores.items() if score >= TOP_BOX)
    return told
