"""Rules of the house that no linter knows."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = sorted((ROOT / "ledger").rglob("*.py"))
LONGEST_FILE = 400


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", PACKAGE, ids=name)
def test_a_file_is_one_idea_of_at_most_400_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_FILE


def test_no_file_has_a_name_that_says_nothing() -> None:
    nothing = {"utils", "helpers", "manager", "base", "common", "misc"}
    assert [name(path) for path in PACKAGE if nothing & {path.stem, path.parent.name}] == []


def reads_environment(tree: ast.AST) -> bool:
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    read = [node for node in attributes if isinstance(node.value, ast.Name) and node.value.id == "os"]
    imported = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "os"]
    names = {node.attr for node in read} | {alias.name for node in imported for alias in node.names}
    return bool(names & {"environ", "environb", "getenv"})


def test_only_options_of_the_command_line_read_the_environment() -> None:
    assert [name(path) for path in PACKAGE if reads_environment(ast.parse(path.read_text()))] == []


def test_importing_the_package_imports_nothing_heavy() -> None:
    program = "import sys, ledger; print(' '.join(sorted(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    heavy = {"sqlalchemy", "duckdb", "msgspec", "marshmallow", "numpy", "click", "rich", "eventsourcing", "zoneinfo"}
    assert heavy & set(run.stdout.split()) == set()
