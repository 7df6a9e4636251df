"""Experience metrics: additive counts and sums by period, stage, channel, department and segments.

Every ratio is made of these by the one who asks. The period is the local day for ratings, surveys sent and
orders, whose cohorts need it, and the first day of the local month for all else, which keeps the rows few.
A rating's punctuality is that of the delivery of its case, whichever came first, so it is looked up for the rows.
The unit of a contact that switched names the channel it came from. How many touchpoints there were is told by
touchpoint_history.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from msgspec import Struct, field

from ledger.events.contacts import is_contact
from ledger.events.event import Data, RecordedEvent
from ledger.events.instants import instant
from ledger.events.purchase import OrderDelivered, OrderPlaced, PaymentFailed, PaymentSettled
from ledger.events.support import WorkCompleted
from ledger.events.use import ObstacleHit
from ledger.events.vocabulary import EventType
from ledger.events.voice import FeedbackReceived, SurveyResponded, SurveySent
from ledger.journey.context import Context
from ledger.journey.stretch import Stretch
from ledger.projections.amounts import UNIT, nearest_ten_thousandth, ten_thousandths
from ledger.projections.ratings import decimal_text, scale
from ledger.projections.shape import COMPANY, Column, Projection, Row
from ledger.projections.switching import Contact, follow

Event = RecordedEvent[Data]

Cell = tuple[int, str, str, str, str, str, str, str, str]
"""The key of a row: period, stage, channel, department, segments, punctuality, measure, unit, value."""

Tally = list[int]
"""[n, total]: how many, and their sum in 1/10,000 where the measure has one."""


class ExperienceState(Struct, array_like=True):
    """One customer's counters.

    `ratings` hold the case ('' for none) in the place of the punctuality; `late` says of each case delivered
    against a promise whether any of its deliveries was late.
    """

    tallies: dict[Cell, Tally] = {}
    ratings: dict[Cell, Tally] = {}
    late: dict[str, bool] = {}
    contact: Contact = field(default_factory=Contact)


class ExperienceFold:
    """Adds each event to the counters of its period and place."""

    def __init__(self, context: Context) -> None:
        # One lookup an event: all that it measures.
        measured = {t.name: _measures(t) for t in context.vocabulary.values()}
        self._measures = {name: measures for name, measures in measured.items() if measures}
        self.day = context.day
        self.month = context.month

    def initial(self) -> ExperienceState:
        return ExperienceState()

    def evolve(self, state: ExperienceState, stretches: Sequence[Stretch]) -> None:
        measures_of = self._measures.get
        for stretch in stretches:
            for event in stretch.events:
                for measure in measures_of(event.type, ()):
                    measure(self, state, event, stretch)

    def rows(self, state: ExperienceState) -> list[Row]:
        rows: list[Row] = [(*cell, *tally) for cell, tally in state.tallies.items()]
        return [*rows, *_rating_rows(state)] if state.ratings else rows


Measure = Callable[[ExperienceFold, ExperienceState, Event, Stretch], None]
"""Adds what an event measures, where it stands."""


def _measures(event_type: EventType) -> tuple[Measure, ...]:
    contact: tuple[Measure, ...] = (_contact,) if is_contact(event_type) else ()
    return (*contact, MEASURES[event_type.name]) if event_type.name in MEASURES else contact


def _contact(fold: ExperienceFold, state: ExperienceState, event: Event, stretch: Stretch) -> None:
    """Count a contact that follows another by whether it switched, and one on no known channel as neither."""
    channel = event.channel
    unit = value = ""
    if channel is not None:
        previous = follow(state.contact, event, channel)
        if not previous:
            return
        unit, value = ("", "same") if previous == channel else (previous, "switched")
    place = (fold.month(event.at), stretch.stage or "", channel or "", event.department or "", stretch.segments)
    _add(state.tallies, (*place, "", "switching", unit, value), 1, 0)


def _rating_rows(state: ExperienceState) -> list[Row]:
    rated: dict[Cell, Tally] = {}
    for (period, stage, channel, department, segments, case_id, measure, unit, value), tally in state.ratings.items():
        late = state.late.get(case_id)
        punctuality = "" if late is None else "late" if late else "on_time"
        _add(rated, (period, stage, channel, department, segments, punctuality, measure, unit, value), *tally)
    return [(*cell, *tally) for cell, tally in rated.items()]


def _add(tallies: dict[Cell, Tally], cell: Cell, n: int, total: int) -> None:
    tally = tallies.get(cell)
    if tally is None:
        tallies[cell] = [n, total]
    else:
        tally[0] += n
        tally[1] += total


def _count(
    state: ExperienceState,
    event: Event,
    stretch: Stretch,
    period: int,
    measure: str,
    unit: str = "",
    value: str = "",
    total: int = 0,
) -> None:
    place = (period, stretch.stage or "", event.channel or "", event.department or "", stretch.segments)
    _add(state.tallies, (*place, "", measure, unit, value), 1, total)


def _rating(fold: ExperienceFold, state: ExperienceState, event: Event, stretch: Stretch) -> None:
    survey = cast(SurveyResponded, event.data)
    value, total = decimal_text(survey.score), nearest_ten_thousandth(survey.score)
    place = (stretch.stage or "", event.channel or "", event.department or "", stretch.segments, event.case_id or "")
    _add(state.ratings, (fold.day(event.at), *place, survey.metric, scale(survey), value), 1, total)


def _survey(fold: ExperienceFold, state: ExperienceState, event: Event, stretch: Stretch) -> None:
    survey = cast(SurveySent, event.data)
    _count(state, event, stretch, fold.day(event.at), "survey_sent", survey.metric or "", "")


def _order(fold: ExperienceFold, state: ExperienceState, event: Event, stretch: Stretch) -> None:
    order = cast(OrderPlaced, event.data)
    total = 0 if order.value is None else ten_thousandths(order.value)
    value = "" if order.value is None else "priced" if total else "free"
    currency = _of_amount(order.value, order.currency)
    _count(state, event, stretch, fold.day(event.at), "order", currency, value, total)
    if order.quantity is not None:
        _count(state, event, stretch, fold.month(event.at), "quantity", "", "", order.quantity * UNIT)


def _of_amount(amount: str | None, currency: str | None) -> str:
    """Return the currency of an amount; '' without one, where a currency alone would pass for an amount of 0."""
    return "" if amount is None else currency or ""


def _payment(fold: ExperienceFold, state: ExperienceState, event: Event, stretch: Stretch) -> None:
    payment = cast(PaymentSettled | PaymentFailed, event.data)
    total = 0 if payment.amount is None else ten_thousandths(payment.amount)
    month, measure = fold.month(event.at), PAYMENTS[event.type]
    currency = _of_amount(payment.amount, payment.currency)
    _count(state, event, stretch, month, measure, currency, payment.method or "", total)


def _delivery(_: ExperienceFold, state: ExperienceState, event: Event, __: Stretch) -> None:
    promised_at = cast(OrderDelivered, event.data).promised_at
    if promised_at is not None and event.case_id is not None:
        late = event.at > instant(promised_at)
        state.late[event.case_id] = late or state.late.get(event.case_id, False)


def _feedback(fold: ExperienceFold, state: ExperienceState, event: Event, stretch: Stretch) -> None:
    feedback = cast(FeedbackReceived, event.data)
    _count(state, event, stretch, fold.month(event.at), "feedback", "", feedback.kind)


def _completed(fold: ExperienceFold, state: ExperienceState, event: Event, stretch: Stretch) -> None:
    _count(state, event, stretch, fold.month(event.at), "interaction", "", "completed")


def _abandoned(fold: ExperienceFold, state: ExperienceState, event: Event, stretch: Stretch) -> None:
    _count(state, event, stretch, fold.month(event.at), "interaction", "", "abandoned")


def _obstacle(fold: ExperienceFold, state: ExperienceState, event: Event, stretch: Stretch) -> None:
    cause = cast(ObstacleHit, event.data).cause
    _count(state, event, stretch, fold.month(event.at), "obstacle", "", cause or "")


def _unsupported(fold: ExperienceFold, state: ExperienceState, event: Event, stretch: Stretch) -> None:
    _count(state, event, stretch, fold.month(event.at), "unsupported")


def _work(fold: ExperienceFold, state: ExperienceState, event: Event, stretch: Stretch) -> None:
    work = cast(WorkCompleted, event.data)
    month = fold.month(event.at)
    cost = 0 if work.cost is None else ten_thousandths(work.cost)
    _count(state, event, stretch, month, "work", _of_amount(work.cost, work.currency), "", cost)
    if work.minutes is not None:
        _count(state, event, stretch, month, "minutes", "", "", nearest_ten_thousandth(work.minutes))


PAYMENTS = {"payment.settled": "payment", "payment.failed": "payment_failed"}

MEASURES: dict[str, Measure] = {
    "survey.responded": _rating,
    "survey.sent": _survey,
    "order.placed": _order,
    "order.delivered": _delivery,
    "payment.settled": _payment,
    "payment.failed": _payment,
    "feedback.received": _feedback,
    "interaction.completed": _completed,
    "interaction.abandoned": _abandoned,
    "obstacle.hit": _obstacle,
    "opportunity.unsupported": _unsupported,
    "work.completed": _work,
}

IGNORED = frozenset(
    {
        "identity",
        "order.approved", "order.shipped", "order.cancelled",
        "contract.started", "contract.registered", "contract.activated",
        "interaction.scheduled", "interaction.started", "interaction.message_sent", "interaction.handed_over",
        "usage.recorded", "experience.highlighted",
        "case.opened", "case.triaged", "case.assigned", "case.reassigned", "case.in_progress",
        "case.awaiting_customer", "case.awaiting_third_party", "case.awaiting_internal", "case.escalated",
        "case.resolved", "case.reopened", "case.closed", "case.progressed", "work.scheduled", "work.started",
        "feedback.dispatched", "feedback.resolved", "feedback.communicated",
        "awareness", "consideration", "onboarding", "renewal", "advocacy", "termination", "winback",
        "control", COMPANY,
    }
)  # fmt: skip
"""The types whose events are all alike here."""

EXPERIENCE: Projection[ExperienceState] = Projection(
    name="experience_metrics",
    version=4,
    columns=(
        Column("period", "date"),
        Column("stage", "text"),
        Column("channel", "text"),
        Column("department", "text"),
        Column("segments", "json"),
        Column("punctuality", "text"),
        Column("measure", "text"),
        Column("unit", "text"),
        Column("value", "text"),
        Column("n", "integer"),
        Column("total", "integer"),
    ),
    key=("period", "stage", "channel", "department", "segments", "punctuality", "measure", "unit", "value"),
    state=ExperienceState,
    bind=ExperienceFold,
    handles=frozenset(MEASURES),
    ignores=IGNORED,
)
