"""Every figure with a known truth, by topic: a module has FIGURES, and FILES where its commands read any."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).parent
AROUND = frozenset({"__init__", "known", "lives", "page", "simulation", "test_truth", "topics"})


def topics() -> dict[str, ModuleType]:
    """Return the modules of this folder that hold figures, by name."""
    names = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in AROUND)
    return {name: import_module(f"tests.truth.{name}") for name in names}
