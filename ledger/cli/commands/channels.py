"""`channels`: what happened on each channel, for all customers or one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from ledger.cli.command import command
from ledger.cli.session import Session
from ledger.cli.times import TIME, When
from ledger.errors import InvalidArgument


@command(
    "channels",
    examples=("customer-ledger channels", "customer-ledger channels c-42", "customer-ledger channels -f csv"),
)
@click.argument("customer", metavar="[CUSTOMER]", required=False, help="One customer; all without.")
@click.option("--as-of", type=TIME, metavar="TIME", help="One customer: what had happened by then.")
@click.option("--known-at", type=TIME, metavar="TIME", help="One customer: what was recorded by then.")
def run(session: Session, customer: str | None, as_of: When | None, known_at: When | None) -> None:
    """Show touchpoints, outcomes, ratings and switches on each channel.

    Of all customers from the projections, of one from the log as it is now. A touchpoint whose channel is not known is
    listed as unknown, never guessed.
    """
    from ledger.queries.channels import channels, channels_of
    from ledger.store.log import Until

    if customer is not None:
        until = Until(as_of=session.instant(as_of), known_at=session.instant(known_at))
        session.out.rows(channels_of(session.store, customer, until), _view)
        return
    if as_of is not None or known_at is not None:
        raise InvalidArgument(
            "--as-of and --known-at look at one customer: name them, or ask `metrics contacts --by channel --as-of …`"
        )
    session.out.rows(channels(session.store), _view)


def _view(rows: list[dict[str, Any]], zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import Shown, clock, number, plain, seen_from, table

    if not rows:
        yield plain("nothing happened on any channel")
        return
    ratings = sorted({name for row in rows for name in row["ratings"]})
    columns = [
        Shown("channel", "channel"),
        Shown("customers", "customers", "right"),
        Shown("touchpoints", "touchpoints", "right"),
        Shown("in", "inbound", "right"),
        Shown("out", "outbound", "right"),
        *(Shown(f"mean {name.partition('|')[0]}", name, "right") for name in ratings),
        Shown("came", "switches_in", "right"),
        Shown("left", "switches_out", "right"),
        Shown("last", "last", fold=False),
    ]
    unseen = "last" if "customers" in rows[0] else "customers"
    shown = [
        {
            **row,
            "channel": row["channel"] or "unknown",
            "last": clock(row["last_at"], zone, "date"),
            **{name: number(rated["mean"]) for name, rated in row["ratings"].items()},
        }
        for row in rows
    ]
    yield table([column for column in columns if column.key != unseen], shown)
    yield plain("came, left: a customer's next contact was on this channel, on another, after one on the other")
    if "position" in rows[0]:
        yield plain(seen_from(rows[0]))
