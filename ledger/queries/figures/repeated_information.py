"""Figures of what customers are asked for again."""

from __future__ import annotations

from collections import Counter
from functools import cache

from msgspec.json import decode

from ledger.metrics import repeated_information as computed
from ledger.metrics.figure import Figure
from ledger.projections.requests import REQUESTS
from ledger.queries.cut import PLACE, Cut
from ledger.queries.view import Figures, View
from ledger.queries.window import instants
from ledger.store.figures.asked_again import asked_again
from ledger.store.figures.facts import fact_counts

COLUMNS = {**PLACE, "month": "at"}


def repeated_information_rate(view: View) -> list[Figure]:
    """Return the share of contacts in which the customer was asked again."""
    cut = Cut(view.asked, COLUMNS, view.context)
    rows = asked_again(view.tables, cut.raw, instants(view.asked))
    return cut.figures(rows, computed.repeated_information_rate)


def fields_asked_again(view: View) -> list[Figure]:
    """Return the fields that were asked for again most often."""
    cut = Cut(view.asked, COLUMNS, view.context)
    columns = (*cut.raw, "fields", "fields_again")
    rows = fact_counts(view.tables, REQUESTS, columns, at="at", within=instants(view.asked))
    names = cache(lambda text: tuple(decode(text, type=list[str])))
    figures = []
    for key, group in cut.groups(rows).items():
        asked: Counter[str] = Counter()
        again: Counter[str] = Counter()
        for fields, repeated, n in group:
            for field in names(fields):
                asked[field] += n
            for field in names(repeated):
                again[field] += n
        figures += computed.fields_asked_again(asked, again, view.asked.top, cut.scope(key))
    return figures


FIGURES: Figures = {
    "repeated_information_rate": repeated_information_rate,
    "fields_asked_again": fields_asked_again,
}
