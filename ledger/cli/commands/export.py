"""`export`: the whole log, appendable elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ledger.cli.command import command
from ledger.cli.session import Session


@command(
    "export",
    examples=(
        "customer-ledger export -o log.ndjson",
        "customer-ledger export | customer-ledger append - --url sqlite:///copy.db",
    ),
)
def run(session: Session) -> None:
    """Write every event, in the order of the log, as its producer could send it again.

    What is written is NDJSON that `append` reads: appended to a new ledger it makes the same customers, histories
    and figures. The events hold what is personal: treat the file accordingly.
    """
    from ledger.queries.history import export

    session.out.rows(export(session.store), _view, columns=COLUMNS)


COLUMNS = (
    "event_id", "source", "type", "type_version", "customer_id", "occurred_at", "time_precision", "received_at",
    "channel", "direction", "actor", "department", "touchpoint_id", "interaction_id", "case_id", "reason", "outcome",
    "stage_hint", "correlation_id", "causation_id", "source_sequence", "data",
)  # fmt: skip
"""The fields an event may have: what is absent is an empty cell of CSV and Parquet."""


def _view(rows: list[dict[str, Any]], zone: Any) -> Iterable[Any]:
    from ledger.cli.commands.history import view

    return view(rows, zone)
