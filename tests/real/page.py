"""The page docs/real-logs.md, written from what the commands print: `python -m tests.real.page FOLDER` prints it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.real.figures import LOGS
from tests.real.ledgers import Imported, imported

HEAD = """# Real logs

Three logs that nobody on this project made, and figures computed from them with pandas, independently of the ledger
(`truth.json` beside the data). Each log is imported by its mapping in `examples/`, rebuilt, and asked by the commands
below; `tests/real/` does so again on every run that has the data, and holds this page up to date (`python -m
tests.real.page FOLDER` writes it). *Equal* is to the last bits of a double, or to the truth's own rounding where it is
rounded. Every command is one of `customer-ledger` and prints more than is shown here: n, what was left out, the
interval, the window, the position.
"""


def page(ledgers: list[Imported]) -> str:
    """Return the page as Markdown."""
    return "\n".join([HEAD, *(line for ledger in ledgers for line in section(ledger))]) + "\n"


def section(ledger: Imported) -> Iterator[str]:
    """Yield the lines about one log."""
    log = ledger.log
    made = f"import examples/{log.name}/mapping.toml --data FOLDER/{log.name}"
    begun = " ".join(["init", *log.definitions])
    yield f"## {log.name}"
    yield ""
    yield log.about
    yield ""
    counted = f"{ledger.imported['recorded']:,} events, {ledger.imported['rejected']} rejected"
    yield f"`{begun}`, `{made}` ({counted}), `rebuild`."
    yield ""
    yield "| figure | command | result | equal |"
    yield "|---|---|---|---|"
    for figure in log.printed:
        told, truth = figure.told(ledger.rows(figure.command)), figure.truth(ledger.truth)
        verdict = "yes" if equal(told, truth, figure.within) else f"no: {_shown(truth)}"
        yield f"| {_cell(figure.figure)} | `{figure.command}` | {_shown(told)} | {verdict} |"
    yield ""
    if not log.unprinted:
        return
    yield "Not printed:"
    yield ""
    for left in log.unprinted:
        yield f"- {left.figure}: {left.why}."
    yield ""


def equal(told: Any, truth: Any, within: float) -> bool:
    """Say whether two figures, lists or objects of figures are equal, numbers within a distance."""
    if isinstance(truth, dict):
        return told.keys() == truth.keys() and all(equal(told[key], truth[key], within) for key in truth)
    if isinstance(truth, list):
        return len(told) == len(truth) and all(map(equal, told, truth, [within] * len(truth)))
    if isinstance(truth, str) or told is None:
        return bool(told == truth)
    return bool(abs(told - truth) <= within)


def _shown(found: Any) -> str:
    if isinstance(found, dict):
        return "<br>".join(f"{_cell(str(key))}: {_shown(each)}" for key, each in found.items())
    if isinstance(found, list):
        return ", ".join(map(_shown, found))
    if isinstance(found, float):
        return f"{found:,.6f}".rstrip("0").rstrip(".")
    return f"{found:,}" if isinstance(found, int) else _cell(str(found))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace(">", "&gt;")


def main(folder: Path) -> None:
    """Print the page."""
    ledgers = []
    with tempfile.TemporaryDirectory() as at:
        for log in LOGS:
            home = Path(at) / log.name
            home.mkdir()
            with imported(log, folder, home) as ledger:
                list(section(ledger))
                ledgers.append(ledger)
        sys.stdout.write(page(ledgers))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
