"""Rows of touchpoint_history, beside visits and answers: who met which touchpoint, and what they did afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, Integer, and_, case, cast, func, literal, or_, select

from ledger.projections.answers import ANSWERS
from ledger.projections.touchpoint_history import TOUCHPOINTS
from ledger.projections.visits import VISITS
from ledger.store.figures.bounds import Bounds
from ledger.store.figures.straight import straight
from ledger.store.read_model import table_of

MEETINGS = table_of(TOUCHPOINTS)
STAYS = table_of(VISITS)
RATED = table_of(ANSWERS)

Row = tuple[Any, ...]


def encounters(connection: Connection, columns: Sequence[str], periods: Bounds) -> Iterator[Row]:
    """Yield rows of (*columns, touchpoint, trouble, cause, customer, encounters) for periods in days since 1970.

    What is alike may come in several rows: to add them up by text and to tell customers apart costs SQL more than it
    costs to send them.
    """
    kept = [MEETINGS.c[name] for name in (*columns, "touchpoint", "trouble", "cause", "customer", "n")]
    return straight(connection, select(*kept).where(*periods.of(MEETINGS.c.period)))


def meetings(connection: Connection) -> Iterator[Row]:
    """Yield rows of (customer, stage, touchpoint, when it was met), the first time of all among them."""
    return straight(connection, select(*(MEETINGS.c[name] for name in ("customer", "stage", "touchpoint", "first_at"))))


class Going(Struct, frozen=True):
    """What going on is: the later stages of each stage, and how long (µs) there is for it, None for as long as it is.

    `as_of` is when observation ends.
    """

    later: Mapping[str, Sequence[str]]
    as_of: int
    within: int | None = None


def first_visits(connection: Connection, columns: Sequence[str], entered: Bounds, going: Going) -> Iterator[Row]:
    """Yield each customer's first visit to each stage that was entered within bounds (µs).

    Rows of (*columns, customer, stage, whether it is mature (0, 1), whether it went on, the last instant in it).
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
    kept = [visit.c[name] for name in (*columns, "customer", "stage")]
    of_first = select(*kept, _number(mature), _number(went), last).where(visit.c.nth == 1)
    return straight(connection, of_first.where(*entered.of(visit.c.entered_at)))


def first_ratings(connection: Connection, columns: Sequence[str], given: Bounds) -> Iterator[Row]:
    """Yield each customer's first CSAT answer on 1-5 in a stage that was given within bounds (µs).

    Rows of (*columns, customer, stage, when it was given, its score).
    """
    own = [RATED.c[name] for name in dict.fromkeys((*columns, "customer", "stage", "at", "score"))]
    earliest = (RATED.c.at, RATED.c.source, RATED.c.event_id)
    nth = func.row_number().over(partition_by=(RATED.c.customer, RATED.c.stage), order_by=earliest).label("nth")
    asked = (RATED.c.metric == "csat", RATED.c.scale == "1-5", RATED.c.stage != "")
    answer = select(*own, nth).where(*asked, *given.of(RATED.c.at)).cte("answer")
    kept = [answer.c[name] for name in (*columns, "customer", "stage", "at", "score")]
    return straight(connection, select(*kept).where(answer.c.nth == 1))


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return cast(case((condition, 1), else_=0), Integer)
