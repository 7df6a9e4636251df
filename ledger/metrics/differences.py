"""The difference of two independent shares, with Newcombe's interval."""

from __future__ import annotations

from math import hypot

from ledger.metrics.proportions import wilson

Part = tuple[int, int]
"""A count out of n."""


def newcombe(before: Part, after: Part) -> tuple[float, float] | None:
    """Return the ends of the 95 % interval of the share `after` minus the share `before`; None when an n is 0.

    Newcombe, R. G. (1998), Interval estimation for the difference between independent proportions, method 10: made
    of the ends of the two Wilson intervals.
    """
    was, now = wilson(*before), wilson(*after)
    if was is None or now is None:
        return None
    p, q = before[0] / before[1], after[0] / after[1]
    return q - p - hypot(q - now[0], was[1] - p), q - p + hypot(now[1] - q, p - was[0])
