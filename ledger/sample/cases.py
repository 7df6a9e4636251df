"""Problem files: from opening to closing, with the work done on them."""

from __future__ import annotations

from typing import Any

from ledger.sample.clock import HOUR, MINUTE, SECOND, microseconds
from ledger.sample.interactions import agent, interaction
from ledger.sample.parameters import CHANNELS, REOPENED_HOURS, RESOLUTION_HOURS, RESPONSE_MINUTES, TOPICS
from ledger.sample.person import Person
from ledger.sample.truth import CaseTruth
from ledger.sample.voice import survey

_WAITS = ("case.awaiting_customer", "case.awaiting_third_party", "case.awaiting_internal")
_RESOLUTIONS = ("fixed", "explained", "refunded", "no_fault_found")


def case(person: Person, at: int) -> None:
    """Tell a case that opens at `at`; a few openings are lost by their silo, and what follows still comes."""
    draw = person.draw
    channel = CHANNELS.at(draw())
    truth = CaseTruth(case_id=f"case-{person.random.getrandbits(48):012x}")
    more: dict[str, Any] = {"case_id": truth.case_id, "department": "service", "correlation_id": truth.case_id}
    if draw() >= 0.01:
        opened = person.tell(
            at, "case.opened", {}, channel, "inbound", actor={"type": "customer"}, reason=TOPICS.at(draw()), **more
        )
        if not opened:
            return
        truth.opened_at = microseconds(at)
        person.open_spans.append((truth.opened_at, None))
        more["causation_id"] = opened
    _work(person, at, channel, truth, more)
    person.truth.case(truth)
    person.cases.append(truth)


def _work(person: Person, at: int, channel: str, truth: CaseTruth, more: dict[str, Any]) -> None:
    draw = person.draw
    responded = at + SECOND + int(RESPONSE_MINUTES.at(draw()) * MINUTE)
    resolved = responded + MINUTE + int(RESOLUTION_HOURS.at(draw()) * HOUR)
    between = resolved - responded
    system, adviser = {"type": "system"}, agent(person)
    if person.tell(responded, "case.triaged", {}, actor=system, **more) and truth.opened_at is not None:
        truth.first_response_at = microseconds(responded)
    person.tell(responded + between // 20, "case.assigned", {}, actor=adviser, **more)
    if draw() < 0.5:
        person.tell(responded + between // 10, "case.in_progress", {}, actor=adviser, **more)
    if draw() < 0.3:
        person.tell(responded + between // 5, _WAITS[int(draw() * 3)], {}, actor=adviser, **more)
    # Most cases need no word with the customer, some need several.
    for turn in range(int(4 * draw() ** 3)):
        interaction(person, responded + between * (turn + 1) // 8, channel if draw() < 0.6 else None, truth.case_id)
    _complications(person, responded, between, truth, more)
    if draw() < 0.08:
        return
    _resolution(person, resolved, channel, truth, more)


def _complications(person: Person, start: int, between: int, truth: CaseTruth, more: dict[str, Any]) -> None:
    draw = person.draw
    if draw() < 0.2:
        person.tell(start + between // 3, "case.progressed", {"step": "diagnosis"}, **more)
    if draw() < 0.18:
        told = person.tell(
            start + between // 2, "case.reassigned", {}, actor=agent(person), **{**more, "department": "second_line"}
        )
        truth.reassigned += bool(told)
        more["department"] = "second_line"
    if draw() < 0.1:
        told = person.tell(start + between * 3 // 5, "case.escalated", {}, actor=agent(person), **more)
        truth.escalated += bool(told)
    if draw() < 0.2:
        _labour(person, start + between * 2 // 3, between // 4, more)


def _labour(person: Person, at: int, length: int, more: dict[str, Any]) -> None:
    draw = person.draw
    person.tell(at, "work.scheduled", {}, **more)
    person.tell(at + length // 2, "work.started", {}, actor=agent(person), **more)
    minutes = 5 + int(draw() * 115)
    data = {"minutes": minutes, "cost": f"{minutes * 85 // 100}.{minutes * 85 % 100:02d}", "currency": "EUR"}
    if person.tell(at + length, "work.completed", data, actor=agent(person), **more):
        person.truth.worked(minutes, minutes * 8_500)


def _resolution(person: Person, at: int, channel: str, truth: CaseTruth, more: dict[str, Any]) -> None:
    draw = person.draw
    data = {"resolution": _RESOLUTIONS[int(draw() * 4)]}
    if not person.tell(at, "case.resolved", data, channel, "outbound", actor=agent(person), **more):
        return
    truth.resolved_first_at = truth.resolved_last_at = microseconds(at)
    if truth.opened_at is not None:
        person.open_spans[-1] = (truth.opened_at, truth.resolved_first_at)
    if draw() < 0.12:
        at = _again(person, at, channel, truth, more)
    closed = at + int((1 + draw() * 47) * HOUR)
    if draw() < 0.85 and person.tell(closed, "case.closed", data, actor={"type": "system"}, **more):
        truth.closed_at = microseconds(closed)
    if draw() < 0.15:
        interaction(person, at + int((0.05 + draw() * 10) * 24 * HOUR), channel)
    if draw() < 0.35:
        survey(person, at + int(draw() * 30 * HOUR), "csat" if draw() < 0.6 else "ces", channel, truth.case_id)


def _again(person: Person, at: int, channel: str, truth: CaseTruth, more: dict[str, Any]) -> int:
    """Tell that the case was reopened after its resolution at `at`, and return when it was resolved again."""
    draw = person.draw
    reopened = at + int(REOPENED_HOURS.at(draw()) * HOUR)
    again = reopened + int(REOPENED_HOURS.at(draw()) * HOUR)
    if person.tell(reopened, "case.reopened", {}, channel, "inbound", actor={"type": "customer"}, **more):
        truth.reopened += 1
        person.open_spans.append((microseconds(reopened), None))
    data = {"resolution": _RESOLUTIONS[int(draw() * 4)]}
    if person.tell(again, "case.resolved", data, channel, "outbound", actor=agent(person), **more):
        truth.resolved_last_at = microseconds(again)
        person.open_spans[-1] = (microseconds(reopened), truth.resolved_last_at)
    return again
