"""Figures of who speaks first, by when they spoke."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from ledger.metrics import proactive
from ledger.metrics.figure import Figure, Scope
from ledger.metrics.quantiles import MICROSECONDS
from ledger.projections.outreach import AROUND, OUTREACH
from ledger.queries.cut import PLACE, Cut
from ledger.queries.view import Figures, View
from ledger.queries.window import instants
from ledger.store.figures.facts import fact_counts, facts

WINDOW = 30 * MICROSECONDS["days"]

SIDES = {**PLACE, "month": "at"}

CAMPAIGNS = {**SIDES, "trigger": "trigger", "campaign": "campaign", "proactive": "proactive"}


def proactive_ratio(view: View) -> list[Figure]:
    """Return the share of proactive contacts among those and the inbound ones."""
    cut = Cut(view.asked, SIDES, view.context)
    columns = (*cut.raw, "direction", "proactive")
    rows = fact_counts(view.tables, OUTREACH, columns, at="at", within=instants(view.asked))
    figures = []
    for key, group in cut.groups(rows).items():
        outbound: Counter[str] = Counter()
        inbound = 0
        for direction, is_proactive, n in group:
            if direction == "inbound":
                inbound += n
            else:
                outbound[is_proactive] += n
        figures += proactive.proactive_ratio(outbound, inbound, cut.scope(key))
    return figures


def campaign_response(view: View) -> list[Figure]:
    """Return how many of the campaigns' contacts are answered, and how soon."""
    return _answered(view, proactive.campaign_response)


def trigger_response(view: View) -> list[Figure]:
    """Return how much more of the contacts are answered that an insight triggered than that a situation did."""
    return _answered(view, proactive.trigger_response)


def _answered(view: View, make: Callable[[list[proactive.Outreach], int, int, Scope], list[Figure]]) -> list[Figure]:
    window = WINDOW if view.asked.within is None else view.asked.within
    return [
        figure
        for cut, key, group in _campaigns(view, ("at", "trigger", "responded_at", "cause_responded_at"))
        for figure in make([proactive.Outreach(*row) for row in group], window, view.as_of, cut.scope(key))
    ]


def inbound_after_outreach(view: View) -> list[Figure]:
    """Return how often customers contact the company in the week before a campaign's contact and in the week after."""
    columns = ("at", "first_at", "contacts_before", "contacts_after")
    return [
        figure
        for cut, key, group in _campaigns(view, columns)
        for figure in proactive.inbound_after_outreach(group, AROUND, view.as_of, cut.scope(key))
    ]


def _campaigns(view: View, columns: tuple[str, ...]) -> list[tuple[Cut, tuple[str, ...], list[Any]]]:
    cut = Cut(view.asked, CAMPAIGNS, view.context)
    within = instants(view.asked)
    rows = facts(view.tables, OUTREACH, (*cut.raw, *columns), at="at", within=within, direction="outbound")
    return [(cut, key, group) for key, group in cut.groups(rows).items()]


FIGURES: Figures = {
    "proactive_ratio": proactive_ratio,
    "campaign_response": campaign_response,
    "trigger_response": trigger_response,
    "inbound_after_outreach": inbound_after_outreach,
}
