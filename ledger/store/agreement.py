"""What the projections of one version say of the same customers, and must agree on."""

from __future__ import annotations

from string import Formatter

from sqlalchemy import Connection, text

from ledger.projections import PROJECTIONS
from ledger.projections.position import POSITION
from ledger.store.checkpoints import read_checkpoints
from ledger.store.read_model import versioned

TOUCHPOINTS_BY_CHANNEL = """
SELECT p.customer FROM {journey_position} p LEFT JOIN (
    SELECT customer, sum(touchpoints) AS n FROM {channel_history} GROUP BY customer
) c ON c.customer = p.customer WHERE p.touchpoints <> coalesce(c.n, 0)
"""

TOUCHPOINTS_BY_PERIOD = """
SELECT p.customer FROM {journey_position} p LEFT JOIN (
    SELECT customer, sum(touchpoints) AS n FROM {touchpoint_history} GROUP BY customer
) e ON e.customer = p.customer WHERE p.touchpoints <> coalesce(e.n, 0)
"""

NUMBERED_VISITS = """
SELECT customer FROM {stage_visits} GROUP BY customer, track HAVING count(*) <> max(number)
"""

LAST_VISIT = """
SELECT p.customer FROM {journey_position} p LEFT JOIN (
    SELECT customer, max(number) AS number FROM {stage_visits} WHERE track = 'primary' GROUP BY customer
) l ON l.customer = p.customer LEFT JOIN {stage_visits} v
ON v.customer = p.customer AND v.track = 'primary' AND v.number = l.number
WHERE coalesce(p.stage, '') <> coalesce(v.stage, '') OR coalesce(p.entered_at, 0) <> coalesce(v.entered_at, 0)
"""

LAWS: dict[str, str] = {
    "channel_history tells another number of touchpoints than journey_position": TOUCHPOINTS_BY_CHANNEL,
    "touchpoint_history tells another number of touchpoints than journey_position": TOUCHPOINTS_BY_PERIOD,
    "stage_visits lacks a visit, or has one twice": NUMBERED_VISITS,
    "stage_visits does not lead to the stage that journey_position tells": LAST_VISIT,
}
"""What is wrong, and the query of the customers with whom."""


def disagreements(connection: Connection, model: int) -> list[tuple[str, list[int]]]:
    """Return what a version's projections disagree on, and the customers with whom.

    A projection that came after the version was built has no table in it, and no say.
    """
    built = read_checkpoints(connection, model)
    tables = {
        projection.name: versioned(projection.name, model) for projection in PROJECTIONS if projection.name in built
    }
    laws = [
        (name, statement.format(**tables))
        for name, statement in LAWS.items()
        if all(table in tables for _, table, _, _ in Formatter().parse(statement) if table)
    ]
    laws += [
        (
            f"{name} has rows of somebody who is not in {POSITION.name}",
            f"SELECT customer FROM {table} EXCEPT SELECT customer FROM {tables[POSITION.name]}",
        )
        for name, table in tables.items()
        if name != POSITION.name
    ]
    found = ((name, sorted(set(connection.execute(text(statement)).scalars()))) for name, statement in laws)
    return [(name, customers) for name, customers in found if customers]
