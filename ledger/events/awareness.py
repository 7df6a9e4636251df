"""How a customer comes to know of the company: touchpoints, pages, campaigns."""

from __future__ import annotations

from typing import Literal

from ledger.events.event import Data
from ledger.events.fields import Key
from ledger.events.vocabulary import event_types


class TouchpointOccurred(Data, frozen=True, kw_only=True):
    """A customer met the company at a touchpoint: a communication, or an action of their own."""

    type = "touchpoint.occurred"

    kind: Literal["communication", "action"] | None = None


class PageViewed(Data, frozen=True, kw_only=True):
    """A customer viewed a page; `touchpoint_id` names it."""

    type = "page.viewed"


class CampaignContacted(Data, frozen=True, kw_only=True):
    """A campaign reached out to a customer, triggered by a situation or by an insight."""

    type = "campaign.contacted"

    campaign: Key
    proactive: bool | None = None
    trigger: Literal["situational", "insight"] | None = None


class CampaignResponded(Data, frozen=True, kw_only=True):
    """A customer responded to a campaign."""

    type = "campaign.responded"

    campaign: Key | None = None


TYPES = event_types("awareness", TouchpointOccurred, PageViewed, CampaignContacted, CampaignResponded)
