"""The link to PostgreSQL is cut around COMMIT, in COPY and at any byte: sent again, what was kept is found.

Every cut is drawn from a seed made of the test's name and the cut's number, so that a failure comes again.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from ledger import Ledger
from ledger.errors import LedgerBusy, LedgerError, LedgerUnreachable
from ledger.store.plan import Recorded
from tests.faults.extent import many
from tests.faults.oracle import Key, Place, expect_sound, places
from tests.faults.proxy import Cut, How, Proxy, Where, through_proxy
from tests.ledgers import empty
from tests.store.events import Wire, order

EXPECTED = (LedgerUnreachable, LedgerBusy)
"""What a cut link may be told as; the second where the writer that was cut off still holds its locks."""

TRIES = 20
"""How often the same events are sent at most; two cuts at most are armed for one call."""


class Sender:
    """Sends events until they are acknowledged, and notes what happened on the way."""

    def __init__(self) -> None:
        self.acknowledged: dict[Key, Place] = {}
        self.sent: set[Key] = set()
        self.errors: Counter[str] = Counter()
        self.found_again = 0
        self.cureless = 0

    def until_kept(self, events: Sequence[Wire], append: Callable[[], list[Recorded]], what: str) -> list[Recorded]:
        """Append, and again after every error, until it is acknowledged; any error but the expected ones is raised."""
        self.sent.update((event["source"], event["event_id"]) for event in events)
        for tries in range(TRIES):
            try:
                kept = append()
            except EXPECTED as error:
                self.errors[type(error).__name__] += 1
                self.cureless += "try again" not in str(error) and "check the address" not in str(error)
            except BaseException as error:
                error.add_note(f"at {what}")
                raise
            else:
                self.acknowledged |= places(kept)
                self.found_again += bool(tries and not all(place.recorded for place in kept))
                assert tries or all(place.recorded for place in kept), f"{what}: new events were there already"
                return kept
        raise AssertionError(f"{what}: not kept after {TRIES} tries")


def judge(url: str, senders: Sequence[Sender], proxy: Proxy, tell: Callable[..., None]) -> None:
    """Expect that everything is stored once where it was said to be, and nothing else; tell what the cuts did."""
    acknowledged = {key: place for sender in senders for key, place in sender.acknowledged.items()}
    sent = {key for sender in senders for key in sender.sent}
    assert acknowledged.keys() == sent
    events = expect_sound(url, acknowledged, sent=sent)
    assert events == len(sent)
    assert not any(sender.cureless for sender in senders)
    errors: Counter[str] = sum((sender.errors for sender in senders), Counter())
    kept = sum(sender.found_again for sender in senders)
    where = {where.name.lower(): count for where, count in proxy.made.items()}
    tell(
        cuts=proxy.cut, where=where, told=dict(errors), had_been_kept=kept, events=events, lost=0, twice=0, conflicts=0
    )


@pytest.fixture
def cut_off(kept_postgres: str) -> Iterator[tuple[Proxy, Ledger, str]]:
    """Give an empty ledger behind a proxy, and its address without."""
    empty(kept_postgres)
    with through_proxy(kept_postgres) as (proxy, ledger):
        yield proxy, ledger, kept_postgres


def some_cut(seed: random.Random, size: int, *, copies: bool) -> Cut:
    """Draw a cut; `size` is how many bytes an append says and hears, `copies` whether it uses COPY."""
    where = seed.choice([*Where, Where.BEFORE, Where.AFTER, Where.AFTER, Where.RACED])
    if where is Where.COPY and not copies:
        where = Where.BYTE
    after = seed.randrange(size if where is Where.BYTE else size // 2)
    return Cut(where, after, seed.choice([How.END, How.RESET]))


def cuts_of(seed: random.Random, size: int, *, copies: bool) -> list[Cut]:
    """Draw the cuts that one call meets: sometimes its retry is cut as well."""
    return [some_cut(seed, size, copies=copies) for _ in range(1 + (seed.random() < 0.2))]


COPIED = 120
"""Events that are sent by COPY; fewer are inserted."""

Append = Callable[[Ledger, list[Wire], int], list[Recorded]]


def one(ledger: Ledger, events: list[Wire], version: int) -> list[Recorded]:
    return ledger.append(events[:1], expected_version=version if version % 2 else None)


def together(ledger: Ledger, events: list[Wire], version: int) -> list[Recorded]:
    return ledger.append(events[:4], expected_version=version)


def batch(ledger: Ledger, events: list[Wire], _version: int) -> list[Recorded]:
    outcomes = list(ledger.append_many(events))
    errors = [outcome for outcome in outcomes if isinstance(outcome, LedgerError)]
    assert errors == []
    return [outcome for outcome in outcomes if isinstance(outcome, Recorded)]


@pytest.mark.parametrize(
    ("append", "size", "cuts"),
    [(one, 1, many(16, 400)), (together, 4, many(10, 250)), (batch, COPIED, many(8, 200))],
    ids=["one", "together", "batch"],
)
def test_what_is_sent_again_after_a_cut_link_has_its_first_place(
    cut_off: tuple[Proxy, Ledger, str], append: Append, size: int, cuts: int, tell: Callable[..., None]
) -> None:
    proxy, ledger, url = cut_off
    sender = Sender()
    versions: Counter[str] = Counter()
    traffic = 4_000
    number = 0
    while proxy.cut < cuts:
        number += 1
        seed = random.Random(f"{append.__name__} {number}")
        customer = f"c{seed.randrange(5)}"
        events = [order(f"{number}-{part}", customer if size < COPIED else f"c{part % 7}") for part in range(size)]
        drawn = cuts_of(seed, traffic, copies=size >= COPIED)
        proxy.arm(*drawn)
        before, passed = len(sender.acknowledged), proxy.passed
        what = f"{append.__name__} {number}: {drawn}"
        kept = sender.until_kept(events, partial(append, ledger, events, versions[customer]), what)
        proxy.disarm()
        traffic = max(1_000, (traffic + proxy.passed - passed) // 2)
        assert [place.position for place in kept] == list(range(before + 1, before + size + 1)), what
        versions.update(event["customer_id"] for event in events)
    judge(url, [sender], proxy, tell)


def sends_its_own_and_shared(ledger: Ledger, thread: int, done: threading.Event) -> Sender:
    """Send to a customer of the thread's own, with the version it must be at, and to customers that all share."""
    sender, version, number = Sender(), 0, 0
    while not done.is_set():
        number += 1
        what = f"thread {thread}: {number}"
        own = [order(f"{thread}-{number}-{part}", f"own{thread}") for part in range(1 + number % 3)]
        kept = sender.until_kept(own, partial(ledger.append, own, expected_version=version), what)
        assert [place.version for place in kept] == list(range(version + 1, version + len(own) + 1)), what
        version += len(own)
        shared = [
            order(f"{thread}-{number}-s{part}", f"shared{part % 3}") for part in range(1 if number % 8 else COPIED)
        ]
        sender.until_kept(shared, partial(batch, ledger, shared, 0), what)
    return sender


def test_threads_that_share_a_cut_transaction_each_find_their_own_events_again(
    cut_off: tuple[Proxy, Ledger, str], tell: Callable[..., None]
) -> None:
    proxy, ledger, url = cut_off
    cuts, threads = many(10, 200), 6
    done = threading.Event()
    with ThreadPoolExecutor(threads) as pool:
        sending = [pool.submit(sends_its_own_and_shared, ledger, thread, done) for thread in range(threads)]
        try:
            number = 0
            while proxy.cut < cuts and not any(one.done() for one in sending):
                number += 1
                seed = random.Random(f"threads {number}")
                proxy.arm(*cuts_of(seed, 6_000, copies=number % 4 == 0))
                waited = time.monotonic() + 0.5
                while proxy.due() is not None and time.monotonic() < waited:
                    time.sleep(0.002)
                time.sleep(seed.random() / 20)
        finally:
            done.set()
            proxy.disarm()
        senders = [one.result(60) for one in sending]
    judge(url, senders, proxy, tell)
