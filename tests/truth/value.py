"""Value and cost, summed order by order and work by work over the lives."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from statistics import mean, median
from typing import Any

from ledger.events.instants import instant
from tests.truth.known import Known, one, split
from tests.truth.lives import Life
from tests.truth.outcomes import observed_until

DAY = 86_400_000_000

Spent = dict[Any, dict[str, Decimal]]
"""By some key, each customer's amount."""


def _ordered(lives: list[Life], scheme: str = "") -> Spent:
    """Return what customers ordered by currency and, where a scheme is named, the segment as of the order."""
    spent: Spent = defaultdict(lambda: defaultdict(Decimal))
    for life in lives:
        for event in life.of("order.placed"):
            data = event.data
            key = (data["currency"], event.segments.get(scheme, "unknown")) if scheme else data["currency"]
            spent[key][life.customer_id] += Decimal(data["value"])
    return spent


def _worked(lives: list[Life]) -> Spent:
    spent: Spent = defaultdict(lambda: defaultdict(Decimal))
    for life in lives:
        for event in life.of("work.completed"):
            spent[event.data["currency"]][life.customer_id] += Decimal(event.data["cost"])
    return spent


def _each(spent: Spent, tell: Any) -> dict[Any, float]:
    return {key: float(tell(list(amounts.values()))) for key, amounts in spent.items()}


def _deciles(lives: list[Life]) -> dict[Any, float]:
    found: dict[Any, float] = {}
    for currency, amounts in _ordered(lives).items():
        ordered = sorted(amounts.values(), reverse=True)
        for place, amount in enumerate(ordered):
            key = (currency, str(1 + 10 * place // len(ordered)))
            found[key] = found.get(key, 0.0) + float(amount / sum(ordered))
    return found


def _gini(lives: list[Life]) -> dict[str, float]:
    """Return half the mean difference of all pairs over the mean: Gini's own definition."""
    found = {}
    for currency, amounts in _ordered(lives).items():
        values = [float(amount) for amount in amounts.values()]
        differences = sum(abs(one - other) for one in values for other in values)
        found[currency] = differences / (2 * len(values) ** 2 * mean(values))
    return found


def _rfm(lives: list[Life]) -> dict[Any, int]:
    """Return how many customers have each score, each by how many of the others are worse and how many equal."""
    until = observed_until(lives) // DAY
    counts: dict[Any, int] = Counter()
    for currency in _ordered(lives):
        bought = [[e for e in life.of("order.placed") if e.data["currency"] == currency] for life in lives]
        measured: dict[str, list[Any]] = {
            "recency": [-(until - max(e.at // DAY for e in orders)) for orders in bought if orders],
            "frequency": [len({e.at // DAY for e in orders}) for orders in bought if orders],
            "monetary": [sum(Decimal(e.data["value"]) for e in orders) for orders in bought if orders],
        }
        for measure, values in measured.items():
            numbers: Counter[Any] = Counter(values)
            for value, alike in numbers.items():
                worse = sum(n for other, n in numbers.items() if other < value)
                score = 1 + int(5 * (Decimal(worse) + Decimal(alike) / 2) / len(values))
                counts[currency, measure, str(score)] += alike
    return counts


def _net(lives: list[Life]) -> dict[str, list[Decimal]]:
    ordered, worked = _ordered(lives), _worked(lives)
    currencies = ordered.keys() | worked.keys()
    net: dict[str, list[Decimal]] = {currency: [] for currency in currencies}
    for life in lives:
        name = life.customer_id
        held = [c for c in currencies if name in ordered.get(c, {}) or name in worked.get(c, {})]
        if len(held) == 1:
            (only,) = held
            net[only].append(ordered.get(only, {}).get(name, Decimal()) - worked.get(only, {}).get(name, Decimal()))
    return net


def _minutes(lives: list[Life]) -> float:
    each = [sum(event.data["minutes"] for event in life.of("work.completed")) for life in lives]
    return float(median([minutes for minutes in each if minutes]))


def _paying(lives: list[Life]) -> dict[str, list[int]]:
    """Return the times from each clock's start to each payment, and how many payments and orders have none."""
    times: dict[str, list[int]] = {"due": [], "order": []}
    for life in lives:
        placed: dict[str, int] = {}
        for order in life.of("order.placed"):
            placed.setdefault(order.get("case_id"), order.at)
        for paid in life.of("payment.settled"):
            times["order"].append(paid.at - placed[paid.get("case_id")])
            if "due_at" in paid.data:
                times["due"].append(paid.at - instant(paid.data["due_at"]))
    return times


def _unpaid(lives: list[Life]) -> int:
    return sum(
        len(
            {e.get("case_id") for e in life.of("order.placed")} - {e.get("case_id") for e in life.of("payment.settled")}
        )
        for life in lives
    )


VALUE, DECILES, COST, NET = ("metrics lifetime_value", "metrics value_decile", "metrics cost_to_serve",
                             "metrics net_value")  # fmt: skip

FIGURES = (
    Known(
        "Customers who ordered, by currency",
        VALUE,
        lambda rows: split(rows, "sum", "currency", field="n"),
        lambda lives: {currency: len(amounts) for currency, amounts in _ordered(lives).items()},
    ),
    Known(
        "Value of all orders, by currency",
        VALUE,
        lambda rows: split(rows, "sum", "currency"),
        lambda lives: _each(_ordered(lives), sum),
    ),
    Known(
        "Mean value of a customer, by currency",
        VALUE,
        lambda rows: split(rows, "mean", "currency"),
        lambda lives: _each(_ordered(lives), mean),
    ),
    Known(
        "Median value of a customer by currency and value segment, as of each order",
        f"{VALUE} --by segment:value",
        lambda rows: split(rows, "median", "currency", "segment:value"),
        lambda lives: _each(_ordered(lives, "value"), median),
    ),
    Known(
        "Share of value of each tenth of the customers",
        DECILES,
        lambda rows: {
            key: told for key, told in split(rows, "share", "currency", "decile").items() if "-" not in key[1]
        },
        _deciles,
    ),
    Known("Gini coefficient of value", DECILES, lambda rows: split(rows, "gini", "currency"), _gini),
    Known(
        "Customers with each score of recency, frequency and monetary value",
        "metrics rfm",
        lambda rows: {key: n for key, n in split(rows, "count", "currency", "measure", "quintile").items() if n},
        _rfm,
    ),
    Known(
        "Customers for whom work was completed",
        COST,
        lambda rows: split(rows, "share", "measure", field="numerator")["work"],
        lambda lives: sum(any(life.of("work.completed")) for life in lives),
    ),
    Known(
        "Median minutes of work for a customer served",
        COST,
        lambda rows: split(rows, "median", "measure", customers="served")["minutes"],
        _minutes,
    ),
    Known(
        "Mean cost of a customer served, by currency",
        COST,
        lambda rows: split(rows, "mean", "currency", customers="served"),
        lambda lives: _each(_worked(lives), mean),
    ),
    Known(
        "Customers in one currency alone",
        NET,
        lambda rows: split(rows, "sum", "currency", field="n"),
        lambda lives: {currency: len(amounts) for currency, amounts in _net(lives).items()},
    ),
    Known(
        "Median value minus cost, by currency",
        NET,
        lambda rows: split(rows, "median", "currency"),
        lambda lives: {currency: float(median(amounts)) for currency, amounts in _net(lives).items()},
    ),
    Known(
        "Median days to pay, from the due time and from the order",
        "metrics days_to_pay",
        lambda rows: split(rows, "median", "clock"),
        lambda lives: {clock: median(times) / DAY for clock, times in _paying(lives).items()},
    ),
    Known(
        "Payments before they were due",
        "metrics days_to_pay",
        lambda rows: split(rows, "median", "clock", field="negative"),
        lambda lives: {clock: sum(time < 0 for time in times) for clock, times in _paying(lives).items()},
    ),
    Known(
        "Orders not yet paid, and payments that failed",
        "metrics days_to_pay",
        lambda rows: [one(rows, "median", "excluded", clock="order").get(name, 0) for name in ("unpaid", "failed")],
        lambda lives: [_unpaid(lives), sum(1 for life in lives for _ in life.of("payment.failed"))],
    ),
)
