"""Who is likely to leave, and why: the hazard learnt from the log, told of every customer at risk."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from msgspec import Struct, structs

from ledger.errors import InvalidArgument
from ledger.metrics.definitions.prediction import HAZARD_COEFFICIENTS, HAZARD_TRAINING, TERMINATION_RISK
from ledger.metrics.figure import Figure, Scope
from ledger.metrics.hazard import Foretold, Hazard, demand_library, load_library, train
from ledger.metrics.proportions import share
from ledger.projections.risk import PERIODS
from ledger.queries.at_risk import AtRisk, Horizons, horizons
from ledger.queries.figure_row import FigureRow, figure_rows
from ledger.queries.question import Question
from ledger.queries.view import View, view
from ledger.schemas.duration import duration, duration_text
from ledger.store.links import units_of
from ledger.store.log import Until, customer_ids, last_stream, stream_of
from ledger.store.store import Store

HORIZON = duration("90d")
HOUR = duration("1h")

REASONS = 3
"""What is said of a customer at most."""

WORTH_SAYING = 0.1
"""What must be added to the log odds, or taken from them, to be said."""

MOST_HORIZONS = 2_000_000
"""More horizons of all customers are not learnt from: they would neither fit into memory nor end in time."""

MOST_SEGMENTS = 50
"""A scheme with more segments is none that a model of so many coefficients could be read from."""


class Outlook(Struct, frozen=True, kw_only=True):
    """What a prediction looks at; times and lengths are in microseconds.

    `as_of` bounds what had happened and `known_at` what was recorded (None: all of it); `scheme` is the scheme of
    segments that goes into the model.
    """

    horizon: int = HORIZON
    as_of: int | None = None
    known_at: int | None = None
    scheme: str | None = None

    @property
    def question(self) -> Question:
        """What figures say they were asked."""
        return Question(as_of=self.as_of, known_at=self.known_at)


class Learnt(NamedTuple):
    """A model of the past, and who is at risk at `at`."""

    hazard: Hazard
    present: AtRisk
    at: int
    horizon: int

    def over(self, figure: Figure) -> Figure:
        """Return the figure with the horizon as its window."""
        return structs.replace(figure, first_at=self.at, last_at=self.at + self.horizon)


def risks(store: Store, outlook: Outlook, customers: Collection[str] = (), top: int | None = None) -> list[FigureRow]:
    """Return how likely each customer at risk is to leave within the horizon, the likeliest first.

    Only some `customers`, or the first `top` of all. Raises InvalidArgument where too little is known to learn from,
    or without scikit-learn, CustomerNotFound.
    """
    if top is not None and (type(top) is not int or top < 1):
        raise InvalidArgument(f"the first {top!r} cannot be told: ask for 1 or more")
    demand_library()
    with view(store, outlook.question, needs_tables=False) as seen:
        wanted = _streams(seen, customers)
        learnt = learn(store, seen, outlook)
        foretold = learnt.hazard.foretell(learnt.present.known)
        order = sorted(range(learnt.present.rows), key=lambda place: (-foretold.probability[place], place))
        chosen = [place for place in order if not wanted or int(learnt.present.customers[place]) in wanted]
        named = customer_ids(seen.log, (int(learnt.present.customers[place]) for place in chosen[:top]))
        return figure_rows(seen, (_risk(learnt, foretold, place, named) for place in chosen[:top]))


def model(store: Store, outlook: Outlook) -> list[FigureRow]:
    """Return the coefficients of the hazard, and what it was learnt from. Raises as `risks` does."""
    demand_library()
    with view(store, outlook.question, needs_tables=False) as seen:
        return figure_rows(seen, list(_model(learn(store, seen, outlook))))


def learn(store: Store, seen: View, outlook: Outlook) -> Learnt:
    """Return the model of all that had happened by the view's as-of time. Raises InvalidArgument."""
    at = seen.as_of + 1
    found = folded(store, seen, seen.until, at=at, horizon=outlook.horizon, scheme=outlook.scheme)
    return Learnt(train(found.past.known, found.past.left_in, PERIODS), found.present, at, outlook.horizon)


def folded(store: Store, seen: View, until: Until, *, at: int, horizon: int, scheme: str | None) -> Horizons:
    """Return the horizons up to `at`; scikit-learn is loaded meanwhile, because either takes seconds.

    Raises InvalidArgument for a scheme that is not known or has too many segments, and for too short a horizon.
    """
    _demand_length(seen, at, horizon)
    with ThreadPoolExecutor(1) as beside:
        loading = beside.submit(load_library)
        found = horizons(store, store.definitions, until, at=at, horizon=horizon, scheme=scheme)
        loading.result()
    if scheme is not None and found.past.rows:
        _demand_segments(scheme, set(found.past.known.segment.tolist()) - {""})
    return found


def nobody_placed(scheme: str) -> InvalidArgument:
    """Return what is said of a scheme of which no segment was known at the time of the prediction."""
    return InvalidArgument(
        f"nobody had been placed in a segment of the scheme {scheme!r} by then: look at the spelling in "
        "`customer-ledger customers`, or leave the segment out"
    )


def _demand_segments(scheme: str, segments: set[str]) -> None:
    if not segments:
        raise nobody_placed(scheme)
    if len(segments) > MOST_SEGMENTS:
        raise InvalidArgument(
            f"the scheme {scheme!r} has {len(segments):,} segments, and a model that can be read takes at most "
            f"{MOST_SEGMENTS}: name a coarser scheme, or leave the segment out"
        )


def _demand_length(seen: View, at: int, horizon: int) -> None:
    first = seen.observed[0]
    customers = last_stream(seen.log)
    if first is None or customers * max(0, at - first) <= MOST_HORIZONS * horizon:
        return
    least = -(-customers * (at - first) // MOST_HORIZONS)
    raise InvalidArgument(
        f"{customers:,} customers' past, cut into horizons of {duration_text(horizon)}, is more than "
        f"{MOST_HORIZONS:,} of them: take a longer horizon, at least {duration_text(-(-least // HOUR) * HOUR)}"
    )


def _risk(learnt: Learnt, foretold: Foretold, place: int, named: dict[int, str]) -> Figure:
    present = learnt.present
    scope = Scope(
        {
            "customer": named[int(present.customers[place])],
            "stage": str(present.known.stage[place]),
            "horizon": duration_text(learnt.horizon),
            "leavings": learnt.hazard.left,
            "because": because(learnt.hazard, foretold, place),
        }
    )
    interval = (float(foretold.low[place]), float(foretold.high[place]))
    value = float(foretold.probability[place])
    return learnt.over(TERMINATION_RISK.figure("share", value, learnt.hazard.rows, scope, interval=interval))


def because(hazard: Hazard, foretold: Foretold, place: int) -> str:
    """Return what moves a customer's log odds most, as in `stage +0.9, cycle −0.2`."""
    shares = foretold.shares[place]
    largest = sorted(range(len(shares)), key=lambda term: -abs(shares[term]))[:REASONS]
    said = [(hazard.about[term], float(shares[term])) for term in largest if abs(shares[term]) >= WORTH_SAYING]
    return ", ".join(f"{name} {'+' if added > 0 else '−'}{abs(added):.1f}" for name, added in said)


def _model(learnt: Learnt) -> Iterator[Figure]:
    hazard = learnt.hazard
    scope = Scope({"horizon": duration_text(learnt.horizon)})
    yield share(HAZARD_TRAINING, hazard.left, hazard.rows, scope)
    for term, unit, value, low, high, told_by in hazard.coefficients():
        yield HAZARD_COEFFICIENTS.figure(
            "log_odds",
            value,
            hazard.person_periods,
            scope.split(term=term, term_unit=unit),
            interval=(low, high),
            numerator=told_by,
        )


def _streams(seen: View, customers: Collection[str]) -> set[int]:
    """Return the surviving streams of some customers. Raises CustomerNotFound."""
    streams = [stream_of(seen.log, name) for name in customers]
    units = units_of(seen.log, streams, seen.until)
    return {units.survivor(stream) for stream in streams}
