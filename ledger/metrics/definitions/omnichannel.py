"""The definitions of whether channels are one company: consistency, handovers, preference, self-service."""

from __future__ import annotations

from ledger.metrics.metric import Metric, Statistic, share_statistic

_BY_SURVEY = "It is always told by survey: nps, csat, ces, each on its own scale (0–10, 1–5, 1–7)."
_OTHER_SCALE = "answers on another scale than the survey's"
_BY_MONTH = "Counted by month: a window is rounded out to whole months."
_TOUCHPOINTS = "touchpoint_history"
_OF_ANSWERS = ("stage", "department", "segment", "month", "survey")
_OF_HANDOVERS = ("stage", "channel", "segment", "month", "kind", "from_department", "to_department")
_A_HANDOVER = (
    "It is always told by from_department (unknown where an announcement does not say) and to_department.",
    "A handover is an event of a file (a case_id, and the interactions that name it), or of an interaction by itself,",
    "in another department than the last one known; or an interaction.handed_over that says whom to.",
    "A change of department that was announced is one handover. Feedback is handed to whom it is dispatched to.",
    "It counts when and where the receiver took it, or where it was announced.",
)


def _of_touchpoints(name: str, title: str, counted: str) -> Metric:
    return Metric(
        name=name,
        topic="omnichannel",
        grain="month",
        title=title,
        n="touchpoints on channels that the channel registry knows",
        source=f"{_TOUCHPOINTS}; the channel registry in force",
        statistics=(share_statistic(f"touchpoints on {counted} channels / n"),),
        excluded={
            "unknown_channel": "the touchpoint does not name its channel",
            "unregistered": "the channel is not in the registry",
        },
        dimensions=("stage", "channel", "department", "segment", "month"),
        notes=(
            "Touchpoints are what docs/reference/events.md counts as such.",
            "What a channel is, the registry says at the time of asking.",
            _BY_MONTH,
        ),
    )


_SCORED_AS = {
    "scored_as": "score: as given; top_two: 100 for 4 and 5, else 0 (csat); net: 100 for 9 and 10, −100 for 0 to 6, "
    "else 0 (nps)",
}

CHANNEL_SCORES = Metric(
    name="channel_scores",
    topic="omnichannel",
    title="What customers answer on each channel",
    n="answers on that channel",
    source="answers",
    statistics=(
        Statistic(
            name="mean",
            unit="points",
            formula="sum over the answers on the channel / n",
            interval="net: adjusted Wald; top_two: Wilson's score interval; score: Student's t; 95 %",
        ),
    ),
    excluded={"unknown_channel": "answers that name no channel", "other_scale": _OTHER_SCALE},
    parts={
        **_SCORED_AS,
        "channel": "the channel",
        "compared": "yes with 30 answers and more; no with fewer: then channel_consistency leaves the channel out",
    },
    dimensions=_OF_ANSWERS,
    notes=(_BY_SURVEY, "The net score is the NPS, and top_two the CSAT as a percentage, of the channel."),
)

CHANNEL_CONSISTENCY = Metric(
    name="channel_consistency",
    topic="omnichannel",
    title="Consistency between channels: range of their means, variance between them, η²",
    n="answers on the channels compared",
    source="answers",
    statistics=(
        Statistic(name="range", unit="points", formula="the highest mean of a channel − the lowest"),
        Statistic(
            name="variance",
            unit="points²",
            formula="variance between channels, weighted by their answers: Σ n(m − M)² / Σ n; m is the mean of a "
            "channel of n answers, M that of all these answers",
        ),
        Statistic(
            name="eta_squared",
            unit="share",
            called="η²",
            formula="η² = Σ n(m − M)² / Σ (x − M)² over the answers x: the share of their variance that lies between "
            "channels",
        ),
    ),
    excluded={
        "few": "answers on channels with fewer than 30 of them, which channel_scores names",
        "unknown_channel": "answers that name no channel",
        "other_scale": _OTHER_SCALE,
    },
    parts={**_SCORED_AS, "channels": "how many channels are compared"},
    dimensions=_OF_ANSWERS,
    reference="Fisher (1925), Statistical Methods for Research Workers, for η² as the correlation ratio squared",
    notes=(
        "With fewer than two channels of 30 answers there is nothing to compare, and with no variance no η².",
        "η² of 0 says that the channel tells nothing, 1 that it tells all. It has no interval here;",
        "by chance alone η² of k channels is about (k − 1)/(n − 1).",
        "Another channel has other customers and other reasons: this is association, not the channel's effect.",
        _BY_SURVEY,
    ),
)

CONSISTENCY_OVER_TIME = Metric(
    name="consistency_over_time",
    topic="omnichannel",
    title="Consistency over time, within customers",
    n="customers with two answers to the survey and more",
    source="answers",
    statistics=(
        Statistic(
            name="deviation",
            unit="points",
            formula="√(Σ over these customers' answers (x − the customer's own mean)² / (answers − customers))",
        ),
        Statistic(name="count", unit="answers", formula="answers of these customers"),
    ),
    excluded={"one_answer": "customers with one answer only", "other_scale": _OTHER_SCALE},
    dimensions=(*_OF_ANSWERS, "channel"),
    notes=(
        "It is the pooled within-customer standard deviation, in points of the survey's scale.",
        "It is 0 where every customer always answers the same.",
        _BY_SURVEY,
        "Split by a key, it is taken over each customer's answers there.",
    ),
)

LAST_ANSWER = Metric(
    name="last_answer",
    topic="omnichannel",
    title="The last answer against the customer's own median before",
    n="customers with two answers to the survey and more",
    source="answers",
    statistics=(
        share_statistic(
            "customers whose last answer is below, equal to or above the median of all their earlier ones / n"
        ),
        Statistic(
            name="median",
            unit="points",
            formula="median over customers of (last answer − median of their earlier ones), linear",
        ),
    ),
    excluded={
        "one_answer": "customers with one answer only",
        "tied": "customers with several answers at their last instant: none of them is the last",
        "other_scale": _OTHER_SCALE,
    },
    parts={"last": "share only: below, equal or above"},
    dimensions=(*_OF_ANSWERS, "channel"),
    notes=(
        _BY_SURVEY,
        "A median difference below 0 says that customers come to like it less than they were used to.",
        "Split by a key, it is taken over each customer's answers there.",
    ),
)

SWITCH_MATRIX = Metric(
    name="switch_matrix",
    topic="omnichannel",
    grain="month",
    title="From which channel to which",
    n="pairs of consecutive contacts of one customer that start on that channel",
    source="experience_metrics, measure switching",
    statistics=(
        Statistic(name="count", unit="pairs", formula="pairs from the one channel to the other"),
        share_statistic("pairs from the one channel to the other / n"),
    ),
    excluded={"unknown_channel": "contacts on an unknown channel: they neither start a pair nor break one"},
    parts={"from_channel": "the channel of the first contact", "to_channel": "that of the second (it may be the same)"},
    dimensions=("stage", "department", "segment", "month"),
    window="7d",
    notes=(
        "The pairs are those of channel_switching: at most 7 days apart or of the same case.",
        "A contact on an unknown channel has no first channel, so it is left out of every row alike.",
        "Split by a key, a pair counts where its second contact does.",
        _BY_MONTH,
    ),
)

SILO_MAP = Metric(
    name="silo_map",
    version=2,
    topic="omnichannel",
    title="Who hands over to whom",
    n="handovers by the department that gave it away",
    source="handovers",
    statistics=(
        Statistic(name="count", unit="handovers", formula="handovers from the one department to the other"),
        share_statistic("handovers to that department / n"),
    ),
    dimensions=_OF_HANDOVERS,
    notes=(
        *_A_HANDOVER,
        "How often a case is handed over is the metric handovers.",
        "A share is of all that the giver gave away in the split, also where only one receiver is asked for.",
    ),
)

HANDOVER_WAIT = Metric(
    name="handover_wait",
    topic="omnichannel",
    title="How long what is handed over waits",
    n="handovers from the one department to the other that were taken up",
    source="handovers: wait",
    statistics=(
        Statistic(name="median", unit="hours", formula="median of the waits, linear"),
        Statistic(name="p90", unit="hours", formula="90th percentile of the waits, linear"),
    ),
    excluded={"not_taken_up": "announced, and nothing has followed in the interaction as of then"},
    dimensions=_OF_HANDOVERS,
    notes=(
        "A wait runs from the last event of the giving department to the first of the receiving one.",
        "That of an announced handover runs from its announcement to the next event of the interaction.",
        *_A_HANDOVER,
    ),
)

HANDOVER_BOUNCES = Metric(
    name="handover_bounces",
    topic="omnichannel",
    title="How much comes back",
    n="handovers from the one department to the other",
    source="handovers: bounced",
    statistics=(
        share_statistic("handovers back to a department that gave the same file or interaction away before / n"),
    ),
    dimensions=_OF_HANDOVERS,
    notes=_A_HANDOVER,
)

PREFERRED_CHANNEL = Metric(
    name="preferred_channel_adherence",
    topic="omnichannel",
    grain="month",
    title="Touchpoints on the channel that the customer prefers",
    n="touchpoints on a known channel of customers who had said by then which channel they prefer",
    source=f"{_TOUCHPOINTS}; preference.set",
    statistics=(share_statistic("touchpoints on the channel preferred then / n"),),
    excluded={
        "no_preference": "the customer had not said by then which channel they prefer",
        "unknown_channel": "the touchpoint does not name its channel",
    },
    parts={"direction": "outbound, inbound, or undirected (unknown; told where there are any)"},
    dimensions=("stage", "channel", "department", "segment", "month"),
    notes=(
        "Outbound is what the company chose, and can adhere to; inbound is what customers do whatever they said.",
        "The preference is the latest one before the touchpoint.",
        _BY_MONTH,
    ),
)

DIGITAL_SHARE = _of_touchpoints("digital_share", "Digital share", "digital")

SELF_SERVICE_SHARE = _of_touchpoints("self_service_share", "Self-service share", "unassisted")

CONTAINMENT = Metric(
    name="containment",
    topic="omnichannel",
    title="What becomes of interactions that enter an automated channel",
    n="interactions that entered on an unassisted channel and have ended",
    source="interactions",
    statistics=(share_statistic("interactions that went that way / n"),),
    excluded={
        "open": "no end is recorded as of then",
        "unknown_channel": "the channel they entered on is unknown, or not in the registry",
    },
    parts={
        "how": "contained: completed with no human, and not said to have missed its objective; unachieved: completed "
        "with no human and its objective missed; abandoned: given up with no human; human: a human took part, or it "
        "was handed over, however it ended"
    },
    dimensions=("stage", "channel", "department", "segment", "month", "reason"),
    notes=(
        "The containment rate is the share of contained; the four ways add up to n.",
        "They entered on the first known channel.",
        "A human took part where an agent or a partner acted, or an assisted channel was used.",
        "An interaction counts when and where it began. What entered on an assisted channel is no part of it.",
    ),
)

DEFINITIONS: tuple[Metric, ...] = (
    CHANNEL_SCORES,
    CHANNEL_CONSISTENCY,
    CONSISTENCY_OVER_TIME,
    LAST_ANSWER,
    SWITCH_MATRIX,
    SILO_MAP,
    HANDOVER_WAIT,
    HANDOVER_BOUNCES,
    PREFERRED_CHANNEL,
    DIGITAL_SHARE,
    SELF_SERVICE_SHARE,
    CONTAINMENT,
)
