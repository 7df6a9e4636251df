"""The definitions of effort: the score with its parts, task success, friction."""

from __future__ import annotations

from ledger.metrics.metric import Metric, Statistic

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
        "A handover is another department than the last known one, a switch another channel than the last known one.",
        "Repeated information is interaction.completed that says so, or information.requested with already_held.",
        "All of the case counts, up to the as-of time, also what came after its resolution.",
        "A case counts when and where it was opened (its first event where no opening is recorded).",
    ),
)

DEFINITIONS: tuple[Metric, ...] = (EFFORT_SCORE,)
