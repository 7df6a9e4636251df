"""What a projection's rows depend on beside the events, as a value that changes when they might."""

from __future__ import annotations

import ast
from functools import cache
from hashlib import blake2b
from importlib import import_module
from inspect import getsource
from typing import Any

from ledger.journey.context import Context
from ledger.projections.shape import Projection

STANDS_ON = (
    "ledger.projections.amounts",
    "ledger.projections.canonical",
    "ledger.projections.ratings",
    "ledger.projections.switching",
    "ledger.events.contacts",
    "ledger.events.event",
    "ledger.events.instants",
    "ledger.journey.tracker",
    "ledger.journey.stretch",
    "ledger.journey.segments",
    "ledger.journey.moment",
    "ledger.journey.state",
    "ledger.journey.primary",
    "ledger.journey.overlays",
    "ledger.journey.indicators",
    "ledger.journey.transitions",
    "ledger.journey.predicates",
    "ledger.journey.reading",
    "ledger.journey.calendar",
)
"""The modules whose rules every projection's rows follow, beside its own."""

PARTS = {
    "ledger.projections.cases": ("ledger.projections.loops", "ledger.projections.requests"),
    "ledger.projections.opportunities": ("ledger.journey.hours",),
}
"""The further modules that one projection alone is made of: to change them leaves the others as they are."""


def fingerprint(projection: Projection[Any], context: Context) -> str:
    """Return `name version source context` of a projection bound to a context, the last two as hashes.

    The source is hashed as the program it says: comments, docstrings and layout make no difference.
    """
    return f"{projection.name} {projection.version} {_source(projection.bind.__module__)} {context.hash}"


@cache
def _source(module: str) -> str:
    programs = "\n".join(_program(name) for name in (module, *PARTS.get(module, ()), *STANDS_ON))
    return blake2b(programs.encode(), digest_size=16).hexdigest()


@cache
def _program(module: str) -> str:
    return said(ast.parse(getsource(import_module(module))))


def said(node: object) -> str:
    """Return a text of a piece of source that is the same on every version of Python that reads it."""
    if isinstance(node, list):
        return "[" + ",".join(said(item) for item in node if not _is_docstring(item)) + "]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = ((name, value) for name, value in ast.iter_fields(node) if value not in (None, []) and name != "ctx")
    return type(node).__name__ + "(" + ",".join(f"{name}={said(value)}" for name, value in fields) + ")"


def _is_docstring(node: object) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
