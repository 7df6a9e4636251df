"""The occasions of customers: the distinct days on which each was active, never the rows of that day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ledger.errors import InvalidArgument

Integers = npt.NDArray[np.int64]
Numbers = Sequence[int] | Integers


class Occasions(NamedTuple):
    """Distinct (customer, day) pairs, by customer and then by day; days since 1970 in the journey's zone."""

    customers: Integers
    days: Integers

    def first_of_each(self) -> Integers:
        """Return where each customer's occasions begin."""
        if self.customers.size == 0:
            return np.zeros(0, dtype=np.int64)
        return np.concatenate(([0], np.flatnonzero(np.diff(self.customers)) + 1)).astype(np.int64)

    def per_customer(self) -> Integers:
        """Return how many occasions each customer has."""
        return np.diff(np.append(self.first_of_each(), self.customers.size))

    def up_to(self, day: int) -> Occasions:
        """Return the occasions on `day` or before."""
        kept = self.days <= day
        return Occasions(self.customers[kept], self.days[kept])


def occasions(customers: Numbers, days: Numbers) -> Occasions:
    """Return the occasions behind two columns of equal length: a number per customer, and the day of each act."""
    who = np.asarray(customers, dtype=np.int64)
    when = np.asarray(days, dtype=np.int64)
    if who.shape != when.shape:
        raise InvalidArgument(f"{who.size} customers and {when.size} days do not match: give one day per act")
    order = np.lexsort((when, who))
    who, when = who[order], when[order]
    distinct = np.ones(who.size, dtype=np.bool_)
    distinct[1:] = (np.diff(who) != 0) | (np.diff(when) != 0)
    return Occasions(who[distinct], when[distinct])


def months_of(days: Integers) -> Integers:
    """Return the calendar month of each day, as months since January 1970."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def month_name(month: int) -> str:
    """Return a month since January 1970 as `1997-01`."""
    return f"{1970 + month // 12:04d}-{month % 12 + 1:02d}"


def last_day_of(month: int) -> int:
    """Return the last day, since 1970, of a month since January 1970."""
    return int(np.datetime64(month + 1, "M").astype("datetime64[D]").astype(np.int64)) - 1
