"""The commands print the figures that pandas computed from the real logs, and the page that says so is up to date."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.figures import LOGS, Log
from tests.real.ledgers import ROOT, Imported, imported
from tests.real.page import equal, page, section

pytestmark = pytest.mark.real


@pytest.fixture(scope="module", params=LOGS, ids=lambda log: log.name)
def ledger(
    request: pytest.FixtureRequest, real_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Imported]:
    log: Log = request.param
    with imported(log, real_data, tmp_path_factory.mktemp(log.name)) as made:
        yield made


def test_every_row_of_the_log_is_in_the_ledger(ledger: Imported) -> None:
    assert (ledger.imported["rejected"], ledger.imported["already_recorded"]) == (0, 0)


def test_every_figure_that_a_command_prints_is_equal_to_the_truth(ledger: Imported) -> None:
    different = []
    for figure in ledger.log.printed:
        told, truth = figure.told(ledger.rows(figure.command)), figure.truth(ledger.truth)
        if not equal(told, truth, figure.within):
            different.append((figure.figure, told, truth))
    assert not different


def test_every_figure_of_the_truth_is_printed_or_its_absence_explained(ledger: Imported) -> None:
    named = [printed.figure for printed in ledger.log.printed] + [left.figure for left in ledger.log.unprinted]
    assert len(named) == len(set(named))
    for figure in ledger.truth:
        if not figure.startswith("_"):
            assert [name for name in named if name == figure or name.startswith(f"{figure} ")], figure


def test_the_page_says_what_the_commands_print(ledger: Imported) -> None:
    written = (ROOT / "docs" / "real-logs.md").read_text(encoding="utf-8")
    assert "\n".join(section(ledger)) in written, "run `python -m tests.real.page FOLDER > docs/real-logs.md`"


def test_a_figure_that_differs_is_no_equal_one() -> None:
    assert equal({"a": [1.0, 2]}, {"a": [1.0, 2]}, 0)
    assert not equal({"a": 1}, {"a": 1, "b": 2}, 0)
    assert not equal([1], [2], 0.5)
    assert not equal(None, 2, 0.5)
    assert page([]).startswith("# Real logs")
