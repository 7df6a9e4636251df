"""The channels of all customers from the read model, or of one, folded from the log now."""

from __future__ import annotations

from collections import Counter
from typing import Any

from msgspec.json import decode

from ledger.projections.channels import CHANNELS
from ledger.queries.figure_row import iso
from ledger.queries.folded import Row, fold_customer
from ledger.store.engine import reading
from ledger.store.figures.channels import channel_objects, channel_sums
from ledger.store.figures.positions import observed
from ledger.store.log import NOW, Until
from ledger.store.serving import require_serving
from ledger.store.store import Store

Ratings = dict[str, list[float]]


def channels(store: Store) -> list[dict[str, Any]]:
    """Return what all customers did on each channel, the one with the most touchpoints first.

    Each has channel (None where it is unknown), what the registry says of it, customers, first_at, last_at,
    touchpoints by direction and assistance, interactions started, completed and abandoned, outcomes, ratings
    ({"csat|1-5": {n, mean}}), switches in and out, and how many of the customers `with_preference` prefer it. It
    is the live read model, which may lag: each row says from where it was seen. Raises ProjectionStale.
    """
    with reading(store.engine) as connection:
        serving = require_serving(connection, store.context)
        first, last = observed(connection)
        sums = channel_sums(connection)
        objects = channel_objects(connection)
    outcomes: dict[str, Counter[str]] = {row["channel"]: Counter() for row in sums}
    ratings: dict[str, Ratings] = {row["channel"]: {} for row in sums}
    for channel, outcome, rated, customers in objects:
        for name, n in decode(outcome).items():
            outcomes[channel][name] += n * customers
        for name, (n, total) in decode(rated).items():
            sum_of = ratings[channel].setdefault(name, [0, 0])
            sum_of[0] += n * customers
            sum_of[1] += total * customers
    seen = {
        "from": iso(first),
        "to": iso(last),
        "as_of": iso(last),
        "known_at": None,
        "zone": store.context.zone.key,
        "position": serving.position,
        "journey": store.context.journey.hash,
    }
    return [
        _about(store, row["channel"])
        | {name: value for name, value in row.items() if name != "channel"}
        | {"first_at": iso(row["first_at"]), "last_at": iso(row["last_at"])}
        | {"outcomes": dict(sorted(outcomes[row["channel"]].items())), "ratings": _means(ratings[row["channel"]])}
        | seen
        for row in sorted(sums, key=lambda row: (-row["touchpoints"], row["channel"]))
    ]


def channels_of(store: Store, customer_id: str, until: Until = NOW) -> list[dict[str, Any]]:
    """Return what one customer did on each channel, in the order they first used them; the same keys but customers.

    `preferred` is true or false, None where no preference is known. Raises CustomerNotFound, Undecodable.
    """
    rows = fold_customer(store, customer_id, (CHANNELS,), until).rows[CHANNELS.name]
    return [_of_one(store, row) for row in rows]


def _of_one(store: Store, row: Row) -> dict[str, Any]:
    preferred = row["preferred"]
    return (
        _about(store, row["channel"])
        | {name: value for name, value in row.items() if name != "channel"}
        | {
            "first_at": iso(row["first_at"]),
            "last_at": iso(row["last_at"]),
            "outcomes": decode(row["outcomes"]),
            "ratings": _means(decode(row["ratings"])),
            "preferred": None if preferred is None else bool(preferred),
        }
    )


def _about(store: Store, channel: str) -> dict[str, Any]:
    known = store.context.channels.get(channel)
    return {
        "channel": channel or None,
        "medium": known.medium if known else None,
        "modality": known.modality if known else None,
        "assistance": known.assistance if known else None,
    }


def _means(ratings: Ratings) -> dict[str, dict[str, float]]:
    return {name: {"n": n, "mean": total / n} for name, (n, total) in sorted(ratings.items())}
