"""What the simulator knows to be true of what it wrote, kept while it writes and stated as JSON afterwards."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
from msgspec import Struct, field

from ledger.sample.parameters import DWELL_DAYS, RESOLUTION_HOURS
from ledger.sample.tally import Tally
from ledger.sample.visit import Visit

_DAY = 86_400_000
_HOUR = 3_600_000
TOP_BOX = 4


class CaseTruth(Struct, kw_only=True):
    """One case: its instants in milliseconds since 1970 UTC, None for what was not told, and its detours."""

    case_id: str
    opened_at: int | None = None
    first_response_at: int | None = None
    resolved_first_at: int | None = None
    resolved_last_at: int | None = None
    closed_at: int | None = None
    reopened: int = 0
    reassigned: int = 0
    escalated: int = 0
    open_spans: list[tuple[int, int | None]] = field(default_factory=list)


class OverlayVisit(Struct, kw_only=True):
    """A time in which an overlay was open; milliseconds since 1970 UTC."""

    stage: str
    entered_at: int
    left_at: int | None = None


class CustomerTruth(Struct, kw_only=True):
    """One surviving customer: the keys read together, and the journey they are read as."""

    customer_id: str
    keys: list[str]
    events: int
    visits: list[Visit]
    overlays: list[OverlayVisit]
    cases: list[CaseTruth]
    segments: dict[str, str]
    orders: int
    order_days: int
    contacts_in_pairs: int
    contacts_switched: int
    erased: bool = False


class Truth:
    """The truth of one simulation; bounded by what can be counted, unless `keep_customers` keeps each one's journey.

    Read it when the stream of events has ended: it grows with it.
    """

    def __init__(self, *, keep_customers: bool = False) -> None:
        self.customers: list[CustomerTruth] | None = [] if keep_customers else None
        self.settings: dict[str, Any] = {}
        self.counts: Counter[str] = Counter()
        self.tables: dict[str, Counter[str]] = {}
        self.tallies: dict[str, Tally] = {}

    def count(self, table: str, key: str, n: int = 1) -> None:
        """Add `n` to the count of `key` in `table`."""
        self.tables.setdefault(table, Counter())[key] += n

    def tally(self, name: str, value: int, unit: int) -> None:
        """Take a length in milliseconds into the tally `name`, whose histogram counts whole `unit`s."""
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
            ("first_response", case.first_response_at),
            ("first_resolution", case.resolved_first_at),
            ("last_resolution", case.resolved_last_at),
        ):
            if at is not None:
                self.tally(f"case_{name}", at - case.opened_at, _HOUR)

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

    def journey(self, visits: list[Visit]) -> None:
        """Count the visits of one customer."""
        before = ""
        for visit in visits:
            self.count("visits", visit.stage)
            self.count("transitions", visit.transition)
            self.count("steps", f"{before} > {visit.stage}" if before else f"> {visit.stage}")
            self.count("doors", visit.door)
            before = visit.stage
            if visit.left_at is None:
                self.count("visits_open", visit.stage)
            else:
                self.tally(f"dwell {visit.stage}", visit.left_at - visit.entered_at, _DAY)
        for stage in {visit.stage for visit in visits}:
            self.count("reached", stage)
        self.count("position", before)
        self.count("cycles", str(visits[-1].cycle) if visits else "1")

    def report(self) -> dict[str, Any]:
        """Return the truth as JSON values; lengths of time are in milliseconds, money in 1/10000 of its currency."""
        told: dict[str, Any] = {
            "settings": self.settings,
            "counts": dict(sorted(self.counts.items())),
            **{name: dict(sorted(table.items())) for name, table in sorted(self.tables.items()) if " " not in name},
            "surveys": {metric: self._survey(metric) for metric in ("nps", "csat", "ces")},
            "dwell": {stage: self._dwell(stage) for stage in DWELL_DAYS},
            "cases": {name: tally.report() for name, tally in sorted(self.tallies.items()) if name.startswith("case_")},
            "intended": {"case_first_resolution_hours": RESOLUTION_HOURS.knots},
        }
        if self.customers is not None:
            told["customers"] = msgspec.to_builtins(self.customers)
        return told

    def json(self) -> bytes:
        """Return `report` as JSON text."""
        return msgspec.json.format(msgspec.json.encode(self.report()), indent=2)

    def _dwell(self, stage: str) -> dict[str, Any]:
        tally = self.tallies.get(f"dwell {stage}") or Tally(unit=_DAY)
        return {
            "intended_days": DWELL_DAYS[stage].knots,
            "intended_median_days": DWELL_DAYS[stage].at(0.5),
            "completed": tally.report(),
            "open": self.tables.get("visits_open", Counter())[stage],
        }

    def _survey(self, metric: str) -> dict[str, Any]:
        stages: dict[str, Any] = {}
        total: Counter[int] = Counter()
        for name, table in sorted(self.tables.items()):
            if name.startswith(f"{metric}_scores "):
                scores = Counter({int(score): n for score, n in table.items()})
                total.update(scores)
                stages[name.partition(" ")[2]] = _scored(metric, scores)
        sent = self.tables.get("surveys_sent", Counter())[metric]
        return {"sent": sent, "all": _scored(metric, total), "stages": stages}


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
