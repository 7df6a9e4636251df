"""`quarantine`: who is set aside and why, and the ways back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from ledger.cli.command import command
from ledger.cli.exits import Exit
from ledger.cli.session import Session
from ledger.cli.words import counted, one_line
from ledger.errors import InvalidArgument

if TYPE_CHECKING:
    from ledger.projecting.quarantine import Parked, Refolded

ACTIONS = ("list", "show", "retry", "replay")

COLUMNS = (
    "customer_id", "position", "source", "event_id", "type", "occurred_at", "reason", "parked_at", "events_waiting",
)  # fmt: skip


@command(
    "quarantine",
    examples=(
        "customer-ledger quarantine",
        "customer-ledger quarantine show c-42",
        "customer-ledger quarantine retry c-42 c-43",
        "customer-ledger quarantine retry --all",
        "customer-ledger quarantine replay c-44",
    ),
)
@click.argument(
    "action",
    type=click.Choice(ACTIONS),
    default="list",
    metavar="[ACTION]",
    help="list (also without an action), show, retry or replay.",
)
@click.argument("customers", nargs=-1, metavar="[CUSTOMER]...", help="The producer's keys (customer_id).")
@click.option("--all", "every", is_flag=True, help="With retry: everyone who is set aside.")
def run(session: Session, action: str, customers: tuple[str, ...], every: bool) -> int:
    """Show who is set aside because an event of theirs cannot be read or projected, and take them back.

    list: who is set aside, by which event, why, since when, and how many events of theirs are in no figure.
    show: one customer's reason, the event (personal fields stay out), and the cure.
    retry: fold those who are set aside again now, once the cause is gone, and take back those with whom it works.
    replay: fold any customer whole from the log, set aside or not, and put their rows in place whatever was stored.

    Everyone else is projected meanwhile. Retry and replay are safe beside `catch-up`, and take in some new events
    on the way. The exit code is 1 where somebody asked for stays set aside.
    """
    _check(action, customers, every)
    if action == "list":
        return _list(session)
    if action == "show":
        return _show(session, customers[0])
    return _take_back(session, action, None if every else customers)


def _check(action: str, customers: tuple[str, ...], every: bool) -> None:
    if every and (action != "retry" or customers):
        raise InvalidArgument("--all is for `quarantine retry`, without customers: leave one of them out")
    if action == "list" and customers:
        raise InvalidArgument("`quarantine list` takes no customer: `quarantine show CUSTOMER` shows one")
    if action == "show" and len(customers) != 1:
        raise InvalidArgument("`quarantine show` shows one customer: name one")
    if action in ("retry", "replay") and not (customers or every):
        raise InvalidArgument(f"name the customers to {action}" + (", or say --all" if action == "retry" else ""))


def _list(session: Session) -> int:
    from ledger.projecting.quarantine import quarantine

    rows = [_row(one) for one in quarantine(session.store)]
    session.out.rows(rows, _view, columns=COLUMNS)
    if rows:
        session.say(f"{counted(len(rows), 'customer')} set aside: `quarantine show CUSTOMER` tells the cure")
    return Exit.DONE


def _show(session: Session, customer: str) -> int:
    from ledger.projecting.quarantine import examine

    found = examine(session.store, customer)
    made = _row(found.parked) | {
        "position": found.position,
        "reason": found.reason,
        "envelope": found.envelope,
        "header": found.header,
        "cure": found.cure,
    }
    session.out.one(made, _examined)
    return Exit.DONE


def _take_back(session: Session, action: str, customers: tuple[str, ...] | None) -> int:
    from ledger.projecting.quarantine import refold, retry

    made = retry(session.store, customers) if action == "retry" else refold(session.store, customers or ())
    session.out.rows(_outcomes(made), _outcome_view, columns=("customer_id", "projected", "reason"))
    if made.widened:
        session.say("the types file says more than it did, so everyone who was set aside was tried")
    session.say(
        f"{counted(len(made.projected), 'customer')} projected at position {made.position:,}"
        + (f", {counted(len(made.parked), 'customer')} still set aside" if made.parked else "")
    )
    return Exit.UNSOUND if made.parked else Exit.DONE


def _row(one: Parked) -> dict[str, Any]:
    from ledger.events.event import utc

    row: dict[str, Any] = {name: getattr(one, name) for name in COLUMNS}
    for name in ("occurred_at", "parked_at"):
        row[name] = None if row[name] is None else utc(row[name]).isoformat()
    return row


def _outcomes(made: Refolded) -> list[dict[str, Any]]:
    why = {one.customer_id: one.reason for one in made.parked}
    return [
        {"customer_id": customer, "projected": customer not in why, "reason": why.get(customer)}
        for customer in made.customers
    ]


def _view(rows: list[dict[str, Any]], zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import Shown, clock, plain, table

    if not rows:
        yield plain("nobody is set aside")
        return
    columns = (
        Shown("customer", "customer_id"),
        Shown("position", "position", "right"),
        Shown("event", "type"),
        Shown("since", "since"),
        Shown("waiting", "events_waiting", "right"),
        Shown("reason", "reason"),
    )
    yield table(columns, [row | {"since": clock(row["parked_at"], zone)} for row in rows])


def _examined(made: Any, zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import clock, pairs, plain

    yield pairs(
        {
            "customer": made["customer_id"],
            "set aside since": clock(made["parked_at"], zone),
            "events waiting": made["events_waiting"],
            "reason": made["reason"],
            "cure": made["cure"],
        }
    )
    if made["envelope"] is not None:
        yield plain("")
        yield pairs(made["envelope"], title="the event, without its personal fields")
        yield plain("")
        yield plain(f"header as stored: {one_line(made['header'])}")


def _outcome_view(rows: list[dict[str, Any]], _zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import Shown, table

    columns = (Shown("customer", "customer_id"), Shown("projected", "projected"), Shown("reason", "reason"))
    yield table(columns, rows)
