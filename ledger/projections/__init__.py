"""The projections: pure folds over one customer's ordered events, one file each, all fed in one pass."""

from __future__ import annotations

from typing import Any

from ledger.projections.answers import ANSWERS
from ledger.projections.cases import CASES
from ledger.projections.channels import CHANNELS
from ledger.projections.experience import EXPERIENCE
from ledger.projections.handovers import HANDOVERS
from ledger.projections.highlights import HIGHLIGHTS
from ledger.projections.interactions import INTERACTIONS
from ledger.projections.needs import NEEDS
from ledger.projections.opportunities import OPPORTUNITIES
from ledger.projections.outreach import OUTREACH
from ledger.projections.payments import PAYMENTS
from ledger.projections.position import POSITION
from ledger.projections.requests import REQUESTS
from ledger.projections.shape import Projection
from ledger.projections.terminations import TERMINATIONS
from ledger.projections.touchpoint_history import TOUCHPOINTS
from ledger.projections.visits import VISITS

PROJECTIONS: tuple[Projection[Any], ...] = (
    POSITION,
    VISITS,
    CHANNELS,
    EXPERIENCE,
    CASES,
    INTERACTIONS,
    ANSWERS,
    TOUCHPOINTS,
    NEEDS,
    OPPORTUNITIES,
    REQUESTS,
    HANDOVERS,
    TERMINATIONS,
    OUTREACH,
    HIGHLIGHTS,
    PAYMENTS,
)
"""Every projection of the ledger, in the order they are shown."""

__all__ = ["PROJECTIONS"]
