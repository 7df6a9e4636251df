"""Every metric is defined once, found by name, and described on an up-to-date page."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ledger.errors import InvalidArgument
from ledger.metrics.reference import page
from ledger.metrics.registry import METRICS, TOPICS, demand_dimension, metric, named

PROMISED = {
    "nps",
    "csat",
    "ces",
    "dwell",
    "conversion",
    "time_to_resolution",
    "time_to_first_response",
    "channel_switching",
    "repeat_purchase",
    "time_between",
}


def test_the_names_that_scripts_rely_on_are_there() -> None:
    assert set(METRICS) >= PROMISED


def test_a_metric_is_found_by_its_name_and_names_its_version() -> None:
    assert metric("nps").definition == "nps@1"
    assert all(name == found.name for name, found in METRICS.items())


def test_a_metric_nobody_defined_is_refused_with_those_that_come_near() -> None:
    with pytest.raises(InvalidArgument, match=r"no metric 'npss': did you mean nps"):
        metric("npss")


def test_every_metric_belongs_to_a_topic_and_a_topic_names_all_of_its_metrics() -> None:
    assert {found.topic for found in METRICS.values()} <= TOPICS.keys()
    assert {found.name for found in named("surveys")} == {"nps", "csat", "ces", "ratings"}


def test_no_topic_has_the_name_of_a_metric() -> None:
    assert not TOPICS.keys() & METRICS.keys()


def test_a_statistic_a_metric_does_not_have_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="has no statistic 'median'"):
        metric("nps").figure("median", 1, 1)


def test_only_what_people_call_a_score_is_a_score_and_a_difference_is_no_share() -> None:
    statistics = [(found.name, statistic) for found in METRICS.values() for statistic in found.statistics]
    assert {name for name, statistic in statistics if statistic.name == "score"} == {"nps", "effort_score"}
    for name, statistic in statistics:
        assert (statistic.name == "difference") is statistic.unit.startswith("difference"), name


def test_a_split_a_metric_does_not_have_is_refused() -> None:
    demand_dimension(metric("nps"), "channel")
    with pytest.raises(InvalidArgument, match="cannot be split by 'stage'"):
        demand_dimension(metric("retention"), "stage")


@pytest.mark.parametrize("name", METRICS)
def test_no_statistic_is_defined_twice_and_no_part_is_also_a_dimension(name: str) -> None:
    found = METRICS[name]
    names = [statistic.name for statistic in found.statistics]
    assert len(set(names)) == len(names)
    assert not set(found.parts) & set(found.dimensions)


@pytest.mark.parametrize("name", METRICS)
def test_no_split_has_the_name_of_a_field_that_every_figure_has(name: str) -> None:
    found = METRICS[name]
    taken = {"metric", "statistic", "value", "n", "excluded", "low", "high", "unit", "definition", "from", "to"}
    assert not taken & {*found.parts, *found.dimensions}


def test_the_reference_page_is_up_to_date() -> None:
    written = Path(__file__).parents[2] / "docs" / "reference" / "metrics.md"
    assert written.read_text(encoding="utf-8") == page(), "write it again: python -m ledger.metrics.reference"


def test_the_registry_loads_without_numpy() -> None:
    code = "import sys, ledger.metrics.registry; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
