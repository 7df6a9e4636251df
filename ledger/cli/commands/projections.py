"""`projections`: how far the read model is behind the log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ledger.cli.command import command
from ledger.cli.session import Session
from ledger.cli.words import counted


@command("projections", examples=("customer-ledger projections", "customer-ledger projections -f json"))
def run(session: Session) -> None:
    """Show the version, position and lag of every projection."""
    import msgspec

    from ledger.events.event import utc
    from ledger.projecting.status import status

    rows = [msgspec.to_builtins(one) for one in status(session.store)]
    for row in rows:
        row["built_at"] = None if row["built_at"] is None else utc(row["built_at"]).isoformat()
    session.out.rows(rows, _view)
    if rows and rows[0]["parked"]:
        session.say(
            f"{counted(rows[0]['parked'], 'customer')} set aside, because an event cannot be read: see `verify`"
        )
    if any(not row["current"] for row in rows):
        session.say("not current: run `customer-ledger rebuild`")
    elif any(row["lag_events"] for row in rows):
        session.say("behind the log: run `customer-ledger catch-up`")


def _view(rows: list[dict[str, Any]], _zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import Shown, table

    columns = (
        Shown("projection", "name"),
        Shown("version", "version", "right"),
        Shown("position", "position", "right"),
        Shown("behind", "lag_events", "right"),
        Shown("seconds", "lag_seconds", "right"),
        Shown("rows", "rows", "right"),
        Shown("current", "current"),
    )
    yield table(columns, rows)
