"""Figures of value and cost; each order and each piece of work as of its own time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ledger.metrics.amounts import amount_figures
from ledger.metrics.concentration import value_deciles
from ledger.metrics.cost_to_serve import net_value as net_values
from ledger.metrics.cost_to_serve import served, work_amounts
from ledger.metrics.definitions.value import LIFETIME_VALUE
from ledger.metrics.figure import Figure, Scope
from ledger.metrics.rfm import Buyer, scored
from ledger.metrics.rfm import rfm as scores
from ledger.queries.cut import COUNTED, UNKNOWN, Cut, Key
from ledger.queries.figures import paying
from ledger.queries.view import Figures, View
from ledger.queries.window import days, months
from ledger.store.figures.bounds import Bounds
from ledger.store.figures.tallies import customer_tallies, seen_customers

LAST_ORDER = {"channel": "channel", "segment": "segments", "month": "period"}
"""What a customer is grouped by where their last order decides."""

Spent = dict[str, dict[int, int]]
"""By currency, each customer's amount in 1/10,000."""

Make = Callable[[Iterable[int], str, Scope], list[Figure]]


class Money:
    """What the customers of one group spent or cost; `silent` are those of whom no amount is told."""

    def __init__(self) -> None:
        self.spent: Spent = defaultdict(lambda: defaultdict(int))
        self._met: set[int] = set()

    def add(self, customer: int, currency: str, total: int) -> None:
        """Take an amount, '' and 0 where none is told."""
        self._met.add(customer)
        if currency or total:
            self.spent[currency or UNKNOWN][customer] += total

    @property
    def customers(self) -> set[int]:
        return self._met

    @property
    def silent(self) -> int:
        return len(self._met - {customer for amounts in self.spent.values() for customer in amounts})

    def currencies(self, wanted: str | None) -> list[str]:
        return sorted(self.spent) if wanted is None else [wanted]


def lifetime_value(view: View) -> list[Figure]:
    """Return what customers have ordered so far, per currency."""
    return _of_orders(
        view,
        lambda amounts, currency, scope: amount_figures(LIFETIME_VALUE, amounts, currency, scope),
    )


def value_decile(view: View) -> list[Figure]:
    """Return how the value of orders is spread over customers, per currency."""
    return _of_orders(view, lambda amounts, _, scope: value_deciles(amounts, scope))


def cost_to_serve(view: View) -> list[Figure]:
    """Return for how many customers work was completed, how much, and at what cost."""
    cut = Cut(view.asked, COUNTED, view.context)
    within = months(view.asked, view.context)
    seen = cut.groups(seen_customers(view.tables, cut.raw, within))
    work = _money(view, cut, {"work": 1}, within)
    minutes = cut.groups(customer_tallies(view.tables, ("minutes",), cut.raw, within))
    figures = []
    for key, rows in seen.items():
        scope, customers = cut.scope(key), len({row[0] for row in rows})
        worked = work.get(key, Money())
        figures += served(customers, len(worked.customers), scope)
        figures += work_amounts("minutes", _total_of_each(minutes.get(key, [])), customers, "minutes", scope)
        told = scope.leaving_out(no_cost=worked.silent)
        for currency in worked.currencies(view.asked.currency):
            at = told.split(currency=currency)
            figures += work_amounts("cost", worked.spent[currency], customers, currency, at)
    return figures


def net_value(view: View) -> list[Figure]:
    """Return what is left of the value of customers after what they cost, per currency."""
    cut = Cut(view.asked, COUNTED, view.context)
    figures = []
    for key, money in _money(view, cut, {"order": 1, "work": -1}, months(view.asked, view.context)).items():
        held: dict[int, int] = defaultdict(int)
        for amounts in money.spent.values():
            for customer in amounts:
                held[customer] += 1
        for currency in money.currencies(view.asked.currency):
            amounts = money.spent[currency]
            alone = [amount for customer, amount in amounts.items() if held[customer] == 1]
            left_out = cut.scope(key).leaving_out(several_currencies=len(amounts) - len(alone), no_value=money.silent)
            figures += net_values(alone, currency, left_out)
    return figures


def rfm(view: View) -> list[Figure]:
    """Return the scores of customers by recency, frequency and monetary value, per currency."""
    cut = Cut(view.asked, LAST_ORDER, view.context)
    today = view.context.day(view.as_of)
    orders: dict[str, dict[int, list[tuple[int, str, str, int]]]] = defaultdict(lambda: defaultdict(list))
    last: dict[int, tuple[int, str, str]] = {}
    rows = customer_tallies(view.tables, ("order",), ("period", "channel", "segments"), days(view.asked, view.context))
    for day, channel, segments, customer, _, currency, total in rows:
        if day <= today:
            last[customer] = max((day, channel, segments), last.get(customer, (day, channel, segments)))
            if currency or total:
                orders[currency or UNKNOWN][customer].append((day, channel, segments, total))
    priced = {customer for of_currency in orders.values() for customer in of_currency}
    silent = Counter(_last_order(cut, placed) for customer, placed in last.items() if customer not in priced)
    figures = []
    for currency in sorted(orders) if view.asked.currency is None else [view.asked.currency]:
        figures += _scored(view, cut, currency, list(orders[currency].values()), silent, today)
    return figures


def _last_order(cut: Cut, placed: tuple[int, str, str]) -> Key | None:
    """Return the group of a customer whose last order was placed on that day, on that channel, in those segments."""
    about = dict(zip(("period", "channel", "segments"), placed, strict=True))
    return cut.key(tuple(about[name] for name in cut.raw))


def _scored(
    view: View,
    cut: Cut,
    currency: str,
    bought: Sequence[list[tuple[int, str, str, int]]],
    silent: Counter[Key | None],
    today: int,
) -> list[Figure]:
    groups: dict[Key, list[Any]] = {} if cut.by else {(): []}
    buyers = [
        Buyer(today - max(orders)[0], len({order[0] for order in orders}), sum(order[3] for order in orders))
        for orders in bought
    ]
    for orders, customer in zip(bought, scored(buyers), strict=True):
        key = _last_order(cut, max(orders)[:3])
        if key is not None:
            groups.setdefault(key, []).append(customer)
    return [
        figure
        for key in sorted(groups, key=cut.rank)
        for figure in scores(
            groups[key], currency, cut.scope(key).leaving_out(no_value=silent[key]), top=view.asked.top
        )
    ]


def _of_orders(view: View, make: Make) -> list[Figure]:
    cut = Cut(view.asked, COUNTED, view.context)
    figures = []
    for key, money in _money(view, cut, {"order": 1}, days(view.asked, view.context)).items():
        within = cut.scope(key).leaving_out(no_value=money.silent)
        for currency in money.currencies(view.asked.currency):
            figures += make(money.spent[currency].values(), currency, within.split(currency=currency))
    return figures


def _total_of_each(rows: Iterable[tuple[Any, ...]]) -> dict[int, int]:
    totals: dict[int, int] = defaultdict(int)
    for customer, _, _, total in rows:
        totals[customer] += total
    return totals


def _money(view: View, cut: Cut, signs: dict[str, int], within: Bounds) -> dict[Key, Money]:
    """Return the amounts of some measures, added or subtracted as their sign says, by group, in order."""
    found: dict[Key, Money] = {} if cut.by else {(): Money()}
    rows = customer_tallies(view.tables, tuple(signs), cut.raw, within)
    for key, group in cut.groups(rows).items():
        money = found[key] = Money()
        for customer, measure, currency, total in group:
            money.add(customer, currency, signs[measure] * total)
    return found


FIGURES: Figures = {
    "lifetime_value": lifetime_value,
    "value_decile": value_decile,
    "rfm": rfm,
    "cost_to_serve": cost_to_serve,
    "net_value": net_value,
    **paying.FIGURES,
}
