"""Rows of touchpoint_history, beside visits and answers: who met which touchpoint, and what they did afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    and_,
    case,
    cast,
    distinct,
    func,
    literal,
    or_,
    select,
)

from ledger.projections.answers import ANSWERS
from ledger.projections.touchpoint_history import TOUCHPOINTS
from ledger.projections.visits import VISITS
from ledger.store.figures.bounds import Bounds
from ledger.store.read_model import table_of

MEETINGS = table_of(TOUCHPOINTS)
STAYS = table_of(VISITS)
RATED = table_of(ANSWERS)

Also = Mapping[str, str]
"""The touchpoint that each further name stands for."""

Rows = list[tuple[Any, ...]]


def encounters(connection: Connection, columns: Sequence[str], also: Also, periods: Bounds) -> Rows:
    """Return rows of (*columns, touchpoint, trouble, cause, encounters) for periods in days since 1970."""
    met = _meetings(also)
    kept = [met.c[name] for name in (*columns, "touchpoint", "trouble", "cause")]
    rows = connection.execute(select(*kept, func.sum(met.c.n)).where(*periods.of(met.c.period)).group_by(*kept))
    # PostgreSQL sums 64-bit integers as decimals.
    return [(*row[:-1], int(row[-1])) for row in rows]


def customers_met(connection: Connection, columns: Sequence[str], also: Also, periods: Bounds) -> Rows:
    """Return each distinct (*columns, touchpoint, customer)."""
    met = _meetings(also)
    kept = [met.c[name] for name in (*columns, "touchpoint", "customer")]
    rows = connection.execute(select(*kept).distinct().where(*periods.of(met.c.period)))
    return [tuple(row) for row in rows]


def customers_counted(connection: Connection, also: Also, periods: Bounds) -> tuple[dict[str, int], int]:
    """Return how many customers met each touchpoint, and how many met any."""
    met = _meetings(also)
    within = periods.of(met.c.period)
    counted = func.count(distinct(met.c.customer))
    each = connection.execute(select(met.c.touchpoint, counted).where(*within).group_by(met.c.touchpoint))
    anyone = connection.execute(select(counted).where(*within)).scalar_one()
    return {touchpoint: int(n) for touchpoint, n in each}, int(anyone)


class Going(Struct, frozen=True):
    """What going on is: the later stages of each stage, and how long (µs) there is for it, None for as long as it is.

    `as_of` is when observation ends.
    """

    later: Mapping[str, Sequence[str]]
    as_of: int
    within: int | None = None


def goings_on(
    connection: Connection, columns: Sequence[str], also: Also, entered: Bounds, going: Going
) -> tuple[Rows, Rows]:
    """Return what became of customers' first visits to a stage that were entered within bounds (µs).

    First rows of (*columns, visits, mature ones, those of them that went on), then rows of (*columns, touchpoint,
    mature visits in which it was met, those of them that went on). `stage` is among the columns.
    """
    first = _first_visits(columns, entered, going)
    raw = [first.c[name] for name in columns]
    mature = first.c.mature == 1
    everyone = connection.execute(
        select(*raw, func.count(), func.sum(first.c.mature), func.sum(first.c.mature * first.c.went))
        .group_by(*raw)
    )  # fmt: skip
    met = _first_met(also)
    there = and_(met.c.customer == first.c.customer, met.c.stage == first.c.stage, met.c.at <= first.c.until)
    those = connection.execute(
        select(*raw, met.c.touchpoint, func.count(), func.sum(first.c.went))
        .select_from(first.join(met, there))
        .where(mature)
        .group_by(*raw, met.c.touchpoint)
    )
    return _whole(everyone, 3), _whole(those, 2)


def _first_visits(columns: Sequence[str], entered: Bounds, going: Going) -> CTE:
    """Return each customer's first visit to each stage, with whether it is mature (0, 1), and went on.

    `until` is the last instant that counts in it.
    """
    own = [STAYS.c[name] for name in dict.fromkeys((*columns, "customer", "stage", "entered_at", "left_at"))]
    following = func.lead(STAYS.c.stage).over(partition_by=STAYS.c.customer, order_by=STAYS.c.number).label("following")
    nth = func.row_number().over(partition_by=(STAYS.c.customer, STAYS.c.stage), order_by=STAYS.c.number).label("nth")
    visit = select(*own, following, nth).where(STAYS.c.track == "primary").cte("visit")
    last: ColumnElement[int] = func.coalesce(visit.c.left_at, going.as_of)
    went = or_(*(and_(visit.c.stage == stage, visit.c.following.in_(later)) for stage, later in going.later.items()))
    mature: ColumnElement[bool] = visit.c.left_at.is_not(None)
    if going.within is not None:
        end = visit.c.entered_at + literal(going.within)
        mature, went = end <= going.as_of, and_(went, visit.c.left_at <= end)
        last = case((last < end, last), else_=end)
    kept = [visit.c[column.name] for column in own]
    return (
        select(*kept, _number(mature).label("mature"), _number(went).label("went"), last.label("until"))
        .where(visit.c.nth == 1, *entered.of(visit.c.entered_at))
        .cte("first_visit")
    )


def ratings(connection: Connection, columns: Sequence[str], also: Also, given: Bounds) -> tuple[Rows, Rows]:
    """Return each customer's first CSAT answers on 1-5 in a stage that were given within bounds (µs), summed.

    First rows of (*columns, answers, total, total of squares), then rows of (*columns, touchpoint, answers given
    after it was met there, total, total of squares). `stage` is among the columns.
    """
    own = [RATED.c[name] for name in dict.fromkeys((*columns, "customer", "stage", "at", "score"))]
    earliest = (RATED.c.at, RATED.c.source, RATED.c.event_id)
    nth = func.row_number().over(partition_by=(RATED.c.customer, RATED.c.stage), order_by=earliest).label("nth")
    asked = (RATED.c.metric == "csat", RATED.c.scale == "1-5", RATED.c.stage != "")
    answer = select(*own, nth).where(*asked, *given.of(RATED.c.at)).cte("answer")
    first = select(*(answer.c[column.name] for column in own)).where(answer.c.nth == 1).cte("first_answer")
    raw = [first.c[name] for name in columns]
    sums = (func.count(), func.sum(first.c.score), func.sum(first.c.score * first.c.score))
    everyone = connection.execute(select(*raw, *sums).group_by(*raw))
    met = _first_met(also)
    before = and_(met.c.customer == first.c.customer, met.c.stage == first.c.stage, met.c.at < first.c.at)
    those = connection.execute(
        select(*raw, met.c.touchpoint, *sums).select_from(first.join(met, before)).group_by(*raw, met.c.touchpoint)
    )
    return [tuple(row) for row in everyone], [tuple(row) for row in those]


def _first_met(also: Also) -> CTE:
    """Return when each customer first met each touchpoint in each stage."""
    met = _meetings(also)
    kept = (met.c.customer, met.c.stage, met.c.touchpoint)
    return select(*kept, func.min(met.c.first_at).label("at")).group_by(*kept).cte("met")


def _meetings(also: Also) -> FromClause:
    """Return touchpoint_history with the touchpoints called as the catalogue calls them."""
    if not also:
        return MEETINGS
    own = MEETINGS.c.touchpoint
    others = [column for column in MEETINGS.c if column is not own]
    return select(*others, case(dict(also), value=own, else_=own).label("touchpoint")).cte("meetings")


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return cast(case((condition, 1), else_=0), Integer)


def _whole(rows: Any, counts: int) -> Rows:
    # PostgreSQL sums 64-bit integers as decimals.
    return [(*row[:-counts], *(int(count) for count in row[-counts:])) for row in rows]
