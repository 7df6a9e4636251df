"""How fast are events kept? Against eventsourcing's recorder called as its applications call it, and in bulk.

The peer stores (stream, version, topic, state) and no more: no key of its own, no stream head, no digest, no
validation. It is given events that are encoded already; ours starts from the producer's JSON text.

    python -m benchmarks.append [sqlite|postgresql://…] [events]
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID, uuid5

from eventsourcing.persistence import StoredEvent

from benchmarks.peers import folder, lines, machine, say, seconds
from ledger import Ledger, LedgerError

NAMESPACE = UUID(int=7)


def stored(raw: Sequence[bytes]) -> list[StoredEvent]:
    """Return the peer's events: the same text as state, on the same streams."""
    import msgspec

    versions: dict[str, int] = {}
    events = []
    for line in raw:
        wire = msgspec.json.decode(line)
        customer = wire["customer_id"]
        versions[customer] = versions.get(customer, 0) + 1
        events.append(StoredEvent(uuid5(NAMESPACE, customer), versions[customer], wire["type"], line))
    return events


def peer(address: str) -> Any:
    """Return eventsourcing's own recorder on the same kind of database."""
    from eventsourcing.utils import Environment

    if address.startswith("sqlite"):
        from eventsourcing.sqlite import SQLiteFactory

        return SQLiteFactory(
            Environment("bench", {"SQLITE_DBNAME": address.removeprefix("sqlite:///")})
        ).application_recorder()
    from eventsourcing.postgres import PostgresFactory
    from sqlalchemy import make_url

    url = make_url(address)
    names = {
        "POSTGRES_DBNAME": url.database or "",
        "POSTGRES_HOST": str(url.query.get("host", url.host or "")),
        "POSTGRES_PORT": str(url.port or 5432),
        "POSTGRES_USER": url.username or "",
        "POSTGRES_PASSWORD": url.password or "",
    }
    return PostgresFactory(Environment("bench", names)).application_recorder()


def chunks(events: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Cut events into lists of a size."""
    for start in range(0, len(events), size):
        yield events[start : start + size]


def main(address: str, count: int) -> None:
    """Print the rates and their ratios."""
    raw = lines(count)
    theirs = stored(raw)
    with folder() as place:
        ours, other = (f"sqlite:///{place}/{name}.db" if address == "sqlite" else address for name in ("ours", "peer"))
        say(f"{count} simulated events on {address.rsplit('@', maxsplit=1)[-1]}; {machine()}")
        recorder = peer(other)
        rates: dict[str, float] = {}
        start = 0
        for size, share in ((1, 400), (10, 50), (5_000, 1)):
            part = theirs[start : start + max(1_000, count // share)] if size < 5_000 else theirs[start:]
            start += len(part)
            took = seconds(lambda part=part, size=size: [recorder.insert_events(chunk) for chunk in chunks(part, size)])  # type: ignore[misc]
            rates[f"peer, {size} a call"] = len(part) / took
        with Ledger.open(ours) as ledger:
            single = raw[:1_000]
            took = seconds(lambda: [ledger.append(line) for line in single])
            rates["ledger, append of 1"] = len(single) / took
            rest = raw[1_000:]
            outcomes: list[Any] = []
            took = seconds(lambda: outcomes.extend(ledger.append_many(rest)))
            rates["ledger, append_many"] = len(rest) / took
            refused = sum(isinstance(outcome, LedgerError) for outcome in outcomes)
    for name, rate in rates.items():
        say(f"  {name:24} {rate:10,.0f} events/s")
    bulk = rates["ledger, append_many"]
    say(f"  append_many / peer, 1 a call      {bulk / rates['peer, 1 a call']:6.1f} x")
    say(f"  append_many / peer, 10 a call     {bulk / rates['peer, 10 a call']:6.1f} x   (aim 5)")
    say(f"  append_many / peer, 5,000 a call  {bulk / rates['peer, 5000 a call']:6.1f} x   (the peer does less)")
    say(f"  append of 1 / peer, 1 a call      {rates['ledger, append of 1'] / rates['peer, 1 a call']:6.1f} x")
    say(f"  append_many: {bulk:,.0f} events/s (aim 25,000); refused {refused} of {count}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "sqlite", int(sys.argv[2]) if len(sys.argv) > 2 else 100_000)
