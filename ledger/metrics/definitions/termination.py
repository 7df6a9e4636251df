"""The definitions of leaving: reasons, retention, satisfaction at the end, what comes after."""

from __future__ import annotations

from ledger.metrics.metric import Metric, Statistic, share_statistic

_ABOUT = ("stage", "channel", "department", "segment", "month", "reason", "category", "voluntary")

_LEAVING = (
    (
        "A leaving begins with a termination requested, or a contract terminated or lapsed. All that is told of an end "
        "belongs to it until the customer stays, comes back or begins another cycle."
    ),
    (
        "Reason, category and will are what its first event that says so says; a lapse of which nobody says whose will "
        "it was is a way of its own: lapsed."
    ),
    "The stage is the last one before it that ends no journey; all else is as of its first event.",
)

_STAY = (
    (
        "Who stays renews, upgrades or downgrades a contract, or begins an order or a contract, after the request and "
        "before an end."
    ),
)

_DATED = "It counts when it began."

_DATED_BY_END = "It counts when it ended, split by where it began; what never ended is left out when it began."

TERMINATION_REASONS = Metric(
    name="termination_reasons",
    version=2,
    topic="termination",
    title="Why customers leave",
    n="leavings",
    source="terminations",
    statistics=(share_statistic("leavings of which that is said / leavings; the numerator is the leavings"),),
    parts={
        "aspect": "reason, category, voluntary (voluntary, involuntary, lapsed) or outcome (requested: still open; "
        "ended; retained; back_without_end: came back though no end is recorded, so no case of win_back)",
        "said": "what is said of the aspect, unknown where nobody said",
    },
    dimensions=_ABOUT,
    notes=(*_LEAVING, *_STAY, _DATED),
)

RETENTION_SUCCESS = Metric(
    name="retention_success",
    topic="termination",
    title="Whether attempts to keep a customer succeed",
    n="leavings that began with a request, of the group",
    source="terminations: requested_at, attempted_at, stayed_at",
    statistics=(
        share_statistic("leavings in which the customer stayed within the window after the request / leavings"),
        Statistic(
            name="difference",
            unit="difference of shares",
            formula="share that stayed of those attempted − share that stayed of those not; n is both groups",
            interval="Newcombe's hybrid score interval for independent shares (method 10), 95 %",
        ),
    ),
    excluded={
        "immature": "the window was not over by the end of observation",
        "not_requested": "it began with an end: there was nothing left to keep",
    },
    parts={"attempted": "yes: an attempt was made within the window and before the end; no; all; difference: yes − no"},
    dimensions=(*_ABOUT, "offer"),
    options=("within",),
    window="90d",
    notes=(
        *_LEAVING,
        *_STAY,
        (
            "The difference is an association, not an effect: a customer must still be there to be attempted, and the "
            "company chooses whom it tries to keep."
        ),
        "The offer is that of the first attempt; who was not attempted has none.",
        "--within replaces the window.",
        _DATED,
    ),
    reference="Newcombe, R. G. (1998), Interval estimation for the difference between independent proportions",
)

LEAVING_TIME = Metric(
    name="leaving_time",
    topic="termination",
    title="Time from the request to the decision",
    n="leavings that began with a request; of ended and retained those that came out so",
    source="terminations: requested_at, ended_at, stayed_at",
    statistics=(
        Statistic(
            name="median",
            unit="days",
            formula="decided: the time by which half were decided, by Kaplan–Meier; else median of end − request",
            interval="Brookmeyer and Crowley's, 95 % (decided only)",
        ),
        Statistic(
            name="p90",
            unit="days",
            formula="decided: the time by which nine in ten were decided, by Kaplan–Meier; else 90th percentile",
            interval="Brookmeyer and Crowley's, 95 % (decided only)",
        ),
    ),
    excluded={
        "not_requested": "no request is recorded",
        "open": "neither an end nor a stay is recorded (ended and retained only; decided has them as censored)",
        "later": "requested after the end of observation",
    },
    parts={
        "outcome": "decided: an end or a stay, whichever came; ended; retained; the numerator of decided is the "
        "decisions seen"
    },
    dimensions=_ABOUT,
    negatives=True,
    notes=(
        *_LEAVING,
        *_STAY,
        (
            "A leaving still open at the end of observation is censored there; one won back with no end recorded is "
            "censored at the return."
        ),
        "A request recorded after its end has a negative time, which counts as it is.",
        _DATED,
    ),
)

CSAT_AT_TERMINATION = Metric(
    name="csat_at_termination",
    topic="termination",
    title="Satisfaction at termination",
    n="CSAT answers on 1–5 given while the journey stood in a stage that ends it",
    source="answers, where the stage is terminal",
    statistics=(
        share_statistic("answers of 4 and 5 / answers"),
        Statistic(name="mean", unit="points", formula="sum of scores / answers", interval="Student's t, 95 %"),
    ),
    excluded={"other_scale": "answers on a scale other than 1–5"},
    dimensions=("channel", "department", "segment", "month", "reason", "category", "voluntary"),
    notes=(
        "An answer counts when it was given, by its own channel, department and segments.",
        "Reason, category and will are those of the customer's latest leaving that had begun by then.",
    ),
)

REFERRALS_AFTER_TERMINATION = Metric(
    name="referrals_after_termination",
    version=2,
    topic="termination",
    title="Referrals after termination",
    n="leavings that ended",
    source="terminations: ended_at, referred_at",
    statistics=(share_statistic("leavings with a referral after the end and within the window / leavings"),),
    excluded={
        "immature": "the window was not over by the end of observation",
        "not_ended": "no end is recorded",
    },
    dimensions=_ABOUT,
    options=("within",),
    window="180d",
    notes=(
        *_LEAVING,
        "A referral counts whether or not the customer had come back by then. --within replaces the window.",
        _DATED_BY_END,
    ),
)

WIN_BACK = Metric(
    name="win_back",
    version=2,
    topic="termination",
    title="Winning customers back",
    n="leavings that ended, of the group",
    source="terminations: ended_at, tried_at, won_at",
    statistics=(
        share_statistic("leavings after which the customer came back within the window / leavings"),
        Statistic(
            name="median",
            unit="days",
            formula="the time after the end by which half had come back, by Kaplan–Meier; none where fewer ever did",
            interval="Brookmeyer and Crowley's, 95 %",
        ),
        Statistic(
            name="mean",
            unit="days",
            formula="mean time from the end to the return of those that came back within the window",
        ),
    ),
    excluded={
        "immature": "the window was not over by the end of observation (share and mean)",
        "not_ended": "no end is recorded",
        "later": "ended after the end of observation (median)",
    },
    parts={"attempted": "yes: a win-back was attempted from the leaving's beginning to the window's end; no; all"},
    dimensions=(*_ABOUT, "campaign"),
    options=("within",),
    window="365d",
    notes=(
        *_LEAVING,
        (
            "A return is winback.succeeded; where none is told, the first entry of a stage that is won back, order, "
            "contract begun, renewed, upgraded or downgraded after the end."
        ),
        (
            "The median is over all leavings that ended, whatever their window: who is not back by the end of "
            "observation is censored there. --within replaces the window."
        ),
        "With and without an attempt is an association: the company chooses whom it tries to win back.",
        "The campaign is that of the first attempt; who was not attempted has none.",
        _DATED_BY_END,
    ),
)

DEFINITIONS = (
    TERMINATION_REASONS,
    RETENTION_SUCCESS,
    LEAVING_TIME,
    CSAT_AT_TERMINATION,
    REFERRALS_AFTER_TERMINATION,
    WIN_BACK,
)
