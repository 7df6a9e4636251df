"""What `verify` finds: all well in a sound ledger, and each damage by the law that it breaks.

Every damage is done past the triggers, as only somebody with the database's own rights could.
"""

from __future__ import annotations

import pytest
from sqlalchemy import text

from ledger import Ledger
from ledger.queries.verify import SAMPLE, Verified, verify
from ledger.store.engine import writing
from ledger.store.plan import Recorded
from tests.store.events import about, fact, merge, order

LAWS = (
    "positions are gapless",
    "streams are contiguous",
    "stream heads are right",
    "events have a stream and a source",
    "the log's head is right",
    "recorded_at never goes back",
    "merges and unmerges are indexed",
    "every event can be read",
    "events are what was sent",
    "projections equal a fold of the log",
)

IDENTIFIER = {"namespace": "email", "value": "ada@example.org"}
NOTE = {"text": "prefers the morning"}


@pytest.fixture
def told(clocked: Ledger) -> Ledger:
    """Give a ledger of seven events of three customers, merged and parted, with its projections built."""
    for number, event in enumerate(
        [
            fact("i1", "customer.identified", "ada", IDENTIFIER),
            order("o2", "bo"),
            fact("n1", "note.added", "bo", NOTE, occurred_at="2024-05-01", time_precision="date"),
            merge("m1", "bo", "ada"),
            about("u1", "customer.unmerged", merge("m1", "bo", "ada")),
            merge("m2", "cy", "bo"),
            order("o3", "cy", occurred_at="2024-05-03T10:00:00Z"),
        ]
    ):
        clocked.store.clock.now += number  # type: ignore[attr-defined]  # it is the clock that `clocked` was given
        clocked.append(event)
    clocked.rebuild()
    return clocked


def damage(ledger: Ledger, *statements: str) -> None:
    """Change what nobody may change."""
    with writing(ledger.store.engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
        else:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            triggers = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
            for name in triggers:
                connection.execute(text(f"DROP TRIGGER {name}"))
        for statement in statements:
            connection.execute(text(statement))


def broken(ledger: Ledger) -> list[str]:
    found = verify(ledger.store, whole=True)
    wrong = [check.name for check in found.checks if not check.ok]
    assert found.ok is (wrong == [])
    return wrong


def test_a_sound_ledger_passes_every_check_and_says_what_was_looked_at(told: Ledger) -> None:
    found = verify(told.store, whole=True)
    assert found.ok
    assert tuple(check.name for check in found.checks) == LAWS
    assert (found.events, found.customers, found.customer_keys, found.position) == (7, 2, 3, 7)
    assert found.checks[0].detail == "7 events at positions 1 to 7"
    assert found.checks[-1].detail == "2 customers folded at position 7"


def test_an_empty_ledger_is_sound(ledger: Ledger) -> None:
    assert broken(ledger) == []
    ledger.rebuild()
    assert broken(ledger) == []


def test_a_log_whose_projections_were_never_built_is_sound_and_says_so(ledger: Ledger) -> None:
    ledger.append(order("o1"))
    assert broken(ledger) == []
    assert [check.detail for check in verify(ledger.store).checks if check.name == LAWS[-1]] == ["none was built yet"]


def test_projections_of_another_fold_are_not_all_well(told: Ledger) -> None:
    damage(told, "UPDATE checkpoints SET fingerprint = 'of another fold'")
    assert broken(told) == [LAWS[-1]]
    [said] = [check.detail for check in verify(told.store).checks if not check.ok]
    assert "run `customer-ledger rebuild`" in said


def test_projections_that_lag_are_judged_where_they_stand(told: Ledger) -> None:
    told.append(order("o4"))
    assert broken(told) == []


DAMAGES = {
    "an event is gone": ("DELETE FROM events WHERE position = 2", {"positions are gapless", "streams are contiguous"}),
    "the last event is gone": (
        "DELETE FROM events WHERE position = 7",
        {"the log's head is right", "stream heads are right", "projections equal a fold of the log"},
    ),
    "a version is skipped": (
        "UPDATE events SET version = 9 WHERE position = 3",
        {"streams are contiguous", "stream heads are right"},
    ),
    "a stream's head is wrong": (
        "UPDATE streams SET version = version + 1 WHERE customer_id = 'ada'",
        {"stream heads are right"},
    ),
    "a source is unknown": (
        "UPDATE events SET source = 99 WHERE position = 2",
        {"events have a stream and a source", "events are what was sent"},
    ),
    "the log's head is wrong": ("UPDATE log_head SET position = 8", {"the log's head is right"}),
    "a time of recording is changed": (
        "UPDATE events SET recorded_at = recorded_at + 1000000 WHERE position = 2",
        {"recorded_at never goes back"},
    ),
    "a merge is not indexed": ("DELETE FROM merges WHERE position = 4", {"merges and unmerges are indexed"}),
    "an unmerge is not indexed": (
        "DELETE FROM unmerges",
        {"merges and unmerges are indexed", "projections equal a fold of the log"},
    ),
    "an index tells of another merge": (
        "UPDATE merges SET event_key = (SELECT event_key FROM events WHERE position = 1) WHERE position = 6",
        {"merges and unmerges are indexed"},
    ),
    "an index tells of another customer": (
        "UPDATE merges SET into_stream = (SELECT stream FROM streams WHERE customer_id = 'ada') WHERE position = 6",
        {"events are what was sent", "projections equal a fold of the log"},
    ),
    "an identifier is another": (
        "UPDATE identifiers SET value = 'bo@example.org'",
        {"events are what was sent"},
    ),
    "a header is another": (
        "UPDATE events SET header = (SELECT header FROM events WHERE position = 7) WHERE position = 2",
        {"events are what was sent", "projections equal a fold of the log"},
    ),
    "a header is of another type": (
        "UPDATE events SET header = (SELECT header FROM events WHERE position = 1) WHERE position = 2",
        {"every event can be read", "projections equal a fold of the log"},
    ),
    "a personal field is gone": ("UPDATE events SET sealed = NULL WHERE position = 6", {"events are what was sent"}),
    "a key is another": (
        "UPDATE events SET event_key = (SELECT digest FROM events WHERE position = 1) WHERE position = 2",
        {"events are what was sent"},
    ),
    "a time of occurrence is changed": (
        "UPDATE events SET occurred_at = occurred_at + 1 WHERE position = 2",
        {"events are what was sent", "projections equal a fold of the log"},
    ),
    "a digest is another": (
        "UPDATE events SET digest = (SELECT digest FROM events WHERE position = 1) WHERE position = 2",
        {"events are what was sent"},
    ),
    "a source is renamed": ("UPDATE sources SET name = 'till'", {"events are what was sent"}),
    "a customer is renamed": (
        "UPDATE streams SET customer_id = 'dee' WHERE customer_id = 'ada'",
        {"events are what was sent"},
    ),
    "an event moves to another customer": (
        "UPDATE events SET stream = (SELECT min(stream) FROM events), version = 4 WHERE position = 7",
        {"stream heads are right", "events are what was sent", "projections equal a fold of the log"},
    ),
    "a row of the read model is changed": (
        "UPDATE channel_history__v1 SET touchpoints = touchpoints + 1",
        {"projections equal a fold of the log"},
    ),
    "a row of the read model is gone": ("DELETE FROM stage_visits__v1", {"projections equal a fold of the log"}),
    "the read model holds a stranger": (
        "UPDATE cases__v1 SET customer = 99",
        {"projections equal a fold of the log"},
    ),
    "a checkpoint runs ahead": (
        "UPDATE checkpoints SET fingerprint = 'x' WHERE projection = 'cases'",
        {"projections equal a fold of the log"},
    ),
    "a customer is parked": (
        "INSERT INTO parked__v1 (customer, position, reason, parked_at) VALUES (1, 1, 'why', 0)",
        {"every event can be read"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damage_breaks_the_laws_it_breaks(told: Ledger, name: str) -> None:
    statement, laws = DAMAGES[name]
    damage(told, statement)
    found = broken(told)
    assert laws <= set(found), found


def test_every_law_is_broken_by_some_damage_alone_or_with_others() -> None:
    assert set().union(*(laws for _, laws in DAMAGES.values())) == set(LAWS)


def test_who_is_parked_is_named_with_the_reason(told: Ledger) -> None:
    damage(told, DAMAGES["a customer is parked"][0])
    [said] = [check.detail for check in verify(told.store).checks if not check.ok]
    assert said == "1 customer is parked: ada, because why"


def test_a_row_too_many_of_somebody_is_seen_only_when_all_are_looked_at(told: Ledger) -> None:
    damage(told, "INSERT INTO cases__v1 SELECT * FROM cases", "UPDATE cases__v1 SET customer = 99 WHERE customer <> 1")
    assert not told.verify(whole=True).ok


def test_a_sample_is_spread_over_the_log(quick_ledger: Ledger) -> None:
    wires = (order(f"o{number}", f"c{number}") for number in range(3 * SAMPLE))
    assert all(isinstance(outcome, Recorded) for outcome in quick_ledger.append_many(wires))
    quick_ledger.rebuild()

    def looked_at(found: Verified) -> str:
        assert found.ok
        return found.checks[-1].detail

    assert looked_at(quick_ledger.verify()) == f"{SAMPLE} customers folded at position 600"
    assert looked_at(quick_ledger.verify(whole=True)) == "600 customers folded at position 600"
