"""The vocabulary says what DOMAIN says."""

from __future__ import annotations

import re
import subprocess
import sys

import msgspec
import pytest

from ledger.events import VOCABULARY
from ledger.events.contacts import CONTACTS, TOUCHPOINTS, continues, is_contact, is_touchpoint
from ledger.events.control import StageCorrected
from ledger.events.event import Data, RecordedEvent
from ledger.events.identity import CustomerMerged
from ledger.events.vocabulary import EventType
from ledger.schemas.kinds import fields_of

DOMAIN = {
    "identity": "customer.registered customer.identified customer.merged customer.unmerged customer.segment_assigned "
    "value.assessed preference.set consent.granted consent.withdrawn customer.erased",
    "awareness": "touchpoint.occurred page.viewed campaign.contacted campaign.responded",
    "consideration": "lead.qualified need.expressed need.met need.unmet question.asked offer.created offer.made "
    "offer.responded offer.accepted offer.declined offer.withdrawn application.progressed application.declined "
    "application.cancelled",
    "purchase": "order.placed order.approved order.shipped order.delivered order.cancelled payment.settled "
    "payment.failed contract.started contract.registered contract.activated",
    "onboarding": "onboarding.started onboarding.completed information.requested",
    "use": "usage.recorded obstacle.hit experience.highlighted",
    "interaction": "interaction.scheduled interaction.started interaction.message_sent interaction.handed_over "
    "interaction.completed interaction.abandoned opportunity.unsupported",
    "support": "case.opened case.triaged case.assigned case.reassigned case.in_progress case.awaiting_customer "
    "case.awaiting_third_party case.awaiting_internal case.escalated case.resolved case.reopened case.closed "
    "case.progressed work.scheduled work.started work.completed",
    "voice": "survey.sent survey.responded feedback.received feedback.dispatched feedback.resolved "
    "feedback.communicated",
    "renewal": "renewal.offered contract.renewed contract.upgraded contract.downgraded contract.lapsed",
    "advocacy": "referral.made referral.converted review.published",
    "termination": "termination.requested retention.attempted contract.terminated",
    "winback": "winback.attempted winback.succeeded",
    "control": "stage.entered stage.corrected event.retracted note.added",
}

PERSONAL = {
    "customer.identified": {"value"},
    "customer.merged": {"from", "into", "evidence"},
    "survey.responded": {"comment"},
    "feedback.received": {"text"},
    "referral.made": {"to"},
    "stage.entered": {"by"},
    "stage.corrected": {"by"},
    "note.added": {"text"},
}

EACH = pytest.mark.parametrize("event_type", VOCABULARY.values(), ids=VOCABULARY)


@pytest.mark.parametrize("family", DOMAIN)
def test_a_family_has_the_types_of_the_domain_in_its_order(family: str) -> None:
    assert [name for name, known in VOCABULARY.items() if known.family == family] == DOMAIN[family].split()


def test_no_type_stands_outside_the_families_of_the_domain() -> None:
    assert {event_type.family for event_type in VOCABULARY.values()} == set(DOMAIN)


@EACH
def test_a_type_is_a_frozen_class_that_refuses_what_it_does_not_know(event_type: EventType) -> None:
    config = event_type.data.__struct_config__
    assert (config.frozen, config.forbid_unknown_fields, config.omit_defaults) == (True, True, True)
    assert issubclass(event_type.data, Data)


@EACH
def test_a_type_says_what_it_means_in_a_sentence(event_type: EventType) -> None:
    assert re.fullmatch(r"[A-Z].{15,}\.", event_type.summary, re.DOTALL)


@EACH
def test_exactly_the_fields_that_identify_a_person_are_personal(event_type: EventType) -> None:
    personal = {field.name for field in fields_of(event_type.data) if field.personal}
    assert personal == PERSONAL.get(event_type.name, set())


@EACH
def test_a_reader_may_lack_personal_fields_even_where_a_producer_must_send_them(event_type: EventType) -> None:
    optional = {info.encode_name for info in msgspec.structs.fields(event_type.data) if info.default is None}
    fields = fields_of(event_type.data)
    assert {field.name for field in fields if field.personal} <= optional
    assert set(event_type.data.required) == {field.name for field in fields if field.personal and field.required}


def test_a_word_of_python_is_a_field_on_the_wire_under_its_own_name() -> None:
    assert msgspec.json.encode(CustomerMerged(from_="a", into="b")) == b'{"from":"a","into":"b"}'


def test_a_correction_may_take_a_stage_away() -> None:
    assert msgspec.json.decode(b'{"source":"crm","event_id":"1"}', type=StageCorrected).stage is None


def test_a_contact_is_a_touchpoint_and_both_are_types_of_the_vocabulary() -> None:
    assert CONTACTS < TOUCHPOINTS < set(VOCABULARY)


def test_facts_about_the_record_are_no_touchpoints() -> None:
    assert not {name for name in TOUCHPOINTS if VOCABULARY[name].family in ("identity", "control")}


def test_a_type_of_the_company_counts_by_its_family() -> None:
    def company(family: str) -> EventType:
        return EventType(name="a.b_done", family=family, data=Data, summary="It was done.", company=True)

    assert is_touchpoint(company("use"))
    assert not is_contact(company("use"))
    assert is_contact(company("interaction"))
    assert not is_touchpoint(company("control"))


def test_the_messages_of_one_interaction_on_one_channel_are_one_contact() -> None:
    def message(interaction: str | None, channel: str) -> RecordedEvent[Data]:
        return RecordedEvent(
            event_id="1",
            source="s",
            type="interaction.message_sent",
            occurred_at="2024-05-01T10:20Z",
            interaction_id=interaction,
            channel=channel,
            data=Data(),
        )

    assert continues(message("i", "chat"), message("i", "chat"))
    assert not continues(message("i", "chat"), message("i", "phone"))
    assert not continues(message(None, "chat"), message(None, "chat"))


def test_importing_events_brings_in_neither_schemas_nor_databases() -> None:
    code = (
        "import sys; from ledger.events import VOCABULARY; VOCABULARY['order.placed']; "
        "assert not {'marshmallow', 'sqlalchemy', 'eventsourcing', 'duckdb'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
