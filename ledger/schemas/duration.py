"""Lengths of time as a definition writes them: `30m`, `12h`, `14d`."""

from __future__ import annotations

import re

SECOND = 1_000_000
UNITS = {"w": 604_800 * SECOND, "d": 86_400 * SECOND, "h": 3_600 * SECOND, "m": 60 * SECOND, "s": SECOND}
"""Microseconds of each unit, the longest first. A day is 24 hours, whatever the clocks do."""

LONGEST = 999_999
"""How many of a unit a length may have."""

_SHAPE = re.compile(r"([1-9][0-9]*)([wdhms])")


def duration(text: str) -> int:
    """Return the microseconds of `14d`, `12h`, `30m`, `45s` or `2w`; raise ValueError with the cure."""
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        raise ValueError(
            f"{text!r} is no length of time: write a whole number and w, d, h, m (minutes) or s, as in 14d"
        )
    if len(shape[1]) > len(str(LONGEST)):
        raise ValueError(f"{text!r} is too long: the longest is {LONGEST}{shape[2]}")
    return int(shape[1]) * UNITS[shape[2]]


def duration_text(microseconds: int) -> str:
    """Return the text that `duration` reads as that many microseconds, in the largest unit that divides them."""
    unit = next(unit for unit, length in UNITS.items() if microseconds % length == 0)
    return f"{microseconds // UNITS[unit]}{unit}"
