"""`metrics`: figures, each with its n, its interval and what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from ledger.cli.command import command
from ledger.cli.session import Session
from ledger.cli.times import LENGTH, TIME, When

if TYPE_CHECKING:
    from ledger.queries.question import Asked

PLACE = ("value", "n", "excluded", "low", "high", "unit", "numerator", "negative", "definition", "from", "to", "as_of",
         "known_at", "zone", "position", "journey", "metric", "statistic")  # fmt: skip
"""The keys of every figure; any other is a key of the split."""


@command(
    "metrics",
    examples=(
        "customer-ledger metrics nps csat --by stage",
        "customer-ledger metrics dwell conversion --as-of 2024-12-31",
        "customer-ledger metrics time_between --from order.placed --to order.delivered -f json",
        "customer-ledger metrics --list",
    ),
)
@click.argument("names", metavar="[NAMES]…", nargs=-1, help="Which metrics; all that need no further option without.")
@click.option("--by", metavar="KEYS", multiple=True, help="Split by stage, channel, month, segment:SCHEME, …")
@click.option("--where", metavar="KEY=VALUE", multiple=True, help="Only rows of this stage, channel, …: the same keys.")
@click.option("--since", type=TIME, metavar="TIME", help="The window's start.")
@click.option("--before", type=TIME, metavar="TIME", help="The window's end, not included.")
@click.option("--as-of", type=TIME, metavar="TIME", help="As of this time: what had happened by then.")
@click.option("--known-at", type=TIME, metavar="TIME", help="As known at this time: what was recorded by then.")
@click.option("--zone", metavar="ZONE", help="Count days and months in this time zone, not the journey's.")
@click.option("--journey", metavar="FILE", help="By this journey, not the one in force.")
@click.option("--from", "from_type", metavar="TYPE", help="time_between, conversion: from this type of event, stage.")
@click.option("--to", "to_type", metavar="TYPE", help="time_between, conversion: to this type of event, stage.")
@click.option("--per", type=click.Choice(["case", "interaction", "customer"]), help="Of what a sequence of events is.")
@click.option("--step", type=click.Choice(["touchpoint", "type"]), help="transitions, variants: what a step is called.")
@click.option("--kind", metavar="KIND", help="The kind of case: case, feedback, order.")
@click.option("--measure", metavar="NAME", help="volume: only this measure.")
@click.option("--currency", metavar="CODE", help="Only amounts in this currency.")
@click.option("--within", type=LENGTH, metavar="TIME", help="conversion: only who had this long, as in 90d.")
@click.option("--top", type=click.IntRange(min=1), metavar="N", help="variants: how many.  [default: 10]")
@click.option("--list", "listed", is_flag=True, help="List the metrics there are, and what each can be split by.")
def run(session: Session, names: Sequence[str], listed: bool, **asked: Any) -> None:
    """Compute figures: nps, csat, ces, dwell, conversion, time_to_resolution, channel_switching and others.

    Every figure carries its n, what was left out and why, a 95 % interval where it has one, its definition, window
    and the position of the log it was computed at. A TIME is ISO 8601 with its offset, a date, or 7d (ago).
    """
    if listed:
        session.out.rows(list(_registered()), _list_view)
        return
    from ledger.queries.metrics import metrics

    rows = [figure.as_row() for figure in metrics(session.store, names, **_asked(session, asked))]
    session.out.rows(rows, _view)


def _asked(session: Session, given: dict[str, Any]) -> Asked:
    """Return the question that the options ask; what is not given is left to its default."""
    times: dict[str, When | None] = {name: given.pop(name) for name in ("since", "before", "as_of", "known_at")}
    asked: dict[str, Any] = {name: session.instant(when) for name, when in times.items()}
    asked["by"] = [key for keys in given.pop("by") for key in keys.split(",") if key]
    asked["where"] = dict(_where(condition) for condition in given.pop("where"))
    journey = given.pop("journey")
    if journey is not None:
        from ledger.cli.definitions import under

        asked["journey"] = under(session.store, journey)
    asked |= {name: value for name, value in given.items() if value is not None}
    return asked  # type: ignore[return-value]  # the options are named as its keys


def _where(condition: str) -> tuple[str, str]:
    key, is_, value = condition.partition("=")
    if not (key and is_ and value):
        raise click.BadParameter(
            f"{condition!r} is no condition: write KEY=VALUE, as in channel=web", param_hint="--where"
        )
    return key, value


def _registered() -> Iterator[dict[str, Any]]:
    from ledger.metrics.registry import METRICS

    for metric in METRICS.values():
        yield {
            "metric": metric.name,
            "title": metric.title,
            "statistics": [statistic.name for statistic in metric.statistics],
            "by": list(metric.dimensions),
            "n": metric.n,
            "definition": metric.definition,
        }


def _list_view(rows: list[dict[str, Any]], _zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import Shown, table

    columns = (
        Shown("metric", "metric"),
        Shown("what it is", "title"),
        Shown("statistics", "statistics"),
        Shown("can be split by", "by"),
    )
    yield table(columns, rows)


def _view(rows: list[dict[str, Any]], zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import clock, plain

    if not rows:
        yield plain("no figures")
        return
    for name, figures in groupby(rows, key=lambda row: row["metric"]):
        yield _of_one_metric(name, list(figures))
        yield plain("")
    seen = rows[0]
    yield plain(
        f"{clock(seen['from'], zone)} to {clock(seen['to'], zone)}, as of {clock(seen['as_of'], zone)} "
        f"({seen['zone']}); log position {seen['position']:,}, journey {seen['journey'][:12]}"
    )


def _of_one_metric(name: str, rows: list[dict[str, Any]]) -> Any:
    from ledger.cli.drawing import Shown, figure, interval, table
    from ledger.metrics.registry import METRICS

    keys = list(dict.fromkeys(key for row in rows for key in row if key not in PLACE))
    shown = [
        {
            **row,
            "shown": figure(row["value"], row["unit"]),
            "interval": interval(row["low"], row["high"], row["unit"]),
            "of": "" if row["unit"] == "share" else row["unit"],
        }
        for row in rows
    ]
    columns = [
        *(Shown(key, key) for key in keys),
        Shown("statistic", "statistic"),
        Shown("value", "shown", "right"),
        Shown("unit", "of"),
        Shown("95 % interval", "interval"),
        Shown("n", "n", "right"),
        Shown("left out", "excluded"),
    ]
    seen = [column for column in columns if any(row.get(column.key) not in (None, "", {}) for row in shown)]
    return table(seen, shown, title=f"{METRICS[name].title} ({rows[0]['definition']})")
