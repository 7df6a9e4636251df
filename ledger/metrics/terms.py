"""The additive terms of the hazard: what of a customer's row goes into the model, under which name, in which unit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ledger.metrics.quantiles import MICROSECONDS

Floats = npt.NDArray[np.float64]
Texts = npt.NDArray[np.str_]

DAY = MICROSECONDS["days"]

Bands = tuple[int, ...]

IN_STAGE: Bands = (30, 90, 180, 365)
QUIET: Bands = (7, 30, 90, 365)
"""Bands of days: what is under the first is what the others are compared with, each up to the next."""

COUNTS = {
    "contacts": "contacts in 30 days",
    "complaints": "complaints in 90 days",
    "obstacles": "obstacles in 90 days",
    "payments_failed": "failed payments in 90 days",
    "unsupported": "unsupported in 90 days",
    "repeated": "asked again in 90 days",
    "cases_open": "cases open",
}
"""The columns that count something, and the name of each one's term."""

PER_COUNT = "doubling of 1 + n"


class Term(NamedTuple):
    """One term: what it is about, its name, what one unit of it is, and its values (rows)."""

    about: str
    name: str
    unit: str
    values: Floats


class Known(NamedTuple):
    """What is known of n rows: the columns of `projections.risk`, each an array; a segment is '' where unknown.

    `in_stage` and `quiet` are in microseconds; `quiet` and `rating` are nan where nothing is known.
    """

    stage: Texts
    cycle: Floats
    in_stage: Floats
    quiet: Floats
    counts: dict[str, Floats]
    rating: Floats
    segment: Texts

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.stage)


class Frame(NamedTuple):
    """What terms are compared with: the stage and the segment most rows have, and the others there are, in order."""

    stage: str
    stages: tuple[str, ...]
    segment: str
    segments: tuple[str, ...]


def frame(known: Known) -> Frame:
    """Return the frame of the rows that a model is trained on."""
    stage, *stages = _by_number(known.stage)
    segment, *segments = _by_number(known.segment)
    return Frame(stage, tuple(stages), segment, tuple(segments))


def terms(known: Known, within: Frame) -> list[Term]:
    """Return the terms of some rows, the same ones in the same order for every call with that frame."""
    unrated = np.isnan(known.rating)
    return [
        *_dummies("stage", known.stage, within.stages, within.stage),
        *_bands("time in the stage", known.in_stage, IN_STAGE),
        Term("cycle", "cycle", "doubling", np.log2(known.cycle)),
        *_bands("quiet", known.quiet, QUIET),
        *(Term(name, name, PER_COUNT, np.log2(1 + known.counts[column])) for column, name in COUNTS.items()),
        Term("last rating", "last rating", "worst to best", np.where(unrated, 0.5, known.rating)),
        Term("last rating", "never rated", "against a middle rating", _as_number(unrated)),
        *_dummies("segment", known.segment, within.segments, within.segment),
    ]


def _bands(what: str, lengths: Floats, bands: Bands) -> list[Term]:
    """Return a term for each band but the first; a length that is not known is in none of them."""
    days = lengths / DAY
    unit = f"against under {bands[0]} days"
    made = []
    for start, end in zip(bands, (*bands[1:], np.inf), strict=True):
        name = f"{what}: {start} to {end} days" if end < np.inf else f"{what}: {start} days or more"
        made.append(Term(what, name, unit, _as_number((days >= start) & (days < end))))
    return made


def _dummies(what: str, values: Texts, others: Sequence[str], usual: str) -> list[Term]:
    unit = f"against {usual or 'unknown'}"
    return [Term(what, f"{what} {value or 'unknown'}", unit, _as_number(values == value)) for value in others]


def _as_number(where: npt.NDArray[np.bool_]) -> Floats:
    return where.astype(np.float64)


def _by_number(values: Texts) -> list[str]:
    """Return the distinct values, the most frequent first, of equally many the first by name; one at least."""
    found, counts = np.unique(values, return_counts=True)
    rank: Callable[[int], tuple[int, str]] = lambda place: (-int(counts[place]), str(found[place]))  # noqa: E731
    return [str(found[place]) for place in sorted(range(len(found)), key=rank)] or [""]
