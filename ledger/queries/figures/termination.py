"""Figures of leaving."""

from __future__ import annotations

from ledger.queries.view import Figures

FIGURES: Figures = {}
