"""`catch-up`: the projections take in what was appended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from ledger.cli.command import command
from ledger.cli.failures import resumable
from ledger.cli.progress import Watch
from ledger.cli.session import Session
from ledger.cli.times import LENGTH
from ledger.cli.words import counted

if TYPE_CHECKING:
    from ledger.projecting.catch_up import CaughtUp
    from ledger.store.store import Store

EVERY = 0.2
"""Seconds from one batch to the next where nothing else is said."""

COLUMNS = ("events", "customers", "position", "parked", "lag_events", "lag_seconds")


@command("catch-up", examples=("customer-ledger catch-up", "customer-ledger catch-up --follow --every 2s"))
@click.option("--follow", is_flag=True, help="Go on for as long as it runs, with every event that is appended.")
@click.option(
    "--every",
    type=LENGTH,
    metavar="LENGTH",
    help="How long after a batch the next one begins at the earliest, so that they are fewer (a fifth of a second).",
)
def run(session: Session, follow: bool, every: int | None) -> None:
    """Apply to the projections what was appended since.

    Where several run at once one leads and the others wait, to go on within seconds should it fall silent. What was
    applied stays when it is stopped.
    """
    import msgspec

    said = click.get_current_context().get_parameter_source("every")
    if not follow and said == ParameterSource.COMMANDLINE:
        raise click.UsageError("--every is for --follow: give both, or leave --every out to apply what is there once")
    how = "what was applied stays; run `customer-ledger catch-up` again to go on"
    with resumable(how):
        if not follow:
            session.out.one(msgspec.to_builtins(_caught_up(session)), lambda made, zone: _view([made], zone))
            return
        session.say(f"following {session.address}; Ctrl-C stops")
        pages = _followed(session.store, EVERY if every is None else every / 1_000_000)
        if session.out.drawn:
            _tell(session, pages)
        else:
            session.out.pages(pages, _view, columns=COLUMNS)


def _caught_up(session: Session) -> CaughtUp:
    """Apply what is there by now, showing how far it is; what another projector applies meanwhile is left to it."""
    from ledger.errors import ProjectionRaced
    from ledger.projecting.catch_up import CaughtUp, catch_up
    from ledger.projecting.leading import stand_by
    from ledger.store.engine import reading
    from ledger.store.log import last_position

    with reading(session.store.engine) as connection:
        head = last_position(connection)
    with Watch(session, "catching up") as watch:
        while True:
            try:
                return catch_up(
                    session.store, progress=lambda applied, position: watch.at(position, max(head, position))
                )
            except ProjectionRaced:
                if stand_by(session.store, head):
                    return CaughtUp(events=0, customers=0, position=head, parked=0)


def _view(rows: list[dict[str, Any]], _zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import Shown, table

    columns = (
        Shown("events applied", "events", "right"),
        Shown("customers", "customers", "right"),
        Shown("now at position", "position", "right"),
        Shown("set aside", "parked", "right"),
    )
    yield table(columns, rows)


def _followed(store: Store, every: float) -> Iterator[list[dict[str, Any]]]:
    """Yield what each batch did, for ever."""
    import msgspec

    from ledger.projecting.leading import lead

    for made in lead(store, every):
        yield [msgspec.to_builtins(made)]


def _tell(session: Session, pages: Iterator[list[dict[str, Any]]]) -> None:
    for page in pages:
        for made in page:
            behind = f"{counted(made['lag_events'], 'event')} and {made['lag_seconds']:.1f} s behind"
            session.say(f"{counted(made['events'], 'event')} applied, now at position {made['position']:,}, {behind}")
