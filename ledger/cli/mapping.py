"""What a person sees of the touchpoint map: one line a touchpoint, the groups of an association side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from ledger.cli.drawing import ABSENT, Shown, figure, interval, length, plain, seen_from, table
from ledger.metrics.registry import METRICS

Rows = list[dict[str, Any]]

TOLD = frozenset(
    {"metric", "statistic", "value", "n", "excluded", "low", "high", "unit", "numerator", "negative", "few",
     "definition", "window", "from", "to", "as_of", "known_at", "zone", "position", "journey", "catalogue"}
)  # fmt: skip
"""The keys of every row; any other says which row it is."""

PARTS = frozenset({"layer", "gap", "touchpoint", "layers", "trouble", "cause", "group"})


def view(rows: Rows, top: int) -> Iterator[Any]:
    """Show each metric as a table of at most `top` touchpoints of a group, and what all were seen from."""
    if not rows:
        yield plain("no figures: nobody met any touchpoint")
        return
    for name, figures in groupby(rows, key=lambda row: str(row["metric"])):
        yield from _of_one_metric(name, list(figures), top)
        yield plain("")
    yield plain(seen_from(rows[0]))
    if rows[0]["catalogue"] is not None:
        yield plain(f"catalogue {rows[0]['catalogue'][:12]}")


def _of_one_metric(name: str, rows: Rows, top: int) -> Iterator[Any]:
    keys = list(dict.fromkeys(key for row in rows for key in row if key not in TOLD | PARTS))
    lines, columns = _DRAWN[name](rows)
    shown, hidden = _first(lines, [*keys, "gap"], top)
    title = f"{METRICS[name].title} ({rows[0]['definition']})"
    kept = [column for column in columns if any(line.get(column.key) not in (None, "", {}) for line in shown)]
    yield table([*(Shown(key, key) for key in keys), *kept], shown, title=title)
    if hidden:
        yield plain(f"{hidden:,} more: --top shows more, any other format all")
    yield from length(name, rows)


def _first(lines: Rows, keys: list[str], top: int) -> tuple[Rows, int]:
    """Return the first touchpoints of each group with all lines of none, and how many there are beside."""
    seen: dict[tuple[Any, ...], int] = {}
    shown = []
    for line in lines:
        group = tuple(line.get(key) for key in keys)
        seen[group] = seen.get(group, 0) + ("touchpoint" in line)
        if seen[group] <= top:
            shown.append(line)
    return shown, len(lines) - len(shown)


def _coverage(rows: Rows) -> tuple[Rows, list[Shown]]:
    return [{**row, **_estimate(row)} for row in rows], [
        Shown("layer", "layer"), Shown("met", "share", "right"), Shown("95 % interval", "interval"),
        Shown("of", "n", "right"), Shown("left out", "excluded"),
    ]  # fmt: skip


def _gaps(rows: Rows) -> tuple[Rows, list[Shown]]:
    """Return a line for each touchpoint; the first of a gap, or one of none, says how many have it."""
    lines: Rows = []
    for row in rows:
        if row["statistic"] == "count":
            told = ABSENT if row["value"] is None else f"{row['value']} of {row['n']}"
            lines.append({**row, "title": row["gap"], "of": told, "left_out": row["excluded"]})
            continue
        begun = lines.pop() if "touchpoint" not in lines[-1] else {"title": " ", "of": " "}
        lines.append({**begun, **row, "encounters": row["value"], "customers": row["n"]})
    return lines, [
        Shown("gap", "title"), Shown("how many", "of"), Shown("touchpoint", "touchpoint"), Shown("layers", "layers"),
        Shown("encounters", "encounters", "right"), Shown("customers", "customers", "right"),
        Shown("left out", "left_out"),
    ]  # fmt: skip


def _encounters(rows: Rows) -> tuple[Rows, list[Shown]]:
    lines = []
    for pair in _together(rows):
        count, share = pair
        lines.append({**count, "encounters": count["value"], "customers": share["numerator"], **_estimate(share)})
    return lines, [
        Shown("touchpoint", "touchpoint"), Shown("layers", "layers"), Shown("encounters", "encounters", "right"),
        Shown("customers", "customers", "right"), Shown("of all", "share", "right"), Shown("95 % interval", "interval"),
    ]  # fmt: skip


def _trouble(rows: Rows) -> tuple[Rows, list[Shown]]:
    lines = []
    for told in _together(rows):
        both = next(row for row in told if row["trouble"] == row["cause"] == "any")
        if both["numerator"]:
            ways = {row["trouble"]: row["numerator"] for row in told if row["trouble"] != "any"}
            causes = {row["cause"]: row["numerator"] for row in told if row["cause"] != "any"}
            lines.append({**both, **_estimate(both), "ways": ways, "causes": causes})
    return lines, [
        Shown("touchpoint", "touchpoint"), Shown("wrong", "share", "right"), Shown("95 % interval", "interval"),
        Shown("of", "n", "right"), Shown("", "small"), Shown("what", "ways"), Shown("cause", "causes"),
    ]  # fmt: skip


def _association(rows: Rows) -> tuple[Rows, list[Shown]]:
    lines = []
    for told in _together(rows):
        by_group = {row["group"]: row for row in told}
        sides = {
            group: f"{figure(row['value'], row['unit'])} of {row['n']:,}"
            for group, row in by_group.items()
            if group != "difference"
        }
        lines.append({**by_group["difference"], **sides, **_estimate(by_group["difference"])})
    points = "difference (% points)" if rows[0]["metric"] == "touchpoint_conversion_association" else "difference"
    return lines, [
        Shown("touchpoint", "touchpoint"), Shown("met it", "met", "right"), Shown("did not", "not_met", "right"),
        Shown(points, "share", "right"), Shown("95 % interval", "interval"), Shown("", "small"),
        Shown("left out", "excluded"),
    ]  # fmt: skip


def _together(rows: Rows) -> Iterable[Rows]:
    """Return the rows of each touchpoint of each group, which follow each other."""
    keys = [key for row in rows[:1] for key in row if key not in TOLD | PARTS] + ["touchpoint"]
    return (list(found) for _, found in groupby(rows, key=lambda row: [row.get(key) for key in keys]))


def _estimate(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "share": figure(row["value"], row["unit"]),
        "interval": interval(row["low"], row["high"], row["unit"]),
        "small": "few" if row["few"] else "",
    }


_DRAWN = {
    "touchpoint_coverage": _coverage,
    "touchpoint_gaps": _gaps,
    "touchpoint_encounters": _encounters,
    "touchpoint_trouble": _trouble,
    "touchpoint_conversion_association": _association,
    "touchpoint_rating_association": _association,
}
"""What a person sees of each metric: its lines and their columns."""
