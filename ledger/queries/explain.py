"""Explaining a customer: the events behind every value of their rows, and what two versions make of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from msgspec import Struct, json, structs

from ledger.errors import InvalidArgument, Undecodable
from ledger.events.event import RecordedEvent, utc
from ledger.journey.context import Context
from ledger.journey.reading import effective
from ledger.journey.tracker import Tracker
from ledger.projections import PROJECTIONS
from ledger.projections.shape import Projection
from ledger.queries.customer import CustomerLog, read_customer
from ledger.queries.spelling import meant
from ledger.queries.tracing import ExplainedRow, Value, trace
from ledger.queries.unfolded import LeftOut, corrected, late, left_out
from ledger.runners.inline import stumbling
from ledger.schemas.definitions import compile_context
from ledger.store.engine import reading
from ledger.store.log import NOW, Until
from ledger.store.mapper import RowMapper
from ledger.store.store import Store
from ledger.store.versions import ReadModel, definitions_of, named_model

Event = RecordedEvent[Any]


class Explained(Struct, frozen=True, kw_only=True):
    """A customer's rows with the events behind them, and the events that are behind none.

    `names` are the keys the events were recorded under, by stream. `late` are the positions of events recorded after
    one that occurred later, `corrected` of those whose stage a correction, (source, event_id), says.
    """

    customer_id: str
    events: int
    rows: list[ExplainedRow]
    left_out: list[LeftOut]
    names: dict[int, str]
    late: set[int]
    corrected: dict[int, tuple[str, str]]


class Difference(Struct, frozen=True, kw_only=True):
    """A value that two versions see otherwise; None on the side that has no such row."""

    projection: str
    key: dict[str, Any]
    column: str
    before: Value | None
    after: Value | None


class Between(Struct, frozen=True, kw_only=True):
    """What two versions of the read model make of a customer's events, where they differ.

    `definitions` names those that differ. `before_parked` and `after_parked` say why a version cannot project them.
    """

    customer_id: str
    before: ReadModel
    after: ReadModel
    definitions: list[str]
    before_parked: str | None
    after_parked: str | None
    differences: list[Difference]


def explain(
    store: Store,
    customer_id: str,
    *,
    projection: str | None = None,
    column: str | None = None,
    until: Until = NOW,
) -> Explained:
    """Return, for a customer's rows (of one projection, of one column), the events behind every value.

    They are folded from the log now, as of a time and as known at one. Raises CustomerNotFound, Undecodable,
    InvalidArgument for a projection or column that there is not.
    """
    projections = _projections(projection, column)
    log = read_customer(store, customer_id, until)
    events = _folded(log)
    return Explained(
        customer_id=log.customer_id,
        events=len(events),
        rows=_explained(store.context, log, events, projections, column),
        left_out=list(left_out(log, events)),
        names=log.names,
        late=late(log.events),
        corrected=corrected(log.events),
    )


def explain_between(
    store: Store,
    customer_id: str,
    before: str,
    after: str,
    *,
    projection: str | None = None,
    column: str | None = None,
) -> Between:
    """Return what a customer's events are under the definitions of two versions, named by number or name.

    Both are folded from the log now, by the folds of this code. Raises ReadModelNotFound, CustomerNotFound,
    InvalidArgument.
    """
    projections = _projections(projection, column)
    with reading(store.engine, soon=True) as connection:
        models = [named_model(connection, name) for name in (before, after)]
        defined = [definitions_of(connection, model) for model in models]
    made = []
    for definitions in defined:
        context = compile_context(definitions)
        under = structs.replace(store, definitions=definitions, context=context, mapper=RowMapper(context.vocabulary))
        made.append(_values(under, customer_id, projections, column))
    (was, was_parked), (is_now, is_parked) = made
    kinds = ("journey", "channels", "types")
    return Between(
        customer_id=customer_id,
        before=models[0],
        after=models[1],
        definitions=[kind for kind in kinds if getattr(defined[0], kind) != getattr(defined[1], kind)],
        before_parked=was_parked,
        after_parked=is_parked,
        differences=list(_differences(was, is_now)),
    )


def _projections(name: str | None, column: str | None) -> list[Projection[Any]]:
    """Return the projections asked for, those that have the column. Raises InvalidArgument."""
    chosen = [projection for projection in PROJECTIONS if name in (None, projection.name)]
    if not chosen:
        raise InvalidArgument(
            f"there is no projection {name!r}: {meant(str(name), [projection.name for projection in PROJECTIONS])}"
        )
    having = [one for one in chosen if column is None or column in _columns(one)]
    if not having:
        where = f" in {name}" if name is not None else ""
        there = list(dict.fromkeys(each for projection in chosen for each in _columns(projection)))
        raise InvalidArgument(f"there is no column {column!r}{where}: {meant(str(column), there)}")
    return having


def _columns(projection: Projection[Any]) -> tuple[str, ...]:
    return tuple(column.name for column in projection.columns)


def _folded(log: CustomerLog) -> list[Event]:
    with _stumbling(log):
        return effective(log.events)


def _stumbling(log: CustomerLog) -> Any:
    return stumbling([(event.position, event.stream, event.version, event.type) for event in log.events])


def _explained(
    context: Context,
    log: CustomerLog,
    events: list[Event],
    projections: Sequence[Projection[Any]],
    column: str | None,
) -> list[ExplainedRow]:
    with _stumbling(log):
        tracker = Tracker(context)
        stretches = tracker.follow(tracker.initial(), events)
        return [row for projection in projections for row in trace(projection, context, stretches, column)]


Placed = tuple[str, tuple[Any, ...], str]


def _values(
    store: Store, customer_id: str, projections: Sequence[Projection[Any]], column: str | None
) -> tuple[dict[Placed, tuple[dict[str, Any], Value]], str | None]:
    """Return a customer's values by their place, and why there are none where they would be set aside."""
    try:
        log = read_customer(store, customer_id)
        rows = _explained(store.context, log, _folded(log), projections, column)
    except Undecodable as error:
        return {}, str(error)
    placed = {
        (row.projection, tuple(row.key.values()), value.column): (row.key, value)
        for row in rows
        for value in row.values
    }
    return placed, None


def _differences(
    was: Mapping[Placed, tuple[dict[str, Any], Value]], is_now: Mapping[Placed, tuple[dict[str, Any], Value]]
) -> Iterator[Difference]:
    for place in {**was, **is_now}:
        before, after = was.get(place), is_now.get(place)
        if before is not None and after is not None and before[1].value == after[1].value:
            continue
        [key, _] = before or after or ({}, None)
        yield Difference(
            projection=place[0],
            key=key,
            column=place[2],
            before=before[1] if before else None,
            after=after[1] if after else None,
        )


def plainly(projection: str, column: str, value: Any) -> Any:
    """Return a value of a column as JSON has it: times in ISO 8601, what is nested as objects and lists."""
    kind = _KINDS[projection, column]
    if value is None or kind not in ("instant", "date", "json"):
        return value
    if kind == "json":
        return json.decode(value)
    return utc(value).isoformat() if kind == "instant" else (date(1970, 1, 1) + timedelta(days=value)).isoformat()


_KINDS = {(projection.name, column.name): column.kind for projection in PROJECTIONS for column in projection.columns}
