"""Figures of contacts: by direction, and how often the channel changes; by the month of the contact."""

from __future__ import annotations

from collections import Counter

from ledger.metrics import counts
from ledger.metrics.figure import Figure, Scope
from ledger.queries.cut import COUNTED, Cut
from ledger.queries.view import Figures, View
from ledger.queries.window import months
from ledger.store.figures.tallies import tallies


def contacts(view: View) -> list[Figure]:
    """Return the contacts of each direction in each group."""
    return [figure for scope, found in _counted(view, "touchpoint") for figure in counts.contacts(found, scope)]


def channel_switching(view: View) -> list[Figure]:
    """Return the share of consecutive contacts that change the channel, in each group."""
    return [
        figure
        for scope, found in _counted(view, "switching")
        for figure in counts.channel_switching(
            found["switched"], found["same"], scope.leaving_out(unknown_channel=found[""])
        )
    ]


def _counted(view: View, measure: str) -> list[tuple[Scope, Counter[str]]]:
    cut = Cut(view.asked, COUNTED, view.context)
    rows = tallies(view.tables, measure, cut.raw, months(view.asked, view.context))
    counted = []
    for key, group in cut.groups(rows).items():
        found: Counter[str] = Counter()
        for _, value, n, _ in group:
            found[value] += n
        counted.append((cut.scope(key), found))
    return counted


FIGURES: Figures = {
    "contacts": contacts,
    "channel_switching": channel_switching,
}
