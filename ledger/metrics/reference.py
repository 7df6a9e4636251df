"""The reference page of the metrics, written from the registry: `python -m ledger.metrics.reference` prints it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping

from ledger.metrics.metric import Metric
from ledger.metrics.registry import METRICS, called

_HEAD = """# Metrics

Written from `ledger/metrics/registry.py` by `python -m ledger.metrics.reference`; a test holds it up to date.

Every figure has a `value`, the `n` behind it, what was left out (`excluded`, by reason), its `unit`, its `definition`
with version, and the ends `low` and `high` of a 95 % interval where there is one. A value is `null` where there is no
data (`n` is 0) or the figure is not defined. A share lies between 0 and 1. Percentiles are linear (numpy's `linear`,
Hyndman and Fan's type 7). Times elapse: an hour is 3,600 seconds, a day of elapsed time 24 hours. Where a duration may
be below zero, it is part of the figure as it is, and `negative` counts those. `numerator` is what was counted
out of `n`. Customers of whom an event cannot be read are in no figure of the read model: `excluded` counts them
as `parked`. Where a key of a split is not known, its value is `unknown`. `from` and `to` are the time it covers,
`window` is how long its definition looks: the default named below or what `--within` asks for, `null` where it needs
none.
"""


def page() -> str:
    """Return the page as Markdown."""
    lines = [_HEAD, "| metric | what it is | statistics |", "|---|---|---|"]
    for metric in METRICS.values():
        names = ", ".join(statistic.name for statistic in metric.statistics)
        lines.append(f"| [`{metric.name}`](#{metric.name}) | {metric.title} | {names} |")
    for metric in METRICS.values():
        lines += ["", *_section(metric)]
    return "\n".join(lines) + "\n"


def _section(metric: Metric) -> Iterator[str]:
    yield f"## {metric.name}"
    yield ""
    yield f"{metric.title}. Definition `{metric.definition}`."
    yield ""
    yield "| statistic | unit | formula | interval |"
    yield "|---|---|---|---|"
    for statistic in metric.statistics:
        interval = statistic.interval or "none"
        yield f"| {statistic.name} | {statistic.unit} | {statistic.formula} | {interval} |"
    yield ""
    yield f"- **n**: {metric.n}"
    yield f"- **source**: {metric.source}"
    if metric.window:
        yield f"- **window**: `{metric.window}` by default"
    yield from _listed("always split by", metric.parts)
    yield from _listed("left out of n", metric.excluded)
    yield f"- **can be split by**: {', '.join(metric.dimensions) or 'nothing'}"
    if metric.options:
        yield f"- **options**: {', '.join(f'`{called(option)}`' for option in metric.options)}"
    if metric.reference:
        yield f"- **after**: {metric.reference}"
    for note in metric.notes:
        yield f"- {note}"


def _listed(title: str, entries: Mapping[str, str]) -> Iterator[str]:
    if entries:
        yield f"- **{title}**: " + "; ".join(f"`{key}` ({text})" for key, text in entries.items())


if __name__ == "__main__":
    sys.stdout.write(page())
