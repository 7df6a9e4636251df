"""The definitions of what customers are asked for again."""

from __future__ import annotations

from ledger.metrics.metric import Metric, Statistic, share_statistic

_PLACE = ("stage", "channel", "department", "segment", "month")

_ASKING = (
    "An asking is the first event of a request of a field (information.requested; scheduled, started, completed are "
    "its steps). A field is held once a request of it was completed, at an earlier instant."
)

REPEATED_INFORMATION_RATE = Metric(
    name="repeated_information_rate",
    topic="repeated_information",
    title="Repeated information",
    n="contacts: interactions, and askings outside any interaction",
    source="interactions: repeated; information_requests",
    statistics=(share_statistic("contacts in which the customer was asked again for what was held / n"),),
    excluded={
        "unknown": "over known only: nothing tells whether it asked again (any: an interaction with neither a flag "
        "nor an asking; flagged: no flag; declared, compared: no asking)"
    },
    parts={
        "basis": "flagged: the end of the interaction says so; declared: the asking names what was already held; "
        "compared: the ledger holds a field asked for from an earlier request; any: at least one of them",
        "over": "all: contacts of which nothing is known count as not asking again, so it is a lower bound; "
        "known: only contacts of which it is known",
    },
    dimensions=_PLACE,
    notes=(
        _ASKING,
        (
            "An asking with an interaction_id belongs to that interaction. An interaction counts when it began, with "
            "its first known channel and department; an asking on its own where it stands."
        ),
        (
            "The bases are different ways of knowing, and are not to be added: `any` has each contact once. An "
            "interaction whose flag says no, but in which a held field was asked for, has asked again."
        ),
        "What was already held is looked for in the asking, not in later steps of the same request.",
    ),
)

FIELDS_ASKED_AGAIN = Metric(
    name="fields_asked_again",
    topic="repeated_information",
    title="Fields asked for again",
    n="askings of that field",
    source="information_requests: fields, fields_again",
    statistics=(
        Statistic(name="count", unit="askings", formula="askings of the field while it was held"),
        share_statistic("askings of the field while it was held / n"),
    ),
    parts={"rank": "1 is asked again most often", "field": "the field, as the request names it"},
    dimensions=_PLACE,
    options=("top",),
    notes=("Held by comparison or by declaration. The first 10 unless `--top` says otherwise.", _ASKING),
)

DEFINITIONS: tuple[Metric, ...] = (REPEATED_INFORMATION_RATE, FIELDS_ASKED_AGAIN)
