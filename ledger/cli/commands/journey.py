"""`journey`: where a customer stands, and every stay in a stage before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import click

from ledger.cli.command import command
from ledger.cli.session import Session
from ledger.cli.times import TIME, When


@command(
    "journey",
    examples=(
        "customer-ledger journey c-42",
        "customer-ledger journey c-42 --as-of 2024-05-01 -f json",
        "customer-ledger journey c-42 --journey other.toml",
    ),
)
@click.argument("customer", metavar="CUSTOMER", help="The producer's key of the customer (customer_id).")
@click.option("--as-of", type=TIME, metavar="TIME", help="What had happened by then (occurred_at).")
@click.option("--known-at", type=TIME, metavar="TIME", help="What the ledger had recorded by then (recorded_at).")
@click.option("--journey", metavar="FILE", help="By the journey of this TOML file, not the one in force.")
def run(session: Session, customer: str, as_of: When | None, known_at: When | None, journey: str | None) -> None:
    """Show where a customer stands in the journey, and every stay in a stage, with its evidence.

    Computed from the log as it is now, so it never lags. A TIME is ISO 8601 with its offset, a date (its start in
    the journey's zone), or how long ago: 7d, 12h.
    """
    from ledger.cli.definitions import under
    from ledger.queries.journey import journey as journey_of
    from ledger.store.log import Until

    until = Until(as_of=session.instant(as_of), known_at=session.instant(known_at))
    definitions = under(session.store, journey) if journey is not None else None
    made = journey_of(session.store, customer, until, definitions)
    session.out.one(made, view, flat=({"customer_id": made["customer_id"], **visit} for visit in made["visits"]))
    if not made["journey_position"]["events"]:
        then = " had happened, or was known, by then" if as_of or known_at else " is recorded that is not retracted"
        session.say(f"customer {customer!r} stands nowhere: nothing{then}")


def view(made: Any, zone: Any) -> Iterable[Any]:
    """Show the position, then the visits."""
    from ledger.cli.drawing import Shown, clock, pairs, table

    visit_columns = (
        Shown("", "number", "right"),
        Shown("stage", "stage"),
        Shown("entered", "entered", fold=False),
        Shown("left", "left", fold=False),
        Shown("cycle", "cycle", "right"),
        Shown("how", "how"),
        Shown("touchpoints", "touchpoints", "right"),
    )
    proof_columns = (
        Shown("", "number", "right"),
        Shown("rule", "rule"),
        Shown("source", "source"),
        Shown("event", "event_id"),
    )

    position = made["journey_position"]
    if not position["events"]:
        return
    yield pairs(
        {
            "customer": made["customer_id"],
            "stage": position["stage"],
            "since": clock(position["entered_at"], zone),
            "because": _because(position),
            "cycle": position["cycle"],
            "beside it": [overlay["stage"] for overlay in position["overlays"]],
            "segments": position["segments"],
            "first seen": clock(position["first_at"], zone),
            "last seen": clock(position["last_at"], zone),
            "touchpoints": position["touchpoints"],
        }
    )
    visits = [{**visit, "number": number} for number, visit in enumerate(made["visits"], 1)]
    yield table(visit_columns, [_shown(visit, zone) for visit in visits], title="\nvisits")
    yield table(
        proof_columns,
        list(_proofs(visits)),
        title="\nwhat proves each entry: `customer-ledger event SOURCE ID` shows it",
    )


def _shown(visit: dict[str, Any], zone: Any) -> dict[str, Any]:
    from ledger.cli.drawing import clock

    return {
        **visit,
        "entered": clock(visit["entered_at"], zone, "date"),
        "left": clock(visit["left_at"], zone, "date"),
        "how": visit["transition"] + (f" {', '.join(visit['skipped'])}" if visit["skipped"] else ""),
    }


def _proofs(visits: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for visit in visits:
        for proof in visit["evidence"]:
            yield {**proof, "number": visit["number"], "rule": visit["rule"] or "said outright"}


def _because(entry: dict[str, Any]) -> str | None:
    if not entry["evidence"]:
        return None
    proof = ", ".join(f"{one['source']} {one['event_id']}" for one in entry["evidence"])
    return f"{entry['rule'] or 'said outright'}: {proof}"
