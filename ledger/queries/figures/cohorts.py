"""Figures of who stays and who returns, by orders and by what customers start themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from ledger.errors import InvalidArgument
from ledger.events.contacts import is_touchpoint
from ledger.metrics import contracts, rolling
from ledger.metrics import lifecycle as lives
from ledger.metrics.figure import Figure
from ledger.metrics.occasions import Integers, last_day_of, months_of, occasions
from ledger.metrics.quantiles import MICROSECONDS
from ledger.queries.cut import Cut
from ledger.queries.view import Figures, View
from ledger.queries.window import days, months
from ledger.store.figures.scan import Seen
from ledger.store.figures.tallies import active_periods, customer_tallies

FIRST_ACT = {"activity": "activity", "channel": "channel", "segment": "segments", "month": "period"}
"""What a customer is grouped by: their first activity."""

MONTH = {"activity": "activity", "segment": "segments", "month": "period"}


CONTRACT = {"segment": "segments", "month": "period"}


class Act(NamedTuple):
    """A day on which a customer was active, and where."""

    customer: int
    day: int
    channel: str
    segments: str | None


def rolling_retention(view: View) -> list[Figure]:
    """Return who is active again so many days after the first, always by activity."""
    cut = Cut(view.asked.always_by("activity"), FIRST_ACT, view.context)
    until, period = view.context.day(view.as_of), _period(view)
    rows: list[tuple[Any, ...]] = []
    for activity, acts_of in _asked(view, {"order": _orders, "inbound": _inbound}):
        acts = [act for act in acts_of(view) if act.day <= until]
        active = occasions([act.customer for act in acts], [act.day for act in acts])
        first: dict[int, Act] = {}
        for act in acts:
            found = first.get(act.customer)
            if found is None or (act.day, act.channel) < (found.day, found.channel):
                first[act.customer] = act
        customers = active.customers[active.first_of_each()].tolist()
        for customer, kept in zip(customers, rolling.kept(active, until, period), strict=True):
            _, day, channel, segments = first[customer]
            about = {"activity": activity, "period": day, "channel": channel, "segments": segments}
            rows.append((*(about[name] for name in cut.raw), kept))
    return cut.figures(
        rows, lambda group, scope: rolling.rolling_retention([kept for (kept,) in group], scope, period=period)
    )


def lifecycle(view: View) -> list[Figure]:
    """Return how many customers are new, return, come back or are gone, always by activity and month."""
    cut = Cut(view.asked.always_by("activity").always_by("month"), MONTH, view.context)
    segments = view.segments if "segments" in cut.raw else {}
    within, until = months(view.asked, view.context), _last_whole_month(view)
    rows: list[tuple[Any, ...]] = []
    for activity, value in _asked(view, {"order": ("order", ""), "inbound": ("touchpoint", "inbound")}):
        for customer, active in _active_months(view, *value).items():
            about: dict[str, Any] = {"activity": activity, "segments": segments.get(customer)}
            for month, part in lives.parts_of(active, until):
                first_day = _first_day(month)
                if within.hold(first_day):
                    about["period"] = first_day
                    rows.append((*(about[name] for name in cut.raw), part))
    return cut.figures(rows, lambda group, scope: lives.lifecycle([part for (part,) in group], scope))


def contract_retention(view: View) -> list[Figure]:
    """Return who stays under contract, always by month."""
    cut = Cut(view.asked.always_by("month"), CONTRACT, view.context)
    segments = view.segments if "segments" in cut.raw else {}
    within, until = months(view.asked, view.context), _last_whole_month(view)
    rows: list[tuple[Any, ...]] = []
    for customer, ends in _contracts(view).items():
        about: dict[str, Any] = {"segments": segments.get(customer)}
        for month, kept in contracts.under_contract(ends, until):
            about["period"] = _first_day(month)
            if within.hold(about["period"]):
                rows.append((*(about[name] for name in cut.raw), kept))
    return cut.figures(rows, lambda group, scope: contracts.contract_retention([kept for (kept,) in group], scope))


def _contracts(view: View) -> dict[int, dict[int, bool]]:
    """Return of each customer's months with such an event whether a contract was in force after the last one."""
    month_of = view.context.month

    def take(events: Iterator[Seen]) -> dict[tuple[int, int], tuple[int, bool]]:
        lasts: dict[tuple[int, int], tuple[int, bool]] = {}
        for customer, at, glance in events:
            key, told = (customer, month_of(at)), (at, glance.type in contracts.IN_FORCE)
            lasts[key] = max(told, lasts.get(key, told))
        return lasts

    found: dict[int, dict[int, bool]] = defaultdict(dict)
    types = sorted(contracts.IN_FORCE | contracts.OVER)
    for (customer, first_day), (_, in_force) in view.scan.gather(take, types).items():
        found[customer][_month(first_day)] = in_force
    return found


def _asked(view: View, known: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the activities that the question does not leave out, with what belongs to each."""
    only = dict(view.asked.where).get("activity")
    return ((activity, what) for activity, what in known.items() if only in (None, activity))


def _period(view: View) -> int:
    if view.asked.within is None:
        return rolling.PERIOD
    whole, rest = divmod(view.asked.within, MICROSECONDS["days"])
    if rest or not whole:
        raise InvalidArgument("rolling_retention counts days: give `within` as whole days, as in 30d")
    return whole


def _orders(view: View) -> list[Act]:
    rows = customer_tallies(view.tables, ("order",), ("period", "channel", "segments"), days(view.asked, view.context))
    return [Act(customer, day, channel, segments) for day, channel, segments, customer, _, _, _ in rows]


def _inbound(view: View) -> list[Act]:
    """Return the first inbound touchpoint of each day of each customer, with the customer's own segments."""
    types = [name for name, type_ in view.context.vocabulary.items() if is_touchpoint(type_)]
    within, day_of = days(view.asked, view.context), view.context.day

    def take(events: Iterator[Seen]) -> dict[tuple[int, int], tuple[int, str]]:
        firsts: dict[tuple[int, int], tuple[int, str]] = {}
        for customer, at, glance in events:
            if glance.direction == "inbound" and within.hold(day := day_of(at)):
                key, told = (customer, day), (at, glance.channel or "")
                if key not in firsts or told < firsts[key]:
                    firsts[key] = told
        return firsts

    segments = view.segments
    return [
        Act(customer, day, channel, segments.get(customer))
        for (customer, day), (_, channel) in view.scan.gather(take, types).items()
    ]


def _active_months(view: View, measure: str, value: str) -> dict[int, set[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    rows = active_periods(view.tables, measure, value)
    if rows:
        columns: Integers = np.asarray(rows, dtype=np.int64)
        for customer, month in zip(columns[:, 0].tolist(), months_of(columns[:, 1]).tolist(), strict=True):
            found[customer].add(month)
    return found


def _last_whole_month(view: View) -> int:
    until = view.context.day(view.as_of)
    month = _month(until)
    return month if last_day_of(month) <= until else month - 1


@cache
def _month(day: int) -> int:
    return int(months_of(np.asarray([day]))[0])


@cache
def _first_day(month: int) -> int:
    return last_day_of(month - 1) + 1


FIGURES: Figures = {
    "rolling_retention": rolling_retention,
    "lifecycle": lifecycle,
    "contract_retention": contract_retention,
}
