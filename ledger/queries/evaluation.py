"""How well it would have been foretold: learnt from what was known at a time, held against what came after."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from msgspec import structs

from ledger.errors import InvalidArgument
from ledger.metrics.definitions.prediction import HAZARD_TRAINING
from ledger.metrics.figure import Scope
from ledger.metrics.foretold import foretold
from ledger.metrics.hazard import demand_library, train
from ledger.metrics.proportions import share
from ledger.projections.risk import PERIODS
from ledger.queries.at_risk import AtRisk, Horizons
from ledger.queries.figure_row import FigureRow, figure_rows, iso
from ledger.queries.prediction import HORIZON, folded
from ledger.queries.question import Question
from ledger.queries.view import View, view
from ledger.schemas.duration import duration_text
from ledger.store.figures.visits import entries
from ledger.store.links import all_units
from ledger.store.log import Until, position_known_at
from ledger.store.store import Store


class Fate(NamedTuple):
    """What became of those at risk, as is known now: who left within the horizon, who had left before, who is known."""

    left: npt.NDArray[np.bool_]
    gone: npt.NDArray[np.bool_]
    known: npt.NDArray[np.bool_]


def evaluate(
    store: Store, *, at: int, horizon: int = HORIZON, known_at: int | None = None, scheme: str | None = None
) -> list[FigureRow]:
    """Return how well a model made at `at` foretells who leaves within the horizon after it.

    It learns from what had happened before `at` and was recorded by `known_at` (`at` itself, unless another time is
    asked for, as where the log was imported later). What came after is as known now. Raises InvalidArgument where the
    log does not go on for a horizon after `at`, too little was known by then, or scikit-learn is not installed.
    """
    demand_library()
    knew = at if known_at is None else known_at
    with view(store, Question(), needs_tables=True) as seen:
        _demand_time_after(seen, at, horizon)
        position = min(position_known_at(seen.log, knew), seen.position)
        until = Until(known_at=knew, position=position)
        found = folded(store, until, at=at, horizon=horizon, scheme=scheme)
        _demand_past(found, at, knew)
        hazard = train(found.past.known, found.past.left_in, PERIODS)
        fate = _fate(seen, found.present, at, horizon)
        judged = fate.known & ~fate.gone
        probability = hazard.foretell(found.present.known).probability[judged]
        scope = Scope({"at": str(iso(at)), "horizon": duration_text(horizon), "trained_known_at": str(iso(knew))})
        judged_scope = scope.leaving_out(
            gone=int(np.count_nonzero(fate.known & fate.gone)), unknown=int(np.count_nonzero(~fate.known))
        )
        trained = share(HAZARD_TRAINING, hazard.left, hazard.rows, scope)
        figures = [trained, *foretold(probability, fate.left[judged], judged_scope)]
        over = (structs.replace(figure, first_at=at, last_at=at + horizon) for figure in figures)
        return figure_rows(seen, list(over))


def _demand_time_after(seen: View, at: int, horizon: int) -> None:
    if not seen.position:
        raise InvalidArgument("the log is empty: there is nothing to evaluate a prediction by")
    latest = seen.as_of - horizon
    if at > latest:
        raise InvalidArgument(
            f"what came within {duration_text(horizon)} after {iso(at)} is not all known: the log ends at "
            f"{iso(seen.as_of)}, so the latest time to evaluate at is {iso(latest)}; take an earlier one, or a "
            "shorter horizon"
        )


def _demand_past(found: Horizons, at: int, knew: int) -> None:
    if not found.past.rows:
        raise InvalidArgument(
            f"of what had happened a horizon before {iso(at)}, nothing was recorded by {iso(knew)}: take a later time, "
            "or, where the log was imported afterwards, --known-at now, which learns from what had happened by then as "
            "it is known now"
        )


def _fate(seen: View, present: AtRisk, at: int, horizon: int) -> Fate:
    """Return what became of those at risk, who may have been merged since."""
    terminal = {stage.name for stage in seen.context.journey.stages if stage.terminal}
    left: set[int] = set()
    gone: set[int] = set()
    known: set[int] = set()
    for customer, stage, entered in entries(seen.tables, ()):
        known.add(customer)
        if entered < at:
            (gone.add if stage in terminal else gone.discard)(customer)
        elif entered < at + horizon and stage in terminal:
            left.add(customer)
    survivor = all_units(seen.log, seen.until).survivor
    now = [survivor(int(customer)) for customer in present.customers]
    return Fate(*(np.array([one in those for one in now], dtype=np.bool_) for those in (left, gone, known)))
