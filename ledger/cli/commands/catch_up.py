"""`catch-up`: the projections take in what was appended."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from ledger.cli.command import command
from ledger.cli.failures import resumable
from ledger.cli.session import Session
from ledger.cli.times import LENGTH
from ledger.cli.words import counted

if TYPE_CHECKING:
    from ledger.store.store import Store


@command("catch-up", examples=("customer-ledger catch-up", "customer-ledger catch-up --follow --every 2s"))
@click.option("--follow", is_flag=True, help="Go on for as long as it runs, with every event that is appended.")
@click.option("--every", type=LENGTH, default="1s", metavar="LENGTH", show_default=True, help="How often it looks.")
def run(session: Session, follow: bool, every: int) -> None:
    """Apply to the projections what was appended since.

    The work of two that run at once is never done twice. What was applied stays when it is stopped.
    """
    import msgspec

    from ledger.projecting.catch_up import catch_up

    how = "what was applied stays; run `customer-ledger catch-up` again to go on"
    with resumable(how):
        if not follow:
            session.out.one(msgspec.to_builtins(catch_up(session.store)), lambda made, zone: _view([made], zone))
            return
        session.say(f"following {session.address}; Ctrl-C stops")
        pages = _followed(session.store, every / 1_000_000)
        if session.out.drawn:
            _tell(session, pages)
        else:
            session.out.pages(pages, _view, columns=("events", "customers", "position", "parked"))


def _view(rows: list[dict[str, Any]], _zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import Shown, table

    columns = (
        Shown("events applied", "events", "right"),
        Shown("customers", "customers", "right"),
        Shown("now at position", "position", "right"),
        Shown("set aside", "parked", "right"),
    )
    yield table(columns, rows)


def _followed(store: Store, pause: float) -> Iterator[list[dict[str, Any]]]:
    """Yield what each batch did, for ever; another projector's turn is left to it."""
    import msgspec

    from ledger.errors import ProjectionRaced
    from ledger.projecting.catch_up import catch_up_batch

    while True:
        try:
            made = catch_up_batch(store)
        except ProjectionRaced:
            time.sleep(pause)
            continue
        if made.events:
            yield [msgspec.to_builtins(made)]
        else:
            time.sleep(pause)


def _tell(session: Session, pages: Iterator[list[dict[str, Any]]]) -> None:
    for page in pages:
        for made in page:
            session.say(f"{counted(made['events'], 'event')} applied, now at position {made['position']:,}")
