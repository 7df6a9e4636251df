"""Every figure of the experience, held against what the simulator knows to be true."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.truth.known import Known, agrees
from tests.truth.simulation import Simulation, simulation
from tests.truth.topics import topics

KNOWN = [(topic, known) for topic, module in topics().items() for known in module.FIGURES]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    with simulation(600, tmp_path_factory.mktemp("truth")) as made:
        yield made


@pytest.mark.parametrize(("topic", "known"), KNOWN, ids=lambda value: value.figure if isinstance(value, Known) else "")
def test_the_figure_is_what_the_simulator_knows(simulated: Simulation, topic: str, known: Known) -> None:
    told, truth = known.told(simulated.rows(known.command)), known.truth(simulated.lives)
    assert agrees(told, truth), f"{topic}: {known.command} says {told}, the truth is {truth}"
