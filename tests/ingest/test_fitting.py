from __future__ import annotations

from pathlib import Path

import pytest

from ledger.errors import InvalidDefinition
from ledger.events import VOCABULARY
from ledger.ingest.fitting import check_types
from ledger.ingest.mapping import load_mapping, parse_mapping
from tests.ingest.importing import visits

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*/mapping.toml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_the_examples_fit_the_vocabulary(path: Path) -> None:
    check_types(load_mapping(path), VOCABULARY)


def test_all_that_does_not_fit_the_types_is_told_before_a_row_is_read() -> None:
    event = {"from": "visits", "event_id": "id", "customer_id": "who", "occurred_at": "at"}
    document = visits(
        event={"type": "page.veiwed"},
        events=[
            {**event, "type": "question.asked", "data": {"subject": "note"}},
            {**event, "type": "order.approved", "data": {"value": "note"}},
        ],
    )
    with pytest.raises(InvalidDefinition) as caught:
        check_types(parse_mapping(document), VOCABULARY)
    said = {problem.field: problem.message for problem in caught.value.problems}
    assert said.keys() == {"events[1].type", "events[2].data.subject", "events[2].data.topic", "events[3].data.value"}
    assert "did you mean page.viewed" in said["events[1].type"]
    assert said["events[2].data.subject"] == "is no field of question.asked: it has topic"
    assert said["events[2].data.topic"] == "is missing: question.asked needs it"
