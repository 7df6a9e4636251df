"""The pinned requirements are whole, name no address, and are under licences the ledger may stand on."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PINNED = sorted((ROOT / "requirements").glob("*.txt"))
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")


def blocks(path: Path) -> list[list[str]]:
    """Return the lines of each requirement: the pin, then its hashes."""
    found: list[list[str]] = []
    for line in path.read_text().splitlines():
        if line.startswith(" "):
            found[-1].append(line)
        else:
            found.append([line])
    return found


def pins(path: Path) -> list[Requirement]:
    return [Requirement(block[0].removesuffix(" \\")) for block in blocks(path)]


def applying(path: Path) -> dict[str, str]:
    """Return the version of each distribution that this machine installs."""
    wanted = [pin for pin in pins(path) if pin.marker is None or pin.marker.evaluate()]
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in wanted}


def declared(path: Path) -> list[str]:
    return [line for line in path.read_text().splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize("path", PINNED, ids=lambda path: path.name)
def test_every_requirement_is_one_exact_version_with_hashes_and_nothing_else(path: Path) -> None:
    for pin, block in zip(pins(path), blocks(path), strict=True):
        assert [clause.operator for clause in pin.specifier] == ["=="], block[0]
        assert pin.url is None
        assert len(block) > 1, f"{block[0]} has no hash"
        assert all(HASH.fullmatch(line) for line in block[1:]), block


@pytest.mark.parametrize("path", sorted((ROOT / "requirements").iterdir()), ids=lambda path: path.name)
def test_no_requirements_file_says_where_packages_come_from(path: Path) -> None:
    assert not re.search(r"://|--(extra-)?index|--find-links|--trusted-host", path.read_text())


@pytest.mark.parametrize("name", ["run", "dev", "build"])
def test_what_is_declared_is_pinned_within_its_bounds(name: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] if name == "run" else declared(ROOT / "requirements" / f"{name}.in")
    pinned = applying(ROOT / "requirements" / f"{name}.txt")
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(pinned[canonicalize_name(requirement.name)]), requirement


def test_what_is_tested_is_what_runs() -> None:
    run, dev = applying(ROOT / "requirements" / "run.txt"), applying(ROOT / "requirements" / "dev.txt")
    assert {name: version for name, version in dev.items() if name in run and run[name] != version} == {}


def licence(name: str) -> str:
    about = metadata.metadata(name).json
    classifiers = [text for text in about.get("classifier", []) if text.startswith("License")]
    return " ".join([str(about.get("license_expression", "")), str(about.get("license", ""))[:200], *classifiers])


def test_nothing_at_run_time_is_under_the_gpl_or_agpl() -> None:
    licences = {name: licence(name) for name in applying(ROOT / "requirements" / "run.txt")}
    assert all(text.strip() for text in licences.values()), licences
    strong = re.compile(r"(?<!L)(?<!Lesser )\b(AGPL|GPL|GNU (Affero )?General Public)", re.IGNORECASE)
    assert {name: text for name, text in licences.items() if strong.search(text)} == {}


def test_the_decision_record_names_every_dependency_at_its_release() -> None:
    record = (ROOT / "docs" / "decisions" / "0002-dependencies.md").read_text().lower()
    for name in ("run", "dev", "build"):
        versions = applying(ROOT / "requirements" / f"{name}.txt")
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        wanted = project["dependencies"] if name == "run" else declared(ROOT / "requirements" / f"{name}.in")
        for requirement in map(Requirement, wanted):
            version = versions[canonicalize_name(requirement.name)]
            assert requirement.name in record, f"{requirement.name} has no row"
            assert version in record, f"{requirement.name} is pinned at {version}; the record says otherwise"
