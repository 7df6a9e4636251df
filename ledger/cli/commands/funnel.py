"""`funnel`: how many customers reached each stage, and how many went on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from ledger.cli.asking import asked, asks, doubt_spelling
from ledger.cli.command import command
from ledger.cli.session import Session
from ledger.cli.times import LENGTH

ABOUT = ("definition", "window", "from", "to", "as_of", "known_at", "zone", "position", "journey")
COLUMNS = ("stage", "customers", "of", "next_stage", "share", "low", "high", "n", "excluded")


@command(
    "funnel",
    examples=("customer-ledger funnel", "customer-ledger funnel --by channel --within 90d -f csv"),
)
@asks
@click.option("--within", type=LENGTH, metavar="LENGTH", help="Only who had this long to go on, as in 90d.")
def run(session: Session, **given: Any) -> None:
    """Show for each stage who ever entered it, and who went on to the next.

    The share is of the closed funnel: of those who entered a stage, the ones who later entered the next. A customer
    may skip a stage, so the next one may hold more. A TIME is ISO 8601 with its offset, a date, or 7d (ago).
    """
    from ledger.queries.funnel import funnel

    question = asked(session, given)
    rows = funnel(session.store, **question)
    session.out.rows(rows, view)
    doubt_spelling(session, rows, question, "customers")


def view(rows: list[dict[str, Any]], _zone: Any) -> Iterable[Any]:
    """Show the stages in order, and what the figures were seen from."""
    from ledger.cli.drawing import Shown, figure, interval, length, plain, seen_from, table

    if not rows:
        yield plain("no customer is in any stage")
        return
    keys = [key for key in rows[0] if key not in COLUMNS + ABOUT]
    shown = [
        {
            **row,
            "of": figure(row["customers"] / row["of"], "share") if row["of"] else None,
            "goes on": row["next_stage"] and f"{figure(row['share'], 'share')} to {row['next_stage']}",
            "interval": interval(row["low"], row["high"], "share"),
        }
        for row in rows
    ]
    columns = (
        *(Shown(key, key) for key in keys),
        Shown("stage", "stage"),
        Shown("customers", "customers", "right"),
        Shown("of all", "of", "right"),
        Shown("went on", "goes on"),
        Shown("95 % interval", "interval"),
        Shown("left out", "excluded"),
    )
    yield table([column for column in columns if any(row.get(column.key) for row in shown)], shown)
    yield from length("conversion", rows)
    yield plain("")
    yield plain(seen_from(rows[0]))
