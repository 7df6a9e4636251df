"""The definitions of who speaks first: proactive contacts and what comes of them."""

from __future__ import annotations

from ledger.metrics.metric import Metric, Statistic, share_statistic

_INBOUND = (
    "An inbound contact is an inbound event of a type that docs/reference/events.md counts as a contact, other than "
    "a response to a campaign, and not going on with an interaction that either side began earlier."
)

_LINK = (
    "A response answers the campaign's contact whose event it names as its cause. Where it names none of the "
    "customer's, it answers the latest contact of the campaign it names, if there was one. A response that names "
    "neither answers none. The first response counts; for link=cause the first that names its cause."
)

PROACTIVE_RATIO = Metric(
    name="proactive_ratio",
    topic="proactive",
    title="Proactive ratio",
    n="proactive outbound contacts and inbound contacts",
    source="outreach",
    statistics=(share_statistic("campaign.contacted with proactive true / (those + inbound contacts)"),),
    excluded={
        "not_proactive": "campaign.contacted with proactive false",
        "unknown": "campaign.contacted that does not say whether it was proactive",
    },
    dimensions=("stage", "channel", "department", "segment", "month"),
    notes=(
        _INBOUND,
        "Other outbound contacts (a call, an offer, a survey) do not say whether they are proactive: none is counted.",
    ),
)

CAMPAIGN_RESPONSE = Metric(
    name="campaign_response",
    topic="proactive",
    title="Response to campaigns",
    n="contacts by campaigns; of the median, those answered within the window",
    source="outreach: at, responded_at, cause_responded_at",
    statistics=(
        share_statistic("contacts answered within the window after them / contacts"),
        Statistic(name="median", unit="hours", formula="median of response − contact, of those answered in the window"),
    ),
    excluded={
        "immature": "the window was not over by the end of observation",
    },
    parts={
        "link": "any; cause: only responses that name the event they answer",
    },
    dimensions=("trigger", "campaign", "proactive", "stage", "channel", "department", "segment", "month"),
    options=("within",),
    window="30d",
    negatives=True,
    notes=(
        _LINK,
        "A response recorded earlier than its cause counts, with a negative time.",
        "--within replaces the window.",
    ),
)

TRIGGER_RESPONSE = Metric(
    name="trigger_response",
    topic="proactive",
    title="Response to insight against response to situations",
    n="contacts by campaigns triggered by an insight or a situation",
    source="outreach: at, trigger, responded_at",
    statistics=(
        Statistic(
            name="difference",
            unit="difference of shares",
            formula="share answered of those triggered by an insight − share of those triggered by a situation",
            interval="Newcombe's hybrid score interval for independent shares (method 10), 95 %",
        ),
    ),
    excluded={
        "immature": "the window was not over by the end of observation",
        "other_trigger": "nobody said what triggered it",
    },
    dimensions=("campaign", "proactive", "stage", "channel", "department", "segment", "month"),
    options=("within",),
    window="30d",
    notes=(
        _LINK,
        "The company chooses whom it contacts and on what: the difference is an association, not an effect.",
        "--within replaces the window. `campaign_response --by trigger` tells the two shares.",
    ),
    reference="Newcombe, R. G. (1998), Interval estimation for the difference between independent proportions",
)

INBOUND_AFTER_OUTREACH = Metric(
    name="inbound_after_outreach",
    topic="proactive",
    title="Inbound contacts before and after outreach",
    n="contacts by campaigns, each with its customer's week before and week after",
    source="outreach: contacts_before, contacts_after",
    statistics=(
        Statistic(
            name="mean",
            unit="inbound contacts per customer-week",
            formula="inbound contacts in the 7 days / contacts by campaigns; difference: mean of after − before",
            interval="Student's t, 95 %; of the difference, paired",
        ),
    ),
    excluded={
        "immature": "the 7 days after were not over by the end of observation",
        "not_observed": "the customer's first event (but for segments) was less than 7 days before",
    },
    parts={"time": "before, after, or difference: after − before"},
    dimensions=("trigger", "campaign", "proactive", "stage", "channel", "department", "segment", "month"),
    window="7d",
    notes=(
        _INBOUND,
        (
            "The weeks are the 7 days strictly before and strictly after the campaign's contact: what has its very "
            "instant is in neither. They are fixed: --within does not change them."
        ),
        (
            "It is described, not claimed: that a customer contacts less after a campaign may have any cause, such as "
            "the one the campaign was triggered by."
        ),
        "Weeks around several contacts of one customer may overlap, so the interval is somewhat too narrow for them.",
    ),
)

DEFINITIONS = (PROACTIVE_RATIO, CAMPAIGN_RESPONSE, TRIGGER_RESPONSE, INBOUND_AFTER_OUTREACH)
