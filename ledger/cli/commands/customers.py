"""`customers`: who is in the ledger, and who is behind a figure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from ledger.cli.asking import conditions
from ledger.cli.command import command
from ledger.cli.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

SCREEN = 50
"""Customers that a table shows unless told otherwise."""

A_PAGE = 1_000

Page = list[dict[str, Any]]


@command(
    "customers",
    examples=(
        "customer-ledger customers --stage use --channel phone",
        "customer-ledger customers --search anna@example.org",
        "customer-ledger customers --segment tier=gold -f csv -o gold.csv",
    ),
)
@click.option("--search", metavar="TEXT", help="Part of a key, or a whole identifier (e-mail, phone, card).")
@click.option("--stage", metavar="NAME", help="Only customers who stand in this stage; unknown: in none.")
@click.option("--channel", metavar="NAME", help="Only customers who were seen on this channel.")
@click.option("--segment", metavar="SCHEME=NAME", help="Only customers in this segment of a scheme.")
@click.option("--after", metavar="CUSTOMER", help="Go on after this customer_id, the last of a list before.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help=f"At most so many.  [default: {SCREEN} in a table, else all]",
)
def run(
    session: Session,
    search: str | None,
    stage: str | None,
    channel: str | None,
    segment: str | None,
    after: str | None,
    limit: int | None,
) -> None:
    """List customers: all, or those behind a figure.

    In the order in which the ledger first heard of them. Customers that were merged are one, under the key that
    survives; any of their keys finds them. Somebody of whom every event is retracted is not among them. Read from the
    projections, so `catch-up` first.
    """
    from ledger.queries.customers import customers, doubts

    wanted: dict[str, Any] = {"search": search, "stage": stage, "channel": channel}
    if segment is not None:
        [wanted["segment"]] = conditions([segment], "--segment", "tier=gold")
    find = partial(customers, session.store, **wanted)
    if session.out.drawn:
        rows = find(limit=(limit or SCREEN) + 1, after=after)
        shown = rows[: limit or SCREEN]
        session.out.rows(shown, _view)
        if len(rows) > len(shown):
            session.say(f"there are more: go on with --after {shown[-1]['customer_id']}, or ask for more with --limit")
    else:
        session.out.pages(_pages(find, after, limit), _view, columns=COLUMNS)
    if not find(limit=1):
        for doubt in doubts(session.store, **wanted):
            session.say(doubt)


COLUMNS = (
    "customer_id", "stage", "since", "cycle", "overlays", "last_at", "last_channel", "last_type", "channels",
    "segments", "events", "touchpoints",
)  # fmt: skip


def _pages(
    find: Callable[..., list[dict[str, Any]]], after: str | None, limit: int | None
) -> Iterator[list[dict[str, Any]]]:
    left = limit
    while left is None or left > 0:
        page = find(limit=A_PAGE if left is None else min(A_PAGE, left), after=after)
        if not page:
            return
        yield page
        after = page[-1]["customer_id"]
        left = None if left is None else left - len(page)


def _view(rows: list[dict[str, Any]], zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import Shown, clock, plain, table

    if not rows:
        yield plain("no customers")
        return
    columns = (
        Shown("customer", "customer_id"),
        Shown("stage", "stage"),
        Shown("since", "since", fold=False),
        Shown("last seen", "last", fold=False),
        Shown("on", "last_channel"),
        Shown("segments", "segments"),
        Shown("events", "events", "right"),
    )
    shown = [
        {**row, "since": clock(row["since"], zone, "date"), "last": clock(row["last_at"], zone, "date")} for row in rows
    ]
    yield table(columns, shown)
