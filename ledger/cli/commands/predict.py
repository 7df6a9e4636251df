"""`predict`: what comes next, who is likely to leave, and how well it would have been foretold."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from ledger.cli.asking import doubt_future
from ledger.cli.command import command
from ledger.cli.session import Session
from ledger.cli.times import LENGTH, TIME, When
from ledger.errors import InvalidArgument

if TYPE_CHECKING:
    from ledger.queries.figure_row import FigureRow
    from ledger.queries.prediction import Outlook

ENOUGH_EACH = 10
"""Leavings for each coefficient, below which it is said that they are few; Peduzzi and others (1996)."""

SCREEN = 20
"""Customers that a table shows unless told otherwise."""

NONE = ("metric", "statistic", "value", "n", "excluded", "low", "high", "unit", "definition", "as_of", "position")


@command(
    "predict",
    examples=(
        "customer-ledger predict risk --horizon 90d -f csv -o at-risk.csv",
        "customer-ledger predict next c-42",
        "customer-ledger predict model --segment tier",
        "customer-ledger predict evaluate --at 2024-06-01 --horizon 90d",
        "customer-ledger predict evaluate --at 2024-06-01 --known-at now",
    ),
)
@click.argument(
    "what",
    type=click.Choice(["risk", "next", "model", "evaluate"]),
    metavar="WHAT",
    help="risk, next, model or evaluate.",
)
@click.argument("customers", nargs=-1, metavar="[CUSTOMER]...", help="next: of this customer; risk: only of these.")
@click.option("--horizon", type=LENGTH, metavar="LENGTH", help="How far to look ahead.  [default: 90d]")
@click.option("--segment", metavar="SCHEME", help="Let the segments of this scheme be known too.")
@click.option("--at", type=TIME, metavar="TIME", help="evaluate: the time the prediction is made at.")
@click.option("--as-of", type=TIME, metavar="TIME", help="From what had happened by then (occurred_at).")
@click.option("--known-at", type=TIME, metavar="TIME", help="From what was recorded by then.  [evaluate: --at]")
@click.option("--top", type=click.IntRange(min=1), metavar="N", help=f"risk: so many.  [a table: {SCREEN}, else all]")
@click.option("--risk/--no-risk", default=True, help="next: also tell the risk of leaving, which folds the whole log.")
def run(session: Session, what: str, customers: tuple[str, ...], at: When | None, **given: Any) -> None:
    """Predict from the log, never from what came after.

    risk: how likely each customer is to leave within the horizon, the likeliest first, and why.
    next: a customer's next stage, the time to it and the risk of leaving; the stage from their own record once it is
    long enough, else from the segment's or all customers'.
    model: what goes along with a higher hazard of leaving, and what it was learnt from.
    evaluate: learn from what was known at a time, and compare with what came within the horizon after it.
    All but the next stage need the extra: pip install 'customer-ledger[predict]'.

    A TIME is ISO 8601 with its offset, a date, or 7d (ago).
    """
    _check(what, customers, at, given)
    if what == "evaluate":
        _evaluate(session, at, given)
    elif what == "next":
        _next(session, customers[0], _outlook(session, given), given["risk"])
    elif what == "model":
        _model(session, _outlook(session, given))
    else:
        _risk(session, customers, _outlook(session, given), given["top"])


def _check(what: str, customers: tuple[str, ...], at: When | None, given: dict[str, Any]) -> None:
    if what == "next" and len(customers) != 1:
        raise InvalidArgument("name one customer: `customer-ledger predict next CUSTOMER`")
    if what in ("model", "evaluate") and customers:
        raise InvalidArgument(f"`predict {what}` looks at all customers: leave out {' '.join(customers)}")
    if (what == "evaluate") != (at is not None):
        raise InvalidArgument(
            "say when the prediction is made: `customer-ledger predict evaluate --at TIME`"
            if at is None
            else f"--at belongs to evaluate: `predict {what}` takes --as-of"
        )
    if what == "evaluate" and given["as_of"] is not None:
        raise InvalidArgument("evaluate learns from what was before --at: leave out --as-of")
    if what != "risk" and given["top"] is not None:
        raise InvalidArgument(f"--top is of `predict risk`: leave it out of `predict {what}`")


def _outlook(session: Session, given: dict[str, Any]) -> Outlook:
    from ledger.queries.prediction import HORIZON, Outlook

    as_of = session.instant(given["as_of"])
    doubt_future(session, as_of)
    return Outlook(
        horizon=given["horizon"] or HORIZON,
        as_of=as_of,
        known_at=session.instant(given["known_at"]),
        scheme=given["segment"],
    )


def _risk(session: Session, customers: tuple[str, ...], outlook: Outlook, top: int | None) -> None:
    from ledger.queries.prediction import risks

    if top is None and session.out.drawn:
        top = SCREEN
    _show(session, risks(session.store, outlook, customers, top), _risk_view)


def _next(session: Session, customer: str, outlook: Outlook, with_risk: bool) -> None:
    from ledger.queries.next_stage import next_stage
    from ledger.queries.prediction import risks

    figures = next_stage(session.store, customer, outlook)
    if with_risk:
        try:
            figures += risks(session.store, outlook, [customer])
        except InvalidArgument as error:
            session.say(f"no risk of leaving is told: {error}")
    _show(session, figures, partial(_next_view, by_segment=outlook.scheme is not None))


def _model(session: Session, outlook: Outlook) -> None:
    from ledger.queries.prediction import model

    figures = model(session.store, outlook)
    _show(session, figures, _model_view)
    coefficients, leavings = len(figures) - 1, int(figures[0].figure.numerator or 0)
    if leavings < ENOUGH_EACH * coefficients:
        session.say(
            f"{leavings} leavings are few for {coefficients} coefficients (under {ENOUGH_EACH} each): the risks may "
            "lie too far apart, which `predict evaluate` tells"
        )


def _evaluate(session: Session, at: When | None, given: dict[str, Any]) -> None:
    from ledger.queries.evaluation import evaluate
    from ledger.queries.prediction import HORIZON

    made = evaluate(
        session.store,
        at=session.instant(at) or 0,
        horizon=given["horizon"] or HORIZON,
        known_at=session.instant(given["known_at"]),
        scheme=given["segment"],
    )
    _show(session, made, _evaluation_view)


def _show(session: Session, figures: list[FigureRow], view: Any) -> None:
    rows = [figure.as_row() for figure in figures]
    session.out.rows(rows, view, None if rows else NONE)


def _risk_view(rows: list[dict[str, Any]], _zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import Shown, plain, seen_from, table

    if not rows:
        yield plain("nobody is at risk: no customer asked for stands in a stage that is not the last one")
        return
    columns = (
        Shown("customer", "customer"),
        Shown("stage", "stage"),
        Shown("risk", "risk", "right"),
        Shown("95 % interval", "interval", fold=False),
        Shown("because (log odds)", "because"),
    )
    yield table(columns, [_told(row) for row in rows])
    yield plain("")
    yield plain(
        f"to leave within {rows[0]['horizon']}, learnt from {rows[0]['n']:,} horizons, {rows[0]['leavings']:,} of "
        f"which ended with leaving ({rows[0]['definition']})"
    )
    yield plain(seen_from(rows[0]))


def _next_view(rows: list[dict[str, Any]], _zone: Any, *, by_segment: bool) -> Iterable[Any]:
    from ledger.cli.drawing import Shown, plain, seen_from, table
    from ledger.queries.figure_row import FEW

    columns = (
        Shown("next", "next_stage"),
        Shown("share", "risk", "right"),
        Shown("95 % interval", "interval", fold=False),
        Shown("n", "n", "right"),
    )
    shares = [_told(row) for row in rows if row["metric"] == "next_stage"]
    (time,) = [_told(row) for row in rows if row["metric"] == "time_to_next_stage"]
    few = " (few)" if time["n"] < FEW else ""
    yield plain(f"{time['customer']} is in {time['stage']}; told from {time['basis']}, n = {time['n']:,}{few}")
    yield plain(f"visits of it that lasted longer than this one has: {_lengths(time, by_segment=by_segment)}")
    yield plain("")
    yield table(columns, shares)
    yield plain("")
    half = "not reached by half" if time["value"] is None else f"{time['risk']} days {time['interval']}".strip()
    yield plain(f"horizon {shares[0]['horizon']}; median time left until the next stage: {half}")
    for row in rows:
        if row["metric"] == "termination_risk":
            risk = _told(row)
            yield plain(f"risk of leaving within {risk['horizon']}: {risk['risk']} ({risk['interval']})")
            because = risk["because"] or "of nothing in particular"
            yield plain(f"that risk is told by the model of all customers, because (log odds): {because}")
    yield plain(seen_from(rows[0]))


def _lengths(time: dict[str, Any], *, by_segment: bool) -> str:
    """Return how long the records are, and how long is long enough to be told from."""
    from ledger.metrics.next_stage import ENOUGH
    from ledger.queries.figure_row import FEW

    own = f"{time['own_visits']:,} of their own ({ENOUGH} are enough)"
    return f"{own}, {time['segment_visits']:,} of their segment ({FEW} are enough)" if by_segment else own


def _model_view(rows: list[dict[str, Any]], _zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import Shown, figure, plain, seen_from, table

    columns = (
        Shown("term", "term"),
        Shown("one unit is", "term_unit"),
        Shown("log odds", "risk", "right"),
        Shown("95 % interval", "interval", fold=False),
        Shown("n", "numerator", "right"),
    )
    training, *terms = rows
    yield table(columns, [_told(row) for row in terms])
    yield plain("")
    yield plain(f"n: of {terms[0]['n']:,} thirds of horizons, those in which the term was not 0")
    yield plain(
        f"learnt from {training['n']:,} horizons of {training['horizon']}, {training['numerator']:,} of which "
        f"({figure(training['value'], 'share')}) ended with the customer leaving; association, not effect"
    )
    yield plain(seen_from(rows[0]))


def _evaluation_view(rows: list[dict[str, Any]], _zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import Shown, figure, interval, plain, seen_from, table
    from ledger.metrics.registry import METRICS

    calibration = [row for row in rows if row["metric"] == "prediction_calibration"]
    tenths: dict[str, dict[str, Any]] = {}
    for row in calibration:
        line = tenths.setdefault(row["tenth"], {"tenth": row["tenth"], "n": row["n"]})
        line[row["statistic"]] = figure(row["value"], row["unit"])
        if row["statistic"] == "share":
            line |= {"left": row["numerator"], "interval": interval(row["low"], row["high"], row["unit"])}
    yield table(
        (
            Shown("tenth by risk", "tenth"),
            Shown("n", "n", "right"),
            Shown("foretold", "mean", "right"),
            Shown("left", "left", "right"),
            Shown("share", "share", "right"),
            Shown("95 % interval", "interval", fold=False),
        ),
        list(tenths.values()),
    )
    yield plain("")
    others = [_told(row) | {"what": METRICS[row["metric"]].title} for row in rows if row not in calibration]
    columns = (
        Shown("", "what"),
        Shown("figure", "risk", "right"),
        Shown("", "unit"),
        Shown("95 % interval", "interval", fold=False),
        Shown("n", "n", "right"),
        Shown("left out", "excluded"),
    )
    yield table([column for column in columns if any(row.get(column.key) for row in others)], others)
    yield plain("")
    first = rows[0]
    yield plain(
        f"foretold at {first['at']} for {first['horizon']}, from what was recorded by {first['trained_known_at']}"
    )
    yield plain(seen_from(first))


def _told(row: dict[str, Any]) -> dict[str, Any]:
    from ledger.cli.drawing import figure, interval

    return row | {
        "risk": figure(row["value"], row["unit"]),
        "interval": interval(row["low"], row["high"], row["unit"]),
    }
