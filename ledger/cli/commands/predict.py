"""`predict`: what comes next, who is likely to leave, and how well it would have been foretold."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from ledger.cli.asking import doubt_future
from ledger.cli.command import command, typed
from ledger.cli.session import Session
from ledger.cli.times import LENGTH, TIME
from ledger.errors import InvalidArgument

if TYPE_CHECKING:
    from ledger.queries.figure_row import FigureRow
    from ledger.queries.prediction import Outlook

ENOUGH_EACH = 10
"""Leavings for each coefficient, below which it is said that they are few; Peduzzi and others (1996)."""

SCREEN = 20
"""Customers that a table shows unless told otherwise."""

LOOKS = {"horizon", "segment", "as_of", "known_at"}
ALLOWED = {
    "risk": LOOKS | {"top"},
    "next": LOOKS,
    "model": LOOKS,
    "evaluate": {"at", "horizon", "segment", "known_at"},
}
"""The options that have a meaning for each."""

TOLD = {
    ("prediction_ranking", "auc"): "AUC: 0.5 is chance, 1 tells all apart",
    ("prediction_bias", "ratio"): "left / foretold: above 1, more left",
    ("prediction_slope", "slope"): "slope: below 1, the risks are too far apart",
    ("prediction_error", "skill"): "skill: 0 is no better than the share that left",
    ("prediction_error", "mean"): "Brier score: the mean squared error",
}
"""How the figures of an evaluation are called on a screen, in this order."""

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
def run(session: Session, what: str, customers: tuple[str, ...], **told: Any) -> None:
    """Predict from the log, never from what came after.

    risk: how likely each customer is to leave within the horizon, the likeliest first, and why.

    next: a customer's next stage and the time to it, from their own record once it is long enough, else from the
    segment's or all customers'.

    model: what goes along with a higher hazard of leaving, and what it was learnt from.

    evaluate: learn from what was known at a time, and compare with what came within the horizon after it.

    All but next need the extra: pip install 'customer-ledger[predict]'.

    A TIME is ISO 8601 with its offset, a date, or 7d (ago).
    """
    given = {name: value if name in ALLOWED[what] or typed(name) else None for name, value in told.items()}
    _check(what, customers, given)
    if what == "evaluate":
        _evaluate(session, given)
    elif what == "next":
        _next(session, customers[0], _outlook(session, given))
    elif what == "model":
        _model(session, _outlook(session, given))
    else:
        _risk(session, customers, _outlook(session, given), given["top"])


def _check(what: str, customers: tuple[str, ...], given: dict[str, Any]) -> None:
    if what == "next" and len(customers) != 1:
        raise InvalidArgument("name one customer: `customer-ledger predict next CUSTOMER`")
    if what in ("model", "evaluate") and customers:
        raise InvalidArgument(f"`predict {what}` looks at all customers: leave out {' '.join(customers)}")
    if (what == "evaluate") != (given["at"] is not None):
        raise InvalidArgument(
            "say when the prediction is made: `customer-ledger predict evaluate --at TIME`"
            if given["at"] is None
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

    screen = SCREEN if top is None and session.out.drawn else None
    figures = risks(session.store, outlook, customers, top if screen is None else screen + 1)
    _show(session, figures[:screen], _risk_view)
    if len(figures) > len(figures[:screen]):
        session.say(f"these are the {screen} likeliest: ask for more with --top, -f csv tells all")


def _next(session: Session, customer: str, outlook: Outlook) -> None:
    from ledger.queries.next_stage import next_stage

    figures = next_stage(session.store, customer, outlook)
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


def _evaluate(session: Session, given: dict[str, Any]) -> None:
    from ledger.queries.evaluation import evaluate
    from ledger.queries.prediction import HORIZON

    made = evaluate(
        session.store,
        at=session.instant(given["at"]) or 0,
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
    yield plain(_within(shares[0], time))
    yield plain(seen_from(rows[0]))


def _within(share: dict[str, Any], time: dict[str, Any]) -> str:
    """Return within what time the shares are told, and how long it takes; or why nothing is told."""
    if not time["n"]:
        return "nothing is told: nobody's visit of it is known to have lasted longer than this one has"
    half = "not reached by half of them" if time["value"] is None else f"{time['risk']} days"
    sure = f" ({time['interval']})" if time["interval"] else ""
    takes = f"median time until the next stage: {half}{sure}"
    if share["value"] is None:
        return f"no share is told: no visit is known for {share['horizon']} more, take a shorter --horizon; {takes}"
    return f"shares {'whenever it ends' if share['horizon'] == 'any' else 'within ' + share['horizon']}; {takes}"


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
    from ledger.cli.drawing import Shown, plain, seen_from, table

    tenths = _tenths(rows)
    columns = (
        Shown("tenth", "tenth"),
        Shown("n", "n", "right"),
        Shown("foretold", "foretold", "right"),
        Shown("left", "left", "right"),
        Shown("share", "share", "right"),
        Shown("95 % interval", "interval", fold=False),
    )
    yield plain(_came(rows[0], tenths[0]))
    yield plain("")
    yield table(columns, tenths)
    yield plain("")
    by_figure = {(row["metric"], row["statistic"]): _told(row) for row in rows}
    how_well = (Shown("", "told"), Shown("figure", "risk", "right"), Shown("95 % interval", "interval", fold=False))
    yield table(how_well, [by_figure[name] | {"told": told} for name, told in TOLD.items()])
    yield plain("")
    yield from map(plain, _learnt(rows[0], tenths[0]))
    yield plain(seen_from(rows[0]))


def _tenths(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a line of everyone and one of each tenth by risk: what was foretold, and what came."""
    from ledger.cli.drawing import figure, interval

    tenths: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["metric"] == "prediction_calibration":
            line = tenths.setdefault(row["tenth"], {"tenth": row["tenth"], "n": row["n"], "excluded": row["excluded"]})
            value = figure(row["value"], row["unit"])
            if row["statistic"] == "mean":
                line |= {"foretold": value, "expected": (row["value"] or 0) * row["n"]}
            else:
                ends = interval(row["low"], row["high"], row["unit"])
                line |= {"share": value, "left": row["numerator"], "interval": ends}
    return list(tenths.values())


def _came(row: dict[str, Any], everyone: dict[str, Any]) -> str:
    """Return in one sentence what was foretold and what came."""
    from ledger.cli.drawing import clock, value
    from ledger.cli.words import counted
    from ledger.queries.figure_row import FEW

    few = " (few)" if everyone["n"] < FEW else ""
    return (
        f"of {counted(everyone['n'], 'customer')}{few} at risk at {clock(row['at'], ZoneInfo(row['zone']))}, "
        f"{value(everyone['expected'])} were foretold to leave within {row['horizon']}, and {everyone['left']:,} left"
    )


def _learnt(row: dict[str, Any], everyone: dict[str, Any]) -> Iterable[str]:
    """Say what it was learnt from, which of the two ways of knowing that was, and whom it is not held against."""
    from ledger.cli.drawing import clock, figure
    from ledger.metrics.registry import METRICS

    at, knew = (clock(row[time], ZoneInfo(row["zone"])) for time in ("at", "trained_known_at"))
    yield (
        f"learnt from {row['n']:,} horizons before {at}, {row['numerator']:,} of which "
        f"({figure(row['value'], row['unit'])}) ended with leaving"
    )
    if row["trained_known_at"] > row["at"]:
        yield f"known: what had happened before {at}, with what was recorded of it until {knew}, which is hindsight"
    else:
        yield f"known: what was recorded by {knew}, and nothing that was recorded later"
    why = METRICS["prediction_calibration"].excluded
    for reason, number in everyone["excluded"].items():
        if number:
            yield f"left out: {why.get(reason, reason)} ({number:,})"


def _told(row: dict[str, Any]) -> dict[str, Any]:
    from ledger.cli.drawing import figure, interval

    return row | {
        "risk": figure(row["value"], row["unit"]),
        "interval": interval(row["low"], row["high"], row["unit"]),
    }
