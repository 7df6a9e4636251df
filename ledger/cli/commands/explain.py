"""`explain`: the events behind a customer's values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from ledger.cli.command import command
from ledger.cli.session import Session
from ledger.cli.times import TIME, When
from ledger.cli.words import counted
from ledger.errors import InvalidArgument

if TYPE_CHECKING:
    from ledger.queries.explain import Between, Explained
    from ledger.queries.tracing import Cause, Value


USUAL = "journey_position"
"""The projection that a table shows unless told otherwise: all of them are thousands of lines."""


@command(
    "explain",
    examples=(
        "customer-ledger explain c-42",
        "customer-ledger explain c-42 --projection journey_position --column stage",
        "customer-ledger explain c-42 --column touchpoints -f csv",
        "customer-ledger explain c-42 --between 3 what-if",
    ),
)
@click.argument("customer", metavar="CUSTOMER", help="The producer's key of the customer (customer_id).")
@click.option(
    "--projection",
    metavar="NAME",
    help=f"Only the rows of this projection, as `projections` names it.  [default: {USUAL} in a table, else all]",
)
@click.option("--column", metavar="NAME", help="Only this column, with every event that changed it.")
@click.option(
    "--last",
    type=click.IntRange(min=1),
    metavar="N",
    help="The last N events behind each value.  [default: all with --column, else the last one]",
)
@click.option(
    "--between",
    nargs=2,
    metavar="A B",
    help="What is otherwise under another version of the read model: by which events and rules, in A and in B.",
)
@click.option("--as-of", type=TIME, metavar="TIME", help="What had happened by then (occurred_at).")
@click.option("--known-at", type=TIME, metavar="TIME", help="What the ledger had recorded by then (recorded_at).")
def run(
    session: Session,
    customer: str,
    projection: str | None,
    column: str | None,
    last: int | None,
    between: tuple[str, str] | None,
    as_of: When | None,
    known_at: When | None,
) -> None:
    """Show the events behind a customer's values: what each changed, from what to what, and why.

    Folded from the log now, event by event, so it never lags and is exact for every projection and column. A value was
    changed by moving the journey (the transition and the rule are said) or by being counted. Events that no value
    rests on stand apart, with the reason: retracted, and by which event. A TIME is as in `journey`.
    """
    from ledger.queries.explain import explain, explain_between
    from ledger.store.log import Until

    last = last or (None if column else 1)
    if between is not None:
        if as_of is not None or known_at is not None:
            raise InvalidArgument("--between compares what is recorded now: leave out --as-of and --known-at")
        found = explain_between(session.store, customer, *between, projection=projection, column=column)
        made = _between(found, last)
        session.out.one(made, _between_view, flat=list(_flat_between(made)))
        return
    usual = session.out.drawn and projection is None and column is None
    until = Until(as_of=session.instant(as_of), known_at=session.instant(known_at))
    shown = USUAL if usual else projection
    explained = explain(session.store, customer, projection=shown, column=column, until=until)
    made = _explained(explained, last)
    session.out.one(made, _all_of if last is None else _latest, flat=list(_flat(made)))
    if not made["rows"]:
        where = f" of {projection}" if projection is not None else ""
        column_too = f" with a value in {column}" if column is not None else ""
        then = " by then" if as_of or known_at else ""
        events = counted(made["events"], "event")
        session.say(f"customer {customer!r} has no row{where}{column_too}, and {events}{then}")
    elif usual:
        session.say(
            "there is more: --projection NAME shows another of `projections`, --column NAME every event behind it"
        )


def _explained(found: Explained, last: int | None) -> dict[str, Any]:
    from ledger.queries.explain import plainly

    return {
        "customer_id": found.customer_id,
        "events": found.events,
        "rows": [
            {
                "projection": row.projection,
                "key": {name: plainly(row.projection, name, its) for name, its in row.key.items()},
                "evidence": [{"source": source, "event_id": event_id} for source, event_id in row.evidence],
                "values": [_value(row.projection, value, last, found) for value in row.values],
            }
            for row in found.rows
        ],
        "left_out": [_event(one.event, found) | {"why": one.why} for one in found.left_out],
    }


def _value(projection: str, value: Value, last: int | None, found: Explained | None) -> dict[str, Any]:
    from ledger.queries.explain import plainly

    return {
        "column": value.column,
        "value": plainly(projection, value.column, value.value),
        "changes": len(value.causes),
        "events": [_cause(projection, value.column, cause, found) for cause in value.causes[:last]],
    }


def _cause(projection: str, column: str, cause: Cause, found: Explained | None) -> dict[str, Any]:
    from ledger.queries.explain import plainly

    return _event(cause.event, found) | {
        "before": plainly(projection, column, cause.before),
        "after": plainly(projection, column, cause.after),
        "why": cause.why,
    }


def _event(event: Any, found: Explained | None) -> dict[str, Any]:
    from ledger.events.event import utc

    named = {
        "position": event.position,
        "occurred_at": event.occurred_at,
        "recorded_at": utc(event.recorded).isoformat(),
        "source": event.source,
        "event_id": event.event_id,
        "type": event.type,
    }
    if found is None:
        return named
    corrected = found.corrected.get(event.position)
    return named | {
        "recorded_under": found.names[event.stream],
        "late": event.position in found.late,
        "corrected_by": dict(zip(("source", "event_id"), corrected, strict=True)) if corrected else None,
    }


def _flat(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    who = {"customer_id": made["customer_id"]}
    for row in made["rows"]:
        for value in row["values"]:
            where = who | {"projection": row["projection"], "key": row["key"], "column": value["column"]}
            for event in value["events"]:
                yield where | {"value": value["value"]} | event
    for event in made["left_out"]:
        yield who | {"projection": None, "key": None, "column": None, "value": None} | event


def _latest(made: Any, zone: Any) -> Iterable[Any]:
    """Show every value with the last event that changed it."""
    from ledger.cli.drawing import Shown, table

    columns = (
        Shown("column", "column"),
        Shown("value", "value"),
        Shown("changes", "changes", "right"),
        Shown("last changed by", "type"),
        Shown("at position", "position", "right"),
        Shown("occurred", "when", fold=False),
        Shown("why", "why"),
    )
    for row in made["rows"]:
        yield table(columns, (_line(value, zone) for value in _beside_key(row)), title=_title(row))
    yield from _left_out(made, zone)


def _beside_key(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the values that the row's title does not say, or all where there are no others."""
    return [value for value in row["values"] if value["column"] not in row["key"]] or row["values"]


def _line(value: dict[str, Any], zone: Any) -> dict[str, Any]:
    from ledger.cli.drawing import clock

    line = {name: value[name] for name in ("column", "value", "changes")}
    if not value["events"]:
        return line
    event = value["events"][0]
    return line | {
        "type": event["type"],
        "position": event["position"],
        "when": clock(event["occurred_at"], zone),
        "why": event["why"] + _marks(event),
    }


def _all_of(made: Any, zone: Any) -> Iterable[Any]:
    """Show every event behind each value."""
    from ledger.cli.drawing import plain, value

    for row in made["rows"]:
        for one in row["values"]:
            yield plain(f"{_title(row)}, {one['column']}: {value(one['value'])}")
            yield _events(one["events"], zone)
    yield from _left_out(made, zone)


def _events(events: list[dict[str, Any]], zone: Any) -> Any:
    from ledger.cli.drawing import Shown, clock, stacked, table, value

    columns = (
        Shown("position", "position", "right"),
        Shown("occurred", "when", fold=False),
        Shown("event", "by"),
        Shown("from", "from"),
        Shown("to", "to"),
        Shown("why", "why"),
    )
    return table(
        columns,
        (
            {
                "position": event["position"],
                "when": clock(event["occurred_at"], zone),
                "by": stacked((event["type"], f"{event['source']}/{event['event_id']}")),
                "from": value(event["before"]),
                "to": value(event["after"]),
                "why": event["why"] + _marks(event),
            }
            for event in events
        ),
    )


def _marks(event: dict[str, Any]) -> str:
    marks = ["came late"] if event.get("late") else []
    if event.get("corrected_by"):
        marks.append(f"corrected by {event['corrected_by']['source']}/{event['corrected_by']['event_id']}")
    return f" ({', '.join(marks)})" if marks else ""


def _title(row: dict[str, Any]) -> str:
    from ledger.cli.drawing import value

    return f"{row['projection']} ({value(row['key'])})" if row["key"] else str(row["projection"])


def _left_out(made: Any, zone: Any) -> Iterator[Any]:
    from ledger.cli.drawing import Shown, clock, stacked, table

    if not made["left_out"]:
        return
    columns = (
        Shown("position", "position", "right"),
        Shown("occurred", "when", fold=False),
        Shown("event", "by"),
        Shown("why", "why"),
    )
    lines = [
        {
            "position": event["position"],
            "when": clock(event["occurred_at"], zone),
            "by": stacked((event["type"], f"{event['source']}/{event['event_id']}")),
            "why": event["why"],
        }
        for event in made["left_out"]
    ]
    yield table(columns, lines, title="no value rests on")


def _between(found: Between, last: int | None) -> dict[str, Any]:
    from ledger.queries.explain import plainly

    sides = (("before", found.before, found.before_parked), ("after", found.after, found.after_parked))
    return {
        "customer_id": found.customer_id,
        **{side: {"version": model.version, "name": model.name, "parked": parked} for side, model, parked in sides},
        "definitions": found.definitions,
        "differences": [
            {
                "projection": one.projection,
                "key": {name: plainly(one.projection, name, its) for name, its in one.key.items()},
                "column": one.column,
                "before": _value(one.projection, one.before, last, None) if one.before else None,
                "after": _value(one.projection, one.after, last, None) if one.after else None,
            }
            for one in found.differences
        ],
    }


def _flat_between(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for one in made["differences"]:
        where = {name: one[name] for name in ("projection", "key", "column")}
        for side in ("before", "after"):
            value = one[side]
            version = {"customer_id": made["customer_id"], "version": made[side]["version"]}
            for event in value["events"] if value else [{}]:
                yield version | where | {"value": value["value"] if value else None} | event


def _between_view(made: Any, zone: Any) -> Iterable[Any]:
    """Show every value that differs, with what made it so on both sides."""
    from ledger.cli.drawing import Shown, plain, stacked, table

    a, b = made["before"], made["after"]
    for side in (a, b):
        if side["parked"]:
            yield plain(f"version {side['version']} sets them aside: {side['parked']}")
    if not made["differences"]:
        yield plain(f"versions {a['version']} ({a['name']}) and {b['version']} ({b['name']}) say the same of them")
        return
    columns = (
        Shown("row", "row"),
        Shown("column", "column"),
        Shown(f"version {a['version']}", "before"),
        Shown(f"version {b['version']}", "after"),
    )
    lines = (
        {
            "row": _title(one),
            "column": one["column"],
            "before": stacked(_side(one["before"], zone)),
            "after": stacked(_side(one["after"], zone)),
        }
        for one in made["differences"]
    )
    yield table(columns, lines)


def _side(value: dict[str, Any] | None, zone: Any) -> Iterator[str]:
    from ledger.cli.drawing import clock
    from ledger.cli.drawing import value as written

    if value is None:
        yield "no such row"
        return
    yield written(value["value"])
    for event in value["events"]:
        yield f"{clock(event['occurred_at'], zone)} {event['type']}: {event['why']}"
