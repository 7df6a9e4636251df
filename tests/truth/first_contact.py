"""First contact resolution: who turned to the company again, found by looking through each person's events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from itertools import groupby
from statistics import mean
from typing import Any

from tests.truth.feedback_loop import DAY, File, files
from tests.truth.known import Known, split
from tests.truth.lives import Happening, Life
from tests.truth.outcomes import observed_until


def _resolved(lives: list[Life]) -> list[File]:
    return [file for file in files(lives, "case.") if file.of("case.resolved")]


def _first_word(life: Life) -> list[Happening]:
    """Return the starts of the person's inbound interactions."""
    of: dict[str, list[Happening]] = defaultdict(list)
    for event in life.events:
        if event.get("interaction_id"):
            of[event.get("interaction_id")].append(event)
    starts = []
    for its in of.values():
        starts += [event for event in its if event.type == "interaction.started"][:1]
    return [event for event in starts if event.get("direction") == "inbound"]


def _reason(life: Life, event: Happening) -> str:
    """Return the reason of the case or the interaction that the event began: the first that any event of it names."""
    key = "case_id" if event.type == "case.opened" else "interaction_id"
    its = (other.get("reason") for other in life.events if other.get(key) == event.get(key))
    return next(filter(None, its), "")


def _again(file: File, days: int) -> list[Happening]:
    """Return what the person turned to the company with, in the days after the first resolution."""
    resolved = file.of("case.resolved")[0].at
    turned = [*_first_word(file.life), *file.life.of("case.opened")]
    return [
        event
        for event in turned
        if resolved < event.at <= resolved + days * DAY and event.get("case_id") != file.case_id
    ]


def _why(file: File) -> str:
    return next(filter(None, (event.get("reason") for event in file.events)), "")


def _rules(days: int, cases: list[File], until: int) -> dict[str, list[bool]]:
    told: dict[str, list[bool]] = defaultdict(list)
    for file in cases:
        reopened, reassigned = bool(file.of("case.reopened")), bool(file.of("case.reassigned"))
        told["no_reopen"].append(not reopened)
        told["no_reassignment_no_reopen"].append(not reopened and not reassigned)
        if file.of("case.resolved")[0].at + days * DAY > until:
            continue
        again = _again(file, days)
        told["no_repeat_contact"].append(not again)
        if _why(file):
            same = [event for event in again if _reason(file.life, event) == _why(file)]
            told["no_repeat_contact_same_reason"].append(not same)
    return told


def _shares(days: int, of: Callable[[File], str] | None = None) -> Callable[[list[Life]], Any]:
    def truth(lives: list[Life]) -> Any:
        until, cases = observed_until(lives), _resolved(lives)
        if of is None:
            return {rule: mean(solved) for rule, solved in _rules(days, cases, until).items()}
        cases.sort(key=of)
        return {
            (key, rule): mean(solved)
            for key, group in groupby(cases, key=of)
            for rule, solved in _rules(days, list(group), until).items()
        }

    return truth


def _numbers(lives: list[Life]) -> dict[str, int]:
    return {rule: len(solved) for rule, solved in _rules(7, _resolved(lives), observed_until(lives)).items()}


FIGURES = (
    Known(
        "first contact resolution by four rules",
        "metrics first_contact",
        lambda rows: split(rows, "share", "rule"),
        _shares(7),
    ),
    Known(
        "cases that each rule looks at",
        "metrics first_contact",
        lambda rows: split(rows, "share", "rule", field="n"),
        _numbers,
    ),
    Known(
        "first contact resolution with 21 days to come back",
        "metrics first_contact --within 21d",
        lambda rows: split(rows, "share", "rule"),
        _shares(21),
    ),
    Known(
        "first contact resolution by region",
        "metrics first_contact --by segment:region",
        lambda rows: split(rows, "share", "segment:region", "rule"),
        _shares(7, File.region),
    ),
    Known(
        "first contact resolution by month",
        "metrics first_contact --by month",
        lambda rows: {(row["month"], row["rule"]): row["value"] for row in rows if row["n"]},
        _shares(7, lambda file: file.month("case.opened")),
    ),
)
