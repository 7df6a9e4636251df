"""Every figure of the experience, held against what the simulator knows to be true."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cli.running import ROOT
from tests.truth.known import Known, agrees
from tests.truth.page import cell
from tests.truth.simulation import Simulation, simulation
from tests.truth.topics import topics

PAGE = (ROOT / "docs" / "simulated-truth.md").read_text(encoding="utf-8")
KNOWN = [(topic, known) for topic, module in topics().items() for known in module.FIGURES]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    with simulation(600, tmp_path_factory.mktemp("truth")) as made:
        yield made


@pytest.mark.parametrize(("topic", "known"), KNOWN, ids=lambda value: value.figure if isinstance(value, Known) else "")
def test_the_figure_is_what_the_simulator_knows(simulated: Simulation, topic: str, known: Known) -> None:
    told, truth = known.told(simulated.rows(known.command)), known.truth(simulated.lives)
    assert agrees(told, truth), f"{topic}: {known.command} says {told}, the truth is {truth}"


@pytest.mark.parametrize(("topic", "known"), KNOWN, ids=lambda value: value.figure if isinstance(value, Known) else "")
def test_the_page_tells_of_the_figure_and_that_it_is_true(topic: str, known: Known) -> None:
    (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| {cell(known.figure)} | `{known.command}` |")]
    assert "**no**" not in line, f"{topic}: run `make truth`"


def test_a_figure_that_is_not_the_truth_is_no_equal_one() -> None:
    assert agrees({"a": 1.0, "b": None}, {"a": 1, "b": None})
    assert not agrees({"a": 1}, {"a": 1, "b": 2})
    assert not agrees(0.5, 0.5001)
    assert agrees((0.4, 0.6), 0.5)
    assert not agrees((0.4, 0.6), 0.7)
    assert not agrees((None, None), 0.7)
    assert not agrees(None, 0)
