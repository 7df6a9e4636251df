"""Figures of first contact resolution."""

from __future__ import annotations

from ledger.queries.view import Figures

FIGURES: Figures = {}
