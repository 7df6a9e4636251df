"""The page docs/simulated-truth.md, written from what the commands print: `python -m tests.truth.page` prints it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.truth.known import Known, agrees, is_interval
from tests.truth.simulation import SEED, Simulation, simulation
from tests.truth.topics import topics

PEOPLE = 10_000

MOST = 6
"""How many of the figures of one split are shown."""

HEAD = """# Simulated truth

{people:,} simulated people (seed {seed}, {events:,} events), and what is true of them. The truth is computed in
`tests/truth/` from what the simulator wrote, in plain Python that shares nothing with the folds and the queries;
`make test` does so with fewer people, and `make truth` with these (it writes this page). *Equal* is to the last bits
of a double; an interval must hold the truth, a parameter of the simulator. Each command is one of `customer-ledger`,
asked after a rebuild, and prints more than is shown here: n, what was left out, the interval, the window, the position.
"""


def page(simulated: Simulation) -> str:
    """Return the page as Markdown."""
    lines = [HEAD.format(people=simulated.people, seed=SEED, events=simulated.events)]
    for topic, module in topics().items():
        lines += [f"## {topic.replace('_', ' ').capitalize()}", "", *section(simulated, module.FIGURES), ""]
    return "\n".join(lines)


def section(simulated: Simulation, figures: tuple[Known, ...]) -> Iterator[str]:
    """Yield the lines of one topic's table."""
    yield "| figure | command | printed | truth |"
    yield "|---|---|---|---|"
    for known in figures:
        told, truth = known.told(simulated.rows(known.command)), known.truth(simulated.lives)
        verdict = _verdict(told, truth)
        printed = " to ".join(map(_shown, told)) if is_interval(told, truth) else _shown(told)
        yield f"| {cell(known.figure)} | `{known.command}` | {printed} | {verdict} |"


def _verdict(told: Any, truth: Any) -> str:
    if not agrees(told, truth):
        return f"**no**: {_shown(truth)}"
    return f"{_shown(truth)}, inside" if is_interval(told, truth) else "equal"


def _shown(found: Any) -> str:
    if isinstance(found, dict):
        lines = [f"{cell(_named(key))}: {_shown(found[key])}" for key in list(found)[:MOST]]
        return "<br>".join([*lines, *([f"and {len(found) - MOST} more"] if len(found) > MOST else [])])
    if isinstance(found, list | tuple):
        return ", ".join(map(_shown, found))
    if isinstance(found, float):
        return f"{found:,.6f}".rstrip("0").rstrip(".")
    return f"{found:,}" if isinstance(found, int) else cell(str(found))


def _named(key: Any) -> str:
    return ", ".join(map(str, key)) if isinstance(key, tuple) else str(key)


def cell(text: str) -> str:
    """Return text as it stands in a cell of a table."""
    return text.replace("|", "\\|").replace(">", "&gt;")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, simulation(PEOPLE, Path(folder)) as made:
        sys.stdout.write(page(made))
