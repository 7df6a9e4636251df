"""`replay`: the customer after each event, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from ledger.cli.command import command
from ledger.cli.session import Session
from ledger.cli.times import TIME, When
from ledger.errors import InvalidArgument

if TYPE_CHECKING:
    from ledger.queries.replay import Step


@command(
    "replay",
    examples=(
        "customer-ledger replay c-42",
        "customer-ledger replay c-42 --as-of 2024-05-01 --known-at 7d",
        "customer-ledger replay c-42 --version 3 -f json",
    ),
)
@click.argument("customer", metavar="CUSTOMER", help="The producer's key of the customer (customer_id).")
@click.option(
    "--version", type=click.IntRange(min=1), metavar="N", help="The first N events of this key, as they arrived."
)
@click.option("--as-of", type=TIME, metavar="TIME", help="What had happened by then (occurred_at).")
@click.option("--known-at", type=TIME, metavar="TIME", help="What the ledger had recorded by then (recorded_at).")
def run(session: Session, customer: str, version: int | None, as_of: When | None, known_at: When | None) -> None:
    """Show a customer's state after each event, what changed, and by which rule and evidence.

    In the order of occurrence; with --version in the order of arrival, where a late event that changes the past is
    marked. A TIME is ISO 8601 with its offset, a date (its start in the journey's zone), or how long ago: 7d, 12h.
    """
    from ledger.queries.replay import replay
    from ledger.store.log import Until

    if version is not None and as_of is not None:
        raise InvalidArgument("--version counts arrivals and --as-of bounds occurrence: give one of them")
    until = Until(as_of=session.instant(as_of), known_at=session.instant(known_at))
    steps = replay(session.store, customer, version=version, until=until)
    session.out.rows([step_row(step) for step in steps], view, columns=COLUMNS)
    if not steps:
        session.say(f"of customer {customer!r} nothing had happened, or was known, by then")


COLUMNS = (
    "occurred_at", "time_precision", "source", "event_id", "type", "customer_id", "position", "version", "refolded",
    "changes", "entries", "state",
)  # fmt: skip


def step_row(step: Step) -> dict[str, Any]:
    """Return a step as JSON values: the event's place, what it changed, why, and the whole state after it."""
    import msgspec

    from ledger.events.event import utc

    state = msgspec.to_builtins(step.customer)
    for name in ("first_at", "last_at"):
        state[name] = utc(state[name]).isoformat() if state[name] is not None else None
    return {
        "occurred_at": step.event.occurred_at,
        "time_precision": step.event.time_precision,
        "source": step.event.source,
        "event_id": step.event.event_id,
        "type": step.event.type,
        "customer_id": step.customer_id,
        "position": step.event.position,
        "version": step.event.version,
        "refolded": step.refolded,
        "changes": {name: {"before": before, "after": after} for name, (before, after) in step.changes.items()},
        "entries": [
            {
                "stage": entry.stage,
                "entered_at": utc(entry.at).isoformat(),
                "cycle": entry.cycle,
                "transition": entry.transition,
                "rule": entry.rule,
                "skipped": list(entry.skipped),
                "evidence": [{"source": source, "event_id": event_id} for source, event_id in entry.evidence],
            }
            for entry in step.entries
        ],
        "state": state,
    }


def view(rows: list[dict[str, Any]], zone: Any) -> Iterable[Any]:
    """Show each event with what it changed and why, and the state at the end."""
    from ledger.cli.drawing import Shown, clock, pairs, plain, stacked, table

    if not rows:
        return
    shown = [
        {
            "when": clock(row["occurred_at"], zone, row["time_precision"]),
            "version": row["version"],
            "type": row["type"],
            "changed": stacked(_changes(row)),
        }
        for row in rows
    ]
    columns = (
        Shown("occurred", "when", fold=False),
        Shown("v", "version", "right"),
        Shown("event", "type"),
        Shown("what it changed, and by which rule", "changed"),
    )
    yield table(columns, shown)
    yield plain("")
    yield pairs(
        {
            **rows[-1]["state"],
            "first_at": clock(rows[-1]["state"]["first_at"], zone),
            "last_at": clock(rows[-1]["state"]["last_at"], zone),
        },
        title="the customer after the last of these",
    )


def _changes(row: dict[str, Any]) -> Iterable[str]:
    from ledger.cli.drawing import value

    if row["refolded"]:
        yield "(changes the past)"
    for name, change in row["changes"].items():
        because = [
            _reason(entry) for entry in row["entries"] if (entry["transition"] == "overlay") == (name == "overlays")
        ]
        why = f" ({'; '.join(because)})" if because and name in ("stage", "overlays") else ""
        yield f"{name.replace('_', ' ')}: {value(change['before'])} → {value(change['after'])}{why}"


def _track(entry: dict[str, Any]) -> str:
    return "overlays" if entry["transition"] == "overlay" else "stage"


def _reason(entry: dict[str, Any]) -> str:
    how = f"rule {entry['rule']}" if entry["rule"] else "said outright"
    return how if entry["transition"] == "overlay" else f"{entry['transition']}, {how}"
