"""Following the log: every event after a position once, in order, as it comes, until one stops."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from itertools import islice
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import URL, make_url

from ledger import Ledger
from ledger.errors import InvalidArgument, LedgerClosed, LedgerUnreachable, UnknownEventType
from ledger.opening import define
from ledger.queries.subscribe import WINDOW
from ledger.schemas.types import types_from_toml, types_to_json
from tests import databases
from tests.databases import administer
from tests.store.doors import rewritten
from tests.store.events import fact, order
from tests.store.following import following

IDLE = 0.3
"""Seconds after which a subscription that gets nothing looks as seldom as it ever does."""


def test_a_subscription_gives_what_is_recorded_and_then_what_comes(ledger: Ledger) -> None:
    ledger.append([order("o1"), order("o2", "bo")])
    with following(ledger.subscribe()) as [follower]:
        follower.reached(2)
        time.sleep(IDLE)
        ledger.append([order("o3"), order("o4", "bo")])
        follower.reached(4)
    assert follower.positions == [1, 2, 3, 4]


def test_an_event_is_given_as_the_history_gives_it(ledger: Ledger) -> None:
    ledger.append([order("o1", actor={"type": "agent", "id": "joe"}), order("o2", occurred_at="2024-06-01T10:00:00Z")])
    given = [event | {"retracted": False} for event in islice(ledger.subscribe(), 2)]
    assert given == ledger.history("ada")
    assert given[0]["actor"] == {"type": "agent", "id": "joe"}


def test_what_another_process_records_comes_too(ledger: Ledger, quick_url: str) -> None:
    command = [sys.executable, "-m", "tests.store.appending", quick_url, "0", "5"]
    with (
        following(ledger.subscribe()) as [follower],
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process,
    ):
        process.communicate("go\n", timeout=60)
        follower.reached(5)
    assert follower.positions == [1, 2, 3, 4, 5]


def test_a_subscription_starts_after_a_position_or_at_the_end(ledger: Ledger) -> None:
    ledger.append([order(f"o{number}") for number in range(5)])
    with following(ledger.subscribe(after=3), ledger.subscribe(after="end")) as [later, new]:
        later.reached(5)
        assert new.subscription.position == 5
        ledger.append(order("o5"))
        later.reached(6)
        new.reached(6)
    assert (later.positions, new.positions) == ([4, 5, 6], [6])


@pytest.mark.parametrize("after", [-1, 3])
def test_a_position_that_the_log_has_not_reached_is_refused(ledger: Ledger, after: int) -> None:
    ledger.append([order("o1"), order("o2")])
    with pytest.raises(InvalidArgument, match="which ends at 2: it belongs to another ledger"):
        ledger.subscribe(after=after)


def test_a_log_that_was_restored_to_an_earlier_state_is_not_taken_for_the_same(ledger: Ledger, quick_url: str) -> None:
    ledger.append([order("o1"), order("o2")])
    with following(ledger.subscribe()) as [follower]:
        follower.reached(2)
        rewritten(quick_url, "UPDATE log_head SET position = 1")
        assert "this one was restored" in str(follower.failed(InvalidArgument))


# Types


def test_the_position_goes_on_where_nothing_matches(ledger: Ledger) -> None:
    orders = ["order.cancelled", "order.placed"]
    with following(ledger.subscribe(types=orders), ledger.subscribe(types="order.cancelled")) as [some, few]:
        ledger.append([order("o1"), fact("x1", "order.cancelled"), fact("p1", "page.viewed"), order("o2")])
        some.reached(4)
        few.reached(4)
        ledger.append(fact("p2", "page.viewed"))
        few.reached(5)
        some.reached(5)
    assert (some.positions, few.positions) == ([1, 2, 4], [2])


def test_a_type_that_nobody_declared_is_refused(ledger: Ledger) -> None:
    with pytest.raises(InvalidArgument, match=r"no event type is called 'order\.plcaed'"):
        ledger.subscribe(types="order.plcaed")


def test_a_backlog_of_many_windows_comes_whole(quick_ledger: Ledger) -> None:
    length = 2 * WINDOW + 7
    rare = {1, WINDOW, WINDOW + 1, 2 * WINDOW + 3}
    events = (
        fact(f"e{place}", "order.cancelled" if place in rare else "page.viewed", f"c{place % 7}")
        for place in range(1, length + 1)
    )
    for _ in quick_ledger.append_many(events):
        pass
    with following(quick_ledger.subscribe(), quick_ledger.subscribe(types="order.cancelled")) as [every, few]:
        every.reached(length)
        few.reached(length)
        quick_ledger.append(order("last"))
        every.reached(length + 1)
        few.reached(length + 1)
    assert every.positions == list(range(1, length + 2))
    assert set(few.positions) == rare


# Ending


def test_stopping_wakes_whoever_waits_at_once(ledger: Ledger) -> None:
    with following(*(ledger.subscribe() for _ in range(3))) as followers:
        time.sleep(IDLE)
        for follower in reversed(followers):  # the first of them is the one who looks at the log for all
            started = time.monotonic()
            follower.subscription.stop()
            follower.ended()
            # Far below 100 ms by itself; the neighbours of a shared machine take their time.
            assert time.monotonic() - started < 1


def test_leaving_the_block_ends_the_iteration(ledger: Ledger) -> None:
    ledger.append([order("o1"), order("o2")])
    with ledger.subscribe() as subscription:
        assert next(subscription)["position"] == 1
    assert list(subscription) == []
    assert subscription.position == 1


def test_closing_the_ledger_ends_every_subscription(quick_url: str) -> None:
    with Ledger.open(quick_url) as ledger:
        ledger.append(order("o1"))
        with following(ledger.subscribe(), ledger.subscribe(after="end")) as followers:
            followers[0].reached(1)
            ledger.close()
            for follower in followers:
                follower.ended()
        with pytest.raises(LedgerClosed, match="open it again"):
            ledger.subscribe()


def test_a_signals_handler_stops_the_subscription_of_its_own_thread(ledger: Ledger, quick_url: str) -> None:
    ledger.append([order("o1"), order("o2")])
    command = [sys.executable, "-m", "tests.store.following", quick_url, "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)] == ["ready\n", "2\n"]
        time.sleep(IDLE)
        process.send_signal(signal.SIGTERM)
        assert process.stdout.readline() == "stopped at 2\n"
        assert process.wait(30) == 0


# Errors


METERS = """
[[types]]
name = "meter.read"
family = "use"
summary = "A meter was read."
"""


def test_an_event_that_cannot_be_read_is_named_and_the_place_is_kept(ledger: Ledger, quick_url: str) -> None:
    define(quick_url, {"types": types_to_json(types_from_toml(METERS))})
    with Ledger.open(quick_url) as newer:
        newer.append([order("o1"), fact("m1", "meter.read"), order("o2")])
    subscription = ledger.subscribe()
    assert next(subscription)["position"] == 1
    for _ in range(2):
        with pytest.raises(UnknownEventType, match=r"meter\.read") as caught:
            next(subscription)
        assert (caught.value.position, subscription.position) == (2, 1)
    assert next(ledger.subscribe(after=caught.value.position))["position"] == 3


def test_a_link_that_broke_while_nothing_came_is_made_anew(postgres_url: str) -> None:
    with Ledger.open(postgres_url) as ledger, following(ledger.subscribe()) as [follower]:
        time.sleep(IDLE)
        with psycopg.connect(plain(postgres_url)) as holder:
            break_links(holder)
        time.sleep(IDLE)
        ledger.append(order("o1"))
        follower.reached(1)


def test_who_cannot_reach_the_server_is_told_and_goes_on_from_there(postgres_url: str, postgres_server: URL) -> None:
    def open_to_all(yes: bool) -> None:
        administer(postgres_server, f'ALTER DATABASE "{make_url(postgres_url).database}" ALLOW_CONNECTIONS {yes}')

    with Ledger.open(postgres_url) as ledger:
        ledger.append(order("o1"))
        same = ledger.subscribe()
        assert next(same)["position"] == 1
        with following(*(ledger.subscribe() for _ in range(3))) as followers:
            for follower in followers:
                follower.reached(1)
            with psycopg.connect(plain(postgres_url)) as holder:
                open_to_all(False)
                break_links(holder)
            for follower in followers:
                follower.failed(LedgerUnreachable)
            with pytest.raises(LedgerUnreachable):
                next(same)
        open_to_all(True)
        ledger.append(order("o2"))
        assert next(same)["position"] == 2
        assert next(ledger.subscribe(after=followers[0].subscription.position))["position"] == 2


def plain(url: str) -> str:
    return databases.text(make_url(url).set(drivername="postgresql"))


def break_links(holder: psycopg.Connection[Any]) -> None:
    holder.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
