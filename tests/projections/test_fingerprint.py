"""Fingerprints: they change when the rows might, and only then."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from inspect import getsource

import pytest

from ledger.projections import PROJECTIONS, loops
from ledger.projections import fingerprint as fingerprinting
from ledger.projections.driver import Folds
from ledger.projections.fingerprint import STANDS_ON, said
from tests.journey.histories import context


def test_a_fingerprint_names_projection_version_source_and_context() -> None:
    made = context()
    name, version, source, hashed = Folds(made).fingerprint(PROJECTIONS[0]).split(" ")
    assert (name, version, hashed) == ("journey_position", "3", made.hash)
    assert len(source) == 32


def test_every_projection_has_a_fingerprint_of_its_own() -> None:
    folds = Folds(context())
    sources = {folds.fingerprint(projection).split(" ")[2] for projection in PROJECTIONS}
    assert len(sources) == len(PROJECTIONS)


def test_another_journey_makes_another_fingerprint() -> None:
    assert Folds(context()).fingerprint(PROJECTIONS[0]) != Folds(context("")).fingerprint(PROJECTIONS[0])


PROGRAM = '''
def f(x: int) -> int:
    """Say one thing."""
    return x + 1
'''


def test_comments_docstrings_and_layout_make_no_difference() -> None:
    other = 'def f( x: int, ) -> int:\n    """Say another thing."""\n    # why\n\n    return (x + 1)\n'
    assert said(ast.parse(PROGRAM)) == said(ast.parse(other))


def test_what_the_program_does_makes_a_difference() -> None:
    assert said(ast.parse(PROGRAM)) != said(ast.parse(PROGRAM.replace("x + 1", "x + 2")))
    assert said(ast.parse(PROGRAM)) != said(ast.parse(PROGRAM.replace("x + 1", "x - 1")))


def test_the_modules_that_all_projections_stand_on_are_named_once() -> None:
    assert len(STANDS_ON) == len(set(STANDS_ON))


@pytest.fixture
def as_they_are(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Give the fingerprints as they are, and let the steps of a case be another program from then on."""
    before = {projection.name: Folds(context()).fingerprint(projection) for projection in PROJECTIONS}
    monkeypatch.setattr(
        fingerprinting, "getsource", lambda module: getsource(module) + "\nANOTHER = 1\n" * (module is loops)
    )
    _forget()
    yield before
    _forget()


def _forget() -> None:
    fingerprinting._program.cache_clear()
    fingerprinting._source.cache_clear()


def test_another_step_of_a_case_makes_another_fingerprint_of_cases_and_of_nothing_else(
    as_they_are: dict[str, str],
) -> None:
    made = {projection.name: Folds(context()).fingerprint(projection) for projection in PROJECTIONS}
    assert [name for name in made if made[name] != as_they_are[name]] == ["cases"]
