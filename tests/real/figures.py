"""The figures of the real logs' truth: by which command a ledger prints each, and which it cannot print and why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

Truth = dict[str, Any]
Rows = list[dict[str, Any]]


class Printed(NamedTuple):
    """A figure a command prints: `told` takes it from the command's rows, `truth` from truth.json.

    `within` is how far they may differ: the truth's own rounding, else the last bits of a double.
    """

    figure: str
    command: str
    told: Callable[[Rows], Any]
    truth: Callable[[Truth], Any]
    within: float = 1e-9


class Unprinted(NamedTuple):
    """A figure that no command prints, and why."""

    figure: str
    why: str


class Log(NamedTuple):
    """A real log: where its mapping is, and its figures; `definitions` are the options of `init`."""

    name: str
    about: str
    printed: tuple[Printed, ...]
    unprinted: tuple[Unprinted, ...]
    definitions: tuple[str, ...] = ()


def value(rows: Rows, statistic: str, field: str = "value", **by: Any) -> Any:
    """Return one field of the one row of that statistic and these keys of the split."""
    (row,) = [row for row in rows if row["statistic"] == statistic and by.items() <= row.items()]
    return row[field]


def split(rows: Rows, statistic: str, key: str, field: str = "value") -> dict[str, Any]:
    """Return one field of each row of that statistic by a key of the split."""
    return {str(row[key]): row[field] for row in rows if row["statistic"] == statistic and row[key] != "unknown"}


def _of(statistic: str, field: str = "value", **by: Any) -> Callable[[Rows], Any]:
    return lambda rows: value(rows, statistic, field, **by)


def _by(statistic: str, key: str, field: str = "value") -> Callable[[Rows], Any]:
    return lambda rows: split(rows, statistic, key, field)


def _truth(*path: str) -> Callable[[Truth], Any]:
    def read(truth: Truth) -> Any:
        found: Any = truth
        for name in path:
            found = found[name]
        return found

    return read


def _instant(*path: str, offset: str = "") -> Callable[[Truth], Any]:
    """Return the instant at `path` as the command prints it, in UTC."""
    return lambda truth: datetime.fromisoformat(str(_truth(*path)(truth)) + offset).astimezone(UTC).isoformat()


def _duration(name: str, start: str, end: str, *, per: str = "case", counted: bool = True) -> tuple[Printed, ...]:
    command = f"metrics time_between --from {start} --to {end} --per {per}"
    statistics = {"median_h": "median", "p90_h": "p90"} if counted else {"median": "median", "p90": "p90"}
    printed = [
        Printed(f"{name} {said}", command, _of(statistic), _truth(name, said)) for said, statistic in statistics.items()
    ]
    printed.append(Printed(f"{name} neg", command, _of("median", "negative"), _truth(name, "neg")))
    if counted:
        printed.insert(0, Printed(f"{name} n", command, _of("median", "n"), _truth(name, "n")))
    return tuple(printed)


def _below_zero(name: str, start: str, end: str) -> Printed:
    by = {"metric": "negative_durations", "from_step": start, "to_step": end}
    return Printed(f"{name} neg in the quality report", "quality", _of("share", "numerator", **by), _truth(name, "neg"))


def _event(kind: str) -> str:
    return f"metrics volume --measure events --where type={kind}"


ORDERS = "metrics volume --measure orders"
PURCHASES = "metrics repeat_purchase"
CSAT = "metrics csat"
LATE = "metrics csat --by punctuality"

OLIST = Log(
    name="olist",
    about="4,000 orders of a Brazilian marketplace; five files, times read as America/Sao_Paulo.",
    printed=(
        Printed("orders", ORDERS, _of("count"), _truth("orders")),
        Printed("unique_customers", "metrics volume --measure customers", _of("count"), _truth("unique_customers")),
        Printed("first", _event("order.placed"), _of("count", "from"), _instant("first", offset="-03:00")),
        Printed("last", _event("order.placed"), _of("count", "to"), _instant("last", offset="-03:00")),
        Printed("status", "metrics volume --measure events --by outcome", _by("count", "outcome"), _truth("status")),
        Printed("reviews", "metrics ratings", _of("count", "n", score="5"), _truth("reviews")),
        Printed(
            "orders_reviewed",
            "metrics time_between --from order.placed --to survey.responded",
            _of("median", "n"),
            _truth("orders_reviewed"),
        ),
        Printed("score_counts", "metrics ratings", _by("count", "score"), _truth("score_counts")),
        Printed("mean_score", CSAT, _of("mean"), _truth("mean_score")),
        Printed("csat_top2box", CSAT, _of("share"), _truth("csat_top2box")),
        Printed(
            "csat_wilson95",
            CSAT,
            lambda rows: [value(rows, "share", "low"), value(rows, "share", "high")],
            _truth("csat_wilson95"),
        ),
        *_duration("purchase_to_approved", "order.placed", "order.approved"),
        *_duration("approved_to_carrier", "order.approved", "order.shipped"),
        *_duration("carrier_to_delivered", "order.shipped", "order.delivered"),
        *_duration("purchase_to_delivered", "order.placed", "order.delivered"),
        _below_zero("purchase_to_approved", "order_placed", "order_approved"),
        _below_zero("approved_to_carrier", "order_approved", "order_shipped"),
        _below_zero("carrier_to_delivered", "order_shipped", "order_delivered"),
        Printed(
            "late_rate_of_delivered(ts > est)",
            "metrics punctuality",
            _of("share"),
            _truth("late_rate_of_delivered(ts > est)"),
        ),
        Printed(
            "mean_score_late_vs_ontime",
            LATE,
            _by("mean", "punctuality"),
            lambda truth: _late_on_time(truth["mean_score_late_vs_ontime"]),
        ),
        Printed(
            "csat_late_vs_ontime",
            LATE,
            _by("share", "punctuality"),
            lambda truth: _late_on_time(truth["csat_late_vs_ontime"]),
        ),
        *_duration("survey_sent_to_answer_h", "survey.sent", "survey.responded", per="interaction", counted=False),
        Printed("repeat_customers", PURCHASES, _of("share", "numerator", occasion="order"), _truth("repeat_customers")),
        Printed("payment_total", ORDERS, _of("sum"), _truth("payment_total")),
        Printed("items", "metrics volume --measure quantity", _of("sum"), _truth("items")),
        Printed(
            "payment_types",
            "metrics volume --measure payments --by kind",
            _by("count", "kind"),
            _truth("payment_types"),
        ),
    ),
    unprinted=(
        Unprinted(
            "orders_with_2plus_reviews",
            "no metric counts cases by how often something happened in them; it is what `reviews` has more than "
            "`orders_reviewed`, since no order has three",
        ),
        Unprinted(
            "reviews_created_before_delivery_or_undelivered",
            "the truth compares the day of each survey with the day of its delivery; `time_between` compares instants, "
            "a survey known only by its day counting from the start of that day, and takes an order's first survey",
        ),
        Unprinted(
            "reviews_with_comment_message",
            "a comment is personal: it is kept apart from what figures are made of",
        ),
        Unprinted(
            "review_orphans",
            "the import tells it: a review without its order is rejected with file and line, and none is",
        ),
        Unprinted(
            "duplicate_review_ids",
            "an event is known by source and event_id, so a duplicate never becomes a second event; the import counts "
            "those it meets as already recorded, and meets none",
        ),
    ),
)


def _late_on_time(said: dict[str, float]) -> dict[str, float]:
    return {"late": said["True"], "on_time": said["False"]}


def _retention(cohort: str) -> Printed:
    name = f"retention_{cohort}"
    return Printed(
        name,
        "metrics retention",
        lambda rows: {
            str(row["months_later"]): row["value"]
            for row in rows
            if row["statistic"] == "share" and row["cohort"] == cohort
        },
        _truth(name),
        within=5e-7,
    )


GAPS = "metrics purchase_interval"
VALUE = "metrics customer_value"
DECILES = "metrics value_decile"
FIRST_SEEN = "metrics volume --measure customers"

CDNOW = Log(
    name="cdnow",
    about="69,659 purchases of 23,570 customers, known by their day; 255 rows that equal another are purchases too.",
    printed=(
        Printed("rows", "metrics volume --measure events", _of("count"), _truth("rows")),
        Printed("customers", FIRST_SEEN, _of("count"), _truth("customers")),
        Printed("first", "metrics volume --measure events", _of("count", "from"), _instant("first", offset="T00+00")),
        Printed("last", "metrics volume --measure events", _of("count", "to"), _instant("last", offset="T00+00")),
        Printed("qty", "metrics volume --measure quantity", _of("sum"), _truth("qty")),
        Printed("revenue", ORDERS, _of("sum", currency="USD"), _truth("revenue")),
        Printed("rows_amount_zero", f"{ORDERS} --by kind", _of("count", kind="free"), _truth("rows_amount_zero")),
        Printed("customer_days", PURCHASES, _of("sum", occasion="day"), _truth("customer_days")),
        Printed(
            "repeat_purchase_rate(>=2 distinct days)",
            PURCHASES,
            _of("share", occasion="day"),
            _truth("repeat_purchase_rate(>=2 distinct days)"),
        ),
        Printed(
            "repeat_purchase_rate(>=2 rows)",
            PURCHASES,
            _of("share", occasion="order"),
            _truth("repeat_purchase_rate(>=2 rows)"),
        ),
        Printed("mean_purchase_days", PURCHASES, _of("mean", occasion="day"), _truth("mean_purchase_days")),
        Printed("interpurchase_days n", GAPS, _of("count"), _truth("interpurchase_days", "n")),
        Printed("interpurchase_days median", GAPS, _of("median"), _truth("interpurchase_days", "median")),
        Printed("interpurchase_days p90", GAPS, _of("p90"), _truth("interpurchase_days", "p90")),
        Printed("interpurchase_days mean", GAPS, _of("mean"), _truth("interpurchase_days", "mean")),
        Printed(
            "first_purchase_range",
            FIRST_SEEN,
            lambda rows: [value(rows, "count", "from")[:10], value(rows, "count", "to")[:10]],
            _truth("first_purchase_range"),
        ),
        Printed(
            "customers_by_first_month",
            "metrics retention",
            _by("count", "cohort"),
            _truth("customers_by_first_month"),
        ),
        *(_retention(cohort) for cohort in ("1997-01", "1997-02", "1997-03")),
        Printed(
            "recency_days_at_1998-06-30 median",
            "metrics recency --as-of 1998-06-30",
            _of("median"),
            _truth("recency_days_at_1998-06-30", "median"),
        ),
        Printed(
            "recency_days_at_1998-06-30 share_gt_180",
            "metrics recency --as-of 1998-06-30",
            _of("share", over_days=180),
            _truth("recency_days_at_1998-06-30", "share_gt_180"),
        ),
        Printed("clv_observed_mean", VALUE, _of("mean"), _truth("clv_observed_mean")),
        Printed("clv_observed_top10pct_share", VALUE, _of("share"), _truth("clv_observed_top10pct_share")),
        Printed("clv_observed_mean by order", "metrics lifetime_value", _of("mean"), _truth("clv_observed_mean")),
        Printed(
            "clv_observed_top10pct_share by decile",
            DECILES,
            _of("share", decile="1"),
            _truth("clv_observed_top10pct_share"),
        ),
        Printed("revenue of all deciles", DECILES, _of("share", "numerator", decile="1-10"), _truth("revenue")),
        Printed(
            "customers with scores",
            "metrics rfm",
            lambda rows: sum(
                row["value"] for row in rows if row["statistic"] == "count" and row["measure"] == "frequency"
            ),
            _truth("customers"),
        ),
        Printed(
            "customers_by_first_month new",
            "metrics lifecycle --where activity=order",
            lambda rows: {row["month"]: row["value"] for row in rows if row.get("lifecycle") == "new" and row["value"]},
            _truth("customers_by_first_month"),
        ),
        Printed(
            # Suspected, and kept: the mapping tells equal rows apart by their line, and all of `rows` are there.
            "exact_duplicate_rows",
            "quality",
            _of("share", "numerator", metric="repeated_content", source="cdnow"),
            _truth("exact_duplicate_rows"),
        ),
    ),
    unprinted=(),
)

PASSING = "metrics throughput"
PASSING_BY_CHANNEL = "metrics throughput --by channel"

RECEIPT = Log(
    name="receipt",
    about="8,577 events of 1,434 permit applications at a municipality, times with their offset.",
    printed=(
        Printed("events", "metrics volume --measure events", _of("count"), _truth("events")),
        Printed("cases", "metrics volume --measure cases", _of("count", kind="case"), _truth("cases")),
        Printed("first", "metrics volume --measure events", _of("count", "from"), _instant("first")),
        Printed("last", "metrics volume --measure events", _of("count", "to"), _instant("last")),
        Printed(
            "activities",
            "metrics volume --measure events --by touchpoint",
            lambda rows: len(split(rows, "count", "touchpoint")),
            _truth("activities"),
        ),
        Printed(
            "cases_by_channel",
            "metrics volume --measure cases --by channel",
            _by("count", "channel"),
            _truth("cases_by_channel"),
        ),
        Printed("throughput_hours median", PASSING, _of("median"), _truth("throughput_hours", "median")),
        Printed("throughput_hours p90", PASSING, _of("p90"), _truth("throughput_hours", "p90")),
        Printed("throughput_hours mean", PASSING, _of("mean"), _truth("throughput_hours", "mean")),
        Printed(
            "throughput_median_hours_by_channel",
            PASSING_BY_CHANNEL,
            _by("median", "channel"),
            _truth("throughput_median_hours_by_channel"),
            within=5e-7,
        ),
        Printed(
            "throughput_mean_hours_by_channel",
            PASSING_BY_CHANNEL,
            _by("mean", "channel"),
            _truth("throughput_mean_hours_by_channel"),
            within=5e-5,
        ),
        Printed(
            "top_transitions",
            "metrics transitions",
            lambda rows: {f"{row['from_step']}->{row['to_step']}": row["value"] for row in rows[:6]},
            _truth("top_transitions"),
        ),
        Printed("variants", "metrics variants", _of("count"), _truth("variants")),
        Printed(
            "top_variant_count", "metrics variants", _of("share", "numerator", rank=1), _truth("top_variant_count")
        ),
        Printed(
            "mean_group_handovers_per_case",
            "metrics handovers",
            _of("mean"),
            _truth("mean_group_handovers_per_case"),
        ),
    ),
    unprinted=(
        Unprinted(
            "out_of_order_in_file",
            "a ledger keeps the order of arrival as positions and reads every case by when its events occurred; how "
            "the file was sorted is no figure of its customers",
        ),
    ),
    definitions=("--channels", "examples/receipt/channels.toml"),
)

LOGS = (OLIST, CDNOW, RECEIPT)
