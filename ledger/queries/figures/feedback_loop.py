"""Figures of the feedback loop."""

from __future__ import annotations

from ledger.queries.view import Figures

FIGURES: Figures = {}
