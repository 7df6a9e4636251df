"""Who stays and who returns, read off each life's days and months."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import mean
from typing import Any

from tests.truth.cycles import TOUCHPOINTS
from tests.truth.known import Known, Rows, split
from tests.truth.lives import Happening, Life
from tests.truth.outcomes import observed_until

DAY = 86_400_000_000

FORCE = ("contract.activated", "contract.renewed", "contract.upgraded", "contract.downgraded")
ENDS = ("contract.terminated", "contract.lapsed")

LATER = (30, 60, 90, 180, 360)


def _active(life: Life, activity: str) -> Iterator[Happening]:
    if activity == "order":
        yield from life.of("order.placed")
    else:
        yield from (e for e in life.events if e.type in TOUCHPOINTS and e.get("direction") == "inbound")


def _rolling(lives: list[Life], activity: str) -> dict[Any, float]:
    until = observed_until(lives) // DAY
    kept: dict[Any, list[bool]] = defaultdict(list)
    for life in lives:
        days = [event.at // DAY for event in _active(life, activity)]
        for later in LATER if days else ():
            since = [day - min(days) for day in days]
            if min(days) + later + 30 <= until + 1:
                kept[str(later), "within"].append(any(later <= day < later + 30 for day in since))
                kept[str(later), "or_later"].append(max(since) >= later)
    return {key: sum(told) / len(told) for key, told in kept.items()}


def _months(life: Life, activity: str) -> set[int]:
    told = [datetime.fromtimestamp(event.at / 1e6, UTC) for event in _active(life, activity)]
    return {at.year * 12 + at.month - 1 for at in told}


def _lifecycle(lives: list[Life], activity: str) -> dict[Any, int]:
    """Return the counts of each month that was over, by asking of every customer and month."""
    end = datetime.fromtimestamp(observed_until(lives) / 1e6, UTC) + timedelta(days=1)
    active = [_months(life, activity) for life in lives]
    counts: dict[Any, int] = {}
    for month in range(min(map(min, filter(None, active))), end.year * 12 + end.month - 1):
        named = f"{month // 12:04d}-{month % 12 + 1:02d}"
        now = [months for months in active if month in months]
        counts[named, "active"] = len(now)
        counts[named, "new"] = sum(min(months) == month for months in now)
        counts[named, "returning"] = sum(month - 1 in months for months in now)
        counts[named, "resurrecting"] = sum(month - 1 not in months and min(months) < month for months in now)
        counts[named, "dormant"] = sum(month - 1 in months and month not in months for months in active)
    return counts


def _under_contract(lives: list[Life]) -> dict[str, Any]:
    """Return for each month that was over the share that stayed under contract, by asking who was at both its ends."""
    end = datetime.fromtimestamp(observed_until(lives) / 1e6, UTC) + timedelta(days=1)
    stood: list[list[tuple[int, bool]]] = []
    for life in lives:
        told = [(e.at, e.type in FORCE) for e in life.events if e.type in FORCE or e.type in ENDS]
        stood.append([(_month(at), in_force) for at, in_force in sorted(told)])

    def under(told: list[tuple[int, bool]], month: int) -> bool:
        return bool([in_force for at, in_force in told if at <= month][-1:] == [True])

    found = {}
    for month in range(min(told[0][0] for told in stood if told), end.year * 12 + end.month - 1):
        began = [told for told in stood if under(told, month - 1)]
        if began:
            named = f"{month // 12:04d}-{month % 12 + 1:02d}"
            found[named] = sum(under(told, month) for told in began) / len(began)
    return found


def _month(at: int) -> int:
    local = datetime.fromtimestamp(at / 1e6, UTC)
    return local.year * 12 + local.month - 1


def _returned(lives: list[Life]) -> dict[Any, float]:
    """Return for each month of first orders, and each month that was over since, the share with an order in it."""
    end = datetime.fromtimestamp(observed_until(lives) / 1e6, UTC) + timedelta(days=1)
    cohorts: dict[int, list[set[int]]] = defaultdict(list)
    for life in lives:
        if months := _months(life, "order"):
            cohorts[min(months)].append(months)
    return {
        (f"{first // 12:04d}-{first % 12 + 1:02d}", str(later)): mean(first + later in months for months in customers)
        for first, customers in cohorts.items()
        for later in (1, 2, 3, 6, 12)
        if first + later < end.year * 12 + end.month - 1
    }


def _kept(rows: Rows) -> dict[Any, float]:
    shares = split(rows, "share", "cohort", "months_later")
    return {key: share for key, share in shares.items() if share is not None and key[1] != "0"}


def _rolled(activity: str) -> Known:
    def told(rows: Rows) -> Any:
        return split(rows, "share", "days_later", "counted", activity=activity)

    return Known(
        f"Rolling retention, of {activity} activity",
        "metrics rolling_retention",
        told,
        lambda lives: _rolling(lives, activity),
    )


def _lived(activity: str) -> Known:
    def told(rows: Rows) -> Any:
        return split(rows, "count", "month", "lifecycle", activity=activity)

    return Known(
        f"New, returning, resurrecting and dormant customers by month, of {activity} activity",
        "metrics lifecycle",
        told,
        lambda lives: _lifecycle(lives, activity),
    )


FIGURES = (
    Known("Customers who order again, by month of their first order", "metrics retention", _kept, _returned),
    _rolled("order"),
    _rolled("inbound"),
    _lived("order"),
    _lived("inbound"),
    Known(
        "Customers who stay under contract, by month",
        "metrics contract_retention",
        lambda rows: {month: kept for month, kept in split(rows, "share", "month").items() if kept is not None},
        _under_contract,
    ),
)
