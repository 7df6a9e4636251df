"""What a person sees of two versions of the read model that were compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ledger.cli.words import counted

CUSTOMERS = 5
"""Differing customers that are drawn; the other formats have all of the sample."""

DIFFERENCES = 3
"""Differences that are drawn of each."""


def comparison_view(made: Any, _zone: Any) -> Iterable[Any]:
    """Show whether two versions are equal, and else who differs, who moved, and which events stand behind it."""
    from ledger.cli.drawing import Shown, plain, table

    yield plain(_headline(made))
    yield plain("")
    columns = (
        Shown("projection", "name"),
        Shown("rows before", "rows_before", "right"),
        Shown("rows after", "rows_after", "right"),
        Shown("customers that differ", "customers", "right"),
    )
    yield table(columns, made["projections"])
    for one in made["projections"]:
        for words, names in (("lost", one["columns_removed"]), ("got", one["columns_added"])):
            if names:
                yield plain(f"{one['name']} {words} the columns {', '.join(names)}")
    if made["moved"]:
        yield plain("")
        moved = (
            Shown("stage before", "before"),
            Shown("stage after", "after"),
            Shown("customers", "customers", "right"),
        )
        yield table(moved, made["moved"])
    if made["sample"]:
        yield plain("")
        sample = (Shown("customer", "customer"), Shown("value", "value"), Shown("before", "before"),
                  Shown("after", "after"), Shown("because of", "because"))  # fmt: skip
        yield table(sample, _lines(made["sample"]))


def _headline(made: Any) -> str:
    changed = f" ({', '.join(made['changed'])})" if made["changed"] else ""
    both = f"version {made['before']} against version {made['after']}{changed}"
    if made["equal"]:
        return f"{both}: equal, {counted(made['customers_after'], 'customer')}"
    found = [f"{counted(made['differing'], 'customer')} of {made['customers_after']:,} differ"]
    found += [f"{made[f'only_{side}']:,} only {side}" for side in ("before", "after") if made[f"only_{side}"]]
    if made["not_compared"]:
        found.append(
            f"{made['not_compared']:,} not compared, because of events that only one has "
            f"(positions {made['position_before']:,} and {made['position_after']:,})"
        )
    return f"{both}: {', '.join(found)}"


def _lines(sample: Any) -> Iterator[dict[str, Any]]:
    for customer in sample[:CUSTOMERS]:
        shown = customer["differences"][:DIFFERENCES]
        for one in shown:
            key = " ".join(str(value) for value in one["row"].values())
            yield {
                "customer": customer["customer_id"],
                "value": " ".join(part for part in (one["projection"], key, one["column"]) if part),
                "before": _side(one, "before"),
                "after": _side(one, "after"),
                "because": _because(one["events"]),
            }
        more = len(customer["differences"]) - len(shown) + customer["more"]
        if more:
            yield {"customer": customer["customer_id"], "value": f"and {more:,} more"}


def _side(one: Any, side: str) -> Any:
    value = one[side]
    if one["column"] is None:
        return "no row" if value is None else "a row"
    return value


def _because(events: Any) -> str | None:
    if not events:
        return None
    last = events[-1]
    return f"{last['type']} {last['occurred_at'][:10]} ({last['source']}/{last['event_id']})"
