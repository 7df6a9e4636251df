"""`touchpoints`: what customers met, against the catalogue; what goes wrong there, and what goes along with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from ledger.cli.asking import asked, asks, doubt_spelling, say_unmoved, useful
from ledger.cli.command import command
from ledger.cli.session import Session
from ledger.cli.times import LENGTH


@command(
    "touchpoints",
    examples=(
        "customer-ledger touchpoints --catalogue examples/catalogue.toml",
        "customer-ledger touchpoints touchpoint_trouble --by segment:tier --since 90d",
        "customer-ledger touchpoints touchpoint_conversion_association --within 30d",
    ),
)
@click.argument("names", metavar="[NAMES]…", nargs=-1, help="Only these metrics of the topic touchpoints.")
@click.option("--catalogue", metavar="FILE", help="The touchpoints there are, must be and should be: a TOML file.")
@asks
@click.option("--within", type=LENGTH, metavar="LENGTH", help="Going on: only who had this long, as in 30d.")
@click.option(
    "--top", type=click.IntRange(min=1), default=10, metavar="N", help="On a screen: how many of each.  [default: 10]"
)
def run(session: Session, names: Sequence[str], catalogue: str | None, top: int, **given: Any) -> None:
    """Show which touchpoints customers met, which are missing or broken, and which go along with success.

    Without a catalogue it shows what was met. Association says what goes together, never what causes what. A TIME is
    ISO 8601 with its offset, a date, or 7d (ago).
    """
    from ledger.cli.mapping import view
    from ledger.queries.figures.touchpoints import FIGURES
    from ledger.queries.touchpoints import touchpoints

    question = useful(asked(session, given), [name for name in names or FIGURES if name in FIGURES])
    against = None if catalogue is None else _catalogue(session, catalogue, question)
    rows = touchpoints(session.store, names, catalogue=against, **question)
    session.out.rows(rows, lambda shown, _: view(shown, top))
    doubt_spelling(session, rows, question)
    say_unmoved(session, rows, question)


def _catalogue(session: Session, file: str, question: Any) -> Any:
    from ledger.cli.definitions import text_of
    from ledger.schemas.catalogue import catalogue_from_toml
    from ledger.schemas.definitions import compile_context

    context = compile_context(question["journey"]) if "journey" in question else session.store.context
    return catalogue_from_toml(text_of(file), context.journey.primary, file)
