"""How long events are on their way to the ledger."""

from __future__ import annotations

from ledger.sample.clock import DAY, HOUR, MINUTE, SECOND
from ledger.sample.quantiles import Quantiles

LATE = DAY
"""An event is late when it is received more than this after it occurred."""

NIGHT = DAY + 2 * HOUR
"""The store sends each day at two the night after; its delay counts from there."""

DELAYS = {
    "web": Quantiles(((0, 40), (0.95, 900), (0.995, 5 * SECOND), (1, 20 * MINUTE))),
    "crm": Quantiles(((0, SECOND), (0.9, 2 * MINUTE), (0.98, 3 * HOUR), (1, 4 * DAY))),
    "callcentre": Quantiles(((0, 5 * SECOND), (0.9, 10 * MINUTE), (0.96, 6 * HOUR), (1, 12 * DAY))),
    "store": Quantiles(((0, 0), (0.95, HOUR), (0.97, DAY), (1, 6 * DAY))),
    "survey": Quantiles(((0, SECOND), (0.95, MINUTE), (1, 2 * DAY))),
}
"""Time on the way in milliseconds, by source."""

DUPLICATES = 0.008
"""The share of events that are delivered a second time."""
