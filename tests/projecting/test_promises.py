"""A version is a promise: a fold or a journey that changed is refused until it is called another version."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from ledger import Ledger
from ledger.errors import VersionReused
from ledger.opening import define
from ledger.projecting.activate import drop
from ledger.projecting.rebuild import build
from ledger.projections import fingerprint as fingerprinting
from ledger.projections.cases import CASES
from ledger.projections.shape import Projection
from ledger.schemas.journey import default_journey, journey_to_json
from tests.projecting.journeys import HASTY, journey
from tests.store.asking import ask, column
from tests.store.events import order

CHANGED = journey_to_json(structs.replace(default_journey(), zone="Asia/Tokyo"))
"""Another journey that is called as the default one is."""


@pytest.fixture
def told(ledger: Ledger) -> Ledger:
    """Give a ledger of one customer, rebuilt once."""
    ledger.append(order("o1"))
    ledger.rebuild()
    return ledger


@pytest.fixture
def reprogrammed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Let the fold of cases be another program: its file, copied, with a sum that counts double."""
    import ledger.projections.cases as original

    source = Path(original.__file__).read_text()
    changed = tmp_path / "ledger" / "cases.py"
    changed.parent.mkdir()
    changed.write_text(source.replace("state.events += 1", "state.events += 2") + "\nDOUBLE = 2\n")
    monkeypatch.setattr(fingerprinting, "getsource", lambda module: (
        changed.read_text() if module is sys.modules[CASES.bind.__module__] else Path(module.__file__).read_text()
    ))  # fmt: skip
    fingerprinting._program.cache_clear()
    fingerprinting._source.cache_clear()
    yield changed
    fingerprinting._program.cache_clear()
    fingerprinting._source.cache_clear()


def test_a_fold_that_changed_under_its_version_is_refused_and_nothing_is_begun(
    told: Ledger, reprogrammed: Path
) -> None:
    words = (
        "the fold of cases is not the one that version 1 of the read model was built by, and is still called "
        f"version {CASES.version}. Run the program that built it, or a later one"
    )
    with pytest.raises(VersionReused, match=words):
        told.rebuild()
    with pytest.raises(VersionReused, match=words):
        build(told.store, "other")
    assert ask(told, "SELECT version, state FROM read_models") == [(1, "live")]


def test_a_fold_whose_version_was_raised_is_built_beside_the_live_one(
    told: Ledger, reprogrammed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised = structs.replace(CASES, version=CASES.version + 1)
    everything: tuple[Projection[Any], ...] = tuple(
        raised if projection is CASES else projection for projection in sys.modules["ledger.projections"].PROJECTIONS
    )
    for name, module in list(sys.modules.items()):
        if name.startswith("ledger.") and getattr(module, "PROJECTIONS", None):
            monkeypatch.setattr(module, "PROJECTIONS", everything)
    made = told.rebuild()
    assert made.version == 2
    assert made.difference is not None
    assert made.difference.changed == [f"the fold of cases {CASES.version} → {CASES.version + 1}"]
    assert column(told, "SELECT version FROM checkpoints WHERE projection = 'cases' ORDER BY model") == [
        CASES.version,
        CASES.version + 1,
    ]


def test_a_comment_in_a_fold_is_no_change(told: Ledger, reprogrammed: Path) -> None:
    import ledger.projections.cases as original

    reprogrammed.write_text("# another word\n" + Path(original.__file__).read_text())
    assert told.rebuild().live


WORDS = "journey 'default' is not the one that version 1 of the read model was built by, and is still called version 1"


def test_a_journey_that_changed_under_its_version_is_refused_before_it_is_in_force(
    told: Ledger, quick_url: str
) -> None:
    with pytest.raises(VersionReused, match=WORDS):
        define(quick_url, {"journey": CHANGED})
    with Ledger.open(quick_url) as same:
        assert same.store.definitions == told.store.definitions
        assert same.catch_up().position == 1


def test_a_what_if_by_a_journey_that_changed_under_its_version_is_refused(told: Ledger) -> None:
    with pytest.raises(VersionReused, match=WORDS):
        told.rebuild(journey=journey(told, CHANGED), name="what-if")
    assert ask(told, "SELECT version, state FROM read_models") == [(1, "live")]


def test_before_anything_was_built_by_it_a_journey_may_change(ledger: Ledger, quick_url: str) -> None:
    ledger.append(order("o1"))
    assert define(quick_url, {"journey": CHANGED}) == ["journey"]


def test_a_what_if_that_was_dropped_binds_nobody_and_a_journey_that_was_in_force_does(
    told: Ledger, quick_url: str
) -> None:
    other = HASTY.replace('"UTC"', '"Europe/Berlin"')
    assert other != HASTY
    made = told.rebuild(journey=journey(told, HASTY), name="what-if").version
    with pytest.raises(VersionReused, match="journey 'hasty'"):
        told.rebuild(journey=journey(told, other), name="what-if")
    drop(told.store, made)
    made = told.rebuild(journey=journey(told, other), name="what-if").version
    told.activate(made)
    told.roll_back()
    drop(told.store, made)
    with pytest.raises(VersionReused, match="journey 'hasty'"):
        define(quick_url, {"journey": HASTY})
