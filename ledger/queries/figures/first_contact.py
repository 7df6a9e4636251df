"""Figures of first contact resolution, by when the case was opened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from ledger.metrics import first_contact
from ledger.metrics.figure import Figure
from ledger.metrics.first_contact import Case, Contact, Contacts
from ledger.projections.cases import CASES
from ledger.projections.interactions import INTERACTIONS
from ledger.queries.figures.cases import of_cases
from ledger.queries.view import Figures, View
from ledger.store.figures.facts import facts


def first_contact_resolution(view: View) -> list[Figure]:
    """Return first contact resolution under each of its definitions."""
    columns = ("customer", "case_id", "resolved_first_at", "reopened", "reassigned", "reason")
    within = first_contact.WITHIN if view.asked.within is None else view.asked.within
    contacts = Contacts(_contacts(view), within)
    return of_cases(
        view,
        columns,
        lambda rows, scope: first_contact.first_contact_resolution(
            (Case(*row) for row in rows), contacts, view.as_of, scope
        ),
        kinds=("case",),
    )


def _contacts(view: View) -> Mapping[int, list[Contact]]:
    """Return when each customer turned to the company: openings of cases, and starts of inbound interactions."""
    of: dict[int, list[Contact]] = defaultdict(list)
    opened = facts(view.tables, CASES, ("customer", "opened_at", "case_id", "reason"), kind="case")
    started = facts(view.tables, INTERACTIONS, ("customer", "started_at", "case_id", "reason"), direction="inbound")
    for customer, at, case_id, reason in (*opened, *started):
        if at is not None:
            of[customer].append(Contact(at, case_id, reason))
    return of


FIGURES: Figures = {"first_contact_resolution": first_contact_resolution}
