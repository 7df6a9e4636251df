"""`event`: one event, whole, by its identity."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from ledger.cli.command import command
from ledger.cli.session import Session


@command("event", examples=("customer-ledger event shop order-1001", "customer-ledger event shop order-1001 -f json"))
@click.argument("source", metavar="SOURCE", help="The system that the event came from.")
@click.argument("event_id", metavar="ID", help="Its event_id in that source.")
def run(session: Session, source: str, event_id: str) -> None:
    """Show one event, whole, with its place in the log."""
    from ledger.queries.history import event

    session.out.one(event(session.store, source, event_id), _view)


def _view(event: Any, _zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import pairs

    data = {f"data.{name}": value for name, value in event.get("data", {}).items()}
    actor = {f"actor.{name}": value for name, value in (event.get("actor") or {}).items()}
    yield pairs({name: value for name, value in event.items() if name not in ("data", "actor")} | actor | data)
