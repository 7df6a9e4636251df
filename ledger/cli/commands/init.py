"""`init`: make a ledger, bring an older one up to date, put definitions in force."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from ledger.cli.command import command
from ledger.cli.session import Session


@command(
    "init",
    examples=(
        "customer-ledger init",
        "customer-ledger init --journey journey.toml --channels channels.toml",
        "customer-ledger init --url postgresql://me@localhost/ledger",
    ),
)
@click.option("--journey", metavar="FILE", help="Put the journey of this TOML file in force: stages and their rules.")
@click.option("--channels", metavar="FILE", help="Put the channel registry of this TOML file in force.")
@click.option("--types", metavar="FILE", help="Put the company's own event types of this TOML file in force.")
def run(session: Session, journey: str | None, channels: str | None, types: str | None) -> None:
    """Make a ledger, or bring an older one up to date.

    Doing it again changes nothing. The files given are checked whole, and put in force together; the ledger keeps
    every definition that was ever in force. Projections made under another one are stale until the next `rebuild`.
    """
    from ledger.cli.definitions import read_definitions
    from ledger.errors import LedgerIncompatible, LedgerMissing
    from ledger.events import VOCABULARY
    from ledger.opening import define, open_store
    from ledger.store.definitions import content_hash

    made = "found"
    vocabulary = VOCABULARY
    try:
        vocabulary = session.store.context.vocabulary
    except LedgerMissing:
        made = "created"
    except LedgerIncompatible as error:
        if not error.older:
            raise
        made = "upgraded"
    definitions = read_definitions(vocabulary, journey=journey, channels=channels, types=types)
    if made != "found":
        open_store(session.url, create=True, upgrade=True).close()
    new = define(session.url, definitions)
    session.close()
    store = session.store
    rows = [
        {"kind": kind, "name": name, "hash": content_hash(body), "changed": kind in new}
        for kind, name, body in (
            ("journey", f"{store.context.journey.name} {store.context.journey.version}", store.definitions.journey),
            ("channels", f"{len(store.context.channels)} channels", store.definitions.channels),
            (
                "types",
                f"{sum(t.company for t in store.context.vocabulary.values())} own types",
                store.definitions.types,
            ),
        )
    ]
    words = {"created": "made a ledger", "upgraded": "brought the ledger up to date", "found": "the ledger is there"}
    session.say(f"{words[made]}: {session.address}")
    session.out.one({"url": session.address, "ledger": made, "in_force": rows}, _view, flat=rows)
    if new and made == "found":
        session.say(f"{' and '.join(new)} changed: run `customer-ledger rebuild` so that projections follow")


def _view(made: Any, _zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import Shown, table

    columns = [Shown("in force", "kind"), Shown("name", "name"), Shown("hash", "hash")]
    if any(row["changed"] for row in made["in_force"]):
        columns.append(Shown("changed", "changed"))
    yield table(columns, [{**row, "hash": row["hash"][:12]} for row in made["in_force"]])
