"""Figures of value and cost."""

from __future__ import annotations

from ledger.queries.view import Figures

FIGURES: Figures = {}
