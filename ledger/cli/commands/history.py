"""`history`: every event of a customer, in the order it occurred."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from ledger.cli.command import command
from ledger.cli.commands.export import COLUMNS as ENVELOPE
from ledger.cli.session import Session
from ledger.cli.times import TIME, When


@command(
    "history",
    examples=(
        "customer-ledger history c-42",
        "customer-ledger history c-42 --channel phone --from 30d",
        "customer-ledger history c-42 --case case-7 -f json",
    ),
)
@click.argument("customer", metavar="CUSTOMER", help="The producer's key of the customer (customer_id).")
@click.option("--channel", metavar="NAME", help="Only events on this channel.")
@click.option("--family", metavar="NAME", help="Only events of this family: purchase, support, identity, …")
@click.option("--type", metavar="TYPE", help="Only events of this type: order.placed, …")
@click.option("--case", metavar="ID", help="Only events of this case.")
@click.option("--correlation", metavar="ID", help="Only events with this correlation_id.")
@click.option("--from", "--since", "since", type=TIME, metavar="TIME", help="Only what occurred at this time or later.")
@click.option("--to", "--before", "before", type=TIME, metavar="TIME", help="Only what occurred before this time.")
@click.option("--known-at", type=TIME, metavar="TIME", help="Only what was recorded by this time.")
def run(
    session: Session,
    customer: str,
    channel: str | None,
    family: str | None,
    type: str | None,
    case: str | None,
    correlation: str | None,
    since: When | None,
    before: When | None,
    known_at: When | None,
) -> None:
    """Show every event of a customer, in the order it occurred.

    Events of customers that were merged with this one are among them. A retracted event is shown, and says so. Of
    somebody who was not known at --known-at there are none; somebody unknown to this day is an error. A TIME is
    ISO 8601 with its offset, a date (its start in the journey's zone), or how long ago: 7d, 12h, 30m.
    """
    from ledger.queries.history import HistoryFilter, doubts, history
    from ledger.store.log import Until

    wanted = HistoryFilter(
        channel=channel,
        family=family,
        type=type,
        case_id=case,
        correlation_id=correlation,
        since=session.instant(since),
        before=session.instant(before),
    )
    until = Until(known_at=session.instant(known_at))
    rows = history(session.store, customer, wanted, until)
    session.out.rows(rows, view, columns=COLUMNS)
    if not rows:
        for doubt in doubts(session.store, customer, wanted, until):
            session.say(doubt)


COLUMNS = (*ENVELOPE, "position", "version", "recorded_at", "retracted")


def view(rows: list[dict[str, Any]], zone: Any) -> Iterable[Any]:
    """Show events as a table: when, by which source, what, and the details that fit."""
    from ledger.cli.drawing import Shown, clock, plain, table

    if not rows:
        yield plain("no events")
        return
    shown = [
        {
            **row,
            "when": clock(row["occurred_at"], zone, row.get("time_precision", "instant")),
            "what": row["type"] + (" (retracted)" if row.get("retracted") else ""),
            "details": details(row),
        }
        for row in rows
    ]
    columns = (
        Shown("occurred", "when", fold=False),
        Shown("type", "what", fold=False),
        Shown("channel", "channel"),
        Shown("source", "source"),
        Shown("details", "details"),
    )
    yield table(columns, shown)


def details(row: dict[str, Any]) -> str:
    """Return an event's own fields, case and reason on one line."""
    from ledger.cli.drawing import value

    told = {
        "case": row.get("case_id"),
        "stage": row.get("stage_hint"),
        **row.get("data", {}),
        "reason": row.get("reason"),
    }
    return ", ".join(f"{name} {value(its)}" for name, its in told.items() if its is not None)
