"""Figures of what customers buy; by the day of the order, and split by the customer's first order of the window."""

from __future__ import annotations

from collections import defaultdict

from ledger.metrics import cohorts
from ledger.metrics import value as values
from ledger.metrics.figure import Figure, Scope
from ledger.metrics.occasions import Occasions, occasions
from ledger.queries.cut import UNKNOWN, Cut, Key
from ledger.queries.view import Figures, Order, View

COLUMNS = {"channel": "channel", "segment": "segments", "month": "period"}
"""What a customer is grouped by: the channel and month of their first order, and their own segments."""


def repeat_purchase(view: View) -> list[Figure]:
    """Return how many customers buy again, on another day and at all."""
    figures = []
    for scope, orders in _groups(view):
        rows: dict[int, int] = defaultdict(int)
        for customer, _, _, _, n, _ in orders:
            rows[customer] += n
        figures += cohorts.repeat_purchase(_days(orders).per_customer(), "day", scope)
        figures += cohorts.repeat_purchase(list(rows.values()), "order", scope)
    return figures


def purchase_interval(view: View) -> list[Figure]:
    """Return the days between purchase days."""
    return [figure for scope, orders in _groups(view) for figure in cohorts.purchase_intervals(_days(orders), scope)]


def retention(view: View) -> list[Figure]:
    """Return how many of each month's new customers buy in later months."""
    until = view.context.day(view.as_of)
    return [figure for scope, orders in _groups(view) for figure in cohorts.retention(_days(orders), until, scope)]


def recency(view: View) -> list[Figure]:
    """Return the days since each customer's last purchase."""
    day = view.context.day(view.as_of)
    return [figure for scope, orders in _groups(view) for figure in cohorts.recency(_days(orders), day, scope)]


def customer_value(view: View) -> list[Figure]:
    """Return what customers have spent, per currency."""
    figures = []
    for scope, orders in _groups(view):
        amounts: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for customer, _, _, currency, _, total in orders:
            if currency or total:
                amounts[currency or UNKNOWN][customer] += total
        priced = {customer for spent in amounts.values() for customer in spent}
        within = scope.leaving_out(no_value=len({order[0] for order in orders} - priced))
        wanted = view.asked.currency
        for currency in sorted(amounts) if wanted is None else [wanted]:
            figures += values.customer_value(amounts[currency].values(), currency, within)
    return figures


def _groups(view: View) -> list[tuple[Scope, list[Order]]]:
    cut = Cut(view.asked, COLUMNS, view.context)
    if not cut.raw:
        return [(cut.scope(()), view.orders)]
    keys = _keys(view, cut)
    groups: dict[Key, list[Order]] = {} if cut.by else {(): []}
    for order in view.orders:
        key = keys[order[0]]
        if key is not None:
            groups.setdefault(key, []).append(order)
    return [(cut.scope(key), groups[key]) for key in sorted(groups, key=cut.rank)]


def _keys(view: View, cut: Cut) -> dict[int, Key | None]:
    first: dict[int, tuple[int, str]] = {}
    for customer, day, channel, _, _, _ in view.orders:
        if customer not in first or (day, channel) < first[customer]:
            first[customer] = (day, channel)
    segments = view.segments if "segments" in cut.raw else {}
    keys = {}
    for customer, (day, channel) in first.items():
        about = {"channel": channel, "period": day, "segments": segments.get(customer)}
        keys[customer] = cut.key(tuple(about[name] for name in cut.raw))
    return keys


def _days(orders: list[Order]) -> Occasions:
    return occasions([order[0] for order in orders], [order[1] for order in orders])


FIGURES: Figures = {
    "repeat_purchase": repeat_purchase,
    "purchase_interval": purchase_interval,
    "retention": retention,
    "recency": recency,
    "customer_value": customer_value,
}
