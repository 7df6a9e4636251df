"""`metrics`: figures, each with its n, its interval and what was left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from ledger.cli.asking import asked, asks, doubt_spelling, say_unmoved, useful
from ledger.cli.command import command, typed
from ledger.cli.session import Session
from ledger.cli.times import LENGTH

if TYPE_CHECKING:
    from ledger.cli.drawing import Shown
    from ledger.metrics.metric import Metric

PLACE = ("value", "n", "excluded", "low", "high", "unit", "numerator", "negative", "few", "definition",
         "window", "from", "to", "as_of", "known_at", "zone", "position", "journey", "metric", "statistic")  # fmt: skip
"""The keys of every figure; any other is a key of the split."""

MANY = 200
"""Beyond so many lines an answer is more than anybody reads on a screen, and is said to be."""


@command(
    "metrics",
    examples=(
        "customer-ledger metrics nps csat --by stage",
        "customer-ledger metrics dwell conversion --as-of 2024-12-31",
        "customer-ledger metrics feedback_loop needs --by segment:tier",
        "customer-ledger metrics time_between --from order.placed --to order.delivered",
        "customer-ledger metrics --list",
        "customer-ledger metrics --list closed_loop",
    ),
)
@click.argument(
    "names", metavar="[NAMES]…", nargs=-1, help="Metrics, or topics with all of theirs; the usual topics without."
)
@asks
@click.option("--from", "from_type", metavar="TYPE|STAGE", help="time_between: from this type; conversion: this stage.")
@click.option("--to", "to_type", metavar="TYPE|STAGE", help="time_between: to this type; conversion: this stage.")
@click.option("--per", type=click.Choice(["case", "interaction", "customer"]), help="Of what a sequence of events is.")
@click.option("--step", type=click.Choice(["touchpoint", "type"]), help="transitions, variants: what a step is called.")
@click.option("--kind", metavar="KIND", help="The kind of case: case, feedback, order.")
@click.option("--measure", metavar="NAME", help="volume: only this measure.")
@click.option("--currency", metavar="CODE", help="Only amounts in this currency.")
@click.option(
    "--within", type=LENGTH, metavar="LENGTH", help="A window of this length in place of the metric's own, as in 90d."
)
@click.option("--top", type=click.IntRange(min=1), metavar="N", help="variants, rfm: how many.  [default: 10]")
@click.option("--list", "listed", is_flag=True, help="List the metrics there are; with NAMES, how each is defined.")
def run(session: Session, names: Sequence[str], listed: bool, **given: Any) -> None:
    """Compute figures by metric or by topic: nps, dwell, omnichannel, feedback_loop, value and many others.

    Every figure carries its n, what was left out and why, a 95 % interval where it has one, its definition, window
    and the position of the log it was computed at. A TIME is ISO 8601 with its offset, a date, or 7d (ago).

    Topics: surveys, journey, outcomes, cycles, activity, omnichannel, proactive, cases, first_contact, feedback_loop,
    needs, opportunities, repeated_information, effort, wow, purchases, value, cohorts, termination.
    """
    if listed:
        _demand_alone(given)
        session.out.rows(list(_registered(names)), _definitions_view if names else _list_view)
        return
    from ledger.queries.metrics import metrics, wanted

    question = asked(session, given)
    question = useful(question, wanted(names, **question))
    rows = [figure.as_row() for figure in metrics(session.store, names, **question)]
    none = None if rows else ("metric", "statistic", *question["by"], *PLACE[:-2])
    session.out.rows(rows, view, none)
    doubt_spelling(session, rows, question)
    say_unmoved(session, rows, question)


def _demand_alone(given: Iterable[str]) -> None:
    """Refuse what was written beside --list: a definition is what it is, whatever is asked."""
    for name in filter(typed, given):
        option = name.removesuffix("_type").replace("_", "-")
        raise click.UsageError(f"--list tells definitions, which --{option} does not change: leave one of them out")


def _registered(names: Sequence[str]) -> Iterator[dict[str, Any]]:
    from ledger.metrics.registry import METRICS, named

    chosen = [metric for name in names for metric in named(name)] if names else METRICS.values()
    for metric in dict.fromkeys(metric.name for metric in chosen):
        yield _definition(METRICS[metric])


def _definition(metric: Metric) -> dict[str, Any]:
    from ledger.metrics.registry import called

    return {
        "topic": metric.topic,
        "metric": metric.name,
        "version": metric.version,
        "title": metric.title,
        "statistics": [statistic.name for statistic in metric.statistics],
        "by": list(metric.dimensions),
        "options": [called(option) for option in metric.options],
        "n": metric.n,
        "source": metric.source,
        "window": metric.window,
        "units": {statistic.name: statistic.unit for statistic in metric.statistics},
        "formulas": {statistic.name: statistic.formula for statistic in metric.statistics},
        "intervals": {statistic.name: statistic.interval for statistic in metric.statistics if statistic.interval},
        "excluded": dict(metric.excluded),
        "parts": dict(metric.parts),
        "reference": metric.reference,
        "notes": list(metric.notes),
        "definition": metric.definition,
        "command": metric.command or "metrics",
    }


def _list_view(rows: list[dict[str, Any]], _zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import Shown, plain, table
    from ledger.metrics.registry import TOPICS

    columns = (
        Shown("metric", "metric"),
        Shown("what it is", "title"),
        Shown("statistics", "statistics"),
        Shown("can be split by", "by"),
    )
    for topic, metrics in groupby(rows, key=lambda row: row["topic"]):
        yield table(columns, list(metrics), title=f"{topic}: {TOPICS[topic]}")
        yield plain("")


def _definitions_view(rows: list[dict[str, Any]], _zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import plain

    for row in rows:
        yield plain(f"{row['definition']}: {row['title']}")
        yield from _formulas(row)
        for name in ("n", "source", "window", "reference", "command"):
            if row[name] is not None:
                yield plain(f"  {name}: {row[name]}")
        for title, name in (("left out", "excluded"), ("always by", "parts")):
            for key, text in row[name].items():
                yield plain(f"  {title} {key}: {text}")
        yield plain(f"  can be split by: {', '.join(row['by']) or 'nothing'}")
        if row["options"]:
            yield plain(f"  options: {', '.join(f'--{option}' for option in row['options'])}")
        for note in row["notes"]:
            yield plain(f"  {note}")
        yield plain("")


def _formulas(row: dict[str, Any]) -> Iterator[Any]:
    from ledger.cli.drawing import plain
    from ledger.metrics.registry import METRICS

    for statistic, formula in row["formulas"].items():
        interval = f"; interval: {row['intervals'][statistic]}" if statistic in row["intervals"] else ""
        called = METRICS[row["metric"]].statistic(statistic).called
        shown_as = f", in tables {called}" if called else ""
        yield plain(f"  {statistic}{shown_as} ({row['units'][statistic]}): {formula}{interval}")


def view(rows: list[dict[str, Any]], _zone: Any) -> Iterable[Any]:
    """Show figures, a table for each metric, and what all of them were seen from."""
    from ledger.cli.drawing import length, plain, seen_from, table, value
    from ledger.metrics.registry import METRICS

    if not rows:
        yield plain("no figures")
        return
    many = 0
    for name, figures in groupby(rows, key=lambda row: row["metric"]):
        of_one = list(figures)
        columns, lines = laid_out(name, of_one)
        yield table(columns, lines, title=f"{METRICS[name].title} ({of_one[0]['definition']})")
        if shared := _left_out_of_each(of_one):
            yield plain(f"left out of each: {value(shared)}")
        yield from length(name, of_one)
        yield from _windows(of_one, rows[0])
        if any(row.get("funnel") == "open" and row["unit"] == "share" and (row["value"] or 0) > 1 for row in of_one):
            yield plain("above 100%: more reached to_stage, on any way, than ever were in from_stage")
        yield plain("")
        many += len(lines)
    yield plain(seen_from(rows[0]))
    if many > MANY:
        yield plain(f"{many:,} lines: --where, --since or a coarser --by tell fewer, -f csv gives all to a program")


def _left_out_of_each(rows: list[dict[str, Any]]) -> dict[str, int]:
    """Return what is left out of all figures alike, where there are several: it is said once, below their table."""
    alike = set.intersection(*(set(row["excluded"].items()) for row in rows))
    return {reason: many for reason, many in rows[0]["excluded"].items() if len(rows) > 1 and (reason, many) in alike}


def _windows(rows: list[dict[str, Any]], first: dict[str, Any]) -> Iterator[Any]:
    """Say what window the figures of a metric cover where it is another than the one that is told of all."""
    from ledger.cli.drawing import plain, window

    windows = dict.fromkeys((row["from"], row["to"]) for row in rows)
    if len(windows) > 1:
        yield plain("not all of one window: any other format tells that of each")
    elif (first["from"], first["to"]) not in windows:
        yield plain(window(rows[0]))


def laid_out(name: str, rows: list[dict[str, Any]]) -> tuple[list[Shown], list[dict[str, Any]]]:
    """Return the columns and lines of a metric: side by side what has the same n, a line each where that tells less."""
    from ledger.cli.drawing import Shown, cramped, value
    from ledger.metrics.registry import METRICS

    each = _left_out_of_each(rows)
    rows = [row | {"excluded": {why: many for why, many in row["excluded"].items() if why not in each}} for row in rows]
    keys = list(dict.fromkeys(key for row in rows for key in row if key not in PLACE))
    varied = _varied(rows)
    statistics = list(dict.fromkeys((row["statistic"], _unit(row, varied)) for row in rows))
    lines: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in rows:
        same = tuple(value(row.get(key)) for key in (*keys, "n", "excluded"))
        line = lines.setdefault(same, {**row, "unit": None})
        line |= _told(row, _unit(row, varied)) | ({"small": "few"} if row["few"] else {})
        if row["statistic"] in varied and row["unit"] not in [row.get(key) for key in keys]:
            line["unit"] = row["unit"]
    columns = [Shown(key, key) for key in keys]
    for statistic, unit in statistics:
        called = METRICS[name].statistic(statistic).called or statistic
        title = called if unit in ("share", statistic, called, "") else f"{called}, {_spoken(unit)}"
        columns += [Shown(title, f"{statistic}, {unit}", "right"), Shown("95 % interval", f"{statistic}, {unit}, 95 %")]
    columns += [
        Shown("unit", "unit"),
        Shown("n", "n", "right"),
        Shown("", "small"),
        Shown("below zero", "below zero", "right"),
        Shown("left out", "excluded"),
    ]
    kept = [column for column in columns if any(line.get(column.key) not in (None, "", {}) for line in lines.values())]
    told = [tuple(line.get(key) for key in keys) for line in lines.values()]
    if len(statistics) > 1 and (len(set(told)) < len(told) or cramped(kept, list(lines.values()))):
        return _figure_by_figure(keys, rows)
    return kept, list(lines.values())


def _figure_by_figure(keys: Sequence[str], rows: list[dict[str, Any]]) -> tuple[list[Shown], list[dict[str, Any]]]:
    """Return the columns and lines of a table with a line for each figure: no room, or lines that look alike."""
    from ledger.cli.drawing import Shown, figure, interval

    lines = [
        row
        | {
            "told": _named(row, keys),
            "is": figure(_counted(row), row["unit"]),
            "95 %": interval(row["low"], row["high"], row["unit"]),
            "small": "few" if row["few"] else "",
            "below zero": str(row["negative"] or ""),
        }
        for row in rows
    ]
    columns = [
        *(Shown(key, key) for key in keys),
        Shown("figure", "told"),
        Shown("", "is", "right"),
        Shown("95 % interval", "95 %"),
        Shown("n", "n", "right"),
        Shown("", "small"),
        Shown("below zero", "below zero", "right"),
        Shown("left out", "excluded"),
    ]
    return [column for column in columns if any(line.get(column.key) not in (None, "", {}) for line in lines)], lines


def _named(row: dict[str, Any], keys: Sequence[str]) -> str:
    """Return what a figure is, with its unit, unless the split says the unit, as it does of a currency."""
    from ledger.metrics.registry import METRICS

    called = METRICS[row["metric"]].statistic(row["statistic"]).called or row["statistic"]
    said = ("share", row["statistic"], called, "", *(row.get(key) for key in keys))
    return called if row["unit"] in said else f"{called}, {_spoken(row['unit'])}"


def _spoken(unit: str) -> str:
    """Return a unit as a table shows it."""
    return "% points" if unit == "difference of shares" else unit


def _counted(row: dict[str, Any]) -> Any:
    """Return the value of a figure: a whole sum without the fraction that is none."""
    given = row["value"]
    return int(given) if row["statistic"] == "sum" and given is not None and given == int(given) else given


def _varied(rows: list[dict[str, Any]]) -> set[str]:
    """Return the statistics whose unit is not the same in every row, as amounts in several currencies are."""
    first: dict[str, str] = {}
    return {row["statistic"] for row in rows if first.setdefault(row["statistic"], row["unit"]) != row["unit"]}


def _unit(row: dict[str, Any], varied: set[str]) -> str:
    return "" if row["statistic"] in varied else str(row["unit"])


def _told(row: dict[str, Any], unit: str) -> dict[str, str]:
    from ledger.cli.drawing import figure, interval

    key = f"{row['statistic']}, {unit}"
    return {
        key: figure(_counted(row), row["unit"]),
        f"{key}, 95 %": interval(row["low"], row["high"], row["unit"]),
        # Durations may be negative: they are part of the figure, and their number is shown where there are any.
        "below zero": str(row["negative"] or ""),
    }
