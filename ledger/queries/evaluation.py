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

Some = npt.NDArray[np.bool_]


class Fate(NamedTuple):
    """What became of those at risk, as is known now: who left within the horizon, and whom nobody can be held against.

    `excluded` says for each reason of whom: who had left before, who is known no more, who is several customers now.
    """

    left: Some
    excluded: dict[str, Some]

    @property
    def judged(self) -> Some:
        """Of whom the risk foretold can be held against what came."""
        judged: Some = ~np.any(list(self.excluded.values()), axis=0)
        return judged


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
        found = folded(store, seen, until, at=at, horizon=horizon, scheme=scheme)
        _demand_past(found, at, knew)
        hazard = train(found.past.known, found.past.left_in, PERIODS)
        fate = _fate(seen, found.present, until, (at, at + horizon))
        judged = fate.judged
        probability = hazard.foretell(found.present.known).probability[judged]
        scope = Scope({"at": str(iso(at)), "horizon": duration_text(horizon), "trained_known_at": str(iso(knew))})
        judged_scope = scope.leaving_out(**{why: int(np.count_nonzero(those)) for why, those in fate.excluded.items()})
        trained = share(HAZARD_TRAINING, hazard.left, hazard.rows, scope)
        figures = [trained, *foretold(probability, fate.left[judged], judged_scope)]
        over = (structs.replace(figure, first_at=at, last_at=at + horizon) for figure in figures)
        return figure_rows(seen, list(over))


def _demand_time_after(seen: View, at: int, horizon: int) -> None:
    if not seen.position:
        raise InvalidArgument("the log is empty: there is nothing to evaluate a prediction by")
    latest, first = seen.as_of - horizon, seen.observed[0]
    if first is None or latest < first:
        raise InvalidArgument(
            f"the log is shorter than {duration_text(horizon)}, so nothing can be held against what happened: take a "
            "shorter horizon"
        )
    if at > latest:
        raise InvalidArgument(
            f"what came within {duration_text(horizon)} after {iso(at)} is not all known: the log ends at "
            f"{iso(seen.as_of)}, so the latest time to evaluate at is {iso(latest)}; take an earlier one, or a "
            "shorter horizon"
        )


def _demand_past(found: Horizons, at: int, knew: int) -> None:
    if not found.past.rows and knew <= at:
        raise InvalidArgument(
            f"of what had happened a horizon before {iso(at)}, nothing was recorded by {iso(knew)}: take a later time, "
            "or, where the log was imported afterwards, --known-at now, which learns from what had happened by then as "
            "it is known now"
        )


def _fate(seen: View, present: AtRisk, then: Until, within: tuple[int, int]) -> Fate:
    """Return what became, within a time, of those at risk: of the one customer that all their streams are now.

    Of who was one customer `then` and is several now nobody can say whose fate was foretold.
    """
    first, last = within
    terminal = {stage.name for stage in seen.context.journey.stages if stage.terminal}
    left: set[int] = set()
    gone: set[int] = set()
    known: set[int] = set()
    for customer, stage, entered in entries(seen.tables, ()):
        known.add(customer)
        if entered < first:
            (gone.add if stage in terminal else gone.discard)(customer)
        elif entered < last and stage in terminal:
            left.add(customer)
    were, are = all_units(seen.log, then), all_units(seen.log, seen.until)
    now = [{are.survivor(stream) for stream in were.streams(int(customer))} for customer in present.customers]
    several = np.array([len(those) > 1 for those in now], dtype=np.bool_)
    unknown = np.array([not those & known for those in now], dtype=np.bool_) & ~several
    had_left = np.array([bool(those & gone) for those in now], dtype=np.bool_) & ~several
    return Fate(
        left=np.array([bool(those & left) for those in now], dtype=np.bool_),
        excluded={"gone": had_left, "unknown": unknown, "several": several},
    )
