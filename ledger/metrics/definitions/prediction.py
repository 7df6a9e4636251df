"""The definitions of what is foretold, and of how well it was."""

from __future__ import annotations

from ledger.metrics.metric import Metric, Statistic, share_statistic

_EVALUATE = "predict evaluate --at TIME"
_AT_RISK = "customers at risk at that time: in a stage that is not the terminal one, and known by then"
_LEFT_OUT = {
    "gone": "customers who had left by then, as was learnt only later",
    "unknown": "customers whom nothing that is recorded now still names",
    "several": "customers who were one then and are several now, because a merge was undone",
}
_PARTS = {
    "at": "the time the prediction is made at: training sees nothing that occurred then or later",
    "horizon": "how far it looks ahead",
    "trained_known_at": "what was recorded by then is what training saw (the time itself unless another is asked for)",
}
_HORIZON = "90d"
_TRAINING = (
    "What is learnt from: every customer's past, cut into horizons on a grid that ends at the time of the prediction.",
    "What is known at the start of a horizon occurred strictly before it, and was recorded when the model is made.",
    "What is learnt: in which of 3 equal periods of the horizon the customer entered the terminal stage, if in any.",
    "log odds of leaving in period k, if still there = intercept + period k + Σ coefficient · term.",
    "Logistic regression over person-periods, ridge penalty 1, Newton's method from zero: nothing is drawn at random.",
    "Fewer than 20 horizons that ended with leaving, or 20 that did not, are not learnt from.",
    "Association, never effect: who complains may be someone who was about to leave.",
)
_CALIBRATION = (
    "Van Calster, McLernon, van Smeden, Wynants and Steyerberg (2019), Calibration: the Achilles heel of "
    "predictive analytics"
)

TERMINATION_RISK = Metric(
    name="termination_risk",
    topic="prediction",
    title="How likely a customer is to leave within the horizon",
    n="horizons of customers' past that the hazard was learnt from",
    source="the log, folded anew: projections/risk.py",
    statistics=(
        Statistic(
            name="share",
            unit="share",
            formula="1 − Π(1 − hazard of each period of the horizon)",
            interval="of the coefficients (Wald), all periods at once, 95 %: not of the customer's fate",
        ),
    ),
    parts={
        "customer": "the customer",
        "stage": "where the customer stands",
        "horizon": _PARTS["horizon"],
        "leavings": "how many of the n horizons ended with the customer leaving",
        "because": "up to three things that move the log odds most, against the mean of what was learnt from",
    },
    window=_HORIZON,
    notes=_TRAINING,
    reference="Allison (1982), Discrete-time methods for the analysis of event histories",
    command="predict risk",
)

HAZARD_COEFFICIENTS = Metric(
    name="hazard_coefficients",
    topic="prediction",
    title="What goes along with a higher or a lower hazard of leaving",
    n="person-periods: each period of a horizon in which a customer was still at risk",
    source="the log, folded anew: projections/risk.py",
    statistics=(
        Statistic(
            name="log_odds",
            unit="log odds",
            formula="what one unit of the term adds to the log odds of leaving in a period; the numerator is the "
            "person-periods in which the term was not 0",
            interval="Wald, from the information of the penalised likelihood, 95 %",
        ),
    ),
    parts={
        "term": "what is known of the customer at the start of the horizon",
        "term_unit": "one unit of it: against another value, or a doubling",
        "horizon": _PARTS["horizon"],
    },
    window=_HORIZON,
    notes=_TRAINING,
    command="predict model",
)

HAZARD_TRAINING = Metric(
    name="hazard_training",
    topic="prediction",
    title="What the hazard was learnt from",
    n="horizons of customers' past",
    source="the log, folded anew: projections/risk.py",
    statistics=(share_statistic("horizons in which the customer entered the terminal stage / horizons"),),
    parts={"horizon": _PARTS["horizon"]},
    window=_HORIZON,
    command="predict model",
)

PREDICTION_CALIBRATION = Metric(
    name="prediction_calibration",
    topic="prediction",
    title="What was foretold against what came",
    n=_AT_RISK,
    source="the log as it was known then; stage_visits as known now",
    statistics=(
        Statistic(name="mean", unit="share", formula="Σ risk foretold / n"),
        share_statistic("those who entered the terminal stage within the horizon / n"),
    ),
    excluded=_LEFT_OUT,
    parts={"tenth": "all, or 1 (lowest risk foretold) to 10 (highest), as equal in number as can be", **_PARTS},
    window=_HORIZON,
    notes=("Equal risks are put into tenths by the customer's number, so the table is always the same.",),
    reference=_CALIBRATION,
    command=_EVALUATE,
)

PREDICTION_RANKING = Metric(
    name="prediction_ranking",
    topic="prediction",
    title="How well those who left were told from those who stayed (AUC)",
    n=_AT_RISK,
    source="the log as it was known then; stage_visits as known now",
    statistics=(
        Statistic(
            name="auc",
            unit="AUC",
            formula="pairs of one who left and one who stayed in which who left was given the higher risk (equal risks "
            "count half) / all such pairs; the numerator is those who left",
            interval="DeLong's variance on the logit scale, 95 %; none where AUC is 0 or 1 or one side has under 2",
        ),
    ),
    excluded=_LEFT_OUT,
    parts=_PARTS,
    window=_HORIZON,
    notes=("0.5 is no better than chance.",),
    reference="DeLong, DeLong and Clarke-Pearson (1988); computed as in Sun and Xu (2014)",
    command=_EVALUATE,
)

PREDICTION_ERROR = Metric(
    name="prediction_error",
    topic="prediction",
    title="Mean squared error of what was foretold (Brier score)",
    n=_AT_RISK,
    source="the log as it was known then; stage_visits as known now",
    statistics=(
        Statistic(name="mean", unit="Brier", formula="Σ (risk foretold − 1 if they left else 0)² / n"),
        Statistic(
            name="skill",
            unit="skill",
            formula="1 − Brier score / (p(1 − p)), p the share that did leave: 0 is no better than knowing p",
        ),
    ),
    excluded=_LEFT_OUT,
    parts=_PARTS,
    window=_HORIZON,
    reference="Brier (1950), Verification of forecasts expressed in terms of probability",
    command=_EVALUATE,
)

PREDICTION_BIAS = Metric(
    name="prediction_bias",
    topic="prediction",
    title="Whether too many or too few were foretold to leave (calibration in the large)",
    n=_AT_RISK,
    source="the log as it was known then; stage_visits as known now",
    statistics=(
        Statistic(
            name="ratio",
            unit="observed / foretold",
            formula="those who left / Σ risk foretold: above 1 more left than was foretold",
            interval="Wilson's of the share that left, over the mean risk foretold, 95 %",
        ),
    ),
    excluded=_LEFT_OUT,
    parts=_PARTS,
    window=_HORIZON,
    reference=_CALIBRATION,
    command=_EVALUATE,
)

PREDICTION_SLOPE = Metric(
    name="prediction_slope",
    topic="prediction",
    title="Whether risks were foretold too far apart (calibration slope)",
    n=_AT_RISK,
    source="the log as it was known then; stage_visits as known now",
    statistics=(
        Statistic(
            name="slope",
            unit="slope",
            formula="b of logit P(left) = a + b · logit(risk foretold): below 1 the risks were too extreme",
            interval="Wald, 95 %",
        ),
    ),
    excluded=_LEFT_OUT,
    parts=_PARTS,
    window=_HORIZON,
    reference=_CALIBRATION,
    command=_EVALUATE,
)

_NEXT_PARTS = {
    "customer": "the customer",
    "stage": "where the customer stands",
    "basis": "own (their own visits), a segment as in segment:tier=gold, or all customers",
    "own_visits": "the customer's earlier visits of the stage that lasted longer than this one has: from 5 on the "
    "basis is own",
    "segment_visits": "the same of the segment, where a scheme is asked for: from 30 on it is the basis, where own "
    "is not; 0 where none is",
}
_NEXT_N = "visits of that stage that lasted longer than this one has already, of the basis"
_NEXT_NOTES = (
    "Own record: where at least 5 of the customer's earlier visits of the stage lasted longer than this one has.",
    "Else the segment as of the entry, where a scheme is asked for and 30 of its visits did; else all customers.",
    "Only what lasted longer than this visit already has is looked at: the time already spent is given, not foretold.",
)

NEXT_STAGE = Metric(
    name="next_stage",
    topic="prediction",
    title="Which stage comes next",
    n=_NEXT_N,
    source="stage_visits",
    statistics=(
        Statistic(
            name="share",
            unit="share",
            formula="own record: own visits that led there / own visits; else Aalen–Johansen's cumulative incidence "
            "of it within the horizon, visits still open censored",
            interval="Wilson's score interval (own record); log(−log) by the variance of the incidence, or "
            "Greenwood's (stays); 95 %; none where it is 0 or 1",
        ),
    ),
    parts={
        **_NEXT_PARTS,
        "next_stage": "the stage; `stays` for none within the horizon",
        "horizon": "how far it looks ahead; the own record looks as far as it goes",
    },
    window=_HORIZON,
    notes=(
        *_NEXT_NOTES,
        "Told from others, a share is None where none was observed up to the horizon and some were cut off before.",
    ),
    reference="Aalen and Johansen (1978)",
    command="predict next",
)

TIME_TO_NEXT_STAGE = Metric(
    name="time_to_next_stage",
    topic="prediction",
    title="How long it takes until the next stage",
    n=_NEXT_N,
    source="stage_visits",
    statistics=(
        Statistic(
            name="median",
            unit="days",
            formula="own record: the median of what was left of own visits after the time already spent; else "
            "Kaplan–Meier's median of it, visits still open censored",
            interval="Brookmeyer and Crowley's, 95 % (not for the own record)",
        ),
    ),
    parts=_NEXT_PARTS,
    notes=_NEXT_NOTES,
    command="predict next",
)

DEFINITIONS = (
    TERMINATION_RISK,
    HAZARD_COEFFICIENTS,
    HAZARD_TRAINING,
    NEXT_STAGE,
    TIME_TO_NEXT_STAGE,
    PREDICTION_CALIBRATION,
    PREDICTION_RANKING,
    PREDICTION_ERROR,
    PREDICTION_BIAS,
    PREDICTION_SLOPE,
)
