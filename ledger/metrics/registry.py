"""All metrics by name and by topic; importing this loads no numpy, so that a command line can list them at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from types import MappingProxyType

from ledger.errors import InvalidArgument
from ledger.metrics.definitions import (
    cases,
    cohorts,
    conformance,
    contacts,
    cycles,
    effort,
    feedback_loop,
    first_contact,
    journey,
    needs,
    omnichannel,
    opportunities,
    outcomes,
    prediction,
    proactive,
    purchases,
    quality,
    ratings,
    repeated_information,
    termination,
    touchpoints,
    value,
    wow,
)
from ledger.metrics.metric import Metric, Option

TOPICS: Mapping[str, str] = MappingProxyType(
    {
        "surveys": "What customers answer",
        "journey": "How customers move through the stages",
        "outcomes": "How a stay in a stage ends, where it can end in several ways",
        "cycles": "How often the journey is made, how long it takes and what it uses up",
        "conformance": "The planned journey against the actual one",
        "touchpoints": "The catalogue of touchpoints against what customers met",
        "activity": "How much happens, and on which channels",
        "omnichannel": "Whether the channels are one company to the customer",
        "proactive": "Whether the company speaks first, and what comes of it",
        "cases": "What happens to cases",
        "first_contact": "Whether it was solved at the first contact, under four definitions",
        "feedback_loop": "Listen, dispatch, solve, communicate back",
        "needs": "What customers need, and whether they get it",
        "opportunities": "What customers tried that no channel supports",
        "repeated_information": "What customers are asked for again",
        "effort": "How hard it is: effort, task success, friction",
        "wow": "The experiences that stand out, and what follows them",
        "purchases": "What customers buy and when they come back",
        "value": "What customers are worth and what they cost",
        "cohorts": "Who stays, who returns, who is gone",
        "termination": "Leaving, as an experience",
        "prediction": "What comes next, and how well it was foretold",
        "quality": "How far the log itself can be trusted",
    }
)
"""The questions that metrics answer, in the order in which they are told; none has the name of a metric."""

USUAL = frozenset({"surveys", "journey", "activity", "cases", "purchases"})
"""The topics that are told where nobody names one."""

_FAMILIES = (ratings, journey, outcomes, cycles, conformance, touchpoints, contacts, omnichannel, proactive, cases,
             first_contact, feedback_loop, needs, opportunities, repeated_information, effort, wow, purchases, value,
             cohorts, termination, prediction, quality)  # fmt: skip

METRICS: Mapping[str, Metric] = MappingProxyType(
    {metric.name: metric for family in _FAMILIES for metric in family.DEFINITIONS}
)


def metric(name: str) -> Metric:
    """Return the metric of that name; InvalidArgument, naming metrics and topics that come near, for another."""
    found = METRICS.get(name)
    if found is None:
        raise InvalidArgument(f"there is no metric {name!r}: {_cure(name)}")
    return found


def _cure(name: str) -> str:
    near = dict.fromkeys([*_about(name), *get_close_matches(name, [*METRICS, *TOPICS], 3)])
    listed = "`metrics --list` shows them all"
    return f"did you mean {' or '.join(list(near)[:3])}? {listed}" if near else listed


def _about(words: str) -> list[str]:
    """Return the metrics and topics whose title holds these words, or else the metrics whose definition does."""
    pattern = re.compile(rf"\b{re.escape(words.replace('_', ' '))}\b", re.IGNORECASE)
    titles = {name: its.title for name, its in METRICS.items()} | dict(TOPICS)
    whole = {
        name: "\n".join(
            [its.n, *(told.formula for told in its.statistics), *its.notes, *its.parts, *its.parts.values()]
        )
        for name, its in METRICS.items()
    }
    found = ([name for name, text in texts.items() if pattern.search(text)] for texts in (titles, whole))
    return next(filter(None, found), [])


def named(name: str) -> list[Metric]:
    """Return the metrics of a topic, or the one metric of that name. Raises InvalidArgument."""
    if name in TOPICS:
        return [metric for metric in METRICS.values() if metric.topic == name]
    return [metric(name)]


def demand_dimension(of: Metric, dimension: str) -> None:
    """Refuse a split that `of` does not have, with InvalidArgument."""
    if dimension not in of.dimensions:
        always = f"it is always told by {dimension}; beside, " if dimension in of.parts else ""
        can = f"it can be split by {', '.join(of.dimensions)}" if of.dimensions else "it cannot be split"
        raise InvalidArgument(f"{of.name} cannot be split by {dimension!r}: {always}{can}")


def unmoved(by: Option, among: Iterable[Metric]) -> list[str]:
    """Return the names of those metrics whose figures an option does not change."""
    return [metric.name for metric in among if by not in metric.options]


def demand_options(of: Sequence[Metric], options: Iterable[Option]) -> None:
    """Refuse an option that would change nothing in any of these metrics, with InvalidArgument."""
    for option in options:
        names = unmoved(option, of)
        if len(names) == len(of):
            asked = ", ".join(names) if len(names) < 4 else "what is asked"
            beside = [each for each in METRICS.values() if option in each.options and each.command == of[0].command]
            cure = f"it is for {', '.join(each.name for each in beside)}" if beside else "leave it out"
            raise InvalidArgument(f"`{called(option)}` changes nothing in {asked}: {cure}")


def called(option: Option) -> str:
    """Return an option as it is asked for."""
    return option.removesuffix("_type")
