"""`conformance`: the planned journey against the actual ones."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

import click

from ledger.cli.asking import asked, asks, doubt_spelling
from ledger.cli.command import command
from ledger.cli.session import Session
from ledger.cli.times import LENGTH


@command(
    "conformance",
    examples=(
        "customer-ledger conformance",
        "customer-ledger conformance --plan examples/plan.toml --within 90d",
        "customer-ledger conformance --by segment:tier --since 2024-01-01 -f csv",
    ),
)
@click.option("--plan", metavar="FILE", help="The planned steps: a TOML file.  [default: the journey's own stages]")
@asks
@click.option("--within", type=LENGTH, metavar="LENGTH", help="The time for the whole plan, as in 90d.")
def run(session: Session, plan: str | None, **given: Any) -> None:
    """Show how far journeys go as planned: skipped, repeated, late and extra steps, and where customers leave.

    Only journeys that are over count: completed, ended, or out of time. It can be split by channel, department,
    segment:SCHEME, month and cycle. A TIME is ISO 8601 with its offset, a date, or 7d (ago).
    """
    from ledger.queries.conformance import conformance

    question = asked(session, given)
    against = None if plan is None else _plan(session, plan, question)
    rows = conformance(session.store, plan=against, **question)
    session.out.rows(rows, _view)
    doubt_spelling(session, rows, question)


def _plan(session: Session, file: str, question: Any) -> Any:
    from ledger.cli.definitions import text_of
    from ledger.schemas.definitions import compile_context
    from ledger.schemas.plan import plan_from_toml

    context = compile_context(question["journey"]) if "journey" in question else session.store.context
    return plan_from_toml(text_of(file), context, file)


PARTS = frozenset({"what", "place", "step"})

STEPS = ("reached", "skipped", "repeated", "out_of_order", "too_late")


def _view(rows: list[dict[str, Any]], _zone: Any) -> Iterable[Any]:
    from ledger.cli.drawing import length, plain, seen_from
    from ledger.cli.mapping import TOLD

    if not rows:
        yield plain("no figures: there is no journey")
        return
    keys = [key for key in dict.fromkeys(key for row in rows for key in row) if key not in TOLD | PARTS | {"plan"}]
    for name, figures in groupby(rows, key=lambda row: str(row["metric"])):
        yield _of_one_metric(name, list(figures), keys)
        yield plain("")
    yield from length(str(rows[0]["metric"]), rows)
    yield plain(seen_from(rows[0]))
    yield plain(f"plan {rows[0]['plan'][:12]}")


def _of_one_metric(name: str, rows: list[dict[str, Any]], keys: list[str]) -> Any:
    from ledger.cli.drawing import Shown, figure, interval, table
    from ledger.metrics.registry import METRICS

    lines: dict[tuple[Any, ...], dict[str, Any]] = {}
    steps = name == "plan_steps"
    for row in rows:
        told = figure(row["value"], "share")
        line = lines.setdefault(
            tuple(row.get(key) for key in (*keys, "step", *(() if steps else ("what",)))),
            {**row, "step": row.get("step", "" if name != "plan_extra_steps" else "any")},
        )
        if row.get("what") == "too_late":
            told = f"{told} of {row['n']:,}"
        line["interval"] = interval(row["low"], row["high"], "share")
        line[row["what"] if steps else "share"] = told
        line["small"] = "few" if row["few"] else ""
    columns = [Shown(key, key) for key in keys] + [Shown("step", "step"), *([] if steps else [Shown("", "what")])]
    if steps:
        columns += [Shown(what.replace("_", " "), what, "right") for what in STEPS] + [Shown("journeys", "n", "right")]
    else:
        columns += [
            Shown("share", "share", "right"), Shown("95 % interval", "interval"), Shown("journeys", "n", "right"),
            Shown("", "small"), Shown("left out", "excluded"),
        ]  # fmt: skip
    kept = [column for column in columns if any(line.get(column.key) not in (None, "", {}) for line in lines.values())]
    return table(kept, list(lines.values()), title=f"{METRICS[name].title} ({rows[0]['definition']})")
