"""The definitions of effort: the score with its parts, task success, friction."""

from __future__ import annotations

from ledger.metrics.metric import Metric, Statistic, share_statistic

EFFORT_SCORE = Metric(
    name="effort_score",
    topic="effort",
    title="Effort score of a resolved case",
    n="cases with a resolution",
    source="cases: contacts, handovers, reopened, repeated, switches",
    statistics=(
        Statistic(
            name="score",
            unit="points",
            formula="mean of the cases' points, 0 (no effort) to 100; part=all: 30·min(contacts − 1, 4)/4 + "
            "20·min(handovers, 3)/3 + 20·min(reopenings, 2)/2 + 20·min(repeated_information, 2)/2 + "
            "10·min(switches, 3)/3 (contacts − 1 is 0 where there is no contact); another part: its own term, so that "
            "the parts add up to the whole",
            interval="Student's t, 95 %",
        ),
        Statistic(name="median", unit="points", formula="part=all only: median of the cases' points, linear"),
        Statistic(
            name="mean",
            unit="per case",
            formula="part=contacts and so on: how often it happened / cases, uncapped (contacts: all of them)",
            interval="Student's t, 95 %",
        ),
    ),
    excluded={"unresolved": "no resolution is recorded"},
    parts={
        "part": "all, or what the score is made of: contacts, handovers, reopenings, repeated_information, switches"
    },
    dimensions=("stage", "channel", "department", "segment", "month", "reason"),
    reference="Dixon, Freeman and Toman (2010), Stop Trying to Delight Your Customers, for what makes effort",
    notes=(
        "It is observed, not asked: what customers answer is the metric ces. Weights and caps are set, not measured.",
        "The five are what is hard: to come back, be passed on, find it unsolved, say it again, change the channel.",
        "To come back costs most and weighs 30; to change the channel is often one's own choice and weighs 10.",
        "At its cap (5 contacts, 3 handovers, 2 reopenings, 2 repetitions, 3 switches) each is as hard as it gets.",
        "The caps keep one endless case from hiding the others.",
        "Contacts are the case's events that docs/reference/events.md counts as contacts, of any direction.",
        "The contacts of one interaction are one; a reopening is a contact too.",
        "A handover is another department than the last known one, a switch a contact on another channel than before.",
        "Repeated information is interaction.completed that says so, or an asking for a field in its already_held.",
        "An asking is the first event of a request of a field; its further steps ask for nothing again.",
        "All of the case counts, up to the as-of time, also what came after its resolution.",
        "A case counts when and where it was opened (its first event where no opening is recorded).",
    ),
)

_OF_INTERACTIONS = ("stage", "channel", "department", "segment", "month", "reason")
_OF_TOUCHPOINTS = ("stage", "channel", "department", "segment", "month")
_BEGUN = "An interaction counts when and where it began."
_BY_MONTH = "Counted by month: a window is rounded out to whole months."

_FRICTION = {
    "obstacle": "obstacle.hit",
    "abandoned": "interaction.abandoned",
    "payment_failed": "payment.failed",
    "unsupported": "opportunity.unsupported",
}

TASK_SUCCESS = Metric(
    name="task_success",
    topic="effort",
    title="Task success",
    n="interactions that are known to have achieved their objective or not",
    source="interactions: achieved, ending",
    statistics=(share_statistic("interactions that achieved it / n"),),
    excluded={
        "open": "no end is recorded as of then",
        "unsaid": "it was completed, and objective_achieved is not told",
        "abandoned": "it was given up (abandoned=left_out only)",
    },
    parts={"abandoned": "left_out: of the completed alone; failed: what was given up counts as not achieved"},
    dimensions=_OF_INTERACTIONS,
    reference="ISO 9241-11:2018, effectiveness: how completely what was intended is achieved",
    notes=(
        "It is what interaction.completed says in objective_achieved; of several ends the last one counts.",
        _BEGUN,
    ),
)

PRODUCTIVE = Metric(
    name="productive",
    topic="effort",
    title="Productive minutes",
    n="interactions with a start and an end that are known to have achieved their objective or not",
    source="interactions: started_at, ended_at, achieved, ending",
    statistics=(
        Statistic(name="share", unit="share", formula="minutes of those that achieved it / minutes of all n"),
        Statistic(
            name="sum", unit="minutes", called="of all", formula="minutes from interaction.started to the end, of all n"
        ),
    ),
    excluded={
        "open": "no end is recorded as of then",
        "unsaid": "it was completed, and objective_achieved is not told",
        "no_start": "no interaction.started is recorded",
    },
    dimensions=_OF_INTERACTIONS,
    negatives=True,
    notes=(
        "What was abandoned did not achieve its objective: its minutes are spent for nothing.",
        "The numerator is the productive minutes. It has no interval: minutes are no independent trials.",
        "Where the minutes do not add up to more than 0 there is no share.",
        _BEGUN,
    ),
)

FRICTION = Metric(
    name="friction",
    topic="effort",
    grain="month",
    title="Friction",
    n="touchpoints",
    source="experience_metrics, measures obstacle, interaction (abandoned), payment_failed, unsupported; "
    "touchpoint_history",
    statistics=(
        Statistic(name="count", unit="touchpoints", formula="touchpoints of that kind of friction"),
        share_statistic("touchpoints of that kind of friction / n: as a percentage, how many in 100 touchpoints"),
    ),
    parts={"friction": f"{', '.join(f'{name} ({type_})' for name, type_ in _FRICTION.items())}, or any of them"},
    dimensions=_OF_TOUCHPOINTS,
    notes=(_BY_MONTH, "The figure counts where the friction was met, also for an interaction that began elsewhere."),
)

OBSTACLE_CAUSES = Metric(
    name="obstacle_causes",
    topic="effort",
    grain="month",
    title="What causes obstacles",
    n="obstacles whose cause is told",
    source="experience_metrics, measure obstacle",
    statistics=(
        Statistic(name="count", unit="obstacles", formula="obstacles of that cause"),
        share_statistic("obstacles of that cause / n"),
    ),
    excluded={"unknown_cause": "obstacle.hit does not tell its cause"},
    parts={"cause": "people, process or technology"},
    dimensions=_OF_TOUCHPOINTS,
    notes=(_BY_MONTH,),
)

PAINLESS = Metric(
    name="painless",
    topic="effort",
    grain="month",
    title="Customers who met no friction",
    n="customers with a touchpoint in the window",
    source="experience_metrics and touchpoint_history, as for friction",
    statistics=(share_statistic("customers who met no friction in the window / n"),),
    dimensions=_OF_TOUCHPOINTS,
    notes=(
        "Friction is what the metric friction counts. Nobody told of any: who suffers in silence is painless here.",
        "Split by a key, it is the customers met there, and the friction they met there.",
        "Customers differ in how much they do: the longer the window, the fewer are painless.",
        _BY_MONTH,
    ),
)

DEFINITIONS: tuple[Metric, ...] = (EFFORT_SCORE, TASK_SUCCESS, PRODUCTIVE, FRICTION, OBSTACLE_CAUSES, PAINLESS)
