"""Two versions of the read model are compared by the rows they hold: whatever differs is found, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import text

from ledger import Ledger
from ledger.errors import InvalidArgument
from ledger.projecting import compare as comparing
from ledger.projecting.comparison import Comparison
from ledger.projecting.rebuild import build, rebuild
from ledger.projections import PROJECTIONS
from ledger.projections.cases import CASES
from ledger.sample.simulate import simulate
from ledger.store.engine import writing
from ledger.store.plan import Recorded
from tests.store.asking import ask, column
from tests.store.events import fact, merge, order


def two_versions(ledger: Ledger) -> Ledger:
    """Make version 1 by catching up, and version 2 by folding anew."""
    events = list(simulate(9, 5))
    for part in (events[: len(events) // 2], events[len(events) // 2 :]):
        assert all(isinstance(outcome, Recorded) for outcome in ledger.append_many(part))
        ledger.catch_up() if part[0] is not events[0] else ledger.rebuild()
    build(ledger.store, "other")
    return ledger


@pytest.fixture(autouse=True)
def small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare in ranges of five streams."""
    monkeypatch.setattr(comparing, "STREAMS_AT_ONCE", 5)


@pytest.fixture
def told(ledger: Ledger) -> Ledger:
    """Give a ledger of some customers in two versions."""
    return two_versions(ledger)


@pytest.fixture
def quick_told(quick_ledger: Ledger) -> Ledger:
    """Give a ledger of some customers in two versions, on SQLite alone."""
    return two_versions(quick_ledger)


def standing(ledger: Ledger) -> list[int]:
    """The customers that the live version holds."""
    return column(ledger, "SELECT customer FROM journey_position__v1 ORDER BY customer")


def change(ledger: Ledger, *statements: str) -> Comparison:
    """Change what version 2 holds, and compare it with version 1."""
    with writing(ledger.store.engine) as connection:
        for statement in statements:
            connection.execute(text(statement))
    return ledger.compare()


def test_rows_in_whatever_order_are_equal(told: Ledger) -> None:
    found = told.compare()
    assert (found.before, found.after) == (1, 2)
    assert found.equal
    assert (found.differing, found.only_before, found.only_after, found.not_compared) == (0, 0, 0, 0)
    assert (found.sample, found.moved, found.changed) == ([], [], [])
    counts = {one.name: (one.rows_before, one.rows_after) for one in found.projections}
    for projection in PROJECTIONS:
        [rows] = column(told, f"SELECT count(*) FROM {projection.name}__v1")
        assert counts[projection.name] == (rows, rows)
    assert all(counts[name] != (0, 0) for name in ("journey_position", "stage_visits", "channel_history", "cases"))
    again = change(
        told,
        "CREATE TABLE turned AS SELECT * FROM cases__v2 ORDER BY customer, kind DESC, case_id DESC",
        "DELETE FROM cases__v2",
        "INSERT INTO cases__v2 SELECT * FROM turned ORDER BY customer, kind DESC, case_id DESC",
        "DROP TABLE turned",
    )
    assert again.equal


CHANGES = {
    "a text": ("journey_position", "UPDATE {} SET last_type = 'x'"),
    "a number": ("experience_metrics", "UPDATE {} SET total = total + 1"),
    "a real number in its last places": ("stage_visits", "UPDATE {} SET minutes = minutes + 1e-7"),
    "nothing where something was": ("journey_position", "UPDATE {} SET stage = NULL"),
    "something where nothing was": ("channel_history", "UPDATE {} SET preferred = coalesce(preferred, 0) + 7"),
    "a row too few": ("channel_history", "DELETE FROM {}"),
    "a row twice": ("experience_metrics", "INSERT INTO {} SELECT * FROM {}"),
}


def test_whatever_differs_is_found_and_said_of_whom(told: Ledger) -> None:
    customers = standing(told)[1 : 1 + len(CHANGES)]
    statements = [
        statement.format(f"{table}__v2", f"{table}__v2") + f" WHERE customer = {customer}"
        for customer, (table, statement) in zip(customers, CHANGES.values(), strict=True)
    ]
    found = change(told, *statements)
    assert not found.equal
    assert found.differing == len(CHANGES)
    tables = Counter(table for table, _ in CHANGES.values())
    assert {one.name: one.customers for one in found.projections if one.customers} == tables
    for customer, (name, (table, _)) in zip(found.sample, CHANGES.items(), strict=True):
        assert customer.stands_in == "both"
        assert {one.projection for one in customer.differences} == {table}, name
        assert customer.digest_before != customer.digest_after


def test_how_often_a_row_is_there_counts(told: Ledger) -> None:
    kinds = "SELECT customer, kind, case_id FROM cases__v2 WHERE customer = (SELECT customer FROM cases__v2 GROUP BY "
    rows = ask(told, kinds + "customer HAVING count(*) > 1 ORDER BY customer LIMIT 1)")
    twice = "INSERT INTO cases__v{} SELECT * FROM cases__v{} WHERE customer = {} AND kind = '{}' AND case_id = '{}'"
    found = change(told, twice.format(1, 1, *rows[0]), twice.format(2, 2, *rows[1]))
    assert found.differing == 1
    assert [one.rows_before == one.rows_after for one in found.projections if one.name == "cases"] == [True]


EVIDENCE = "SELECT evidence FROM stage_visits__v1 WHERE customer = :who AND track = 'primary' AND number = 1"


def test_a_difference_is_explained_by_the_events_behind_it(quick_told: Ledger) -> None:
    changed = "UPDATE stage_visits__v2 SET touchpoints = touchpoints + 7 WHERE number = 1 AND track = 'primary' AND "
    [who, *_] = column(quick_told, "SELECT customer FROM stage_visits__v1 WHERE number = 1 AND evidence != '[]'")
    found = change(quick_told, f"{changed}customer = {who}")
    [customer] = found.sample
    [difference] = customer.differences
    assert column(quick_told, "SELECT customer_id FROM streams WHERE stream = :who", who=who) == [customer.customer_id]
    assert (difference.column, difference.after) == ("touchpoints", difference.before + 7)
    assert difference.row == {"track": "primary", "number": 1}
    [evidence] = column(quick_told, EVIDENCE, who=who)
    history = {(one["source"], one["event_id"]): one for one in quick_told.history(customer.customer_id)}
    assert difference.events
    for event in difference.events:
        assert f'["{event.source}","{event.event_id}"]' in evidence
        assert history[event.source, event.event_id]["type"] == event.type
        assert history[event.source, event.event_id]["occurred_at"] == event.occurred_at


def test_a_row_that_names_no_event_is_explained_by_those_of_its_case_or_channel(quick_told: Ledger) -> None:
    found = change(quick_told, "UPDATE cases__v2 SET reopened = 9", "UPDATE channel_history__v2 SET switches_in = 99")
    history = {
        (one["source"], one["event_id"]): one
        for customer in found.sample
        for one in quick_told.history(customer.customer_id)
    }
    told_of = 0
    for customer in found.sample:
        for difference in customer.differences:
            for event in difference.events:
                recorded = history[event.source, event.event_id]
                by = "case_id" if difference.projection == "cases" else "channel"
                assert recorded.get(by, "") in (difference.row[by], difference.row[by].rpartition("/")[0])
                told_of += 1
    assert told_of


def test_the_sample_is_the_first_customers_by_stream(quick_told: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "SAMPLE", 3)
    found = change(quick_told, "UPDATE journey_position__v2 SET cycle = 99 WHERE customer > 1")
    assert found.differing == found.customers_after - 1
    names = dict(ask(quick_told, "SELECT stream, customer_id FROM streams"))
    assert [customer.customer_id for customer in found.sample] == [names[one] for one in standing(quick_told)[1:4]]


def test_who_is_in_one_version_only_is_counted_apart(told: Ledger) -> None:
    names, customers = [projection.name for projection in PROJECTIONS], standing(told)
    found = change(
        told,
        *(f"DELETE FROM {name}__v2 WHERE customer = {customers[0]}" for name in names),
        *(f"DELETE FROM {name}__v1 WHERE customer IN ({customers[1]}, {customers[2]})" for name in names),
    )
    assert (found.differing, found.only_before, found.only_after) == (0, 1, 2)
    assert found.customers_after == found.customers_before + 1
    assert [customer.stands_in for customer in found.sample] == ["before", "after", "after"]


def test_who_is_set_aside_in_one_version_only_is_quick_told_with_the_reason(quick_told: Ledger) -> None:
    found = change(
        quick_told, "INSERT INTO parked__v2 (customer, position, reason, parked_at) VALUES (2, 1, 'beamed', 0)"
    )
    assert found.differing == 1
    [difference] = found.sample[0].differences
    assert (difference.projection, difference.before) == ("parked", None)
    assert difference.after == {"position": 1, "reason": "beamed"}


def test_a_column_that_only_one_version_has_is_named(told: Ledger) -> None:
    found = change(
        told, "ALTER TABLE cases__v2 ADD COLUMN mood text", "ALTER TABLE stage_visits__v2 DROP COLUMN department"
    )
    assert not found.equal
    assert found.differing == 0
    unlike = {one.name: (one.columns_removed, one.columns_added) for one in found.projections}
    assert unlike["cases"] == ([], ["mood"])
    assert unlike["stage_visits"] == (["department"], [])


def test_both_are_brought_to_the_last_event_first(told: Ledger) -> None:
    told.append([order("late-1", "new"), order("late-2")])
    [head] = column(told, "SELECT position FROM log_head")
    found = told.compare()
    assert found.equal
    assert (found.position_before, found.position_after) == (head, head)
    assert column(told, "SELECT min(position) FROM checkpoints") == [head]


def test_whoever_has_events_that_a_version_cannot_take_in_is_not_compared(told: Ledger) -> None:
    change(told, "UPDATE checkpoints SET fingerprint = 'cases 9 fff fff' WHERE projection = 'cases' AND model = 1")
    names = dict(ask(told, "SELECT stream, customer_id FROM streams"))
    [a, b] = [names[one] for one in standing(told) if not names[one].startswith("anonymous")][:2]
    told.append([fact("late", "page.viewed", a), merge("m1", b, a), order("late-2", "new")])
    found = told.compare()
    assert found.position_after == found.position_before + 3
    assert found.not_compared == 2
    assert (found.differing, found.only_before, found.only_after) == (0, 0, 0)
    assert not found.equal
    assert found.changed == [f"the fold of cases 9 → {CASES.version}"]


def test_a_version_under_construction_is_not_compared(quick_told: Ledger) -> None:
    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(quick_told.store, progress=stop)
    with pytest.raises(InvalidArgument, match="version 3 of the read model is not whole yet"):
        quick_told.compare(1, 3)


def test_without_a_second_version_there_is_nothing_to_compare(quick_ledger: Ledger) -> None:
    with pytest.raises(InvalidArgument, match="no version of the read model is live yet"):
        quick_ledger.compare()
    quick_ledger.rebuild()
    with pytest.raises(InvalidArgument, match="there is no version beside the live one"):
        quick_ledger.compare()


@pytest.mark.parametrize("damage", [None, "UPDATE cases__v2 SET events = 99", "DELETE FROM journey_position__v2"])
def test_threads_on_one_snapshot_find_what_one_thread_finds(
    quick_told: Ledger, monkeypatch: pytest.MonkeyPatch, damage: str | None
) -> None:
    alone = change(quick_told, *filter(None, [damage]))
    monkeypatch.setattr(comparing, "WORTH_THREADS", 0)
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    assert quick_told.compare() == alone
    assert alone.equal is (damage is None)


def test_versions_are_level_even_while_the_live_one_takes_in_events(
    quick_told: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    level: Callable[..., bool] = comparing._bring_together
    numbers = iter(range(3))

    def outrun(*versions: object) -> bool:
        """Bring them together, and have the live one take in another event."""
        found = level(*versions)
        if (number := next(numbers, None)) is not None:
            quick_told.append(order(f"late-{number}", "new"))
            quick_told.catch_up()
        return found

    monkeypatch.setattr(comparing, "_bring_together", outrun)
    found = quick_told.compare()
    assert found.equal
    assert found.position_before == found.position_after
