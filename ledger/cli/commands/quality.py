"""`quality`: how far the log itself can be trusted, source by source."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import click

from ledger.cli.asking import asked, doubt_spelling
from ledger.cli.command import command
from ledger.cli.session import Session
from ledger.cli.times import LENGTH, TIME

WORST = 10
"""How many types and channels a person is shown."""


@command(
    "quality",
    examples=(
        "customer-ledger quality",
        "customer-ledger quality --late 3d --since 2024-01-01",
        "customer-ledger quality -f csv -o quality.csv",
    ),
)
@click.option("--late", type=LENGTH, metavar="LENGTH", help="What arrived later than this is late.  [default: 1d]")
@click.option("--since", type=TIME, metavar="TIME", help="Only what occurred from then on.")
@click.option("--before", type=TIME, metavar="TIME", help="Only what occurred before.")
@click.option("--as-of", type=TIME, metavar="TIME", help="As of this time: what had happened by then.")
@click.option("--known-at", type=TIME, metavar="TIME", help="As known at this time: what was recorded by then.")
@click.option("--zone", metavar="ZONE", help="The zone of dates given here, not the journey's.")
@click.option("--journey", metavar="FILE", help="By the journey of this TOML file, not the one in force.")
def run(session: Session, late: int | None, **given: Any) -> None:
    """Report what is unknown, late, out of order, repeated, negative or mapped to nothing, of all sources and of each.

    Unknown channels, directions, actors and departments; times known only to the day or the minute; events that came
    late or after later ones; events that equal another but for their name (suspected duplicates, which stay; what is
    appended again under its own name is no second event, so the log has none); retracted ones; durations below zero;
    cases out of order or never opened; types and channels that nothing is said about; visitors who never became known;
    parked customers.

    Shares carry n and a 95 % interval. It reads the whole log once.
    """
    from ledger.queries.quality import quality

    question = asked(session, {**given, "within": late})
    rows = [figure.as_row() for figure in quality(session.store, **question)]
    session.out.rows(rows, _view)
    # Parked customers are counted whatever the window is.
    doubt_spelling(session, [row for row in rows if row["metric"] != "parked_customers"], question)


def _view(rows: list[dict[str, Any]], _zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import plain, seen_from

    for name, figures in groupby(rows, key=lambda row: str(row["metric"])):
        yield _of_one_metric(name, list(figures))
        yield plain("")
    yield plain("A source of which there is none is not shown, nor are more than the first ten types or channels.")
    yield plain(seen_from(rows[0]))


def _of_one_metric(name: str, rows: list[dict[str, Any]]) -> Any:
    from ledger.cli.drawing import Shown, figure, interval, table
    from ledger.metrics.registry import METRICS

    metric = METRICS[name]
    if rows[0]["statistic"] == "median":
        return _lengths(metric.title, rows)
    lines = [
        {
            **row,
            "source": row.get("source", "all"),
            "share": None if row["statistic"] == "count" else figure(row["value"], "share"),
            "interval": interval(row["low"], row["high"], "share"),
        }
        for row in rows
        if row["numerator"] or "source" not in row
    ]
    columns = [
        *(Shown(key, key) for key in metric.parts),
        Shown("how many", "numerator", "right"),
        Shown("of", "n", "right"),
        Shown("share", "share", "right"),
        Shown("95 % interval", "interval"),
        Shown("left out", "excluded"),
    ]
    kept = [column for column in columns if any(line.get(column.key) not in (None, "", {}) for line in lines)]
    return table(kept, lines[:WORST] if rows[0]["statistic"] == "count" else lines, title=metric.title)


def _lengths(title: str, rows: list[dict[str, Any]]) -> Any:
    from ledger.cli.drawing import Shown, figure, table

    lines: dict[str, dict[str, Any]] = {}
    for row in rows:
        source = row.get("source", "all")
        line = lines.setdefault(source, {"source": source, "n": row["n"], "below zero": row["negative"]})
        line[row["statistic"]] = figure(row["value"], row["unit"])
    columns = (
        Shown("source", "source"),
        Shown("median, hours", "median", "right"),
        Shown("p90, hours", "p90", "right"),
        Shown("n", "n", "right"),
        Shown("below zero", "below zero", "right"),
    )
    return table(columns, list(lines.values()), title=title)
