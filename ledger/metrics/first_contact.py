"""First contact resolution under four rules, each a definition with a name."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ledger.metrics.definitions.first_contact import FIRST_CONTACT_RESOLUTION
from ledger.metrics.figure import EVERYTHING, Figure, Scope
from ledger.metrics.proportions import share

WITHIN = 7 * 86_400_000_000
"""How long a further contact is looked for, in microseconds, where nobody names another length."""


class Case(NamedTuple):
    """A case: its customer and id, its first resolution (µs since 1970, None without one), and what became of it."""

    customer: int
    case_id: str
    resolved: int | None
    reopened: int
    reassigned: int
    reason: str


class Contact(NamedTuple):
    """A customer addressed the company at that time: in a case or not (''), for a reason or an unknown one ('')."""

    at: int
    case_id: str
    reason: str


class Contacts:
    """The contacts of all customers, to be asked what came after a resolution and no later than `within` after it."""

    def __init__(self, contacts: Mapping[int, Iterable[Contact]], within: int) -> None:
        self._of = {customer: sorted(its) for customer, its in contacts.items()}
        self.within = within

    def again(self, case: Case, resolved: int) -> list[Contact]:
        """Return the further contacts of the case's customer that are not of the case itself."""
        its = self._of.get(case.customer, [])
        first = bisect_right(its, resolved, key=lambda contact: contact.at)
        end = bisect_right(its, resolved + self.within, key=lambda contact: contact.at)
        return [contact for contact in its[first:end] if contact.case_id != case.case_id]


class _Tally:
    """What one rule counts."""

    def __init__(self) -> None:
        self.n = self.solved = 0
        self.left_out: dict[str, int] = {"immature": 0, "no_reason": 0}

    def take(self, solved: bool) -> None:
        self.n += 1
        self.solved += solved


RULES = ("no_reopen", "no_reassignment_no_reopen", "no_repeat_contact", "no_repeat_contact_same_reason")


def first_contact_resolution(
    cases: Iterable[Case], contacts: Contacts, as_of: int, scope: Scope = EVERYTHING
) -> list[Figure]:
    """Return the share of resolved cases that each rule calls solved at the first contact."""
    tallies = {rule: _Tally() for rule in RULES}
    unresolved = 0
    for case in cases:
        if case.resolved is None:
            unresolved += 1
            continue
        tallies["no_reopen"].take(not case.reopened)
        tallies["no_reassignment_no_reopen"].take(not case.reopened and not case.reassigned)
        _look_ahead(case, case.resolved, contacts, as_of, tallies)
    return [
        share(
            FIRST_CONTACT_RESOLUTION,
            tally.solved,
            tally.n,
            scope.split(rule=rule).leaving_out(unresolved=unresolved, **tally.left_out),
        )
        for rule, tally in tallies.items()
    ]


def _look_ahead(case: Case, resolved: int, contacts: Contacts, as_of: int, tallies: Mapping[str, _Tally]) -> None:
    any_reason, same_reason = tallies["no_repeat_contact"], tallies["no_repeat_contact_same_reason"]
    if resolved + contacts.within > as_of:
        any_reason.left_out["immature"] += 1
        same_reason.left_out["immature"] += 1
        return
    again = contacts.again(case, resolved)
    any_reason.take(not again)
    if case.reason:
        same_reason.take(all(contact.reason != case.reason for contact in again))
    else:
        same_reason.left_out["no_reason"] += 1
